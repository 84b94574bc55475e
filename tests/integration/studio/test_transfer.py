"""What the editor saves and what Python writes are the same document."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from hypothesis import HealthCheck, given, settings

from meanwhile import Created, EventTree, TreeDocumentError, UnknownTree, UpdateField
from meanwhile.studio import drafts, publish, transfer
from meanwhile.studio.errors import EditConflict, EditProblem
from meanwhile.studio.models import StudioTree
from meanwhile.testing import use_trees
from tests import strategies
from tests.integration.studio.conftest import SET_STATUS, fill, published
from tests.shop.models import Booking

pytestmark = pytest.mark.django_db


@settings(strategies.patiently, suppress_health_check=list(HealthCheck), max_examples=60)
@given(strategies.trees)
def test_any_tree_survives_python_json_studio_json_python_unchanged(tree: EventTree) -> None:
    text = tree.to_json()
    stored = transfer.import_tree(text, by=None)
    assert drafts.draft_of(stored).document == tree.as_json()
    exported = transfer.export_draft(StudioTree.objects.get(pk=stored.pk))
    assert exported == text
    again = EventTree.from_json(exported)
    assert again == tree
    assert again.content_hash == tree.content_hash
    stored.delete()


def test_a_published_version_is_the_document_of_the_tree(tree: StudioTree) -> None:
    made = EventTree("Booking received", on=Created(Booking), do=[UpdateField(status="a", price=5)], key=tree.key)
    revision = drafts.save_document(tree, made.as_json(), revision=1, by=None).draft.revision
    version = publish.publish(tree, revision=revision, by=None)
    assert EventTree.from_document(version.document) == made
    assert transfer.export_version(tree, 1) == made.to_json()
    assert version.version_id == publish.ensure_version(made, using="default", clock=publish.current_clock())


def test_a_half_done_draft_is_exported_as_it_is(tree: StudioTree) -> None:
    fill(tree, {"kind": "delay"})
    assert '"kind": "delay"' in transfer.export_draft(tree)


def test_an_imported_tree_whose_key_is_taken_gets_another(tree: StudioTree) -> None:
    text = transfer.export_draft(tree)
    other = transfer.import_tree(text, by=None)
    assert other.key == "booking-received-2"
    with use_trees(EventTree("In Python", on=Created(Booking))):
        exported = transfer.export_python("in-python")
        assert transfer.import_tree(exported, by=None).key == "in-python-2"
    assert transfer.import_tree(exported, by=None).key == "in-python"


def test_an_import_into_a_draft_can_be_undone_and_conflicts_like_any_edit(tree: StudioTree) -> None:
    source = EventTree("Other", on=Created(Booking), do=[UpdateField(status="x")], key="other")
    fill(tree, SET_STATUS)
    with pytest.raises(EditConflict):
        transfer.import_tree(source.to_json(), by=None, into=tree, revision=1)
    transfer.import_tree(source.to_json(), by=None, into=tree, revision=2)
    document = drafts.draft_of(tree).document
    assert (document["name"], document["key"]) == ("Other", tree.key)
    assert drafts.undo(tree, revision=3, by=None).draft.document["do"] == [SET_STATUS]


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"meanwhile": 1}', '{"meanwhile": 2, "name": "x"}', b"\xff", "[" * 100_000]
)
def test_what_is_no_tree_is_not_imported(text: Any) -> None:
    with pytest.raises(TreeDocumentError):
        transfer.import_tree(text, by=None)
    assert not StudioTree.objects.exists()


def test_a_file_of_any_size_is_refused_before_it_is_read(settings: Any) -> None:
    settings.MEANWHILE = {**settings.MEANWHILE, "STUDIO_MAX_DOCUMENT": 1000}
    with pytest.raises(TreeDocumentError, match="STUDIO_MAX_DOCUMENT"):
        transfer.import_tree("x" * 5000, by=None)


def test_a_tree_on_a_closed_record_type_is_not_imported() -> None:
    text = EventTree("X", on=Created("meanwhile.Job")).to_json()
    with pytest.raises(EditProblem):
        transfer.import_tree(text, by=None)


def test_only_who_may_edit_imports(person: Callable[..., Any], tree: StudioTree) -> None:
    with pytest.raises(PermissionDenied):
        transfer.import_tree(transfer.export_draft(tree), by=person("view", "publish"))


def test_what_is_not_there_is_not_exported(tree: StudioTree) -> None:
    with pytest.raises(UnknownTree):
        transfer.export_python("nowhere")
    published(tree, SET_STATUS)
    with pytest.raises(EditProblem):
        transfer.export_version(tree, 2)


@pytest.mark.urls("tests.integration.studio.urls")
def test_an_import_of_nothing_says_what_to_do(client: Any, person: Callable[..., Any]) -> None:
    client.force_login(person("view", "edit"))
    for text in ("", " \n"):
        response = client.post("/studio/import/", {"text": text})
        assert response.status_code == 422
        assert "There is nothing to import: choose a file, or put its text here." in response.text
    assert not StudioTree.objects.exists()
