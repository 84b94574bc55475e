"""What the built-in actions do to the database and to the outbox, each run alone in a step."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from email.utils import parseaddr
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import Group, User
from django.core import mail
from django.template import Context, Engine

from meanwhile.actions.assignment import HIDDEN
from meanwhile.actions.call import Call
from meanwhile.actions.call_tree import CHUNK, CallTree, Query
from meanwhile.actions.create_record import CreateRecord
from meanwhile.actions.delete_record import DeleteRecord
from meanwhile.actions.function import action
from meanwhile.actions.recipients import Groups, Users
from meanwhile.actions.registry import actions
from meanwhile.actions.send_email import SendEmail
from meanwhile.actions.update_field import UpdateField
from meanwhile.actions.values import Actor, AnyValue, Field, Literal, Now, Param, Template
from meanwhile.exceptions import MeanwhileError, ParameterError, TargetMissing, ValueProblem
from tests.shop.models import Booking, Seat, Ticket

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 5, 15, 12, tzinfo=UTC)


@dataclass
class OneStep:
    """A step over a record, with as much of the real one as actions need."""

    record: Any
    data: dict[str, Any] = field(default_factory=dict)
    background: bool = False
    using: str = "default"
    params: Mapping[str, Any] = field(default_factory=dict)
    actor: Any = None
    now: datetime = NOON
    path: str = "0"
    idempotency_key: str = "run-1/0"
    named: dict[str, Any] = field(default_factory=dict)
    calls: list[tuple[str, Any, Mapping[str, Any]]] = field(default_factory=list)

    def resolve(self, value: AnyValue) -> Any:
        match value:
            case Literal():
                return value.literal
            case Field():
                found = self.record
                for name in value.field.split("."):
                    found = getattr(found, name)
                return found
            case Template():
                return self.render(value.template)
            case Now():
                return self.now + value.offset()
            case Actor():
                return self.actor
            case Param():
                return self.params[value.param]

    def render(self, text: str, html: bool = False) -> str:
        return Engine().from_string(text).render(Context(self.data, autoescape=html))

    def model(self, label: str) -> Any:
        from django.apps import apps

        return apps.get_model(label)

    def target(self, of: str) -> Any:
        found = self.record
        for name in of.split(".") if of else []:
            found = getattr(found, name)
        return found

    def save_fields(self, record: Any, names: list[str]) -> None:
        record.save(update_fields=names)

    def name_record(self, name: str, instance: Any) -> None:
        self.named[name] = instance

    def call_tree(self, key: str, record: Any, params: Mapping[str, Any]) -> None:
        self.calls.append((key, record, params))


@pytest.fixture
def booking() -> Booking:
    seat = Seat.objects.create(number="1A", price="99.50")
    return Booking.objects.create(name="Ada", email="ada@example.com", seat=seat)


def run(node: Any, record: Any, **facts: Any) -> OneStep:
    step = OneStep(record, **facts)
    json.dumps(node.execute(step))
    return step


# Update Field


def test_fields_are_set_and_saved(booking: Booking) -> None:
    run(
        UpdateField(status="received", price=Field("seat.price"), ready=True, notes=Template("Hi {{ x }}")),
        booking,
        data={"x": "&"},
    )
    booking.refresh_from_db()
    assert (booking.status, booking.price, booking.ready, booking.notes) == ("received", Decimal("99.50"), True, "Hi &")


def test_the_record_in_hand_shows_the_new_values_as_the_database_has_them(booking: Booking) -> None:
    run(UpdateField(price="12.5", day="2026-05-01", starts="2026-05-01T08:00", ready="True", seat=None), booking)
    assert booking.price == Decimal("12.5")
    assert booking.day == date(2026, 5, 1)
    assert booking.starts == datetime(2026, 5, 1, 8, tzinfo=ZoneInfo("Europe/Berlin"))
    assert booking.ready is True
    assert booking.seat is None


def test_only_the_named_fields_are_saved(booking: Booking) -> None:
    booking.name = "not saved by the view yet"
    run(UpdateField(status="received"), booking)
    assert booking.name == "not saved by the view yet"
    assert Booking.objects.get().name == "Ada"


@pytest.mark.parametrize("by_key", [True, False])
def test_a_relation_takes_a_record_or_its_key(booking: Booking, by_key: bool) -> None:
    other = Seat.objects.create(number="2B", price=1)
    assert booking.seat is not None  # loaded: it must not be shown on as the old one
    run(UpdateField(seat=Param("seat")), booking, params={"seat": other.pk if by_key else other})
    assert booking.seat == other
    assert Booking.objects.get().seat == other
    run(UpdateField(seat_id=None), booking)
    assert Booking.objects.get().seat is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [(NOON, date(2026, 5, 15)), ("2026-05-01", date(2026, 5, 1)), ("", None), (None, None)],
)
def test_a_date_takes_dates_moments_texts_and_nothing(booking: Booking, value: Any, expected: Any) -> None:
    run(UpdateField(day=Param("value")), booking, params={"value": value})
    assert Booking.objects.get().day == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (date(2026, 5, 1), datetime(2026, 5, 1, tzinfo=ZoneInfo("Europe/Berlin"))),
        ("2026-05-01T08:00:00+00:00", datetime(2026, 5, 1, 8, tzinfo=UTC)),
        (NOON, NOON),
    ],
)
def test_a_moment_takes_days_in_the_projects_zone(booking: Booking, value: Any, expected: datetime) -> None:
    run(UpdateField(starts=Param("value")), booking, params={"value": value})
    assert Booking.objects.get().starts == expected


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"price": "much"}, r"shop\.Booking\.price cannot be set to 'much': .*decimal"),
        ({"price": 10**9}, "digits"),
        ({"name": "x" * 101}, "100 characters"),
        ({"name": None}, r"name cannot be set to None: it is never empty"),
        ({"email": "nobody"}, "valid email"),
        ({"seat": 12345}, r"seat cannot be set to 12345: .*seat instance with id 12345"),
        ({"seat": "x"}, "must be"),
        ({"day": "tomorrow"}, "date format"),
        ({"starts": "tomorrow"}, "format"),
        ({"ready": "perhaps"}, "True or False"),
        ({"id": 5}, "not set by hand"),
        ({"tickets": []}, "not set by hand"),
        ({"colour": "red"}, "no field of this name"),
    ],
)
def test_a_value_that_does_not_fit_is_told_and_nothing_is_set(booking: Booking, fields: Any, text: str) -> None:
    with pytest.raises(ValueProblem, match=text):
        run(UpdateField(status="changed", set=fields), booking)
    assert booking.status == "draft"
    assert Booking.objects.get().status == "draft"


def test_a_record_of_another_model_or_without_key_is_told(booking: Booking) -> None:
    with pytest.raises(ValueProblem, match=r"takes a shop\.Seat"):
        run(UpdateField(seat=Param("x")), booking, params={"x": booking})
    with pytest.raises(ValueProblem, match="saved first"):
        run(UpdateField(seat=Param("x")), booking, params={"x": Seat()})


def test_choices_hold() -> None:
    entry = User.objects.create(username="ada")
    from django.contrib.admin.models import LogEntry

    log = LogEntry.objects.create(user=entry, action_flag=1)
    with pytest.raises(ValueProblem, match="not a valid choice"):
        run(UpdateField(action_flag=9), log)


def test_a_related_record_is_updated_and_a_missing_one_told(booking: Booking) -> None:
    run(UpdateField(price=5, of="seat"), booking)
    assert Seat.objects.get().price == 5
    booking.seat = None
    with pytest.raises(TargetMissing, match=r"“seat”.*If"):
        run(UpdateField(price=5, of="seat"), booking)
    with pytest.raises(TargetMissing):
        run(UpdateField(price=5), None)


def test_many_to_many_fields_take_records_and_keys() -> None:
    user = User.objects.create(username="ada")
    staff, crew = Group.objects.create(name="staff"), Group.objects.create(name="crew")
    run(UpdateField(groups=Param("groups")), user, params={"groups": [staff, crew.pk]})
    assert set(user.groups.all()) == {staff, crew}
    run(UpdateField(groups=None, first_name="Ada"), user)
    assert not user.groups.exists()
    with pytest.raises(ValueProblem, match="existing records"):
        run(UpdateField(groups=[9999]), user)


def test_values_of_sensitive_fields_are_not_told() -> None:
    user = User.objects.create(username="ada")
    with pytest.raises(ValueProblem) as caught:
        run(UpdateField(password="hunter2" * 50), user)
    assert "hunter2" not in str(caught.value)
    assert HIDDEN in str(caught.value)


# Create Record


def test_a_record_is_made_named_and_told(booking: Booking) -> None:
    node = CreateRecord(Ticket, booking=Param("booking"), passenger=Field("name"), name="ticket")
    step = OneStep(booking, params={"booking": booking})
    made = Ticket.objects.get(pk=node.execute(step)["pk"])
    assert (made.booking, made.passenger, made.paid) == (booking, "Ada", False)
    assert step.named == {"ticket": made}


def test_everything_that_is_wrong_with_a_new_record_is_told(booking: Booking) -> None:
    with pytest.raises(ParameterError, match=r"shop\.Ticket") as caught:
        run(CreateRecord(Ticket, paid=True), booking)
    assert set(caught.value.fields) == {"booking", "passenger"}
    with pytest.raises(ValueProblem, match="passenger"):
        run(CreateRecord(Ticket, passenger="x" * 101), booking)
    assert not Ticket.objects.exists()


def test_what_must_be_unique_is_told() -> None:
    User.objects.create(username="ada")
    with pytest.raises(ParameterError, match="username"):
        run(CreateRecord("auth.User", username="ada", password="x"), None)


# Delete Record


def test_the_record_or_a_related_one_is_deleted(booking: Booking) -> None:
    assert DeleteRecord("seat").execute(OneStep(booking))["model"] == "shop.Seat"
    assert not Seat.objects.exists()
    run(DeleteRecord(), Booking.objects.get())
    assert not Booking.objects.exists()


# Call Tree


def test_a_tree_is_called_for_the_record_a_related_one_or_none(booking: Booking) -> None:
    step = OneStep(booking)
    CallTree("refund", params={"amount": Field("name")}).execute(step)
    CallTree("refund", of="seat").execute(step)
    assert step.calls == [("refund", booking, {"amount": "Ada"}), ("refund", booking.seat, {})]
    nobody = OneStep(None)
    CallTree("refund").execute(nobody)
    assert nobody.calls == [("refund", None, {})]


def test_a_tree_is_called_once_for_each_record_of_a_query(booking: Booking) -> None:
    Ticket.objects.bulk_create(Ticket(booking=booking, passenger=str(n), paid=n == 7) for n in range(CHUNK + 5))
    step = OneStep(booking)
    query = Query(Ticket, where={"booking": Field("pk"), "paid": False})
    assert CallTree("remind", each=query).execute(step) == {"tree": "remind", "called": CHUNK + 4}
    called = [record.passenger for _key, record, _params in step.calls]
    assert called == [str(n) for n in range(CHUNK + 5) if n != 7]


def test_a_called_tree_may_change_what_the_query_finds(booking: Booking) -> None:
    Ticket.objects.bulk_create(Ticket(booking=booking, passenger=str(n)) for n in range(CHUNK + 5))

    class Paying(OneStep):
        def call_tree(self, key: str, record: Any, params: Mapping[str, Any]) -> None:
            Ticket.objects.filter(pk=record.pk).update(paid=True)

    CallTree("pay", each=Query(Ticket, where={"paid": False})).execute(Paying(booking))
    assert not Ticket.objects.filter(paid=False).exists()


# Call


def test_the_result_of_a_function_goes_into_a_field(booking: Booking) -> None:
    @action(name="builtin.price")
    def price(record: Booking, factor: int) -> Decimal:
        return record.seat.price * factor  # type: ignore[union-attr]

    booking.refresh_from_db()
    try:
        assert Call("builtin.price", params={"factor": 2}, result="price").execute(OneStep(booking)) == "199.00"
        assert Booking.objects.get().price == 199
        assert price(factor=3).options(result="price").execute(OneStep(booking)) == "298.50"
    finally:
        actions.remove("builtin.price")


def test_a_function_outside_the_transaction_sets_its_fields_itself(booking: Booking) -> None:
    @action(name="builtin.slow", atomic=False)
    def slow() -> int:
        return 1

    try:
        with pytest.raises(MeanwhileError, match="atomic=False"):
            slow().options(result="price").execute(OneStep(booking))
    finally:
        actions.remove("builtin.slow")


# Send Email


def sent(node: SendEmail, **data: Any) -> Any:
    result = node.execute(OneStep(None, data=data))
    json.dumps(result)
    return mail.outbox[-1]


def test_a_mail_is_filled_and_sent(settings: Any) -> None:
    message = sent(
        SendEmail(
            "{{ email }}, desk@example.com",
            "Your {{ what }}",
            "Dear {{ name }},",
            html="<p>Dear {{ name }}</p>",
            cc="c@example.com",
            bcc=["b@example.com"],
            reply_to="Desk <desk@example.com>",
        ),
        email="ada@example.com",
        what="booking",
        name="Ada & Bo",
    )
    assert message.to == ["ada@example.com", "desk@example.com"]
    assert (message.cc, message.bcc, message.reply_to) == (
        ["c@example.com"],
        ["b@example.com"],
        ['"Desk" <desk@example.com>'],
    )
    assert message.subject == "Your booking"
    assert message.body == "Dear Ada & Bo,"
    assert [(part[0], part[1]) for part in message.alternatives] == [("<p>Dear Ada &amp; Bo</p>", "text/html")]
    assert message.from_email == settings.DEFAULT_FROM_EMAIL


def test_a_mail_of_html_alone_has_its_words_as_text() -> None:
    assert sent(SendEmail("a@example.com", html="<p>Dear {{ name }}</p>"), name="Ada").body == "Dear Ada"


def test_every_try_carries_the_same_ids() -> None:
    node = SendEmail("a@example.com", "x", from_email="Shop <shop@example.org>")
    first, second = sent(node), sent(node)
    assert first.extra_headers == second.extra_headers
    assert first.extra_headers["X-Idempotency-Key"] == "run-1/0"
    raw = first.message()
    assert raw["Message-ID"].endswith("@example.org>")
    other = SendEmail("a@example.com", "x").execute(OneStep(None, idempotency_key="run-1/1"))
    assert other["message_id"] != first.extra_headers["Message-ID"]


def test_a_key_that_fits_no_header_is_hashed() -> None:
    SendEmail("a@example.com").execute(OneStep(None, idempotency_key="run\r\nBcc: x@example.com"))
    assert "\n" not in str(mail.outbox[-1].extra_headers)


@pytest.mark.parametrize(
    ("options", "place"),
    [
        ({"subject": "Hi {{ evil }}"}, "subject"),
        ({"to": "{{ evil }}"}, "to"),
        ({"cc": "{{ evil }}"}, "cc"),
        ({"reply_to": "{{ evil }}"}, "reply_to"),
        ({"from_email": "{{ evil }}"}, "from_email"),
    ],
)
@pytest.mark.parametrize("evil", ["a@example.com\r\nBcc: x@example.com", "a@example.com\nX: y", "a\r@example.com"])
def test_no_header_is_smuggled_in(options: dict[str, str], place: str, evil: str) -> None:
    with pytest.raises(ValueProblem, match="one line") as caught:
        sent(SendEmail(**{"to": "a@example.com", **options}), evil=evil)
    assert caught.value.field == place
    assert not mail.outbox


@pytest.mark.parametrize("address", ["nobody", "a@", "@b", "a b@example.com", "Ada <nobody>"])
def test_what_is_no_address_is_told(address: str) -> None:
    with pytest.raises(ValueProblem, match="no e-mail address"):
        sent(SendEmail("{{ address }}"), address=address)


@pytest.mark.parametrize("to", ["", "{{ nothing }}", " , "])
def test_a_mail_to_nobody_is_told(to: str) -> None:
    with pytest.raises(ValueProblem, match="nobody"):
        sent(SendEmail(to))


def test_names_of_recipients_are_kept() -> None:
    message = sent(SendEmail('"{{ name }}" <ada@example.com>'), name="Größe, Ada")
    assert parseaddr(message.to[0]) == ("Größe, Ada", "ada@example.com")
    assert message.message()["To"].endswith("<ada@example.com>")


def test_nobody_gets_a_mail_twice() -> None:
    message = sent(SendEmail("a@example.com, A@example.com", cc="a@example.com, c@example.com"))
    assert (message.to, message.cc) == (["a@example.com"], ["c@example.com"])


def test_users_and_groups_are_the_active_ones_with_an_address() -> None:
    staff = Group.objects.create(name="staff")
    ada = User.objects.create(username="ada", email="ada@example.com")
    bo = User.objects.create(username="bo", email="bo@example.com")
    gone = User.objects.create(username="gone", email="gone@example.com", is_active=False)
    silent = User.objects.create(username="silent")
    staff.user_set.add(bo, gone, silent)
    assert sent(SendEmail([Users("ada", "gone", "silent"), Groups("staff")])).to == [
        "ada@example.com",
        "bo@example.com",
    ]
    assert sent(SendEmail(Users(bo.pk, ada.pk))).to == ["ada@example.com", "bo@example.com"]
    with pytest.raises(ValueProblem, match="nobody"):
        sent(SendEmail(Users("gone", "nobody")))


def test_a_mail_server_that_refuses_is_an_error_of_the_step(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import smtplib

    from django.core.mail.backends.locmem import EmailBackend

    def refuse(self: Any, messages: Any) -> int:
        raise smtplib.SMTPRecipientsRefused({})

    monkeypatch.setattr(EmailBackend, "send_messages", refuse)
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        sent(SendEmail("a@example.com"))
