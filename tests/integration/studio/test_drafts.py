"""Drafts: edited by two people, undone, saved half done, bounded."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied

from meanwhile import Background, Created, EventTree, UpdateField
from meanwhile.studio import drafts, publish
from meanwhile.studio.edit import Edited
from meanwhile.studio.errors import EditConflict, EditProblem
from meanwhile.studio.models import StudioDraft, StudioTree
from meanwhile.testing import clock_at, use_trees
from tests.integration.studio.conftest import MAIL, SET_STATUS, published
from tests.shop.models import Booking

pytestmark = pytest.mark.django_db


def insert(tree: StudioTree, node: dict[str, Any], revision: int, by: Any = None, at: str = "0") -> drafts.Change:
    return drafts.edit_draft(tree, {"op": "insert", "at": at, "node": node}, revision=revision, by=by)


def test_an_edit_is_stored_with_who_made_it_and_raises_the_revision(
    tree: StudioTree, person: Callable[..., Any]
) -> None:
    ada = person("view", "edit")
    change = insert(tree, SET_STATUS, 1, ada)
    stored = drafts.draft_of(tree)
    assert (stored.revision, stored.edited_by, stored.document["do"]) == (2, ada, [SET_STATUS])
    assert (change.select, change.label) == ("0", "Add “Update Status”")


def test_the_second_of_two_editors_is_told_who_was_faster_and_overwrites_nothing(
    tree: StudioTree, person: Callable[..., Any]
) -> None:
    ada, bob = person("view", "edit"), person("view", "edit", name="bob")
    with clock_at(datetime(2026, 3, 1, 12, tzinfo=UTC)):
        insert(tree, SET_STATUS, 1, ada)
    for change in (
        lambda: insert(tree, MAIL, 1, bob),
        lambda: drafts.save_document(tree, {"do": []}, revision=1, by=bob),
        lambda: drafts.undo(tree, revision=1, by=bob),
    ):
        with pytest.raises(EditConflict) as caught:
            change()
        assert (caught.value.by, caught.value.revision) == ("ada", 2)
        assert caught.value.at == datetime(2026, 3, 1, 12, tzinfo=UTC)
        assert caught.value.document["do"] == [SET_STATUS]
    assert drafts.draft_of(tree).document["do"] == [SET_STATUS]


def test_a_write_that_lost_the_race_after_reading_is_a_conflict_too(tree: StudioTree) -> None:
    draft = StudioDraft.objects.select_related("tree").get(tree=tree)
    StudioDraft.objects.filter(pk=draft.pk).update(revision=2)
    with pytest.raises(EditConflict):
        drafts.keep(draft, Edited({**draft.document, "description": "mine"}, "", ""), None)
    assert "description" not in drafts.draft_of(tree).document


def test_edits_are_undone_and_done_again_in_their_order(tree: StudioTree) -> None:
    insert(tree, SET_STATUS, 1)
    insert(tree, MAIL, 2, at="1")
    assert drafts.undo_labels(drafts.draft_of(tree)) == ("Add “Send e-mail Hello {{ record.name }}”", "")
    assert drafts.undo(tree, revision=3, by=None).draft.document["do"] == [SET_STATUS]
    assert drafts.undo(tree, revision=4, by=None).draft.document["do"] == []
    assert drafts.undo_labels(drafts.draft_of(tree)) == ("", "Add “Update Status”")
    with pytest.raises(EditProblem, match="nothing to undo"):
        drafts.undo(tree, revision=5, by=None)
    drafts.redo(tree, revision=5, by=None)
    assert drafts.redo(tree, revision=6, by=None).draft.document["do"] == [SET_STATUS, MAIL]
    with pytest.raises(EditProblem, match="nothing to redo"):
        drafts.redo(tree, revision=7, by=None)


def test_an_edit_after_an_undo_ends_what_could_be_done_again(tree: StudioTree) -> None:
    insert(tree, SET_STATUS, 1)
    drafts.undo(tree, revision=2, by=None)
    insert(tree, MAIL, 3)
    with pytest.raises(EditProblem):
        drafts.redo(tree, revision=4, by=None)
    assert drafts.undo(tree, revision=4, by=None).draft.document["do"] == []


def test_typing_into_one_field_is_one_edit_for_undo(tree: StudioTree) -> None:
    insert(tree, MAIL, 1)
    with clock_at(datetime(2026, 3, 1, tzinfo=UTC)) as clock:
        for number, text in enumerate(("H", "He", "Hel"), 2):
            clock.advance(seconds=2)
            operation = {"op": "set_value", "path": "0", "key": "subject", "value": text}
            drafts.edit_draft(tree, operation, revision=number, by=None)
        clock.advance(seconds=60)
        drafts.edit_draft(tree, {**operation, "value": "Hello"}, revision=5, by=None)
    assert drafts.undo(tree, revision=6, by=None).draft.document["do"][0]["subject"] == "Hel"
    assert drafts.undo(tree, revision=7, by=None).draft.document["do"] == [MAIL]


def test_the_states_kept_for_undo_are_bounded(tree: StudioTree, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drafts, "MOST_EDITS", 5)
    monkeypatch.setattr(drafts, "FEWEST_EDITS", 5)
    for number in range(1, 12):
        insert(tree, SET_STATUS, number)
    assert drafts.draft_of(tree).edits.count() == 5


def test_a_half_done_document_is_kept_as_it_is(tree: StudioTree) -> None:
    half = {"name": "Half", "on": {"event": "updated"}, "do": [{"kind": "if"}, {"kind": "delay", "do": "?"}, 5]}
    drafts.save_document(tree, half, revision=1, by=None)
    document = drafts.draft_of(tree).document
    assert {key: document[key] for key in half} == half
    assert document["key"] == tree.key
    tree.refresh_from_db()
    assert (tree.name, tree.event, tree.model) == ("Half", "updated", "")


@pytest.mark.parametrize(
    "document",
    [[], "x", {"do": [{"kind": "if"}] * 1001}, {"name": "x" * 2_000_000}, {"name": "\0"}, {"name": float("nan")}],
)  # fmt: skip
def test_what_is_no_draft_or_too_large_for_one_is_refused(tree: StudioTree, document: Any) -> None:
    with pytest.raises(EditProblem):
        drafts.save_document(tree, document, revision=1, by=None)
    assert drafts.draft_of(tree).revision == 1


def test_an_operation_of_any_depth_ends_in_a_refusal(tree: StudioTree) -> None:
    deep: Any = {}
    for _ in range(50_000):
        deep = {"kind": "background", "do": [deep]}
    with pytest.raises(EditProblem, match="nested deeper"):
        insert(tree, deep, 1)


def test_the_key_is_for_good_whatever_a_document_says(tree: StudioTree) -> None:
    drafts.save_document(tree, {"name": "Other", "key": "stolen", "do": []}, revision=1, by=None)
    assert drafts.draft_of(tree).document["key"] == "booking-received"
    operation = {"op": "set_value", "path": "", "key": "key", "value": "stolen"}
    with pytest.raises(EditProblem):
        drafts.edit_draft(tree, operation, revision=2, by=None)


def test_keys_are_made_of_names_and_taken_once(tree: StudioTree) -> None:
    event = {"event": "saved", "model": "shop.Booking"}
    assert drafts.create_tree("Booking received", event, by=None).key == "booking-received-2"
    assert drafts.create_tree("日本", event, by=None).key == "tree"
    with pytest.raises(EditProblem, match="Another tree has the key"):
        drafts.create_tree("X", event, by=None, key="booking-received")
    with pytest.raises(EditProblem, match="A key has small letters"):
        drafts.create_tree("X", event, by=None, key="Not a key")


def test_a_copy_of_a_tree_in_python_has_a_key_and_a_name_of_its_own() -> None:
    source = EventTree("Received", on=Created(Booking), do=[Background(UpdateField(status="x"))], description="why")
    with use_trees(source):
        copy = drafts.copy_tree("received", by=None)
    assert (copy.key, copy.name, copy.copied_from) == ("received-copy", "Received (copy)", "received")
    document = drafts.draft_of(copy).document
    assert {**document, "name": "Received", "key": "received"} == source.as_json()


def test_discarding_a_draft_brings_the_published_version_back_and_can_be_undone(tree: StudioTree) -> None:
    published(tree, SET_STATUS)
    insert(tree, MAIL, 2)
    assert drafts.has_changes(tree)
    drafts.discard_draft(tree, revision=3, by=None)
    assert not drafts.has_changes(tree)
    assert len(drafts.undo(tree, revision=4, by=None).draft.document["do"]) == 2


def test_only_a_tree_that_was_never_published_is_deleted(tree: StudioTree) -> None:
    other = drafts.copy_tree(tree.key, by=None)
    drafts.delete_tree(other, by=None)
    assert not StudioTree.objects.filter(key=other.key).exists()
    published(tree, SET_STATUS)
    with pytest.raises(EditProblem, match="retire"):
        drafts.delete_tree(tree, by=None)


def test_a_viewer_changes_nothing_by_any_function(tree: StudioTree, person: Callable[..., Any]) -> None:
    viewer = person("view", "publish", "operate")
    event = {"event": "saved", "model": "shop.Booking"}
    for change in (
        lambda: insert(tree, SET_STATUS, 1, viewer),
        lambda: drafts.save_document(tree, {}, revision=1, by=viewer),
        lambda: drafts.undo(tree, revision=1, by=viewer),
        lambda: drafts.redo(tree, revision=1, by=viewer),
        lambda: drafts.create_tree("X", event, by=viewer),
        lambda: drafts.copy_tree(tree.key, by=viewer),
        lambda: drafts.discard_draft(tree, revision=1, by=viewer),
        lambda: drafts.delete_tree(tree, by=viewer),
        lambda: publish.restore(tree, 1, revision=1, by=viewer),
    ):
        with pytest.raises(PermissionDenied):
            change()
    assert drafts.draft_of(tree).revision == 1
