"""Addresses and texts of the Studio's pages."""

from __future__ import annotations

import html
import re
from typing import Any

from django.urls import reverse

from meanwhile.queue.models import Job
from meanwhile.trees.models import Run
from tests.shop.models import Booking

LIVE = {"HX-Request": "true", "HX-Request-Type": "partial"}
"""What htmx sends with a request for a part of a page."""

POLL = {**LIVE, "HX-Source": "div#live"}
"""What it sends when the live part asks for itself."""


def url(name: str, *args: Any, **query: Any) -> str:
    tail = "&".join(f"{key}={value}" for key, value in query.items())
    return reverse(f"meanwhile_studio:{name}", args=args) + (f"?{tail}" if tail else "")


def text_of(response: Any) -> str:
    """What a person reads, with single spaces."""
    assert response.status_code == 200, response.status_code
    return read(response.text.partition("<body")[2] or response.text)


def rows_of(response: Any) -> list[str]:
    """The rows of the page's tables, as text."""
    assert response.status_code == 200, response.status_code
    return [read(row) for row in re.findall(r"<tr id.*?</tr>", response.text, flags=re.DOTALL)]


def read(markup: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", markup)).split())


def run_of(tree: str, booking: Booking) -> Run:
    return Run.objects.get(tree=tree, record_pk=booking.pk, page_at__isnull=False)


def job_of(tree: str, booking: Booking) -> Job:
    return Job.objects.get(group=str(run_of(tree, booking).pk))


def tag_in(markup: str) -> str:
    """The tag of the live part in a page or an answer."""
    return re.findall(r'<div class="mw-live" id="\w+" data-every="\d+" hx-ptag="(\w+)"', markup)[0]


def every_in(markup: str) -> int:
    """After how many milliseconds the live part looks again."""
    triggers = re.findall(r'hx-trigger="every (\d+)ms', markup)
    [every] = re.findall(r'class="mw-live" id="\w+" data-every="(\d+)"', markup)
    assert triggers == ([] if every == "0" else [every])
    return int(every)
