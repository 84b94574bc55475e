"""What the Studio's own templates are made of: icons, states, moments and spans of time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django import template
from django.db.models import Model
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from meanwhile.queue.overview import Count
from meanwhile.spans import span_text
from meanwhile.studio.icons import icon
from meanwhile.studio.words import EVENTS, FIRES, STATES

register = template.Library()
register.simple_tag(icon, name="icon")


@register.simple_tag
def state(code: str, text: str = "") -> SafeString:
    """A state as a badge: an icon and a word, which the colour only repeats."""
    return format_html(
        '<span class="mw-state mw-state--{}">{}<span>{}</span></span>', code, icon(code), text or STATES.get(code, code)
    )


@register.simple_tag
def state_word(code: str) -> str:
    """The word for a state alone."""
    return str(STATES.get(code, code))


@register.simple_tag
def event_word(code: str) -> str:
    """The name of an event."""
    return str(EVENTS.get(code, code))


@register.simple_tag
def event_help(code: str) -> str:
    """When an event fires, in a sentence."""
    return str(FIRES.get(code, ""))


@register.simple_tag
def moment(value: datetime | None, form: str = "") -> SafeString | str:
    """A moment as the project writes it; ``form="ago"`` lets the page say how long ago that was, or until then.

    ``form="time"`` leaves the day out if it is today.
    """
    if value is None:
        return "–"
    local = timezone.localtime(value)
    short = form == "time" and local.date() == timezone.localdate()
    text = f"{local:%H:%M:%S}" if short else f"{date_format(local, 'SHORT_DATE_FORMAT')} {local:%H:%M:%S}"
    marked = format_html('<time datetime="{}" title="{}">{}</time>', local.isoformat(), text, text)
    return format_html("<meanwhile-time>{}</meanwhile-time>", marked) if form == "ago" else marked


@register.filter
def model_label(record: Model) -> str:
    """The label of a record's type."""
    return record._meta.label


@register.filter
def span(milliseconds: float | None) -> str:
    """So many milliseconds as people say it."""
    return "" if milliseconds is None else span_text(milliseconds)


@register.filter
def seconds(value: float | None) -> str:
    """So many seconds as people say it."""
    return "" if value is None else span_text(value * 1000)


@register.filter
def with_code(text: str) -> SafeString:
    """A text whose parts between backquotes are code."""
    parts = (
        (format_html("<code>{}</code>" if index % 2 else "{}", part),) for index, part in enumerate(text.split("`"))
    )
    return format_html_join("", "{}", parts)


@register.filter
def count(value: Count | int) -> str:
    """A number, or that there are more."""
    if isinstance(value, int):
        return number_format(value, use_l10n=True, force_grouping=True)
    number = number_format(value.number, use_l10n=True, force_grouping=True)
    return _("more than %(number)s") % {"number": number} if value.more else number


@register.simple_tag
def runs_lately(value: Count) -> str:
    """The number of runs in the last 24 hours, in words."""
    if not value.number:
        return _("No runs in the last 24 hours")
    text = ngettext("%(n)s run in the last 24 hours", "%(n)s runs in the last 24 hours", value.number)
    return text % {"n": count(value)}


@register.simple_tag(takes_context=True)
def studio_url(context: Mapping[str, Any], name: str, *args: Any) -> str:
    """The address of one of the Studio's pages; empty where the project has not that page."""
    request: HttpRequest | None = context.get("request")
    space = request.resolver_match.namespace if request is not None and request.resolver_match else ""
    for prefix in (space, "meanwhile_studio"):
        try:
            return reverse(f"{prefix}:{name}", args=args)
        except NoReverseMatch:
            continue
    return ""


@register.simple_tag(takes_context=True)
def query(context: Mapping[str, Any], **changes: Any) -> str:
    """The address's query with some parameters changed; those that are empty are left out."""
    parameters = context["request"].GET.copy()
    for name, value in changes.items():
        parameters.pop(name, None)
        if value not in (None, ""):
            parameters[name] = str(value)
    for name in [name for name, value in parameters.items() if not value]:
        del parameters[name]
    return f"?{parameters.urlencode()}"
