from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from meanwhile.exceptions import ParameterError, TreeDocumentError
from meanwhile.trees.events import Called, Created, Deleted, Saved, Submitted, Updated
from tests.shop.models import Booking


@pytest.mark.parametrize("event", [Saved, Created, Updated, Deleted, Submitted, Called])
def test_a_model_is_given_as_class_or_label(event: Any) -> None:
    assert event(Booking) == event("shop.Booking")
    assert event(Booking).as_json() == {"event": event.__name__.lower(), "model": "shop.Booking"}


def test_updated_keeps_the_fields_it_waits_for() -> None:
    assert Updated(Booking, "price", "seat").as_json() == {
        "event": "updated",
        "model": "shop.Booking",
        "fields": ["price", "seat"],
    }


@pytest.mark.parametrize("model", ["Booking", "a.b.c", "shop.", "sh op.Booking", 5, Decimal, None])
def test_what_is_no_model_is_refused(model: Any) -> None:
    with pytest.raises(TreeDocumentError):
        Saved(model)


def test_types_of_parameters_are_given_as_names_or_python_types() -> None:
    event = Called(parameters={"amount": Decimal, "day": date, "reason": "str"})
    assert event.parameters == {"amount": "decimal", "day": "date", "reason": "str"}
    assert event.model is None
    with pytest.raises(TreeDocumentError):
        Called(parameters={"amount": complex})


def test_parameters_are_converted_to_their_types() -> None:
    event = Called(parameters={"amount": Decimal, "day": date, "times": int})
    given = {"amount": "9.90", "day": "2026-05-01", "times": 3}
    assert event.validate_parameters(given) == {"amount": Decimal("9.90"), "day": date(2026, 5, 1), "times": 3}


def test_every_wrong_parameter_is_told() -> None:
    event = Called(parameters={"amount": Decimal, "times": int})
    with pytest.raises(ParameterError, match="Refund") as caught:
        event.validate_parameters({"amount": "much", "colour": "red"}, of="Refund")
    assert set(caught.value.fields) == {"amount", "times", "colour"}
