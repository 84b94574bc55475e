"""The measured site's WSGI application; with the Studio it serves the browser's files, too."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.wsgi import get_wsgi_application

application: Any = get_wsgi_application()
if settings.STUDIO:
    application = StaticFilesHandler(application)
