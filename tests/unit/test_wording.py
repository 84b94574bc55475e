"""Values, conditions, moments and settings in words, as the admin and the Studio show them."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import translation

from meanwhile import (
    Actor,
    Background,
    CallTree,
    Changed,
    ChangedTo,
    Count,
    CreateRecord,
    Delay,
    EventTree,
    Field,
    Is,
    IsNew,
    Not,
    Now,
    Param,
    Query,
    Retry,
    Saved,
    SendEmail,
    Template,
    TransitionError,
    UpdateField,
    Was,
    after,
    at,
    before,
    later,
    now,
    start_of_next,
)
from meanwhile.actions.base import Node
from meanwhile.actions.values import to_value
from meanwhile.studio import forms
from meanwhile.trees.condition_wording import condition_in_words
from meanwhile.trees.setting_wording import label_of, setting_in_words, settings_in_words
from meanwhile.trees.wording import moment_in_words, value_in_words
from tests.shop.models import Booking, Customer


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (1.5, "1.5"),
        (None, "nothing"),
        ("a", "“a”"),
        (True, "yes"),
        ([1, 2], "1, 2"),
        (Field("seat.price"), "the field seat.price"),
        (Template("Dear {{ record.name }}"), "the text “Dear {{ record.name }}”"),
        (Template("x" * 200), f"the text “{'x' * 79}…”"),
        (Now(days=-2), "2 days ago"),
        (Now(), "now"),
        (Actor(), "the person"),
        (Param("amount"), "the parameter amount"),
    ],
)
def test_values(value: Any, words: str) -> None:
    assert value_in_words(to_value(value).as_json()) == words


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        (Is("price", ">", 100), "price is more than 100"),
        (Is("price", "between", [1, 5]), "price is between 1 and 5"),
        (Is("price", ">", Field("seat.price")), "price is more than the field seat.price"),
        (Is("notes", "empty"), "notes is empty"),
        (Was("status", "draft"), "status, before, is “draft”"),
        (Changed("price", "seat"), "price, seat changed"),
        (ChangedTo("status", "paid"), "status changed to “paid”"),
        (Count("tickets", ">=", 2, where={"paid": True}), "the number of tickets is at least 2 (paid = yes)"),
        (IsNew() & (Is("a", 1) | ~Is("b", 2)), "the record is new and (a is 1 or (not b is 2))"),
        (Not(IsNew()), "not the record is new"),
    ],
)
def test_conditions(condition: Any, words: str) -> None:
    assert condition_in_words(condition.as_json()) == words


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        (now(), "as soon as possible"),
        (later(days=1), "1 day later"),
        (later(hours=3, minutes=5), "3 hours and 5 minutes later"),
        (before("starts", months=1), "1 month before “starts”"),
        (after(start_of_next("month"), days=2), "2 days after the start of the next month"),
        (before(after("starts", days=1), hours=2), "2 hours before 1 day after “starts”"),
        (start_of_next("day"), "at the start of the next day"),
        (at("2030-01-01T12:00+01:00"), "at Jan. 1, 2030, noon"),
    ],
)
def test_moments(moment: Any, words: str) -> None:
    assert moment_in_words(moment.as_json()) == words


def test_settings_have_the_names_that_the_forms_have_for_them() -> None:
    mail = SendEmail(to="a@example.com", subject="Hi", retry=Retry(max_attempts=3), on_error="continue")
    lines = dict(settings_in_words(mail.as_json()))
    assert (lines["To"], lines["Subject"], lines["Tries"]) == ("a@example.com", "“Hi”", "up to 3 tries")
    assert lines["If it fails"] == "Go on without it"
    assert "Subject" not in dict(settings_in_words(mail.as_json(), without=["subject"]))


@pytest.mark.parametrize(
    "node",
    [
        UpdateField(of="seat", status="a"),
        CreateRecord(Customer, name="c", set={"name": "x"}),
        SendEmail(to="a@example.com", subject="Hi", html="<p>", cc="b@example.com", from_email="c@example.com"),
        CallTree("t", of="seat"),
        CallTree("t", each=Query(Customer, where={"name": "x"})),
        Delay(before("starts", days=2), serial=True, priority=2),
    ],
)
def test_every_setting_has_the_label_of_its_form(node: Node) -> None:
    form = forms.form_of(EventTree("T", on=Saved(Booking), do=[node]).as_json(), "0")
    labels = {field.key: field.label for field in form.fields}
    written = node.as_json()
    shown = [key for key in written if key in labels]
    assert len(shown) > 1
    assert {key: label_of(key, node.kind) for key in shown} == {key: labels[key] for key in shown}


def test_a_query_and_a_setting_that_nobody_knows_in_words() -> None:
    query = CallTree("t", each=Query(Customer, where={"name": "x"})).as_json()["each"]
    assert setting_in_words("each", query) == "shop.Customer (name = “x”)"
    assert (label_of("wait_for"), setting_in_words("wait_for", {"a": 1})) == ("Wait for", '{"a": 1}')


def test_a_half_done_document_has_words_too() -> None:
    assert (moment_in_words({"at": "before"}), condition_in_words({}), value_in_words({"value": "new"})) == (
        "… before …", "…", "…",
    )  # fmt: skip
    assert settings_in_words(Background().as_json() | {"retry": {}})[-1] == ("Tries", "…")
    assert setting_in_words("on_error", {"at": "before"}) == '{"at": "before"}'


def test_all_of_it_is_said_in_the_language_of_the_reader() -> None:
    with translation.override("de"):
        assert value_in_words({"value": "literal", "literal": 1.5}) == "1,5"
        assert condition_in_words(Is("price", "between", [1, 5]).as_json()) == "price liegt zwischen 1 und 5"
        assert str(TransitionError(5, "ready", "failed")) == (
            "Auftrag 5 ist im Zustand „wartet“ und kann nicht in „fehlgeschlagen“ übergehen."
        )
        assert moment_in_words(start_of_next("day").as_json()) == "ab Beginn des nächsten Tages"
