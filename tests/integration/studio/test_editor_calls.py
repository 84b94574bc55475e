"""The editor's calls over HTTP, also hand-made ones: each permission opens its own, and lost answers do no harm."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from meanwhile.studio import drafts
from meanwhile.studio.models import StudioTree
from tests.integration.studio.conftest import MAIL, SET_STATUS, fill
from tests.shop.models import Booking, Seat

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
    assert (state["revision"], state["select"], state["label"]) == (2, "0", "Add “Update Status”")
    assert [(row["path"], row["details"]) for row in state["rows"]] == [("0", "Status = “received”")]
    assert (state["undo"], state["redo"]) == ("Add “Update Status”", "")
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


def test_a_change_with_an_id_is_done_once_whatever_others_do_meanwhile(
    call: Callable[..., Any], person: Callable[..., Any], tree: StudioTree
) -> None:
    ada, bob = person("view", "edit"), person("view", "edit", name="bob")
    sent = {"tree": tree.key, "operation": json.dumps(INSERT), "revision": 1, "id": "one"}
    call(ada, "edit", **sent)
    edit(call, bob, tree, {"op": "insert", "at": "0", "node": MAIL}, 2)
    again = call(ada, "edit", **sent)
    assert "conflict" not in again
    assert again["beside"]["by"] == "bob"
    assert drafts.draft_of(tree).document["do"] == [MAIL, SET_STATUS]
    other = call(ada, "edit", **{**sent, "id": "two"})
    assert other["merged"]["done"] == ["Add “Update Status”", "Add “Send e-mail Hello {{ record.name }}”"]


def test_changes_made_on_one_another_find_their_places_in_what_others_made_of_the_tree(
    call: Callable[..., Any], person: Callable[..., Any], tree: StudioTree
) -> None:
    ada, bob = person("view", "edit"), person("view", "edit", name="bob")
    nodes = [{**SET_STATUS, "label": name} for name in ("a", "b", "c")]
    revision = fill(tree, *nodes)
    edit(call, bob, tree, {"op": "insert", "at": "0", "node": MAIL}, revision)
    first = {"op": "remove", "path": "0"}
    assert edit(call, ada, tree, first, revision)["merged"]["by"] == "bob"
    second = {"op": "set_value", "path": "1", "key": "label", "value": "C"}  # c, once a is gone
    sent = {"tree": tree.key, "operation": json.dumps(second), "revision": revision, "before": json.dumps([first])}
    call(ada, "edit", **sent)
    assert [one.get("label") for one in drafts.draft_of(tree).document["do"]] == [None, "b", "C"]


def test_a_draft_that_is_not_known_any_more_is_asked_for(
    call: Callable[..., Any], person: Callable[..., Any], tree: StudioTree
) -> None:
    ada, bob = person("view", "edit"), person("view", "edit", name="bob")
    revision = fill(tree, SET_STATUS, MAIL)
    view = drafts.draft_of(tree).document
    call(bob, "undo", tree=tree.key, revision=revision)
    edit(call, bob, tree, {"op": "insert", "at": "0", "node": MAIL}, revision + 1)  # what was undone is forgotten
    mine = {"op": "insert", "at": "2", "node": SET_STATUS}
    sent = {"tree": tree.key, "operation": json.dumps(mine), "revision": revision}
    assert call(ada, "edit", **sent) == {"wanted": "view"}
    assert "merged" in call(ada, "edit", **sent, view=json.dumps(view))
    assert drafts.draft_of(tree).document["do"] == [MAIL, SET_STATUS]


@pytest.mark.parametrize("name", ["edit", "undo", "open", "form"])
def test_a_large_tree_takes_no_more_queries_than_a_small_one(
    call: Callable[..., Any], person: Callable[..., Any], tree: StudioTree, name: str
) -> None:
    ada = person("view", "edit")
    insert = {"operation": json.dumps(INSERT)}
    taken = []
    for number in (5, 500):
        revision = fill(tree, *({**MAIL, "label": f"n{one}"} for one in range(number)))
        given: dict[str, dict[str, Any]] = {
            "edit": {**insert, "revision": revision},
            "undo": {"revision": revision},
            "form": {"path": "1"},
        }
        call(ada, "open", tree=tree.key)
        with CaptureQueriesContext(connection) as queries:
            call(ada, name, tree=tree.key, **given.get(name, {}))
        taken.append(len(queries))
    assert taken[0] == taken[1] < 40


def test_the_form_is_that_of_the_tree_which_the_page_shows(
    call: Callable[..., Any], person: Callable[..., Any], tree: StudioTree
) -> None:
    ada, bob = person("view", "edit"), person("view", "edit", name="bob")
    revision = fill(tree, SET_STATUS, MAIL)
    edit(call, bob, tree, {"op": "remove", "path": "0"}, revision)
    shown = call(ada, "form", tree=tree.key, path="0", revision=revision)
    assert (shown["revision"], shown["form"]["kind"]) == (revision, "update_field")
    assert call(ada, "form", tree=tree.key, path="0")["form"]["kind"] == "send_email"


@pytest.mark.parametrize(("field", "value"), [("before", "{}"), ("before", "[" * 300), ("view", "[]"), ("view", "{")])
def test_a_broken_view_is_refused(
    call: Callable[..., Any], person: Callable[..., Any], tree: StudioTree, field: str, value: str
) -> None:
    sent = {"tree": tree.key, "operation": json.dumps(INSERT), "revision": 99, field: value}
    assert call(person("view", "edit"), "edit", **sent) in {"user_error", "invalid"}
    assert drafts.draft_of(tree).revision == 1


def test_records_to_choose_from_are_found_by_a_part_of_their_texts(
    call: Callable[..., Any], person: Callable[..., Any]
) -> None:
    ada = person("view", "edit")
    ada.user_permissions.add(*Permission.objects.filter(codename__in=["view_seat", "view_booking"]))
    seats = [Seat.objects.create(number=number) for number in ("12A", "12B", "30C")]
    found = call(ada, "records", model="shop.Seat", search="12")["found"]
    assert found == [[str(seat.pk), seat.number] for seat in reversed(seats[:2])]
    key = str(seats[2].pk)
    assert call(ada, "record_names", model="shop.Seat", keys=[key, "999"]) == {key: "30C"}


def test_a_title_of_several_fields_is_found_too(
    call: Callable[..., Any], person: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Seat, "__str__", lambda seat: f"Seat {seat.number} at {seat.price}")
    ada = person("view", "edit")
    ada.user_permissions.add(Permission.objects.get(codename="view_seat"))
    seat = Seat.objects.create(number="12A", price=7)
    Seat.objects.create(number="12B", price=8)
    assert call(ada, "records", model="shop.Seat", search="12a AT 7")["found"] == [[str(seat.pk), "Seat 12A at 7.00"]]


def test_who_may_not_see_records_learns_neither_names_nor_that_they_exist(
    call: Callable[..., Any], person: Callable[..., Any]
) -> None:
    seat = Seat.objects.create(number="12A")
    ada = person("view", "edit")
    assert call(ada, "records", model="shop.Seat") == "forbidden"
    assert call(ada, "record_names", model="shop.Seat", keys=[str(seat.pk)]) == "forbidden"
    for kind in ("users", "groups"):
        assert call(ada, "people", kind=kind) == "forbidden"


def test_what_is_excluded_is_neither_offered_nor_searched(
    call: Callable[..., Any], person: Callable[..., Any], settings: Any
) -> None:
    settings.MEANWHILE = {**settings.MEANWHILE, "STUDIO_EXCLUDED_FIELDS": ["shop.Customer", "shop.Seat.number"]}
    ada = person("view", "edit")
    ada.user_permissions.add(*Permission.objects.filter(codename__in=["view_seat", "view_customer"]))
    Seat.objects.create(number="12A")
    assert call(ada, "records", model="shop.Seat", search="12A")["found"] == []
    assert call(ada, "records", model="shop.Customer") == "user_error"
    assert "customer" not in {one["name"] for one in call(ada, "fields", model="shop.Booking")}


def test_users_and_groups_are_offered_by_the_names_that_recipients_have(
    call: Callable[..., Any], person: Callable[..., Any]
) -> None:
    ada = person("view", "edit")
    ada.user_permissions.add(*Permission.objects.filter(codename__in=["view_user", "view_group"]))
    users = get_user_model().objects
    users.create_user("bob", first_name="Robert", last_name="Moog", email="bob@example.com")
    users.create_user("bobby", is_active=False)
    Group.objects.create(name="Desk")
    assert call(ada, "people", kind="users", search="bob")["found"] == [["bob", "Robert Moog (bob)"]]
    assert call(ada, "people", kind="groups", search="des")["found"] == [["Desk", "Desk"]]


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
    tree.delete()
    response = client.post("/studio/import/", {"text": text})
    assert response.status_code == 302
    imported = StudioTree.objects.get()
    assert drafts.draft_of(imported).document["do"] == [SET_STATUS]
    assert client.post("/studio/import/", {"text": "{}"}).status_code == 422


@pytest.mark.parametrize(
    ("model", "event", "refusal"),
    [
        ("", "saved", "Choose a record type."),
        ("-", "saved", "Without a record there are only the events “Called” and “Scheduled”."),
        ("", "called", "Choose a record type."),
    ],
)
def test_a_tree_that_cant_be_is_not_made(
    client: Client, person: Callable[..., Any], model: str, event: str, refusal: str
) -> None:
    client.force_login(person("view", "edit"))
    response = client.post("/studio/trees/new/", {"name": "Mine", "model": model, "event": event})
    assert response.status_code == 422
    text = response.content.decode()
    assert refusal in text
    assert 'value="Mine"' in text
    assert not StudioTree.objects.exists()


def test_a_tree_without_a_record_is_made_for_calling_it(client: Client, person: Callable[..., Any]) -> None:
    client.force_login(person("view", "edit"))
    page = client.get("/studio/trees/new/?model=-").content.decode()
    assert 'value="called" required checked' in page
    assert client.post("/studio/trees/new/", {"name": "Mine", "model": "-", "event": "called"}).status_code == 302
    assert drafts.draft_of(StudioTree.objects.get()).document["on"] == {"event": "called"}
