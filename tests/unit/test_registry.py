from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest
from django.apps import AppConfig, apps

from meanwhile.exceptions import DuplicateTree, TreesImportedTooEarly, UnknownTree
from meanwhile.trees import registry
from meanwhile.trees.document import EventTree
from meanwhile.trees.events import Called, Created, Saved
from meanwhile.trees.registry import TreeRegistry, autodiscover, collecting
from tests.shop.models import Booking


def tree(name: str, model: str | None = "shop.Booking") -> EventTree:
    return EventTree(name, on=Created(model) if model else Called(), do=[])


def test_trees_are_found_by_key_name_and_model() -> None:
    trees = TreeRegistry()
    received, seats, called = tree("Booking received"), tree("Seats", "shop.Seat"), tree("Refund", None)
    for one in (received, seats, called):
        trees.add(one)
    assert trees.get("booking-received") is received
    assert trees.find("Booking received") is received
    assert trees.find("refund") is called
    assert trees.for_model(Booking) == (received,)
    assert trees.for_model("shop.Seat") == (seats,)
    assert trees.all() == [received, called, seats]
    with pytest.raises(UnknownTree, match=r"“booking-receved”.*booking-received"):
        trees.get("booking-receved")
    with pytest.raises(UnknownTree):
        trees.find("nobody")


def test_a_proxy_concerns_the_trees_of_its_model() -> None:
    class ProxyOfBooking(Booking):
        class Meta:
            app_label = "shop"
            proxy = True

    trees = TreeRegistry()
    trees.add(tree("Booking received"))
    trees.add(tree("Proxy", "shop.ProxyOfBooking"))
    assert [one.key for one in trees.for_model(ProxyOfBooking)] == ["booking-received", "proxy"]
    assert [one.key for one in trees.for_model(Booking)] == ["booking-received"]
    assert [one.key for one in trees.for_model("shop.ProxyOfBooking")] == ["proxy"]
    del apps.all_models["shop"]["proxyofbooking"]
    apps.clear_cache()


def test_a_tree_added_later_is_found_and_a_removed_one_is_not() -> None:
    trees = TreeRegistry()
    assert trees.for_model(Booking) == ()
    trees.add(tree("Late"))
    assert len(trees.for_model(Booking)) == 1
    trees.remove("late")
    assert trees.for_model(Booking) == ()


def test_two_trees_of_one_key_are_refused_and_both_modules_named() -> None:
    trees = TreeRegistry()
    first = tree("Booking received")
    trees.add(first, "bookings.trees")
    trees.add(first, "bookings.trees")
    with pytest.raises(DuplicateTree, match=r"“booking-received”.*bookings\.trees.*invoices\.trees"):
        trees.add(EventTree("Other", key="booking-received", on=Saved(Booking)), "invoices.trees")


def test_trees_built_or_read_in_a_trees_module_are_collected_and_stored_versions_are_not() -> None:
    outside, stored = tree("Outside"), tree("Stored").as_json()
    with collecting() as found:
        inside = tree("Inside")
        read = EventTree.from_json(outside.to_json())
        EventTree.from_document(stored)
    tree("After")
    assert found == [inside, read]


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An installed app on disk, and a register of its own."""
    package = tmp_path / "meadow"
    package.mkdir()
    (package / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(tmp_path))
    import meadow  # type: ignore[import-not-found]

    config = AppConfig("meadow", meadow)
    monkeypatch.setattr(apps, "get_app_configs", lambda: [config])
    monkeypatch.setattr(apps.get_app_config("meanwhile"), "trees", TreeRegistry())
    yield package
    for name in [name for name in sys.modules if name.partition(".")[0] == "meadow"]:
        del sys.modules[name]


TREES = """
    from meanwhile import Created, EventTree

    EventTree("Of no variable", on=Created("shop.Booking"), do=[])
    NAMED = EventTree("Named", on=Created("shop.Booking"), do=[])
"""


def test_the_trees_of_an_app_are_discovered(app: Path) -> None:
    (app / "trees.py").write_text(dedent(TREES))
    autodiscover()
    assert [one.key for one in registry.current().all()] == ["named", "of-no-variable"]
    assert registry.current().module_of("named") == "meadow.trees"


def test_apps_that_are_set_up_again_keep_their_trees(app: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (app / "trees.py").write_text(dedent(TREES))
    autodiscover()
    monkeypatch.setattr(apps.get_app_config("meanwhile"), "trees", TreeRegistry())
    autodiscover()
    assert len(registry.current().all()) == 2


def test_trees_made_before_the_apps_were_ready_are_not_lost_silently(app: Path) -> None:
    (app / "trees.py").write_text(dedent(TREES))
    import meadow.trees  # type: ignore[import-not-found]  # noqa: F401

    with pytest.raises(TreesImportedTooEarly, match=r"meadow\.trees"):
        autodiscover()


def test_a_module_that_is_only_called_trees_may_be_imported_by_anybody(app: Path) -> None:
    (app / "trees.py").write_text("OAK = 1\n")
    import meadow.trees  # noqa: F401

    autodiscover()
    assert registry.current().all() == []


def test_an_error_in_a_trees_module_is_not_swallowed(app: Path) -> None:
    (app / "trees.py").write_text("import nothing_of_this_name\n")
    with pytest.raises(ModuleNotFoundError, match="nothing_of_this_name"):
        autodiscover()
