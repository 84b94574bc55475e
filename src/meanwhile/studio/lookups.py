"""What the rules of a query may ask of a field: Django's lookups, with words, by the type of the field."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from meanwhile.studio import fields
from meanwhile.trees.condition_wording import operator_in_words

Takes = Literal["value", "list", "pair", "nothing"]


@dataclass(frozen=True, slots=True)
class Lookup:
    """One thing to ask. ``name`` is what follows the field's name in a key of ``where`` ("" for equality).

    ``takes`` says what stands beside it; where that is nothing, ``literal`` is what is written there.
    """

    key: str
    name: str
    words: str
    takes: Takes = "value"
    literal: bool | None = None


ORDER = (("gt", ">"), ("gte", ">="), ("lt", "<"), ("lte", "<="))
TEXTS = ("contains", "icontains", "startswith", "endswith")
ORDERED = frozenset(
    {fields.TEXT, fields.NUMBER, fields.FLOAT, fields.DATE, fields.MOMENT, fields.TIME, fields.DURATION}
)


def lookups_for(type: str) -> list[Lookup]:  # noqa: A002 - as in `FieldChoice`
    """Return what can be asked of a type of field, equality first."""
    found = [Lookup("", "", operator_in_words("=="))]
    if type in ORDERED:
        found += [Lookup(name, name, operator_in_words(op)) for name, op in ORDER]
        found.append(Lookup("range", "range", operator_in_words("between"), "pair"))
    if type == fields.TEXT:
        found += [Lookup(name, name, operator_in_words(name)) for name in TEXTS]
    if type != fields.YES_NO:
        found.append(Lookup("in", "in", operator_in_words("in"), "list"))
    found += [
        Lookup("empty", "isnull", operator_in_words("empty"), "nothing", True),
        Lookup("not_empty", "isnull", operator_in_words("not_empty"), "nothing", False),
    ]
    return found
