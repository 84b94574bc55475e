"""What trees of the Studio can't reach, whichever way they try; and what would keep the server busy."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.contenttypes.fields import GenericForeignKey
from django.db import models
from django.test.utils import isolate_apps

from meanwhile import (
    Actor,
    AnyOf,
    Called,
    CallTree,
    Changed,
    ChangedTo,
    Count,
    Created,
    CreateRecord,
    Delay,
    DeleteRecord,
    EventTree,
    Field,
    If,
    Is,
    IsNew,
    Not,
    Query,
    Saved,
    SendEmail,
    Template,
    Updated,
    UpdateField,
    Was,
    before,
)
from meanwhile.actions.recipients import Groups, Users
from meanwhile.studio import access
from meanwhile.studio.fields import field_at, fields_of
from meanwhile.studio.problems import problems_of
from tests.shop.models import Booking, Parcel, Seat, Ticket

pytestmark = pytest.mark.usefixtures("closed")
CLOSED_IDS = {"studio.E01", "studio.E02", "studio.E03", "studio.E04", "studio.E05"}


@pytest.fixture
def closed(settings: Any) -> None:
    settings.MEANWHILE = {
        **settings.MEANWHILE,
        "STUDIO_EXCLUDED_FIELDS": ["shop.Booking.notes", "shop.Seat.price", "shop.Customer"],
        "SENSITIVE_FIELDS": ["password", "email"],
    }


def ids(*nodes: Any, on: Any = None) -> set[str]:
    tree = EventTree("T", on=on or Saved(Booking), do=list(nodes))
    return {one.id for one in problems_of(tree.as_json())} & CLOSED_IDS


@pytest.mark.parametrize(
    "node",
    [
        UpdateField(notes="x"),
        UpdateField(status=Field("notes")),
        UpdateField(price=Field("seat.price")),
        UpdateField(price=1, of="seat"),
        UpdateField(name="x", of="customer"),
        UpdateField(reference=Field("customer.name")),
        UpdateField(customer_id=5),
        UpdateField(status=Field("customer_id")),
        DeleteRecord("customer"),
        CreateRecord("shop.Customer", set={"name": "x"}),
        CreateRecord(Seat, set={"number": "1", "price": 5}),
        CallTree("t", each=Query("shop.Customer")),
        CallTree("t", each=Query(Ticket, where={"booking__notes__contains": "a"})),
        CallTree("t", each=Query(Ticket, where={"passenger": Field("notes")})),
        CallTree("t", params={"x": Field("notes")}),
        If(Is("notes", "startswith", "a"), UpdateField(status="x")),
        If(Is("status", Field("notes")), UpdateField(status="x")),
        If(Was("notes", "a") | Is("status", "x"), UpdateField(status="x")),
        If(AnyOf(Not(Changed("notes")), IsNew()), UpdateField(status="x")),
        If(ChangedTo("notes", "a"), UpdateField(status="x")),
        If(Count("tickets", ">", 1, where={"booking__notes": "x"}), UpdateField(status="x")),
        If(Count("shop.Customer", ">", 1), UpdateField(status="x")),
        If(Count("shop.Ticket", ">", 1, where={"booking__customer__name": "x"}), UpdateField(status="x")),
        Delay(before("notes", days=1), UpdateField(status="x")),
        UpdateField(notes="x", disabled=True),
    ],
    ids=repr,
)
def test_a_closed_field_or_record_type_is_not_reached_by_a_node(node: Any) -> None:
    assert ids(node) & {"studio.E01", "studio.E02"}


@pytest.mark.parametrize(
    "node",
    [
        UpdateField(email="x"),
        UpdateField(status=Field("email")),
        If(Is("email", "startswith", "a"), UpdateField(status="x")),
        If(Is("email", "empty"), UpdateField(status="x")),
        CallTree("t", each=Query("auth.User", where={"password__startswith": "pbkdf2"})),
        If(Count("auth.User", ">", 1, where={"password__startswith": "a"}), UpdateField(status="x")),
    ],
    ids=repr,
)
def test_a_secret_is_an_error_in_the_studio(node: Any) -> None:
    assert "studio.E03" in ids(node)


@pytest.mark.parametrize(
    "text",
    [
        "{{ record.notes }}",
        "{{ record.seat.price }}",
        "{{ record.customer.name }}",
        "{{ record.customer }}",
        "{{ event.new.notes }}",
        "{{ event.old.notes }}",
        "{{ event.new }}",
        "{{ event }}",
        "{{ event.new.items }}",
        "{% for k, v in event.new.items %}{{ v }}{% endfor %}",
        "{% for v in event.old.values %}{{ v }}{% endfor %}",
        "{% with r=record %}{{ r.notes }}{% endwith %}",
        "{% with a=record %}{% with b=a %}{{ b.notes }}{% endwith %}{% endwith %}",
        "{% with r=record|default:'' %}{{ r.notes }}{% endwith %}",
        "{% with r=''|default:record %}{{ r.notes }}{% endwith %}",
        "{% with s=record.seat %}{{ s.price }}{% endwith %}",
        "{% with n=event.new %}{{ n.notes }}{% endwith %}",
        "{% if record.notes == 'a' %}x{% endif %}",
        "{% if 'a' in record.notes %}x{% endif %}",
        "{% if not record.notes|length > 3 and record.status %}x{% endif %}",
        "{% if record.status %}a{% elif record.notes %}b{% endif %}",
        "{{ record.status|default:record.notes }}",
        "{% firstof record.status record.notes %}",
        "{% cycle record.notes 'x' as c %}{{ c }}",
        "{% filter default:record.notes %}{% endfilter %}",
        "{% ifchanged record.notes %}{% endifchanged %}",
        "{% widthratio record.notes 1 2 %}",
        "{% regroup record.notes by x as r %}",
        "{{ made.notes }}",
        "{{ actor.is_superuser }}",
    ],
)
def test_a_closed_field_is_not_reached_by_a_template(text: str) -> None:
    making = CreateRecord(Booking, set={"name": "x"}, name="made")
    for node in (SendEmail(to="a@example.com", body=text), UpdateField(status=Template(text)), SendEmail(to=text)):
        assert ids(making, node) & {"studio.E01", "studio.E02"}, node


@pytest.mark.parametrize(
    "text",
    [
        "Dear {{ record.name }}, {% if record.seat %}seat {{ record.seat.number }}{% endif %} {{ record.pk }}",
        "{{ event.new.status }} {{ event.changed|join:', ' }} {{ now|date:'Y' }} {{ run }} {{ params.x }}",
        "{% for name in event.changed %}{{ forloop.counter }} {{ name }}{% endfor %}",
        "{% with n=record.name %}{{ n|upper|truncatechars:20 }}{% endwith %}",
        "{{ record.price|floatformat:2 }} {{ record.id|stringformat:'04d' }}",
        "{{ record.price|floatformat:'2g' }} " * 20,
        "{{ actor.username }}",
    ],
)
def test_what_is_open_is_not_in_the_way(text: str) -> None:
    assert ids(SendEmail(to="a@example.com", body=text)) == set()


@pytest.mark.parametrize(
    "text",
    [
        "x" * 20_001,
        "{% include 'x' %}", "{% extends 'x' %}", "{% load static %}", "{% debug %}", "{% lorem 99999999 %}",
        "{% csrf_token %}", "{% url 'admin:index' %}",
        "{% for a in record.status %}{% endfor %}",
        "{% for a in params.text %}{% endfor %}",
        "{% for a in record.status.split %}{% endfor %}",
        "{% for a in event.changed %}" * 3 + "{% endfor %}" * 3,
        "{% if record.status %}" * 11 + "{% endif %}" * 11,
        "{% if record.status %}" * 800 + "{% endif %}" * 800,
        "{% if " + "not " * 4000 + "record.status %}{% endif %}",
        "{{ record.status|ljust:999999999 }}", "{{ record.status|center:'99999999' }}",
        "{{ record.status|rjust:record.id }}", "{{ record.id|stringformat:'0999999999d' }}",
        "{{ record.price|floatformat:99999999 }}", "{{ record.price|floatformat:'-999999g' }}",
        "{{ record.price|floatformat:record.id }}", "{{ record.id|stringformat:record.status }}",
        "{{ record.status|join:record.status }}",
        "{% with a=record.status|add:record.status %}" * 7 + "{% endwith %}" * 7,
        "{% firstof 1 %}" * 301,
    ],
    ids=lambda text: text[:40],
)  # fmt: skip
def test_a_template_that_could_take_the_server_down_is_an_error(text: str) -> None:
    assert ids(SendEmail(to="a@example.com", body=text)) or any(
        one.level == "error"
        for one in problems_of(EventTree("T", on=Saved(Booking), do=[SendEmail(to="a@b.org", body=text)]).as_json())
    )


def test_a_condition_that_is_too_large_is_an_error() -> None:
    many = AnyOf(*(Is("status", str(number)) for number in range(60)))
    assert "studio.E05" in ids(If(many, UpdateField(status="x")))
    assert "studio.E05" in ids(If(Is("status", "in", [*map(str, range(1001))]), UpdateField(status="x")))
    long = Count("tickets", ">", 1, where={"booking__tickets__booking__tickets__booking__status__contains": "x"})
    assert "studio.E05" in ids(If(long, UpdateField(status="x")))


def test_an_event_is_not_on_a_closed_record_type_and_names_no_closed_field() -> None:
    assert "studio.E01" in ids(on=Created("shop.Customer"))
    assert "studio.E01" in ids(on=Called("meanwhile.Job"))
    assert "studio.E02" in ids(on=Updated(Booking, "notes"))


@pytest.mark.parametrize("name", ["is_superuser", "is_staff", "groups", "user_permissions", "password"])
def test_nobody_is_made_an_administrator(name: str) -> None:
    assert ids(CreateRecord(User, set={"username": "x", name: True})) & CLOSED_IDS
    assert ids(UpdateField(**{name: True}), on=Saved(User)) & CLOSED_IDS


@pytest.mark.parametrize("name", ["username", "email"])
def test_nobody_gets_the_name_or_the_address_of_another_user(name: str, settings: Any) -> None:
    settings.MEANWHILE = {**settings.MEANWHILE, "SENSITIVE_FIELDS": ["password"]}
    assert "studio.E02" in ids(UpdateField(**{name: "me@example.com"}), on=Saved(User))
    assert ids(UpdateField(first_name="Ada"), on=Saved(User)) == set()
    assert ids(SendEmail(to="{{ record.email }}", body="x"), on=Saved(User)) == set()


def test_users_whose_addresses_are_closed_are_not_written_to(settings: Any) -> None:
    mail = SendEmail(to=[Users("ada"), Groups("desk")], body="x")
    settings.MEANWHILE = {**settings.MEANWHILE, "SENSITIVE_FIELDS": ["password"]}
    assert ids(mail) == set()
    settings.MEANWHILE = {**settings.MEANWHILE, "STUDIO_EXCLUDED_FIELDS": ["auth.User.email"]}
    assert ids(mail) == {"studio.E02"}


@pytest.mark.parametrize("lookup", ["passenger__regex", "booking__name__iregex", "booking__seat__number__regex"])
def test_records_are_not_looked_for_by_patterns_which_may_take_for_ever(lookup: str) -> None:
    assert "studio.E05" in ids(If(Count("tickets", ">", 1, where={lookup: "(a+)+$"}), UpdateField(status="x")))
    assert "studio.E05" in ids(CallTree("t", each=Query(Ticket, where={lookup: "(a+)+$"})))


def test_a_secret_in_a_json_value_is_a_secret() -> None:
    on = Saved(Parcel)
    assert ids(SendEmail(to="a@example.com", body="{{ record.flags.colour }}"), on=on) == set()
    assert "studio.E03" in ids(SendEmail(to="a@example.com", body="{{ record.flags.password }}"), on=on)
    assert "studio.E03" in ids(SendEmail(to="a@example.com", body="{{ event.new.flags.a.password }}"), on=on)
    assert "studio.E03" in ids(CallTree("t", each=Query(Parcel, where={"flags__password__startswith": "x"})))


@isolate_apps("tests.shop")
def test_a_generic_relation_which_may_lead_to_any_table_is_closed() -> None:
    class Remark(models.Model):
        kind = models.ForeignKey("contenttypes.ContentType", models.CASCADE)
        key = models.IntegerField()
        about = GenericForeignKey("kind", "key")

        class Meta:
            app_label = "shop"

    assert access.closed_on_path(Remark, ["about", "is_superuser"]) is not None
    assert access.closed_on_path(Remark, ["about"]) is not None
    assert access.closed_on_path(Remark, ["key"]) is None


@pytest.mark.parametrize("label", ["meanwhile.Job", "meanwhile.StudioTree", "auth.Group", "sessions.Session"])
def test_tables_of_the_machinery_and_of_rights_are_closed(label: str) -> None:
    assert "studio.E01" in ids(CreateRecord(label))
    assert not access.is_record_type(label)


def test_pickers_offer_nothing_that_is_closed() -> None:
    names = {one.name for one in fields_of("shop.Booking")}
    assert {"name", "seat", "status"} <= names
    assert names.isdisjoint({"notes", "email", "customer"})
    assert field_at("shop.Booking", "seat.number") is not None
    assert field_at("shop.Booking", "seat.price") is None
    assert field_at("shop.Booking", "customer.name") is None
    assert fields_of("shop.Customer") == []


def test_a_project_can_name_the_record_types_there_are(settings: Any) -> None:
    settings.MEANWHILE = {**settings.MEANWHILE, "STUDIO_MODELS": ["shop.Booking", "shop.Ticket"]}
    assert [model._meta.label for model in access.record_types()] == ["shop.Booking", "shop.Ticket"]
    assert "studio.E01" in ids(UpdateField(status=Field("seat.number")))
    assert "studio.E01" in ids(CreateRecord(Seat, set={"number": "1"}))
    assert ids(UpdateField(status="x")) == set()


def test_a_proxy_is_no_way_around(settings: Any) -> None:
    from tests.shop import models_capture

    proxy = next(one for one in vars(models_capture).values() if getattr(getattr(one, "_meta", None), "proxy", False))
    base = proxy._meta.concrete_model
    field = next(one.name for one in base._meta.concrete_fields if not one.primary_key)
    settings.MEANWHILE = {**settings.MEANWHILE, "STUDIO_EXCLUDED_FIELDS": [f"{base._meta.label}.{field}"]}
    assert access.is_excluded(proxy, field)
    settings.MEANWHILE = {**settings.MEANWHILE, "STUDIO_EXCLUDED_FIELDS": [base._meta.label]}
    assert not access.is_open(proxy)


def test_the_actor_may_be_used() -> None:
    assert ids(CreateRecord(Ticket, set={"passenger": Template("{{ actor }}"), "booking": Field("pk")})) == set()
    assert ids(UpdateField(name=Actor())) == set()
