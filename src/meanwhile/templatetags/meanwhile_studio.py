"""For a project's own templates: what Meanwhile does and did for a record.

{% load meanwhile_studio %}
{% record_runs booking %}
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django import template
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

from meanwhile.studio.record_runs import record_runs as runs_for

if TYPE_CHECKING:
    from django.db.models import Model

register = template.Library()


@register.simple_tag(takes_context=True)
def record_runs(context: Mapping[str, Any], record: Model) -> SafeString | str:
    """Show a record's latest runs and its pending jobs to whoever may see them in the Studio; to others nothing.

    Needs the request in the context. The look comes with `record_runs_style`, or is the page's own.
    """
    request = context.get("request")
    user = getattr(request, "user", None)
    found = runs_for(record, user) if user is not None else None
    if found is None:
        return ""
    return render_to_string("meanwhile/studio/record_runs.html", {"found": found, "record": record}, request)


@register.simple_tag
def record_runs_style() -> SafeString:
    """The link to the Studio's style sheet and the script that says how long ago things were, for a page's head."""
    return format_html(
        '<link rel="stylesheet" href="{}"><script type="module" src="{}"></script>',
        static("meanwhile/studio/studio.css"),
        static("meanwhile/studio/time.js"),
    )
