"""Put values into the fields of records: converted and validated as a form would, with errors that name the field."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import date, datetime, time
from functools import lru_cache
from typing import Any

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _

from meanwhile.actions.values import AnyValue, Field, Param
from meanwhile.exceptions import ParameterError, ValueProblem
from meanwhile.sensitive import is_sensitive

HIDDEN = "********"


def assign(
    record: models.Model,
    values: Mapping[str, Any],
    save: Callable[[models.Model, list[str]], None],
    secret: Collection[str] = (),
) -> None:
    """Set fields of a saved record and ``save`` these alone, with the fields that follow each save (``auto_now``).

    Other unsaved changes of ``record`` stay as they are, unsaved. Raises `ValueProblem` before anything is set; it
    does not show the values of the fields named in ``secret``.
    """
    model = type(record)
    plain, many = _converted(model, values, record, secret)
    for field, value in plain.items():
        _set(record, field, value)
    if plain:
        save(record, sorted({field.name for field in plain} | _followers(model)))
    for field, related in many.items():
        getattr(record, field.name).set(related)


@lru_cache(maxsize=1024)
def _followers(model: type[models.Model]) -> frozenset[str]:
    return frozenset(field.name for field in model._meta.concrete_fields if getattr(field, "auto_now", False))


def create(
    model: type[models.Model],
    values: Mapping[str, Any],
    like: models.Model | None = None,
    secret: Collection[str] = (),
) -> models.Model:
    """Make, validate and save a record, in the database of ``like`` if one is given.

    Raises `ValueProblem` for a value that doesn't fit its field, `ParameterError` for what the model's own validation
    finds in the whole record, such as a field that is missing or a value that must be unique. Neither shows the values
    of the fields named in ``secret``.
    """
    plain, many = _converted(model, values, None, secret)
    record = model()
    if like is not None:
        record._state.db = like._state.db
    for field, value in plain.items():
        _set(record, field, value)
    try:
        record.full_clean()
    except ValidationError as error:
        raise ParameterError(
            {
                name: _refused() if name in secret or is_sensitive(name) else " ".join(texts)
                for name, texts in error.message_dict.items()
            },
            of=model._meta.label,
        ) from None
    record.save(using=record._state.db)
    for field, related in many.items():
        getattr(record, field.name).set(related)
    return record


def convert(model: type[models.Model], field: Any, value: Any, record: models.Model | None = None) -> Any:
    """Return a value as the field holds it; a relation takes a record or its key. Raises `ValueProblem`."""
    if isinstance(field, models.ForeignKey) and isinstance(value, models.Model):
        return _of_the_right_model(model, field, value)
    if value == "" and field.null and not field.empty_strings_allowed:
        value = None
    if value is None and not field.null:
        raise ValueProblem(field.name, None, _("it is never empty"), model._meta.label)
    try:
        return field.clean(_in_the_right_zone(field, value), record)
    except (ValidationError, ValueError, TypeError, ArithmeticError) as error:
        raise _problem(model, field, value, error) from None


def secret_names(values: Mapping[str, AnyValue]) -> frozenset[str]:
    """Return the names that get their value from a field, or a parameter, which no error may show."""
    return frozenset(name for name, value in values.items() if _is_secret(value))


def _is_secret(value: AnyValue) -> bool:
    match value:
        case Field(field=path):
            return is_sensitive(path.rpartition(".")[2])
        case Param(param=name):
            return is_sensitive(name)
        case _:
            return False


def field_to_set(model: type[models.Model], name: str) -> Any:
    """Return the field of this name (``seat_id`` is ``seat``). Raises `ValueProblem` if it can't be set."""
    try:
        field = model._meta.get_field(name)
    except FieldDoesNotExist:
        raise ValueProblem(name, None, _("the model has no field of this name"), model._meta.label) from None
    if not is_settable(field):
        raise ValueProblem(name, None, _("this kind of field is not set by hand"), model._meta.label)
    return field


def is_settable(field: Any) -> bool:
    """Return whether a field can be set: not a key, not computed by the database, not the other end of a relation."""
    if getattr(field, "auto_created", False) or getattr(field, "generated", False):
        return False
    return bool(field.many_to_many or (field.concrete and not field.primary_key))


def _converted(
    model: type[models.Model], values: Mapping[str, Any], record: models.Model | None, secret: Collection[str]
) -> tuple[dict[Any, Any], dict[Any, Any]]:
    plain: dict[Any, Any] = {}
    many: dict[Any, Any] = {}
    for name, value in values.items():
        field = field_to_set(model, name)
        try:
            if field.many_to_many:
                many[field] = _related(model, field, value)
            else:
                plain[field] = convert(model, field, value, record)
        except ValueProblem as problem:
            if name in secret:
                raise ValueProblem(problem.field, HIDDEN, _refused(), problem.model) from None
            raise
    return plain, many


def _set(record: models.Model, field: Any, value: Any) -> None:
    # Setting the key through its attribute also forgets the related record that was loaded before.
    setattr(record, field.name if isinstance(value, models.Model) else field.attname, value)


def _of_the_right_model(model: type[models.Model], field: Any, value: models.Model) -> models.Model:
    expected = field.remote_field.model
    fits = isinstance(value, expected._meta.concrete_model)
    if not fits:
        text = _("it takes a %(model)s") % {"model": expected._meta.label}
        raise ValueProblem(field.name, value, text, model._meta.label)
    if value._state.adding:
        raise ValueProblem(field.name, value, _("the record has to be saved first"), model._meta.label)
    return value


def _related(model: type[models.Model], field: Any, value: Any) -> list[Any]:
    given = [] if value is None else list(value) if isinstance(value, (list, tuple, set)) else [value]
    related = field.remote_field.model
    keys = [item.pk if isinstance(item, models.Model) else item for item in given]
    try:
        found = list(related._base_manager.filter(pk__in=keys))
    except (ValueError, TypeError, ValidationError):
        found = []
    if len(found) != len({str(key) for key in keys}):
        text = _("it takes keys of existing records of %(model)s") % {"model": related._meta.label}
        raise ValueProblem(field.name, value, text, model._meta.label)
    return found


def _in_the_right_zone(field: Any, value: Any) -> Any:
    """Give a day or a time without zone the project's, for fields that hold moments."""
    if not isinstance(field, models.DateTimeField) or value is None:
        return value
    if isinstance(value, str):
        try:
            value = field.to_python(value)
        except ValidationError:
            return value
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime.combine(value, time())
    if isinstance(value, datetime) and timezone.is_naive(value):
        return timezone.make_aware(value)
    return value


def _refused() -> str:
    return _("it is refused by the field's validation")


def _problem(model: type[models.Model], field: Any, value: Any, error: Exception) -> ValueProblem:
    if is_sensitive(field.name):
        return ValueProblem(field.name, HIDDEN, _refused(), model._meta.label)
    texts = error.messages if isinstance(error, ValidationError) else [str(error)]
    return ValueProblem(field.name, value, " ".join(texts), model._meta.label)
