"""The pages of the Studio and of the admin that list runs and jobs, asked for by a person who may see all."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from functools import lru_cache
from time import perf_counter
from typing import Any

from django.contrib.auth import get_user_model
from django.test import Client

from benchmarks.inside.studio_fill import (
    PERSONS,
    RARE_PERSON,
    fill_one,
    fill_past,
    fill_rest,
    prepare,
    run_at,
    statistics,
)
from benchmarks.shop.trees import COMMON, FORMER, NEW, RARE

RUN = re.compile(rb'href="[^"]*/(?:run|runs|jobs|job)/[0-9a-f][0-9a-f-]*/')

__all__ = ["fill_one", "fill_past", "fill_rest", "pages", "prepare", "seconds", "statistics"]


def pages(n: int, now: str) -> dict[str, tuple[str, int]]:
    """Return the measured pages of a site with ``n`` runs: of each its address, and how many runs or jobs it must show
    at least to be the page that is meant."""
    from meanwhile.trees.models import Run

    runs = Run.objects.order_by("-pk")
    # With the one run of an empty site, that one.
    late = runs.filter(state="running").first() or runs[0]
    order = runs.filter(model="shop.Order").first() or runs[0]
    far = run_at(n, n // 2, now)
    day = datetime.fromisoformat(now) - timedelta(days=45)
    of = "/studio/runs/?"
    return {
        "runs": ("/studio/runs/", 50),
        "runs, a far page": (f"{of}before={far}", 50),
        "runs, common tree": (f"{of}tree={COMMON}", 50),
        "runs, rare tree": (f"{of}tree={RARE}", 5),
        "runs, former tree": (f"{of}tree={FORMER}", 50),
        "runs, new tree": (f"{of}tree={NEW}", 50),
        "runs, new tree, another page": (f"{of}tree={NEW}&before={far}", 50),
        "runs, record type": (f"{of}model=shop.Ticket", 50),
        "runs, record": (f"{of}record={order.record_pk}", 5),
        "runs, record of a type": (f"{of}model=shop.Order&record={order.record_pk}", 2),
        "runs, person": (f"{of}person=person-17", 50),
        "runs, part of a name": (f"{of}person=son-1", 50),
        "runs, rare person": (f"{of}person=person-{RARE_PERSON}", 5),
        "runs, failed": (f"{of}state=failed", 20),
        "runs, succeeded": (f"{of}state=succeeded", 50),
        "runs, last hour": (f"{of}since=hour", 0),
        "runs, last month": (f"{of}since=month", 50),
        "runs, one day": (f"{of}day={day:%Y-%m-%d}", 20),
        "runs, common tree, failed, last month": (f"{of}tree={COMMON}&state=failed&since=month", 10),
        "runs, nothing: common tree, rare person, failed": (
            f"{of}tree={COMMON}&person=person-{RARE_PERSON}&state=failed",
            0,
        ),
        "runs, nothing: common tree, other type": (f"{of}tree={COMMON}&model=shop.Ticket", 0),
        "runs, nothing: other type, failed": (f"{of}tree={COMMON}&model=shop.Ticket&state=failed", 0),
        "runs, nothing: type, unknown record": (f"{of}model=shop.Ticket&record=nothing", 0),
        "runs, nothing: rare tree, last day": (f"{of}tree={RARE}&since=day", 0),
        "a run": (f"/studio/runs/{late.pk}/", 0),
        "a record's runs": (f"/order/{order.record_pk}/", 1),
        "record types": ("/studio/", 0),
        "a record type": ("/studio/types/shop.Order/", 0),
        "queue": ("/studio/queue/", 15),
        "queue, later": ("/studio/queue/?list=later", 15),
        "queue, held back": ("/studio/queue/?list=held", 10),
        "queue, running": ("/studio/queue/?list=running", 15),
        "queue, failed": ("/studio/queue/?list=failed", 15),
        "queue, succeeded": ("/studio/queue/?list=succeeded", 15),
        "plots of an hour": ("/studio/queue/plots/", 0),
        "plots of a day": ("/studio/queue/plots/?span=day", 0),
        "admin, runs": ("/admin/meanwhile/run/", 20),
        "admin, runs, rare tree": (f"/admin/meanwhile/run/?tree={RARE}", 5),
        "admin, runs, failed": ("/admin/meanwhile/run/?state__exact=failed", 20),
        "admin, runs, record type": ("/admin/meanwhile/run/?model=shop.Ticket", 20),
        "admin, runs, common tree, cancelled": (f"/admin/meanwhile/run/?tree={COMMON}&state__exact=cancelled", 20),
        "admin, runs, nothing: common tree, other type": (f"/admin/meanwhile/run/?tree={COMMON}&model=shop.Ticket", 0),
        "admin, runs, person": ("/admin/meanwhile/run/?q=person-17", 20),
        "admin, jobs": ("/admin/meanwhile/job/", 20),
        "admin, jobs, waiting": ("/admin/meanwhile/job/?state__exact=ready", 20),
        "admin, jobs, held back": ("/admin/meanwhile/job/?state__exact=held", 20),
        "admin, jobs, waiting, high priority": ("/admin/meanwhile/job/?state__exact=ready&priority=high", 20),
        "admin, jobs, waiting, other kind": ("/admin/meanwhile/job/?state__exact=ready&kind=other", 0),
        "admin, jobs, nothing: part of a name": ("/admin/meanwhile/job/?q=nothing like it", 0),
        "admin, jobs, running": ("/admin/meanwhile/job/?state__exact=running", 15),
        "admin, jobs, failed": ("/admin/meanwhile/job/?state__exact=failed", 20),
        "admin, jobs, priority": ("/admin/meanwhile/job/?priority=high", 20),
        "admin, jobs, other kind": ("/admin/meanwhile/job/?kind=other", 0),
    }


def seconds(path: str, least: int) -> float:
    """Ask for a page and return how long it took; raise if it is not the page that is meant."""
    client = _client()
    began = perf_counter()
    response: Any = client.get(path)
    took = perf_counter() - began
    if response.status_code != 200 or len(set(RUN.findall(response.content))) < least:
        shown = len(set(RUN.findall(response.content)))
        raise RuntimeError(f"{path}: status {response.status_code}, {shown} of at least {least} rows")
    return took


@lru_cache(maxsize=1)
def _client() -> Client:
    client = Client()
    client.force_login(get_user_model().objects.create_superuser("chief", pk=PERSONS + 1))
    return client
