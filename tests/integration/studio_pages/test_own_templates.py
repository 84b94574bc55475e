"""A project's own templates stand beside those of the Studio."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from meanwhile import Created, EventTree, UpdateField
from meanwhile.studio import drafts, publish
from tests.integration.studio_pages.pages import url
from tests.shop.models import Booking

BASE = "meanwhile/studio/base.html"
OWN = '{% extends "' + BASE + '" %}{% block head %}{{ block.super }}<meta name="own">{% endblock %}'
PAGES: dict[str, tuple[Any, ...]] = {
    "record-types": (), "tree-new": (), "import": (), "runs": (), "queue": (), "tree": ("plan",), "try": ("plan",),
    "history": ("plan",), "version": ("plan", 1),
}  # fmt: skip


@pytest.fixture
def own_base(settings: Any) -> None:
    """Put something into the head of all pages, as a project does."""
    [given] = settings.TEMPLATES
    loaders = [("django.template.loaders.locmem.Loader", {BASE: OWN}), "django.template.loaders.app_directories.Loader"]
    settings.TEMPLATES = [{**given, "APP_DIRS": False, "OPTIONS": {**given["OPTIONS"], "loaders": loaders}}]


@pytest.mark.django_db
@pytest.mark.usefixtures("own_base")
@pytest.mark.parametrize("name", PAGES)
def test_what_a_project_puts_into_the_head_is_on_every_page(person: Any, name: str) -> None:
    plan = EventTree("Plan", on=Created(Booking), do=[UpdateField(status="x")])
    tree = drafts.make(plan.as_json(), by=None)
    publish.publish(tree, revision=1, by=None)
    client = Client()
    client.force_login(person("view", "edit"))
    page = client.get(url(name, *PAGES[name]))
    assert page.status_code == 200
    assert '<meta name="own">' in page.text
    if name == "tree-new":
        taken = client.post(url("import"), {"text": plan.to_json()})
        assert taken.status_code == 409
        assert '<meta name="own">' in taken.text
