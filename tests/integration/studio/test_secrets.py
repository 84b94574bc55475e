"""What a record type excludes and what is secret stands in no answer of the Studio, whatever an editor asks for."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from meanwhile import Background, EventTree, Field, Saved, SendEmail, Step, UpdateField, action
from meanwhile.queue.models import Job
from meanwhile.studio.models import StudioTree
from meanwhile.testing import run_background
from meanwhile.trees import listening, registry
from meanwhile.trees.models import Run
from tests.integration.studio.calling import call, may_see_records, said
from tests.integration.studio.conftest import MAIL, SET_STATUS, fill
from tests.shop.models import Booking, Customer, Seat

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.integration.studio.urls")]

NOTES, EMAIL, PRICE, NAME = "n0tes-of-ada", "s3cr3t@ada.example", "4711.11", "cust0mer-of-ada"
SECRETS = (NOTES, EMAIL, PRICE, NAME, "pbkdf2", "md5$")


@action(name="studio.changes_secrets")
def changes_secrets(record: Booking, step: Step) -> None:
    record.notes = NOTES + NOTES
    record.save(update_fields=["notes"])


@pytest.fixture(autouse=True)
def _closed(settings: Any) -> None:
    closed = ["shop.Booking.notes", "shop.Seat.price", "shop.Customer"]
    secret = ["password", "email"]
    settings.MEANWHILE = {**settings.MEANWHILE, "STUDIO_EXCLUDED_FIELDS": closed, "SENSITIVE_FIELDS": secret}


@pytest.fixture
def ada() -> Booking:
    """A booking that is full of what nobody may see here."""
    seat, customer = Seat.objects.create(number="12A", price=PRICE), Customer.objects.create(name=NAME, email=EMAIL)
    return Booking.objects.create(name="Ada", notes=NOTES, email=EMAIL, seat=seat, customer=customer)


@pytest.fixture
def editor(person: Callable[..., Any]) -> Client:
    """Somebody who may do everything in the Studio and see all records, but is no superuser."""
    user = person("view", "edit", "publish", "operate")
    user.set_password("x")
    user.save()
    client = Client()
    client.force_login(may_see_records(user))
    return client


def tells_nothing(text: str) -> bool:
    return not [secret for secret in SECRETS if secret in text]


UPDATE = {"kind": "update_field", "label": "Reads"}
IF = {"kind": "if", "then": [SET_STATUS]}


def field(path: str) -> dict[str, Any]:
    return {**UPDATE, "set": {"reference": {"value": "field", "field": path}}}


def template(text: str) -> dict[str, Any]:
    return {**UPDATE, "set": {"reference": {"value": "template", "template": text}}}


def compared(path: str, op: str = "startswith", to: Any = "n", test: str = "is") -> dict[str, Any]:
    value = to if isinstance(to, dict) else {"value": "literal", "literal": to}
    return {**IF, "condition": {"test": test, "field": path, "op": op, "to": value}}


def counted(of: str, **where: str) -> dict[str, Any]:
    values = {name: {"value": "literal", "literal": value} for name, value in where.items()}
    return {**IF, "condition": {"test": "count", "of": of, "op": ">", "number": 0, "where": values}}


def mail(**parts: Any) -> dict[str, Any]:
    return {**MAIL, "to": [{"recipients": "addresses", "addresses": "desk@example.com"}], "subject": "x", **parts}


REACHING = {
    "field": field("notes"),
    "related field": field("seat.price"),
    "closed record": field("customer.name"),
    "secret": field("email"),
    "secret of a closed record": field("customer.email"),
    "template": template("{{ record.notes }}"),
    "template over a relation": template("{{ record.seat.price }}"),
    "template of a closed record": template("{{ record.customer }}"),
    "template of the event": template("{{ event.new.notes }}{{ event.old.items }}"),
    "template of a secret": template("{{ record.email }}"),
    "template of the actor": template("{{ actor.password }}{{ actor.is_superuser }}"),
    "template of settings": template("{{ settings.SECRET_KEY }}{{ record._meta }}"),
    "template with an alias": template("{% with r=record %}{{ r.notes }}{% endwith %}"),
    "condition": compared("notes"),
    "condition on a secret": compared("email"),
    "condition against a field": compared("name", "==", {"value": "field", "field": "notes"}),
    "condition over a relation": compared("seat.price", "==", PRICE),
    "old value": compared("notes", "==", NOTES, "was"),
    "count": counted("tickets", booking__notes__startswith="n"),
    "count of a closed type": counted("shop.Customer", name__startswith="c"),
    "count of passwords": counted("auth.User", password__startswith="md5"),
    "count by a pattern": counted("shop.Booking", name__regex="(a+)+$"),
    "created": {"kind": "create_record", "model": "shop.Customer", "set": {}},
    "mail": mail(body="{{ record.notes }}"),
    "mail to users": mail(to=[{"recipients": "users", "users": ["ada"]}]),
    "moment": {"kind": "delay", "moment": {"at": "field", "field": "notes"}, "do": [SET_STATUS]},
}  # fmt: skip


@pytest.mark.parametrize("node", REACHING.values(), ids=REACHING)
def test_a_draft_that_reaches_for_it_is_kept_and_neither_tried_previewed_counted_nor_published(
    editor: Client, ada: Booking, tree: StudioTree, node: dict[str, Any]
) -> None:
    operation = json.dumps({"op": "insert", "at": "0", "node": node})
    answer = call(editor, "edit", tree=tree.key, operation=operation, revision=1)
    assert [one["level"] for one in answer["state"]["problems"] if one["path"].startswith("0")] != []
    tried = editor.post(f"/studio/trees/{tree.key}/try/", {"record": ada.pk})
    assert tells_nothing(tried.content.decode())
    assert tried.status_code == 422 or "It would fail" in tried.content.decode()
    assert tells_nothing(said(editor, "preview_mail", tree=tree.key, path="0", record=str(ada.pk)))
    condition = json.dumps(node.get("condition", {"test": "is_new"}))
    matching = call(editor, "matching", tree=tree.key, condition=condition)
    assert matching["complete"] is ("condition" not in node)
    assert "errors" in call(editor, "publish", tree=tree.key, revision=2)
    tree.refresh_from_db()
    assert tree.published is None
    ada.refresh_from_db()
    assert (ada.status, ada.reference) == ("draft", "")


def test_a_document_that_reaches_for_it_is_imported_as_a_draft_at_most(
    editor: Client, tree: StudioTree, ada: Booking
) -> None:
    text = EventTree("In", on=Saved(Booking), do=[UpdateField(status=Field("notes"))]).to_json()
    assert editor.post("/studio/import/", {"text": text}).status_code in {302, 422}
    for imported in StudioTree.objects.exclude(pk=tree.pk):
        assert tells_nothing(editor.post(f"/studio/trees/{imported.key}/try/", {"record": ada.pk}).content.decode())
        assert "errors" in call(editor, "publish", tree=imported.key, revision=1)


def test_nothing_that_is_typed_into_a_trial_reaches_it(editor: Client, ada: Booking, tree: StudioTree) -> None:
    fill(tree, SET_STATUS)
    form = editor.get(f"/studio/trees/{tree.key}/try/").content.decode()
    assert "set-name" in form
    for name in ("notes", "email", "customer"):
        assert f'name="set-{name}"' not in form
        given = {"record": ada.pk, f"set-{name}": "1"}
        assert editor.post(f"/studio/trees/{tree.key}/try/", given).status_code == 422


def test_searching_records_does_not_search_it_and_pickers_do_not_name_it(editor: Client, ada: Booking) -> None:
    assert call(editor, "records", model="shop.Booking", search="Ada")["found"] == [[str(ada.pk), "Ada"]]
    for secret in (NOTES, EMAIL, "n0te"):
        assert call(editor, "records", model="shop.Booking", search=secret)["found"] == []
    names = {one["name"] for one in call(editor, "fields", model="shop.Booking")}
    assert names.isdisjoint({"notes", "email", "customer"})
    assert "price" not in {one["name"] for one in call(editor, "fields", model="shop.Seat")}
    assert call(editor, "fields", model="shop.Customer") == []
    assert call(editor, "records", model="shop.Customer") == "user_error"
    assert call(editor, "record_names", model="shop.Customer", keys=["1"]) == "user_error"


def test_no_page_shows_it_also_where_code_has_read_written_and_mailed_it(
    editor: Client, ada: Booking, tree: StudioTree
) -> None:
    tells = SendEmail(to="a@example.com", subject="Of {{ record.notes }}", body="{{ record.notes }}", label="Tells it")
    registry.current().add(EventTree("In Python", on=Saved(Booking), do=[changes_secrets(), Background(tells)]))
    from django.apps import apps

    listening.listen(apps.get_app_config("meanwhile"))  # type: ignore[arg-type]
    ada.status = "paid"
    ada.notes = NOTES * 2
    ada.save()
    run_background()
    run = Run.objects.filter(tree="in-python").latest("created")
    job = Job.objects.get(group=str(run.pk))
    assert NOTES in json.dumps(job.payload)
    fill(tree, SET_STATUS, on={"event": "saved", "model": "shop.Booking"})
    addresses = [
        "/studio/", "/studio/types/shop.Booking/", "/studio/python/in-python/", "/studio/runs/",
        f"/studio/runs/{run.pk}/", "/studio/queue/?list=succeeded", f"/studio/trees/{tree.key}/",
        f"/studio/trees/{tree.key}/history/", f"/studio/trees/{tree.key}/export.json",
    ]  # fmt: skip
    for address in addresses:
        response = editor.get(address)
        assert response.status_code == 200
        assert tells_nothing(response.content.decode()), address
    tried = editor.post(f"/studio/trees/{tree.key}/try/", {"record": ada.pk}).content.decode()
    assert "Tells it" in tried
    assert tells_nothing(tried)
    # The job of a run that is not kept any more is shown with what it was given.
    run.delete()
    page = editor.get(f"/studio/jobs/{job.pk}/").content.decode()
    assert "shop.Booking" in page
    assert tells_nothing(page)


def test_a_person_who_may_not_see_records_does_not_count_them(
    person: Callable[..., Any], tree: StudioTree, ada: Booking
) -> None:
    client = Client()
    client.force_login(person("view", "edit"))
    condition = {"test": "is", "field": "name", "op": "startswith", "to": {"value": "literal", "literal": "A"}}
    answer = call(client, "matching", tree=tree.key, condition=json.dumps(condition))
    assert answer == {"text": "You may not see records of the type “booking”.", "complete": False}
