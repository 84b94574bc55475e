"""The system check of what the Studio's pages need to be served (E303); see the docs' reference."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.checks import CheckMessage, Error, register
from django.urls import URLResolver, get_resolver
from django.utils.translation import gettext as _

APP_NAME = "meanwhile_studio"
HTMX = "django_htmx/htmx-4.min.js"


@register("meanwhile")
def check_htmx(**_options: Any) -> list[CheckMessage]:
    """Check that a project with the Studio serves htmx, which its pages follow things with (E303).

    Static files are found in installed apps, and some storages refuse a page that names one that is not there.
    """
    if not getattr(settings, "ROOT_URLCONF", None) or not _includes_studio(get_resolver()):
        return []
    if apps.is_installed("django_htmx") or finders.find(HTMX):
        return []
    return [
        Error(
            _("The Studio needs “django_htmx” in INSTALLED_APPS: its pages could not load htmx."),
            hint=_("Add “django_htmx” beside “meanwhile”. It is installed with Meanwhile, and has no tables."),
            id="meanwhile.E303",
        )
    ]


def _includes_studio(resolver: URLResolver) -> bool:
    return any(
        isinstance(one, URLResolver) and (one.app_name == APP_NAME or _includes_studio(one))
        for one in resolver.url_patterns
    )
