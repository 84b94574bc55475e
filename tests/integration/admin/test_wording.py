from __future__ import annotations

import pytest

from meanwhile import (
    Actor,
    Changed,
    ChangedTo,
    Count,
    Delay,
    Field,
    If,
    Is,
    IsNew,
    Not,
    Now,
    Param,
    SendEmail,
    Template,
    UpdateField,
    Was,
    after,
    at,
    before,
    now,
    start_of_next,
)
from meanwhile.admin.wording import in_words, settings_of


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (1.5, "1.5"),
        (None, "null"),
        (Field("seat.price"), "seat.price"),
        (Template("Dear {{ record.name }}"), "“Dear {{ record.name }}”"),
        (Now(days=-2), "now -2 days"),
        (Actor(), "the person"),
        (Param("amount"), "the parameter amount"),
    ],
)
def test_values(value, words):
    node = UpdateField(set={"price": value})
    assert settings_of(node.as_json(), frozenset({"kind"})) == [f"price = {words}"]


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        (Is("price", ">", 100), "price > 100"),
        (Is("notes", "empty"), "notes empty"),
        (Was("status", "draft"), 'status before == "draft"'),
        (Changed("price", "seat"), "price, seat changed"),
        (ChangedTo("status", "paid"), 'status changed to "paid"'),
        (Count("tickets", ">=", 2, where={"paid": True}), "number of tickets >= 2 (paid = true)"),
        (IsNew() & (Is("a", 1) | ~Is("b", 2)), "the record is new and (a == 1 or (not b == 2))"),
        (Not(IsNew()), "not the record is new"),
    ],
)
def test_conditions(condition, words):
    assert settings_of(If(condition).as_json(), frozenset({"kind"})) == [f"condition: {words}"]


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        (before("starts", days=2), "2 days before starts"),
        (after(start_of_next("month"), weeks=1, hours=3), "1 weeks, 3 hours after start of the next month"),
        (now(), "now"),
        (at("2030-01-01T12:00+01:00"), "2030-01-01T12:00:00+01:00"),
    ],
)
def test_moments(moment, words):
    node = Delay(moment, UpdateField(a=1)).as_json()
    (line,) = [line for line in settings_of(node, frozenset({"kind", "do"})) if not line.startswith("serial")]
    assert line.partition(": ")[2] == words


def test_other_settings_are_shown_as_they_are():
    lines = settings_of(SendEmail(to="a@example.com", subject="Hi", body="…").as_json(), frozenset({"kind"}))
    assert 'subject: "Hi"' in lines


def test_what_nobody_knows_is_json():
    assert in_words({"value": "new kind"}) == '{"value": "new kind"}'
