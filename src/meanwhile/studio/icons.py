"""The Studio's icons: outlines on a grid of 16 by 16, drawn in the colour of the text around them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

PATHS: Mapping[str, str] = MappingProxyType(
    {
        # states
        "waiting": "M8 2.5a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11M8 5v3.2l2 1.3",
        "running": "M8 2.5A5.5 5.5 0 1 0 13.5 8",
        "done": "M3.5 8.5l3 3 6-7",
        "failed": "M4.5 4.5l7 7M11.5 4.5l-7 7",
        "cancelled": "M8 2.5a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11M4.2 4.2l7.6 7.6",
        "skipped": "M3 11V9a3.5 3.5 0 0 1 3.5-3.5H12M9.5 3l2.7 2.5L9.5 8",
        "retrying": "M13 8a5 5 0 1 1-1.6-3.7M13 2.5v2.8h-2.8",
        "paused": "M5.5 3.5v9M10.5 3.5v9",
        "to_come": "M8 6.5a1.5 1.5 0 1 1 0 3 1.5 1.5 0 0 1 0-3",
        "warning": "M8 2.5l6 10.5H2zM8 6.5v3M8 11.3v.2",
        "info": "M8 2.5a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11M8 7.5v3.5M8 5v.2",
        # nodes
        "event": "M9 1.8L3.5 9H8l-1 5.2L12.5 7H8z",
        "calendar": "M2.5 3.5h11v10h-11zM2.5 6.5h11M5.5 2v3M10.5 2v3M5.5 9.5h.1M8 9.5h.1M10.5 9.5h.1",
        "received": "M8 2v6.5M5.2 6L8 8.8 10.8 6M2.5 9v4h11V9",
        "action": "M3 8h8M7.5 4.5L11 8l-3.5 3.5",
        "update_field": "M3 13h10M4 10.5V8.3l6-6 2.2 2.2-6 6z",
        "create_record": "M3.5 2.5h6l3 3v8h-9zM8 6.5v5M5.5 9h5",
        "delete_record": "M3 4.5h10M6 4.5v-2h4v2M4.5 4.5l.6 9h5.8l.6-9",
        "send_email": "M2.5 4h11v8.5h-11zM2.5 4.5L8 9l5.5-4.5",
        "call_webhook": "M6 10a2 2 0 1 1-2.5-2M8 4a2 2 0 1 1 1.7 3L11.5 10M12 10a2 2 0 1 1-1.5 3.2M6 11h5M7 6.8L5 10",
        "call_tree": "M4 2.5v7a2 2 0 0 0 2 2h6M4 5.5h6M9.5 9l2.5 2.5L9.5 14",
        "call": "M5.5 4L2 8l3.5 4M10.5 4L14 8l-3.5 4",
        "if": "M8 1.8L14.2 8 8 14.2 1.8 8zM8 5.5v2.8M8 10.3v.2",
        "background": "M2.5 5L8 2.2 13.5 5 8 7.8zM2.5 8L8 10.8 13.5 8M2.5 11L8 13.8 13.5 11",
        "delay": "M4 2h8M4 14h8M5 2v2.5L8 8l3-3.5V2M5 14v-2.5L8 8l3 3.5V14",
        # things
        "record": "M3 3h10v10H3zM3 6.5h10M6.5 6.5V13",
        "person": "M8 2.5a2.7 2.7 0 1 1 0 5.4 2.7 2.7 0 0 1 0-5.4M2.8 13.5a5.2 4 0 0 1 10.4 0",
        "worker": "M2.5 3.5h11v7h-11zM5.5 13.5h5M8 10.5v3",
        "tree": "M3 3h5M5 3v9.5h3M5 7.5h3M10 7.5h3.5M10 12.5h3.5",
        "run": "M5 3l8 5-8 5z",
        "queue": "M2.5 4h11M2.5 8h11M2.5 12h7",
        "code": "M5.5 4L2 8l3.5 4M10.5 4L14 8l-3.5 4",
        "page": "M4 2h5.5L12.5 5v9H4zM9.5 2v3h3",
        # what can be done
        "plus": "M8 3v10M3 8h10",
        "more": "M3.5 8v.1M8 8v.1M12.5 8v.1",
        "close": "M4 4l8 8M12 4l-8 8",
        "search": "M7 2.5a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9M10.5 10.5l3.5 3.5",
        "filter": "M2 3h12L9.5 8.5V13l-3-1.5v-3z",
        "copy": "M5.5 5.5h8v8h-8zM3.5 10.5h-1v-8h8v1",
        "cut": "M4 10.5a1.7 1.7 0 1 1 0 3.4 1.7 1.7 0 0 1 0-3.4"
        "M12 10.5a1.7 1.7 0 1 1 0 3.4 1.7 1.7 0 0 1 0-3.4M5 10.8L11 2M11 10.8L5 2",
        "paste": "M4 3.5H3v10h10v-10h-1M5.5 2.2h5v2.6h-5z",
        "delete": "M3 4.5h10M6 4.5v-2h4v2M4.5 4.5l.6 9h5.8l.6-9",
        "undo": "M3 6.5h6.5a3.5 3.5 0 0 1 0 7H6M6 3.5l-3 3 3 3",
        "redo": "M13 6.5H6.5a3.5 3.5 0 0 0 0 7H10M10 3.5l3 3-3 3",
        "drag": "M6 3.5v.1M10 3.5v.1M6 8v.1M10 8v.1M6 12.5v.1M10 12.5v.1",
        "chevron": "M6 3.5L10.5 8 6 12.5",
        "down": "M3.5 6L8 10.5 12.5 6",
        "back": "M10 3.5L5.5 8l4.5 4.5",
        "history": "M3 8a5 5 0 1 1 1.6 3.7M3 13.2v-2.8h2.8M8 5.2V8l2 1.2",
        "download": "M8 2.5v7.5M4.8 7L8 10.2 11.2 7M3 13.5h10",
        "upload": "M8 10.5V3M4.8 6L8 2.8 11.2 6M3 13.5h10",
        "external": "M6 3.5H3v9.5h9.5v-3M9 2.5h4.5V7M13.5 2.5L7.5 8.5",
        "eye": "M1.5 8S4 3.5 8 3.5 14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8"
        "M8 6.3a1.7 1.7 0 1 1 0 3.4 1.7 1.7 0 0 1 0-3.4",
        "off": "M8 2v5.5M4.5 4.3a5 5 0 1 0 7 0",
    }
)

SYNONYMS = MappingProxyType(
    {
        "ready": "waiting",
        "succeeded": "done",
        "passed_over": "skipped",
        "not_reached": "to_come",
        "pencil": "update_field",
        "trash": "delete",
        "mail": "send_email",
        "webhook": "call_webhook",
        "branch": "if",
        "clock": "background",
        "hourglass": "delay",
        "function": "call",
        "save": "download",
        "form": "page",
        "unknown": "info",
    }
)


def icon(name: str) -> SafeString:
    """Return an icon as inline SVG, which screen readers pass over; an unknown name gives a plain action's."""
    path = PATHS.get(SYNONYMS.get(name, name), PATHS["action"])
    return format_html(
        '<svg class="mw-icon mw-icon--{}" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true"'
        ' focusable="false"><path d="{}"/></svg>',
        name,
        mark_safe(path),  # noqa: S308 - one of the constants above
    )
