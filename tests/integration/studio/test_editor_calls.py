"""The editor's calls over HTTP, also hand-made ones: each permission opens its own, and lost answers do no harm."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from meanwhile.studio import drafts
from meanwhile.studio.models import StudioTree
from tests.integration.studio.conftest import MAIL, SET_STATUS, fill
from tests.shop.models import Booking

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.integration.studio.urls")]

INSERT = {"op": "insert", "at": "0", "node": SET_STATUS}


@pytest.fixture
def call(client: Client) -> Callable[..., Any]:
    """Call an action as somebody: its value, or the code of its error."""

    def make(user: Any, name: str, **params: Any) -> Any:
        if user is not None:
            client.force_login(user)
        body = {"lane": "foreground", "actions": [{"id": "1", "action": f"studio.{name}", "params": params}]}
        response = client.post("/studio/actions/", json.dumps(body), content_type="application/json")
        if response.status_code != 200:
            return response.json()["error"]["code"]
        line = json.loads(b"".join(response).splitlines()[0])  # type: ignore[arg-type]
        return line["value"] if line["state"] == "SUCCESS" else line["error"]["code"]

    return make


def edit(call: Callable[..., Any], user: Any, tree: StudioTree, operation: dict[str, Any], revision: int) -> Any:
    return call(user, "edit", tree=tree.key, operation=json.dumps(operation), revision=revision)


def test_an_edit_answers_with_all_that_the_page_shows(
    call: Callable[..., Any], person: Callable[..., Any], tree: StudioTree
) -> None:
    state = edit(call, person("view", "edit"), tree, INSERT, 1)["state"]
    assert (state["revision"], state["select"], state["label"]) == (2, "0", "Add “Update Field”")
    assert [(row["path"], row["details"]) for row in state["rows"]] == [("0", "status = “received”")]
    assert (state["undo"], state["redo"]) == ("Add “Update Field”", "")
    assert state["form"]["kind"] == "update_field"


@pytest.mark.parametrize(
    ("held", "name", "params"),
    [
        ((), "open", {}),
        ((), "form", {"path": ""}),
        ((), "news", {"revision": 1}),
        (("view",), "edit", {"operation": json.dumps(INSERT), "revision": 1}),
        (("view", "publish"), "edit", {"operation": json.dumps(INSERT), "revision": 1}),
        (("view",), "undo", {"revision": 1}),
        (("view",), "discard", {"revision": 1}),
        (("view",), "matching", {"condition": "{}"}),
        (("view",), "preview_mail", {"path": "0", "record": "1"}),
        (("view",), "move_targets", {"path": "0"}),
        (("view", "edit"), "publish", {"revision": 1}),
        (("view", "edit"), "set_enabled", {"enabled": False}),
        (("view", "edit"), "set_retired", {"retired": True}),
        (("edit", "publish"), "edit", {"operation": json.dumps(INSERT), "revision": 1}),
    ],
)
def test_a_hand_made_request_needs_the_permission_too(
    call: Callable[..., Any],
    person: Callable[..., Any],
    tree: StudioTree,
    held: tuple[str, ...],
    name: str,
    params: dict[str, Any],
) -> None:
    assert call(person(*held), name, tree=tree.key, **params) in {"forbidden", "user_error"}
    draft = drafts.draft_of(tree)
    assert (draft.revision, draft.tree.enabled, draft.tree.retired, draft.tree.published) == (1, True, False, None)


def test_nobody_else_gets_in(call: Callable[..., Any], person: Callable[..., Any], tree: StudioTree) -> None:
    assert call(None, "open", tree=tree.key) == "login_required"
    assert call(person("view", "edit", is_staff=False), "open", tree=tree.key) == "forbidden"


def test_records_are_named_only_to_who_may_see_them(call: Callable[..., Any], person: Callable[..., Any]) -> None:
    Booking.objects.create(name="Ada")
    assert call(person("view", "edit"), "records", model="shop.Booking") == "forbidden"
    assert call(person("view", name="eve"), "records", model="auth.Group") in {"forbidden", "user_error"}


def test_an_edit_whose_answer_was_lost_is_not_done_twice(
    call: Callable[..., Any], person: Callable[..., Any], tree: StudioTree
) -> None:
    ada = person("view", "edit")
    edit(call, ada, tree, INSERT, 1)
    again = edit(call, ada, tree, INSERT, 1)
    assert "conflict" not in again
    assert again["state"]["revision"] == 2
    assert drafts.draft_of(tree).document["do"] == [SET_STATUS]


def test_a_value_that_nobody_else_touched_is_set_where_its_node_is_now(
    call: Callable[..., Any], person: Callable[..., Any], tree: StudioTree
) -> None:
    ada, bob = person("view", "edit"), person("view", "edit", name="bob")
    revision = fill(tree, SET_STATUS, MAIL)
    edit(call, bob, tree, {"op": "remove", "path": "0"}, revision)
    subject = {"op": "set_value", "path": "1", "key": "subject", "value": "Mine"}
    answer = edit(call, ada, tree, subject, revision)
    assert answer["merged"]["by"] == "bob"
    assert drafts.draft_of(tree).document["do"] == [{**MAIL, "subject": "Mine"}]


def test_a_value_that_another_person_changed_is_not_overwritten(
    call: Callable[..., Any], person: Callable[..., Any], tree: StudioTree
) -> None:
    ada, bob = person("view", "edit"), person("view", "edit", name="bob")
    revision = fill(tree, MAIL)
    theirs = {"op": "set_value", "path": "0", "key": "subject", "value": "Theirs"}
    edit(call, bob, tree, theirs, revision)
    conflict = edit(call, ada, tree, {**theirs, "value": "Mine"}, revision)["conflict"]
    assert conflict["by"] == "bob"
    assert "“Mine”" in conflict["label"]
    assert json.loads(conflict["operation"])["value"] == "Mine"
    assert drafts.draft_of(tree).document["do"][0]["subject"] == "Theirs"


def test_somebody_else_who_logged_in_meanwhile_does_not_make_the_change(
    call: Callable[..., Any], person: Callable[..., Any], tree: StudioTree
) -> None:
    ada, bob = person("view", "edit"), person("view", "edit", name="bob")
    operation = json.dumps(INSERT)
    answer = call(bob, "edit", tree=tree.key, operation=operation, revision=1, person=str(ada.pk))
    assert answer == "user_error"
    assert drafts.draft_of(tree).revision == 1


@pytest.mark.parametrize("operation", ["", "[]", "{", '{"op": "nothing"}', "[" * 5000])
def test_a_broken_operation_is_refused(
    call: Callable[..., Any], person: Callable[..., Any], tree: StudioTree, operation: str
) -> None:
    assert call(person("view", "edit"), "edit", tree=tree.key, operation=operation, revision=1) == "user_error"


@pytest.mark.parametrize(
    ("held", "path", "status"),
    [
        (("view",), "/studio/trees/booking-received/", 200),
        (("view",), "/studio/trees/booking-received/history/", 200),
        (("view",), "/studio/trees/booking-received/export.json", 200),
        (("view",), "/studio/trees/booking-received/try/", 403),
        (("view",), "/studio/trees/new/", 403),
        (("view",), "/studio/import/", 403),
        (("view",), "/studio/trees/nothing/", 404),
        (("view", "edit"), "/studio/trees/booking-received/try/", 200),
        (("view", "edit"), "/studio/trees/new/?model=shop.Booking", 200),
        (("view", "edit"), "/studio/import/?into=booking-received", 200),
        ((), "/studio/trees/booking-received/", 403),
    ],
)
def test_a_page_opens_for_who_may_see_it(
    client: Client, person: Callable[..., Any], tree: StudioTree, held: tuple[str, ...], path: str, status: int
) -> None:
    client.force_login(person(*held))
    assert client.get(path).status_code == status


def test_an_exported_tree_is_imported_as_a_new_draft(
    client: Client, person: Callable[..., Any], tree: StudioTree
) -> None:
    fill(tree, SET_STATUS)
    client.force_login(person("view", "edit"))
    text = client.get(f"/studio/trees/{tree.key}/export.json").content.decode()
    response = client.post("/studio/import/", {"text": text})
    assert response.status_code == 302
    imported = StudioTree.objects.exclude(pk=tree.pk).get()
    assert drafts.draft_of(imported).document["do"] == [SET_STATUS]
    assert client.post("/studio/import/", {"text": "{}"}).status_code == 422
