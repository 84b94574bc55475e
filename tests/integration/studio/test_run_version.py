"""A run's page says under which number its version was published."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from meanwhile.studio.models import StudioTree, StudioVersion
from meanwhile.trees.models import Run
from tests.integration.studio.conftest import MAIL, SET_STATUS, published
from tests.shop.models import Booking

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls("tests.integration.studio.urls")]


def version_link(client: Any, run: Run, number: int) -> bool:
    page = client.get(f"/studio/runs/{run.pk}/").text
    return f'<a href="/studio/trees/{run.tree}/versions/{number}/">Version {number}</a>' in page


def test_each_run_links_to_the_version_it_began_with(client: Any, tree: StudioTree, person: Callable[..., Any]) -> None:
    client.force_login(person("view"))
    for nodes in ([SET_STATUS], [SET_STATUS, MAIL], [SET_STATUS]):  # the third is the first again
        published(tree, *nodes)
        Booking.objects.create(name="Ada", email="ada@example.com")
    runs = Run.objects.order_by("pk")
    assert [version_link(client, run, number) for number, run in enumerate(runs, 1)] == [True, True, True]


def test_a_version_that_was_not_published_before_the_run_is_not_named(
    client: Any, tree: StudioTree, person: Callable[..., Any]
) -> None:
    client.force_login(person("view"))
    published(tree, SET_STATUS)
    Booking.objects.create(name="Ada")
    run = Run.objects.get()
    StudioVersion.objects.update(at=run.created + timedelta(minutes=1))
    assert not version_link(client, run, 1)
