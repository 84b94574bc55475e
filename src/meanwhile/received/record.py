"""Find or make the record that was sent: looked up by ``match``, validated as a form would do it, saved once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, connections, models
from django.utils.translation import gettext as _

from meanwhile.actions.assignment import convert, field_to_set
from meanwhile.exceptions import ParameterError, ValueProblem
from meanwhile.queue import sql
from meanwhile.received.fitting import check_range, check_type, same_text
from meanwhile.received.payload import parameters_of, values_of
from meanwhile.received.problems import ReceivedRefused
from meanwhile.sensitive import is_sensitive
from meanwhile.trees.change import Change
from meanwhile.trees.received_event import Received
from meanwhile.trees.snapshot import plain_values, same_value

UNIQUE = frozenset({"unique", "unique_together"})
"""What Django calls the errors of a value that another record has."""

HOLD_SQLITE = "UPDATE meanwhile_apikey SET name = name WHERE 0"
"""Begins a writing transaction: of two that read first and then write, SQLite refuses one."""


class Taken(Exception):
    """Another request, or a person, has made the same record in this moment: look for it again."""

    def __init__(self, refusal: ReceivedRefused) -> None:
        super().__init__(refusal)
        self.refusal = refusal


@dataclass(frozen=True, slots=True)
class Given:
    """What was sent, out of its JSON: values of fields by name, and parameters of their types."""

    values: Mapping[str, Any]
    parameters: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Found:
    """The record that was found, None for none, with the values for its fields, converted; ``many`` are relations."""

    record: models.Model | None
    values: Mapping[str, Any]
    many: Mapping[str, Any]


def read(event: Received, document: Mapping[str, Any], *, of: str = "") -> Given:
    """Return what a body says. Raises `ReceivedRefused` that names every parameter, and every field of ``match``, that
    is missing or wrong."""
    values, wrong = values_of(event, document), dict[str, str]()
    sources, parameter_sources = event.sources(), event.parameter_sources()
    for name in event.match:
        if name not in values:
            wrong[sources[name]] = _("is missing")
        elif values[name] is None or values[name] == "":
            wrong[sources[name]] = _("it is never empty")
    parameters: dict[str, Any] = {}
    try:
        parameters = event.validate_parameters(parameters_of(event, document), of)
    except ParameterError as error:
        wrong |= {parameter_sources.get(name, name): text for name, text in error.fields.items()}
    if wrong:
        raise invalid({path: [text] for path, text in wrong.items()})
    return Given(values, parameters)


def find_or_make(event: Received, given: Mapping[str, Any], model: type[models.Model], *, using: str) -> Change:
    """Return the record, saved with what was sent, and what that changed; in the current transaction.

    Raises `ReceivedRefused`, `Taken`, and `ActionFailed` of the trees that the save sets off.
    """
    return save(event, look_up(event, given, model, using=using), model, using=using)


def look_up(event: Received, given: Mapping[str, Any], model: type[models.Model], *, using: str) -> Found:
    """Convert what was sent, and find the record; others who want the same one wait. Raises `ReceivedRefused`."""
    values, many = _converted(model, given, event.sources())
    record = None
    if event.match:
        wanted = {name: values[name] for name in event.match}
        _hold(model, wanted, using=using)
        record = _find(model, wanted, using=using)
    if record is None and not event.create:
        raise ReceivedRefused(404, "not_found", _("There is no such record, and this address makes none."))
    return Found(record, values, many)


def save(event: Received, found: Found, model: type[models.Model], *, using: str) -> Change:
    """Save a record with what was sent, a new one if none was found. Raises as `find_or_make`."""
    created, values, sources = found.record is None, found.values, event.sources()
    record = model() if found.record is None else found.record
    record._state.db = using
    old = {} if created else plain_values(record)
    for name, value in values.items():
        field = _field(model, name)
        if not field.primary_key:
            setattr(record, field.name if isinstance(value, models.Model) else field.attname, value)
    _validate(record, values, sources, created=created, matched=bool(event.match))
    _save(record, values, created=created, matched=bool(event.match), using=using)
    for name, related in found.many.items():
        getattr(record, name).set(related)
    new = plain_values(record)
    changed = frozenset(name for name in new if name not in old or not same_value(old[name], new[name]))
    return Change(record, model, created, False, old, new, changed, using)


def invalid(fields: Mapping[str, list[str]]) -> ReceivedRefused:
    """Return the refusal of values that are missing or wrong."""
    return ReceivedRefused(422, "invalid", _("Some of the values are missing or wrong."), fields)


def _converted(
    model: type[models.Model], given: Mapping[str, Any], sources: Mapping[str, str]
) -> tuple[dict[str, Any], dict[str, Any]]:
    plain, many, wrong = dict[str, Any](), dict[str, Any](), dict[str, list[str]]()
    for name, value in given.items():
        try:
            field = _field(model, name)
            check_type(field, value)
            if field.many_to_many:
                many[name] = _related(field, value)
            else:
                plain[name] = convert(model, field, value)
                check_range(field, plain[name])
        except ValueProblem as problem:
            wrong[sources[name]] = [problem.expected]
    if wrong:
        raise invalid(wrong)
    return plain, many


def _field(model: type[models.Model], name: str) -> Any:
    key = model._meta.pk
    return key if name in {"pk", key.name} else field_to_set(model, name)


def _related(field: Any, value: Any) -> list[Any]:
    keys, related = value if isinstance(value, list) else [value], field.remote_field.model
    try:
        found = list(related._base_manager.filter(pk__in=keys))
    except (ValueError, TypeError, ValidationError, OverflowError):
        found = []
    if len(found) != len({str(key) for key in keys}):
        text = _("it takes keys of existing records of %(model)s") % {"model": related._meta.verbose_name}
        raise ValueProblem(field.name, value, text)
    return found


def _hold(model: type[models.Model], wanted: Mapping[str, Any], *, using: str) -> None:
    """Let requests for the same record wait for one another, whether a unique constraint stands behind it or not."""
    connection = connections[using]
    with connection.cursor() as cursor:
        if sql.is_postgresql(connection):
            same = sorted((_field(model, name).name, same_text(value)) for name, value in wanted.items())
            written = json.dumps([(model._meta.concrete_model or model)._meta.label, same])
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [lock_number(written)])
        else:
            cursor.execute(HOLD_SQLITE)


def lock_number(text: str) -> int:
    """Return the number that PostgreSQL knows a lock by: 64 bits of a text's SHA-256, with a sign."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], signed=True)


def _find(model: type[models.Model], wanted: Mapping[str, Any], *, using: str) -> models.Model | None:
    looked_up = {_field(model, name).name: value for name, value in wanted.items()}
    rows = model._base_manager.using(using).filter(**looked_up).order_by("pk")
    if connections[using].features.has_select_for_update_of:
        rows = rows.select_for_update(of=("self",))
    try:
        found = list(rows[:2])
    except OverflowError:  # SQLite's, of a number that no row can have
        found = []
    if len(found) > 1:
        raise ReceivedRefused(409, "ambiguous", _("More than one record fits what was sent."))
    return found[0] if found else None


def _validate(
    record: models.Model, given: Mapping[str, Any], sources: Mapping[str, str], *, created: bool, matched: bool
) -> None:
    """Validate a new record as a whole, and of one that was there what was sent; other faults of it are not new."""
    model = type(record)
    names = {_field(model, name).name for name in given}
    others = () if created else {field.name for field in model._meta.fields if field.name not in names}
    try:
        record.full_clean(exclude=others)
    except ValidationError as error:
        refusal = invalid(
            {
                sources.get(name, name): [_("it is refused by the field's validation")]
                if is_sensitive(name)
                else [str(text) for text in texts]
                for name, texts in error.message_dict.items()
            }
        )
        if created and matched and any(one.code in UNIQUE for one in _all_of(error)):
            raise Taken(refusal) from None
        raise refusal from None


def _all_of(error: ValidationError) -> Iterable[ValidationError]:
    return (one for several in error.error_dict.values() for one in several)


def _save(record: models.Model, given: Mapping[str, Any], *, created: bool, matched: bool, using: str) -> None:
    model = type(record)
    try:
        if created:
            record.save(using=using, force_insert=True)
        else:
            names = {_field(model, name).name for name in given if not _field(model, name).primary_key}
            follow = {field.name for field in model._meta.concrete_fields if getattr(field, "auto_now", False)}
            record.save(using=using, update_fields=sorted(names | follow))
    except IntegrityError as error:
        refusal = ReceivedRefused(409, "conflict", _("The record can’t be saved: it contradicts another one."))
        if created and matched:
            raise Taken(refusal) from error
        raise refusal from error
