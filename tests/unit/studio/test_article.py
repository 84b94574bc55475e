"""Sentences with a record type's name in them read well in English."""

from __future__ import annotations

import pytest
from django.utils.translation import override

from meanwhile.studio.article import with_article
from meanwhile.studio.wording import event_in_words


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("when a invoice is created", "when an invoice is created"),
        ("when a Order is created", "when an Order is created"),
        ("when a all-at-once booking is created", "when an all-at-once booking is created"),
        ("when a upload is created", "when an upload is created"),
        ("when a booking is created", "when a booking is created"),
        ("when a user is created", "when a user is created"),
        ("when a unit is created", "when a unit is created"),
        ("when a one-time code is created", "when a one-time code is created"),
        ("when data of a item changes", "when data of an item changes"),
    ],
)
def test_the_article_fits_the_name(said: str, meant: str) -> None:
    assert with_article(said) == meant


def test_other_languages_are_left_alone() -> None:
    with override("es"):
        assert with_article("llega a un registro, a otro") == "llega a un registro, a otro"


def test_an_event_has_the_article_of_its_record_type() -> None:
    assert event_in_words({"event": "created", "model": "auth.User"}) == "when a user is created"
    assert event_in_words({"event": "created", "model": "orders.Order"}) == "when an order is created"
