"""What the editor saves and what Python writes are the same document."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from hypothesis import HealthCheck, given, settings

from meanwhile import Created, EventTree, TreeDocumentError, UnknownTree, UpdateField
from meanwhile.studio import drafts, publish, transfer
from meanwhile.studio.errors import EditConflict, EditProblem, KeyIsTaken
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


def test_a_tree_whose_key_is_taken_is_imported_apart_from_the_other_or_not_at_all(tree: StudioTree) -> None:
    text = transfer.export_draft(tree)
    with pytest.raises(KeyIsTaken, match="booking-received"):
        transfer.import_tree(text, by=None)
    assert StudioTree.objects.get() == tree
    other = transfer.import_tree(text, by=None, apart=True)
    assert (other.key, other.name, other.copied_from) == ("booking-received-2", "Booking received", "")
    with use_trees(EventTree("In Python", on=Created(Booking))):
        exported = transfer.export_python("in-python")
        with pytest.raises(KeyIsTaken):
            transfer.import_tree(exported, by=None)
        copy = transfer.import_tree(exported, by=None, apart=True, name="Mine")
        assert (copy.key, copy.name, copy.copied_from) == ("mine", "Mine", "in-python")
    assert transfer.import_tree(exported, by=None).key == "in-python"


@pytest.fixture
def editor(client: Any, person: Callable[..., Any]) -> Any:
    client.force_login(person("view", "edit"))
    return client


@pytest.mark.urls("tests.integration.studio.urls")
def test_an_import_with_a_taken_key_asks_and_shows_what_it_would_change(editor: Any, tree: StudioTree) -> None:
    text = transfer.export_draft(tree)
    fill(tree, SET_STATUS)
    asked = editor.post("/studio/import/", {"text": text})
    assert asked.status_code == 409
    assert "Another tree has the key “booking-received”." in asked.text
    assert [(one.kind, one.title) for one in asked.context["changes"]] == [("removed", "Update Status")]
    assert "Update Status" in asked.text
    assert (StudioTree.objects.count(), drafts.draft_of(tree).revision) == (1, 2)

    given = {"text": asked.context["text"], "into": tree.key, "revision": asked.context["draft"].revision}
    assert editor.post("/studio/import/", given).headers["Location"] == f"/studio/trees/{tree.key}/"
    assert transfer.export_draft(tree) == text
    assert StudioTree.objects.count() == 1


@pytest.mark.urls("tests.integration.studio.urls")
def test_an_import_with_a_taken_key_becomes_a_tree_of_its_own_with_another_name(editor: Any, tree: StudioTree) -> None:
    asked = editor.post("/studio/import/", {"text": transfer.export_draft(tree)})
    given = {"text": asked.context["text"], "apart": "1", "name": asked.context["name"]}
    assert editor.post("/studio/import/", given).status_code == 302
    made = StudioTree.objects.exclude(pk=tree.pk).get()
    assert (made.name, made.key) == ("Booking received (copy)", "booking-received-copy")
    assert drafts.draft_of(tree).revision == 1


@pytest.mark.urls("tests.integration.studio.urls")
def test_an_import_into_a_draft_that_somebody_has_changed_shows_the_difference_again(
    editor: Any, tree: StudioTree
) -> None:
    text = transfer.export_draft(tree)
    fill(tree, SET_STATUS)
    asked = editor.post("/studio/import/", {"text": text, "into": tree.key, "revision": 1})
    assert asked.status_code == 409
    assert "has changed this tree meanwhile" in asked.text
    assert [one.kind for one in asked.context["changes"]] == ["removed"]
    assert drafts.draft_of(tree).document["do"] == [SET_STATUS]
    given = {"text": asked.context["text"], "into": tree.key, "revision": asked.context["draft"].revision}
    assert editor.post("/studio/import/", given).status_code == 302
    assert transfer.export_draft(tree) == text


@pytest.mark.urls("tests.integration.studio.urls")
def test_what_can_not_be_changed_is_not_offered_by_an_import(editor: Any, tree: StudioTree) -> None:
    text = transfer.export_draft(tree)
    publish.retire(tree, by=None)
    asked = editor.post("/studio/import/", {"text": text})
    assert "This tree is retired" in asked.text
    assert 'name="into"' not in asked.text
    assert 'name="apart"' in asked.text
    with use_trees(EventTree("In Python", on=Created(Booking))):
        asked = editor.post("/studio/import/", {"text": transfer.export_python("in-python")})
    assert asked.status_code == 409
    assert 'href="/studio/python/in-python/"' in asked.text
    assert 'name="into"' not in asked.text


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
