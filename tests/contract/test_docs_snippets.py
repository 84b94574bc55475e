"""What the guides show can be typed in: each page's Python is run in order; its trees and controllers pass the checks.

A block fenced as ``python`` is run. One fenced as ``{code-block} python`` is a fragment for the eye. The pages speak of
the models of an app called ``bookings``; the ones behind it here are the shop's.
"""

from __future__ import annotations

import re
import sys
import unittest
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import pytest_django
from django.test import TestCase

from meanwhile import EventTree
from meanwhile.actions.registry import actions
from meanwhile.remote import Controller
from meanwhile.remote.checks import check_controllers
from meanwhile.remote.registry import registered
from meanwhile.trees import registry
from meanwhile.trees.check import check_tree
from meanwhile.trees.registry import collecting
from tests.shop import models as shop

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGES = sorted(
    path for folder in ("how-to", "studio", "reference", "discussion") for path in (DOCS / folder).glob("*.md")
)
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@pytest.fixture
def bookings(monkeypatch: pytest.MonkeyPatch) -> None:
    """An app called ``bookings``, as far as the pages import from it."""
    package, models = ModuleType("bookings"), ModuleType("bookings.models")
    for name in ("Booking", "Customer", "Seat", "Ticket"):
        setattr(models, name, getattr(shop, name))
    monkeypatch.setitem(sys.modules, "bookings", package)
    monkeypatch.setitem(sys.modules, "bookings.models", models)


@pytest.fixture
def known_actions() -> Iterator[None]:
    """Forget the actions that a page defines."""
    before = {action.name for action in actions.all()}
    yield
    for action in actions.all():
        if action.name not in before:
            actions.remove(action.name)


@pytest.fixture
def trees() -> Iterator[list[EventTree]]:
    """The trees that a page makes, in the register while it is checked."""
    with collecting() as found:
        yield found
    for tree in found:
        registry.current().remove(tree.key)


def blocks(page: Path) -> list[str]:
    return BLOCK.findall(page.read_text(encoding="utf-8"))


@pytest.mark.django_db
@pytest.mark.usefixtures("bookings", "known_actions")
@pytest.mark.parametrize(
    "page", [page for page in PAGES if blocks(page)], ids=lambda page: f"{page.parent.name}/{page.name}"
)
def test_the_code_of_a_page_runs_and_passes_the_checks(page: Path, trees: list[EventTree]) -> None:
    names: dict[str, Any] = {"__name__": "bookings.trees"}
    text = page.read_text(encoding="utf-8")
    for block in BLOCK.finditer(text):
        line = text[: block.start()].count("\n") + 1
        source = re.sub(r'"bookings\.(?=[A-Z])', '"shop.', block[1])
        exec(compile("\n" * line + source, str(page), "exec", dont_inherit=True), names)
    for tree in trees:
        registry.current().add(tree, page.name)
    assert [(tree.key, problem) for tree in trees for problem in check_tree(tree)] == []
    controllers = controllers_of(names)
    with registered(*controllers):
        problems = [problem for problem in check_controllers() if problem.obj in controllers]
    assert [problem for problem in problems if problem.id != "meanwhile.E201"] == []  # the shop has some of these names


def controllers_of(names: dict[str, Any]) -> list[type[Controller]]:
    """The controllers that a page defines."""
    found = (value for value in names.values() if isinstance(value, type) and issubclass(value, Controller))
    return [one for one in found if one is not Controller and not vars(one).get("abstract", False)]


@pytest.mark.usefixtures("bookings", "known_actions", "django_db_setup")
@pytest.mark.parametrize(("page", "number"), [("testing.md", 5), ("client-testing.md", 7)])
def test_the_tests_that_a_guide_shows_pass(
    page: str, number: int, django_db_blocker: pytest_django.DjangoDbBlocker
) -> None:
    names: dict[str, Any] = {"__name__": "bookings.tests"}
    for source in blocks(DOCS / "how-to" / page):
        exec(compile(source.replace('"bookings.', '"shop.'), page, "exec", dont_inherit=True), names)
    cases = [value for value in names.values() if isinstance(value, type) and issubclass(value, TestCase)]
    suite = unittest.TestSuite(
        unittest.defaultTestLoader.loadTestsFromTestCase(case) for case in cases if case is not TestCase
    )
    result = unittest.TestResult()
    with django_db_blocker.unblock(), registered(*controllers_of(names)):
        suite.run(result)
    assert result.testsRun == number
    assert [trace for _case, trace in (*result.errors, *result.failures)] == []


@pytest.mark.usefixtures("bookings")
def test_the_document_that_the_json_guide_shows_is_what_its_tree_is_exported_as() -> None:
    page = (DOCS / "how-to" / "json.md").read_text(encoding="utf-8")
    names: dict[str, Any] = {"__name__": "bookings.trees"}
    exec(compile(blocks(DOCS / "how-to" / "json.md")[0], "json.md", "exec", dont_inherit=True), names)
    (shown,) = re.findall(r"^```json\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    assert shown == names["text"].replace("shop.Booking", "bookings.Booking")
