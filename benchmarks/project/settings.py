"""Settings of the measured site, as the documentation recommends them for production.

Environment:
    BENCH_DATABASE   "sqlite-normal", "sqlite-full" or "postgres"
    BENCH_NAME       path of the SQLite file, or name of the PostgreSQL database (PGHOST, PGPORT, PGUSER say where)
    BENCH_NAME_2     a second database of the same kind, alias "second"; optional
    BENCH_PLAIN      "1" leaves Meanwhile out of the project
    BENCH_STUDIO     "1" is another site: the app `benchmarks.shop`, with the Studio and the admin
    BENCH_THREADS    the setting THREADS; optional
"""

from __future__ import annotations

import os
from typing import Any

KIND = os.environ["BENCH_DATABASE"]
PLAIN = os.environ.get("BENCH_PLAIN") == "1"
STUDIO = os.environ.get("BENCH_STUDIO") == "1"


def _database(name: str) -> dict[str, Any]:
    if KIND == "postgres":
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": name,
            "HOST": os.environ["PGHOST"],
            "PORT": os.environ["PGPORT"],
            "USER": os.environ["PGUSER"],
            "CONN_MAX_AGE": None,
        }
    synchronous = KIND.removeprefix("sqlite-").upper()
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": name,
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": f"PRAGMA journal_mode=WAL; PRAGMA synchronous={synchronous};",
        },
    }


DATABASES = {"default": _database(os.environ["BENCH_NAME"])}
if os.environ.get("BENCH_NAME_2"):
    DATABASES["second"] = _database(os.environ["BENCH_NAME_2"])

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    *([] if PLAIN else ["meanwhile"]),
    *(["django.contrib.admin", "django.contrib.staticfiles", "benchmarks.shop"] if STUDIO else ["benchmarks.project"]),
]
MIDDLEWARE = [  # what `startproject` gives
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
TEMPLATES: list[dict[str, Any]] = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
if STUDIO:
    TEMPLATES[0]["OPTIONS"] = {
        "context_processors": [
            "django.template.context_processors.request",
            "django.contrib.auth.context_processors.auth",
            "django.contrib.messages.context_processors.messages",
        ],
    }

SECRET_KEY = "of-the-benchmarks-alone"
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "benchmarks.shop.urls" if STUDIO else "benchmarks.project.urls"
STATIC_URL = "/static/"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
LANGUAGE_CODE = "en"
USE_TZ = True
TIME_ZONE = "Europe/Berlin"

MEANWHILE: dict[str, object] = {"AUTOSTART": False}
if os.environ.get("BENCH_THREADS"):
    MEANWHILE["THREADS"] = int(os.environ["BENCH_THREADS"])
