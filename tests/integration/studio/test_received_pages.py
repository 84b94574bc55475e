"""Trees on Received in the Studio: their form, their checks, their address with its keys, and trying a body."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone

from meanwhile import EventTree, Received, UpdateField
from meanwhile.received.keys import make_key
from meanwhile.received.models import ApiKey
from meanwhile.studio import drafts
from meanwhile.studio.diff import diff
from meanwhile.studio.edit import apply
from meanwhile.studio.forms import form_of
from meanwhile.studio.models import StudioTree
from meanwhile.studio.problems import problems_of
from meanwhile.studio.wording import event_in_words
from meanwhile.testing import use_trees
from meanwhile.trees.models import Run
from tests.integration.studio.conftest import published
from tests.shop.models import Order

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls("tests.integration.studio.urls")]

ON = {
    "event": "received",
    "model": "shop.Order",
    "match": ["number"],
    "fields": {"number": "order.id", "amount": "order.sum"},
    "parameters": {"by": "str"},
    "paths": {"by": "sender"},
}
DO = [{"kind": "update_field", "set": {"note": {"value": "param", "param": "by"}}}]
BODY = {"order": {"id": "N1", "sum": "5.00"}, "sender": "Zoe"}


def document(**on: Any) -> dict[str, Any]:
    return {"meanwhile": 1, "name": "Orders", "key": "orders", "on": {**ON, **on}, "do": DO}


@pytest.fixture
def orders() -> StudioTree:
    tree = drafts.create_tree("Orders", ON, by=None)
    return published(tree, *DO)


@pytest.fixture
def browse(person: Callable[..., Any]) -> Callable[..., Client]:
    def as_(*permissions: str, sees: bool = True) -> Client:
        ada, client = person(*permissions), Client()
        if sees:
            ada.user_permissions.add(Permission.objects.get(codename="view_order"))
        client.force_login(ada)
        return client

    return as_


def read(response: Any) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", response.content.decode())).split())


def shown_token(response: Any) -> str:
    return re.search(r'id="mw-token"[^>]*>(mw_[^<]+)<', response.content.decode())[1]


class TestForm:
    def test_it_offers_what_may_be_sent_and_nothing_else(self):
        fields = {field.key: field for field in form_of(document(), "").fields}
        assert [one.name for one in fields["on.fields"].options] == ["number", "amount", "note"]
        assert [one.name for one in fields["on.match"].options] == ["number", "amount"]
        assert fields["on.paths"].choices == (("by", "by"),)
        assert fields["on.create"].value is True

    def test_without_a_match_nothing_is_asked_about_one_that_is_not_found(self):
        assert "on.create" not in {field.key for field in form_of(document(match=[]), "").fields}

    def test_another_event_leaves_the_places_behind(self):
        after = apply(document(), {"op": "set_value", "path": "", "key": "on.event", "value": "updated"})
        assert after["on"] == {"event": "updated", "model": "shop.Order"}
        back = apply(after, {"op": "set_value", "path": "", "key": "on.event", "value": "received"})
        assert problems_of(back) == [one for one in problems_of(back) if one.id in {"meanwhile.E121", "meanwhile.W151"}]

    def test_it_is_said_in_words(self):
        assert "received from another system" in event_in_words(ON)

    def test_a_change_of_what_is_sent_shows_in_the_history(self):
        [found] = diff(document(), document(match=[], fields={"number": "id"}, create=False))
        lines = {line.label: (line.before, line.after) for line in found.lines}
        assert lines["Fields"] == ("Number: order.id, Amount: order.sum", "Number: id")
        assert lines["Finds the record by"] == ("Number", "–")
        assert lines["If no record is found"] == ("Make a new one", "Refuse the request")


class TestChecks:
    @pytest.mark.parametrize(
        ("name", "problem"),
        [("password", "studio.E03"), ("internal", "studio.E02"), ("id", "meanwhile.E104"), ("nope", "meanwhile.E102")],
    )
    def test_what_is_closed_can_not_be_sent_and_is_removed_with_one_click(self, name, problem):
        draft = document(fields={"number": "id", name: "x"})
        [found] = [one for one in problems_of(draft) if one.level == "error"]
        assert (found.id, found.place) == (problem, f"on.fields.{name}")
        assert found.fix is not None
        assert problems_of(apply(draft, found.fix)) == []

    def test_what_is_excluded_can_not_be_sent(self, settings):
        settings.MEANWHILE = {"STUDIO_EXCLUDED_FIELDS": ["shop.Order.amount"]}
        assert [one.place for one in problems_of(document())] == ["on.fields.amount"]
        assert "amount" not in {one.name for one in form_of(document(), "").fields[4].options}

    def test_a_hand_made_match_does_not_open_it_either(self):
        ids = {one.id for one in problems_of(document(match=["password"]))}
        assert "studio.E03" in ids


class TestAddress:
    def test_it_shows_what_to_send_and_a_key_once(self, orders, browse):
        client = browse("view", "publish")
        page = client.get("/studio/receiving/orders/")
        assert "http://testserver/meanwhile/received/orders/" in read(page)
        assert "There is none yet" in read(page)
        made = client.post("/studio/receiving/orders/", {"name": "Web shop", "expires": "2099-12-31", "person": "me"})
        token = shown_token(made)
        again = client.get("/studio/receiving/orders/")
        assert token not in again.content.decode()
        assert "Web shop" in read(again)
        assert made["Cache-Control"].count("no-store")
        body = json.loads(html.unescape(re.search(r'id="mw-sample"[^>]*>(.*?)</pre>', made.content.decode(), re.S)[1]))
        answer = Client().post(
            "/meanwhile/received/orders/",
            json.dumps(body),
            content_type="application/json",
            headers={"Authorization": f"Bearer {token}"},
        )
        assert answer.status_code == 201, answer.content
        assert Run.objects.get().actor_name == "ada"
        api_key = ApiKey.objects.get()
        client.post("/studio/receiving/orders/", {"revoke": api_key.pk})
        api_key.refresh_from_db()
        assert api_key.revoked is not None
        assert "revoked" in read(client.get("/studio/receiving/orders/"))

    def test_a_reload_of_the_page_with_the_new_key_makes_no_other_one(self, orders, browse):
        client = browse("view", "publish")
        [form] = re.findall(r'name="form" value="([^"]+)"', client.get("/studio/receiving/orders/").text)
        first = client.post("/studio/receiving/orders/", {"name": "Web shop", "form": form})
        assert "mw_" in first.text
        again = client.post("/studio/receiving/orders/", {"name": "Web shop", "form": form}, follow=True)
        assert "This key is made already." in again.text
        assert ApiKey.objects.count() == 1
        [next_form] = re.findall(r'name="form" value="([^"]+)"', first.text)
        client.post("/studio/receiving/orders/", {"name": "Till", "form": next_form})
        assert ApiKey.objects.count() == 2

    def test_only_who_may_publish_makes_and_revokes_keys(self, orders, browse):
        client = browse("view", "edit", "operate")
        api_key = make_key("Shop", ["orders"], now=timezone.now()).api_key
        page = client.get("/studio/receiving/orders/")
        assert "you need the permission to publish" in read(page)
        assert 'name="revoke"' not in page.content.decode()
        assert client.post("/studio/receiving/orders/", {"name": "Mine"}).status_code == 403
        assert client.post("/studio/receiving/orders/", {"revoke": api_key.pk}).status_code == 403
        api_key.refresh_from_db()
        assert (ApiKey.objects.count(), api_key.revoked) == (1, None)

    def test_nobody_else_sees_it(self, orders, client):
        assert client.get("/studio/receiving/orders/").status_code == 302
        client.force_login(User.objects.create_user("eve"))
        assert client.get("/studio/receiving/orders/").status_code == 403

    @pytest.mark.parametrize(
        "given", [{"name": ""}, {"name": "x", "expires": "soon"}, {"name": "x", "expires": "2001-01-01"}]
    )
    def test_what_is_wrong_is_told_and_kept(self, orders, browse, given):
        page = browse("view", "publish").post("/studio/receiving/orders/", given)
        assert page.status_code == 422
        assert 'role="alert"' in page.content.decode()
        assert not ApiKey.objects.exists()

    def test_a_tree_in_python_has_such_a_page_too(self, browse):
        tree = EventTree("Orders", key="orders", on=Received(Order, match=["number"]), do=[UpdateField(amount=1)])
        with use_trees(tree):
            client = browse("view", "publish")
            assert "/studio/receiving/orders/" in client.get("/studio/python/orders/").content.decode()
            assert client.post("/studio/receiving/orders/", {"name": "Shop"}).status_code == 200
        assert ApiKey.objects.get().trees.get().tree == "orders"

    def test_other_trees_have_none(self, browse, tree):
        assert browse("view", "publish").get(f"/studio/receiving/{tree.key}/").status_code == 404

    def test_the_editor_leads_there(self, orders, browse):
        text = browse("view", "edit").get("/studio/trees/orders/").content.decode()
        assert re.search(r'data-part="receiving" href="/studio/receiving/orders/">', text)


class TestTrying:
    def test_a_body_makes_a_record_and_nothing_of_it_stays(self, orders, browse):
        page = browse("view", "edit").post("/studio/trees/orders/try/", {"send": "1", "body": json.dumps(BODY)})
        text = read(page)
        assert "A new record would be made: Order “N1”." in text
        assert "Zoe" in text
        assert not Order.objects.exists()
        assert not Run.objects.exists()

    def test_a_body_finds_its_record(self, orders, browse):
        Order.objects.create(number="N1", amount=1)
        page = browse("view", "edit").post("/studio/trees/orders/try/", {"send": "1", "body": json.dumps(BODY)})
        assert "A record would be found and updated: Order “N1”." in read(page)
        assert Order.objects.get().amount == 1

    @pytest.mark.parametrize(
        ("body", "told"),
        [
            ("nothing", "The request is not JSON."),
            ("{}", "order.id: is missing"),
            ('{"a": 1, "a": 2}', "there twice"),
            ("\ud800", "not JSON"),
            (json.dumps({**BODY, "note": "a\x00b"}), "can't be stored"),
            (json.dumps({**BODY, "note": "\ud800"}), "can't be stored"),
            (json.dumps({**BODY, "order": {"id": "N1", "sum": "much"}}), "order.sum"),
        ],
    )
    def test_what_the_sender_would_be_told_is_told(self, orders, browse, body, told):
        page = browse("view", "edit").post(
            "/studio/trees/orders/try/", {"send": "1", "body": body.encode("utf-8", "replace").decode()}
        )
        assert told in read(page) or "not JSON" in read(page)
        assert page.status_code == 422

    def test_who_may_not_see_the_records_finds_none(self, orders, browse):
        Order.objects.create(number="N1", amount=4711)
        page = browse("view", "edit", sees=False).post(
            "/studio/trees/orders/try/", {"send": "1", "body": json.dumps(BODY)}
        )
        assert page.status_code == 403
        assert "4711" not in read(page)

    def test_a_record_and_parameters_can_be_chosen_instead(self, orders, browse):
        order = Order.objects.create(number="N1")
        page = browse("view", "edit").post("/studio/trees/orders/try/", {"record": order.pk, "param-by": "Ann"})
        assert "It would run to its end" in read(page)
        assert "Ann" in read(page)

    def test_the_page_begins_with_a_sample(self, orders, browse):
        text = html.unescape(browse("view", "edit").get("/studio/trees/orders/try/").content.decode())
        assert '"sender": "text"' in text
