"""One identity for each record, short enough for a column."""

from __future__ import annotations

import datetime

from meanwhile.trees.identity import LONGEST, family, identity, key_from_stored, stored_key
from tests.shop.models import Airport, Booking, Country, FamousPlace, Leg, Permit, Place, Terminal, Token


def test_proxies_and_multi_table_children_are_their_parents_record():
    assert {identity(model, 3) for model in (Place, Airport, Terminal, FamousPlace)} == {"shop.Place:3"}
    assert identity(Permit, "it") != identity(Country, "it"), "a key that is a relation is another record's"


def test_the_family_of_a_model_is_all_a_record_may_be_met_as():
    assert family(Airport) == family(Place)
    assert {f"shop.{one}" for one in ("Place", "Airport", "Terminal", "FamousPlace")} <= set(family(Place))
    assert family(Country) == ["shop.Country"]


def test_long_keys_give_short_identities_that_differ():
    one, other = (identity(Token, "k" * 300 + end) for end in "ab")
    assert one != other
    assert len(one) == len(other) == LONGEST
    assert identity(Token, "short") == "shop.Token:short"


def test_a_key_of_several_fields_comes_back_from_json_as_it_was():
    assert key_from_stored(Leg, stored_key((1, 2))) == (1, 2)
    assert stored_key((datetime.date(2036, 1, 1), None)) == ["2036-01-01", None]
    assert key_from_stored(Booking, stored_key(5)) == 5
