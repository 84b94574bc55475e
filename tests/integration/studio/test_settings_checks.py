"""Names in the Studio's settings that mean nothing are told by ``manage.py check``, and never passed over."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.checks import CheckMessage, Error, run_checks
from django.core.checks import Warning as Warn

from meanwhile.studio.checks import STUDIO_CHECKS


def told(settings: Any, **given: Any) -> list[CheckMessage]:
    """What all the project's checks say about the Studio's settings."""
    settings.MEANWHILE = given
    return [message for message in run_checks() if message.id in STUDIO_CHECKS]


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"STUDIO_MODELS": ["shop.Booking", "shop.seat"]},
        {"STUDIO_MODELS": []},
        {"STUDIO_EXCLUDED_FIELDS": ["shop.Booking.notes", "shop.booking.PRICE", "shop.Customer"]},
        {"STUDIO_EXCLUDED_FIELDS": ["shop.Booking.tickets"]},
    ],
)
def test_names_that_are_there_are_not_spoken_of(settings: Any, given: dict[str, Any]) -> None:
    assert told(settings, **given) == []


@pytest.mark.parametrize(
    ("label", "hint"),
    [
        ("shop.Bookings", "“shop.Booking”"),
        ("shop", "app_label.Model"),
        ("nowhere.Zebra", "app_label.Model"),
        ("", "app_label.Model"),
    ],
)
def test_an_unknown_record_type_is_an_error_with_a_hint(settings: Any, label: str, hint: str) -> None:
    [message] = told(settings, STUDIO_MODELS=["shop.Seat", label])
    assert isinstance(message, Error)
    assert message.id == "meanwhile.E301"
    assert f"“{label}”" in message.msg
    assert hint in str(message.hint)


@pytest.mark.parametrize(
    ("entry", "hint"),
    [
        ("shop.Booking.note", "“notes”"),
        ("shop.Booking.seat_id", "“seat”"),
        ("shop.Booking.zebra", "has the fields customer, day"),
        ("shop.Booking.notes.length", "has the fields"),
        ("shop.Booking.", "has the fields"),
        ("shop.Custmer.email", "“shop.Customer”"),
        ("shop.Custmer", "“shop.Customer”"),
        ("notes", "app_label.Model"),
    ],
)
def test_a_field_that_is_not_there_is_an_error_because_it_closes_nothing(settings: Any, entry: str, hint: str) -> None:
    [message] = told(settings, STUDIO_EXCLUDED_FIELDS=["shop.Booking.price", entry])
    assert isinstance(message, Error)
    assert message.id == "meanwhile.E302"
    assert f"“{entry}”" in message.msg
    assert hint in str(message.hint)


@pytest.mark.parametrize("label", ["auth.Group", "meanwhile.Job", "shop.Customer"])
def test_a_record_type_that_is_closed_all_the_same_is_a_warning(settings: Any, label: str) -> None:
    [message] = told(settings, STUDIO_MODELS=["shop.Booking", label], STUDIO_EXCLUDED_FIELDS=["shop.Customer"])
    assert isinstance(message, Warn)
    assert message.id == "meanwhile.W301"


def test_settings_that_can_not_be_read_are_left_to_their_own_check(settings: Any) -> None:
    settings.MEANWHILE = {"NO_SUCH_KEY": 1}
    assert [message.id for message in run_checks() if str(message.id).startswith("meanwhile.")] == ["meanwhile.E001"]
