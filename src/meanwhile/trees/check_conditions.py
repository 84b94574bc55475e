"""Check a condition: its fields, its operators, the values they are compared with, and what its event can tell."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from meanwhile.actions.base import FieldFacts, Problem
from meanwhile.actions.values import Literal
from meanwhile.trees.check_info import Surroundings
from meanwhile.trees.check_literal import comparison_problem
from meanwhile.trees.condition_kinds import WITHOUT_VALUE, AnyCondition, Changed, ChangedTo, Count, Is, Was, walk
from meanwhile.trees.condition_wording import operator_in_words

WITH_OLD_VALUES = frozenset({"saved", "updated", "submitted", "received"})
TEXT_FIELDS = ("Char", "Text", "File", "Slug", "URL", "Email", "FilePath", "IPAddress")
TEXT_OPERATORS = frozenset({"icontains", "startswith", "endswith"})
ORDERINGS = frozenset({"<", "<=", ">", ">=", "between"})


def check_condition(condition: AnyCondition, info: Surroundings) -> Iterator[Problem]:
    """Yield what is wrong with a condition and all in it."""
    for place, one in walk(condition, "condition"):
        match one:
            case Is():
                yield from info.check_path(one.field, place)
                if one.op not in WITHOUT_VALUE:
                    yield from info.check_secret(one.field, place)
                yield from _check_comparison(one, info.field(one.field), info, place)
            case Was():
                yield from _check_old(one, (one.field,), info, place)
                yield from info.check_secret(one.field, place)
                yield from _check_comparison(one, info.field_of(info.model, one.field), info, place)
            case Changed():
                yield from _check_old(one, one.fields, info, place)
            case ChangedTo():
                yield from _check_old(one, (one.field,), info, place)
                yield from info.check_secret(one.field, place)
                yield from _check_comparison(one, info.field_of(info.model, one.field), info, place)
            case Count():
                yield from _check_count(one, info, place)
            case _:
                continue


def _check_old(one: Any, fields: tuple[str, ...], info: Surroundings, place: str) -> Iterator[Problem]:
    event = info.tree.on.event
    if event not in WITH_OLD_VALUES:
        text = _("The event %(event)s has no fields that were different before.") % {"event": event}
        yield info.problem("meanwhile.E117", place, text, _("Use it with Saved, Updated or Submitted."))
        return
    for name in fields:
        facts = info.field_of(info.model, name)
        if "." in name or facts is None or facts.many:
            text = _("%(model)s has no field “%(field)s” of its own, whose old value is known.")
            yield info.problem(
                "meanwhile.E102",
                place,
                text % {"model": info.naming.model_name(info.model), "field": name},
                _("Name fields of the record itself for “%(test)s”.") % {"test": one.test},
            )


def _check_comparison(
    one: Is | Was | ChangedTo, facts: FieldFacts | None, info: Surroundings, place: str
) -> Iterator[Problem]:
    if one.to is not None:
        yield from info.check_value(one.to, f"{place}.to")
    if facts is None or facts.many:
        return
    op = one.op
    if not _fits(op, facts):
        words = operator_in_words(op) if info.naming.in_words else op
        text = _("“%(op)s” does not fit %(field)s, which is a %(type)s.")
        yield info.problem(
            "meanwhile.E105",
            place,
            text % {"op": words, "field": info.naming.field(one.field), "type": info.type_name(facts, one.field)},
            _("Choose another operator or another field."),
        )
    elif isinstance(one.to, Literal):
        for text in _literal_problems(op, one.to.literal, one.field, info):
            message = _("%(field)s: %(text)s.") % {"field": info.naming.field(one.field), "text": text}
            yield info.problem("meanwhile.E103", f"{place}.to", message, _("Write a value that the field can have."))


def _fits(op: str, facts: FieldFacts) -> bool:
    is_text = facts.type_name.startswith(TEXT_FIELDS)
    if op in TEXT_OPERATORS:
        return is_text
    if op == "contains":
        return is_text or facts.type_name == "JSONField"
    if op in ORDERINGS:
        return not facts.relation and facts.type_name not in {"BooleanField", "JSONField", "BinaryField"}
    return True


def _literal_problems(op: str, literal: Any, path: str, info: Surroundings) -> Iterator[str]:
    if op in {"in", "not_in"} and not isinstance(literal, list):
        yield _("“%(op)s” takes a list of values") % {"op": op}
        return
    if op == "between" and not (isinstance(literal, list) and len(literal) == 2):
        yield _("“between” takes two values")
        return
    if op in TEXT_OPERATORS or op == "contains":
        return
    field = info.model_field(path)
    for value in literal if op in {"in", "not_in", "between"} else [literal]:
        if field is not None and (text := comparison_problem(field, value, op not in ORDERINGS)):
            yield text


def _check_count(one: Count, info: Surroundings, place: str) -> Iterator[Problem]:
    if "." in one.of:
        yield from info.check_lookups(one.of, one.where, place)
        return
    facts = info.field_of(info.model, one.of)
    if facts is None or not facts.many:
        text = _("%(model)s has no relation “%(relation)s” to many records.")
        yield info.problem(
            "meanwhile.E102",
            f"{place}.of",
            text % {"model": info.naming.model_name(info.model) or _("No record"), "relation": one.of},
            _("Name a relation of the record to many, or a model."),
        )
        return
    yield from info.check_lookups(facts.relation, one.where, place)
