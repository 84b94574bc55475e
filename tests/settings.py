"""Settings of the test suite: SQLite in a file of its own, or PostgreSQL.

Environment:
    MEANWHILE_TEST_DB       "sqlite" (default) or "postgres" (where: PGHOST, PGPORT, PGUSER, PGPASSWORD)
    MEANWHILE_TEST_PG_NAME  the test database there, for several runs at a time ("test_meanwhile" by default)
    MEANWHILE_TEST_DB_NAME  the database a child process of a test uses instead of its own
    MEANWHILE_TEST_FOLDER   where files go; made and removed by the first process when not given
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import django


def _folder() -> Path:
    """A folder of this run alone, handed to child processes through the environment."""
    given = os.environ.get("MEANWHILE_TEST_FOLDER")
    if given:
        return Path(given)
    made = tempfile.mkdtemp(prefix="meanwhile-tests-")
    atexit.register(_remove, made, os.getpid())
    os.environ["MEANWHILE_TEST_FOLDER"] = made
    return Path(made)


def _remove(folder: str, owner: int) -> None:
    # A forked child runs atexit handlers too and must leave the folder alone.
    if os.getpid() == owner:
        shutil.rmtree(folder, ignore_errors=True)


def _sqlite(folder: Path, name: str | None) -> dict[str, Any]:
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": name or str(folder / "db.sqlite3"),
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        },
        # A file, not memory: threads and child processes must see the same database.
        "TEST": {"NAME": str(folder / "test.sqlite3")},
    }


def _postgres(name: str | None) -> dict[str, Any]:
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name or os.environ.get("PGDATABASE", "postgres"),
        "HOST": os.environ.get("PGHOST", "127.0.0.1"),
        "PORT": os.environ.get("PGPORT", "5432"),
        "USER": os.environ.get("PGUSER", "postgres"),
        "PASSWORD": os.environ.get("PGPASSWORD", ""),
        "TEST": {"NAME": os.environ.get("MEANWHILE_TEST_PG_NAME", "test_meanwhile")},
    }


FOLDER = _folder()
_NAME = os.environ.get("MEANWHILE_TEST_DB_NAME")
DATABASES = {
    "default": _postgres(_NAME) if os.environ.get("MEANWHILE_TEST_DB") == "postgres" else _sqlite(FOLDER, _NAME),
}

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "meanwhile",
    "django_htmx",
    "tests.shop",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
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

SECRET_KEY = "of-the-tests-alone"
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "tests.urls"
STATIC_URL = "/static/"
STATIC_ROOT = str(FOLDER / "static")
LOGIN_URL = "admin:login"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
DEFAULT_FROM_EMAIL = "shop@example.com"
if django.VERSION >= (6, 1):
    MAILERS = {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}
else:
    EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"

LANGUAGE_CODE = "en"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Europe/Berlin"

MEANWHILE: dict[str, object] = {}
