"""How single values look in the admin. A state is told by a word and a sign, never by its colour alone."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from django.apps import apps
from django.contrib.admin import AdminSite
from django.contrib.admin.utils import quote
from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from meanwhile.spans import span_text

SIGNS = {
    "ready": "○",
    "waiting": "○",
    "running": "▶",
    "retrying": "↻",
    "succeeded": "✓",
    "done": "✓",
    "alive": "✓",
    "failed": "✗",
    "dead": "✗",
    "cancelled": "⊘",
    "skipped": "↷",
    "passed_over": "↷",
    "silent": "?",
}


def badge(code: str, text: Any) -> SafeString:
    """Return a state as a badge with a sign; ``code`` is one of `SIGNS`."""
    return format_html(
        '<span class="mw-badge mw-{}"><span aria-hidden="true">{}</span> {}</span>', code, SIGNS.get(code, "·"), text
    )


def pretty_json(value: Any) -> str:
    """Return JSON data as indented text."""
    return json.dumps(value, indent=2, ensure_ascii=False, cls=DjangoJSONEncoder)


def brief(value: Any, length: int = 80) -> str:
    """Return a value of a step or a change on one line."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, cls=DjangoJSONEncoder)
    return Truncator(" ".join(text.split())).chars(length)


def seconds_between(start: datetime, end: datetime | None) -> str:
    """Return a span as text, as `span_text` does; empty if it has no end."""
    return "" if end is None else span_text((end - start).total_seconds() * 1000)


def admin_url(site: AdminSite, request: HttpRequest, label: str, key: Any) -> str:
    """Return the address of a record's page in this admin, empty if there is none or the person may not see it."""
    try:
        model = apps.get_model(label)
        model_admin = site.get_model_admin(model) if site.is_registered(model) else None
    except (LookupError, ValueError):
        return ""
    if model_admin is None or not model_admin.has_view_or_change_permission(request):
        return ""
    try:
        return reverse(f"{site.name}:{model._meta.app_label}_{model._meta.model_name}_change", args=[quote(str(key))])
    except NoReverseMatch:
        return ""


def link(url: str, text: str) -> str:
    """Return a link, or the bare text if there is no address."""
    return format_html('<a href="{}">{}</a>', url, text) if url else text
