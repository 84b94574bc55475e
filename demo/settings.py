"""Settings of the demo: Django's own, SQLite as Meanwhile wants it, and nothing else to install or start.

Environment:
    HOST, PORT   where the site answers (default 127.0.0.1:8000; read in `demo.server`)
    DEMO_DATA    folder of the database (default: demo/data)
    DEMO_PACE    how slow the slow actions are: 1 is about a second each, 0 is at once
"""

from __future__ import annotations

import os
import re
import secrets
from pathlib import Path

HERE = Path(__file__).resolve().parent
DATA = Path(os.environ.get("DEMO_DATA") or HERE / "data")
DATA.mkdir(parents=True, exist_ok=True)
DEMO_PACE = float(os.environ.get("DEMO_PACE") or 1)


def _secret_key() -> str:
    """Return a key made on the first start and kept, so that a restart logs nobody out."""
    file = DATA / "secret-key"
    if not file.exists():
        file.write_text(secrets.token_urlsafe(50))
        file.chmod(0o600)
    return file.read_text()


SECRET_KEY = _secret_key()
DEBUG = False
ALLOWED_HOSTS = ["*"]

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "meanwhile",
    "django_htmx",
    "demo.bookings",
    "demo.actions",
    "demo.airport",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "demo.bookings.csp.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "meanwhile.forms.middleware.ActorMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

# What SQLite needs so that several threads and processes can write: see the docs, "SQLite".
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": DATA / "demo.sqlite3",
        "CONN_MAX_AGE": 60,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        },
    },
}

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [HERE / "templates"],  # the top of the Studio, with a way back to the airline
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

ROOT_URLCONF = "demo.urls"
WSGI_APPLICATION = "demo.wsgi.application"
STATIC_URL = "static/"
WHITENOISE_USE_FINDERS = True
LOGIN_URL = "home"
LOGIN_REDIRECT_URL = "home"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
EMAIL_BACKEND = "demo.bookings.mail.MailboxBackend"
DEFAULT_FROM_EMAIL = "Meanwhile Air <hello@meanwhile-air.example>"
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch"), ("es", "Español")]  # those that Meanwhile's pages speak
LOCALE_PATHS = [HERE / "locale"]
TIME_ZONE = "Europe/Berlin"
USE_TZ = True

# The airport's computer, which trees call over HTTP, is a page of this site.
_HOST = os.environ.get("HOST") or ""
_HOST = _HOST if re.fullmatch(r"[\w.-]+", _HOST) and _HOST != "0.0.0.0" else "127.0.0.1"  # noqa: S104 - compared
_PORT = os.environ.get("PORT") or ""
AIRPORT = f"http://{_HOST}:{_PORT if _PORT.strip('0') else 8000}"  # with PORT=0 nobody knows it yet
AIRPORT_SECRET = SECRET_KEY
MEANWHILE = {"WEBHOOK_SECRETS": {"airport": AIRPORT_SECRET}, "WEBHOOK_ALLOW_PRIVATE": [_HOST]}

# "Send Email in the foreground can't be taken back" is true, and what the second form is there to show.
SILENCED_SYSTEM_CHECKS = ["meanwhile.W101"]

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "loggers": {
        # One line for a job that is given up, not a traceback for each try: the admin has the rest.
        "meanwhile": {"handlers": ["console"], "level": "ERROR"},
        "django.request": {"handlers": ["console"], "level": "ERROR", "propagate": False},
    },
}
