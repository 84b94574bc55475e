"""``python -m demo``: make the database, start the site with its worker inside, say where it is, stop on Ctrl-C."""

from __future__ import annotations

import os
import sys

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "demo.settings")

from demo.server import main

sys.exit(main())
