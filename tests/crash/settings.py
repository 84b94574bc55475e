"""Settings of the office, the little project that the crash tests run in processes of its own.

Environment, besides that of `tests.settings`:
    OFFICE_MEANWHILE  settings.MEANWHILE as JSON
    OFFICE_FOLDER     where the outside effects and signs of the actions go
"""

from __future__ import annotations

import json
import os

from tests.settings import *  # noqa: F403
from tests.settings import INSTALLED_APPS as TESTED_APPS
from tests.settings import MIDDLEWARE as TESTED_MIDDLEWARE

INSTALLED_APPS = [*TESTED_APPS, "tests.crash.office"]
# The clients of the load test are no browsers with cookies.
MIDDLEWARE = [name for name in TESTED_MIDDLEWARE if "Csrf" not in name]
ROOT_URLCONF = "tests.crash.office.urls"
WSGI_APPLICATION = "tests.crash.office.wsgi.application"
MEANWHILE = json.loads(os.environ.get("OFFICE_MEANWHILE", "{}"))
DEBUG = False
