"""Addresses and texts of admin pages."""

from __future__ import annotations

import html
import re
from typing import Any

from django.urls import reverse

from meanwhile.queue.models import Job
from meanwhile.trees.models import Run
from tests.shop.models import Booking


def list_of(name: str, **query: Any) -> str:
    url = reverse(f"admin:meanwhile_{name}_changelist")
    return url + "?" + "&".join(f"{key}={value}" for key, value in query.items())


def page_of(row: Any) -> str:
    return reverse(f"admin:meanwhile_{row._meta.model_name}_change", args=[row.pk])


def text_of(response: Any) -> str:
    """What a person reads, with single spaces."""
    assert response.status_code == 200
    body = response.text.partition("<body")[2]
    return _read(re.sub(r"<script.*?</script>", "", body, flags=re.DOTALL))


def rows_of(response: Any) -> list[str]:
    """The rows of a list, as text."""
    found = re.findall(r"<tr>(.*?)</tr>", response.text.partition("<tbody")[2], flags=re.DOTALL)
    return [_read(row) for row in found]


def _read(markup: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", markup)).split())


def job_of(tree: str, booking: Booking) -> Job:
    return Job.objects.get(group=str(run_of(tree, booking).pk))


def run_of(tree: str, booking: Booking) -> Run:
    return Run.objects.get(tree=tree, record_pk=booking.pk)
