"""What conditions ask about a run's record and event (the `Facts` of `conditions.py`), answered by the database."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist, FieldError, ValidationError
from django.db.models import Model

from meanwhile.exceptions import ConditionError
from meanwhile.texts import gettext as _
from meanwhile.trees.context import RunContext
from meanwhile.trees.paths import follow


class RecordFacts:
    """Facts about one run, read when a condition is decided."""

    def __init__(
        self, context: RunContext, record: Model | None, names: Mapping[str, Model], resolve: Callable[[Any], Any]
    ) -> None:
        self._context, self._record, self._names = context, record, names
        self._resolve = resolve

    def value(self, path: str) -> Any:
        """Return the present value at the end of a path; a record counts as its key."""
        return _as_key(follow(self._record, self._names, path))

    def old(self, path: str) -> Any:
        """Return the value that a field had before the event, None for a record that is new."""
        event = self._context.event
        if path in event.old:
            return event.old[path]
        if event.is_new:
            return None
        text = _(
            "The old value of “%(path)s” is not known: it is no field of the record itself, is kept out of history, "
            "or was too long."
        )
        raise ConditionError(text % {"path": path})

    def changed(self, name: str) -> bool:
        """Say whether the event changed a field."""
        return name in self._context.event.changed

    def is_new(self) -> bool:
        """Say whether the event created the record."""
        return self._context.event.is_new

    def count(self, target: str, where: Mapping[str, Any]) -> int:
        """Count the records of a relation of the record, or of a model ("app.Model"), that match Django lookups."""
        try:
            lookups = {lookup: self._resolve(value) for lookup, value in where.items()}
            return int(self._queryset(target).filter(**lookups).count())
        except (FieldError, ValidationError, ValueError, TypeError) as error:
            text = _("The records of “%(target)s” can't be counted: %(error)s")
            raise ConditionError(text % {"target": target, "error": error}) from error

    def resolve(self, value: Any) -> Any:
        """Return what a value of the tree is worth now; a record counts as its key."""
        return _as_key(self._resolve(value))

    def _queryset(self, target: str) -> Any:
        if "." in target:
            try:
                return apps.get_model(target)._default_manager.using(self._context.using).all()
            except LookupError as error:
                raise ConditionError(_("There is no model “%(model)s”.") % {"model": target}) from error
        owner = self._names.get(target, self._record)
        if not isinstance(owner, Model):
            raise ConditionError(_("There is no record whose “%(target)s” could be counted.") % {"target": target})
        try:
            relation = type(owner)._meta.get_field(target)
        except FieldDoesNotExist as error:
            text = _("%(model)s has no relation “%(relation)s” to many records.")
            raise ConditionError(text % {"model": type(owner)._meta.label, "relation": target}) from error
        if not (relation.one_to_many or relation.many_to_many):
            text = _("“%(target)s” leads to one record at most; count a relation to many.")
            raise ConditionError(text % {"target": target})
        accessor = relation.get_accessor_name() if hasattr(relation, "get_accessor_name") else relation.name
        return getattr(owner, str(accessor)).using(self._context.using).all()


def _as_key(value: Any) -> Any:
    return value.pk if isinstance(value, Model) else value
