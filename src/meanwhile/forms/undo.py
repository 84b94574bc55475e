"""Put instances and stored files back after a rollback, so that a form can be shown again as it was."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

from django.db.models import FileField, Model
from django.db.models.fields.files import FieldFile

logger = logging.getLogger("meanwhile.forms")


class Undo:
    """Remembers instances as they are before a save; `undo` puts them back after the rollback.

    A rollback takes the rows back, but not the instances in memory (a new one would keep the key of a row that isn't
    there) nor the files that saving put into a storage.
    """

    def __init__(self, instances: Iterable[Model]) -> None:
        self._before = [_Before(instance) for instance in instances]

    def undo(self) -> None:
        """Put every instance back and delete the files that saving it had stored."""
        for before in self._before:
            before.restore()


class _Before:
    def __init__(self, instance: Model) -> None:
        self.instance = instance
        self.adding = instance._state.adding
        self.database = instance._state.db
        self.relations = dict(self._cached_relations)
        # Asking for a file makes it a FieldFile in the instance's attributes, so this comes before they are copied.
        self.chosen = [(file, file.name) for file in _files(instance) if not _is_stored(file)]
        self.attributes = dict(instance.__dict__)

    def restore(self) -> None:
        for file, name in self.chosen:
            if _is_stored(file) and file.name:
                _delete(file)
                file.name = name
                file._committed = False  # noqa: SLF001
        self.instance.__dict__.clear()
        self.instance.__dict__.update(self.attributes)
        self.instance._state.adding = self.adding
        self.instance._state.db = self.database
        self._cached_relations.clear()
        self._cached_relations.update(self.relations)

    @property
    def _cached_relations(self) -> dict[str, Any]:
        cache: dict[str, Any] = self.instance._state.fields_cache
        return cache


def _delete(file: Any) -> None:
    try:
        file.storage.delete(str(file.name))
    except OSError:
        # The submission has failed already; a file left behind must not hide why.
        logger.exception("A file of a submission that was not saved stays in its storage", extra={"file": file.name})


def _is_stored(file: Any) -> bool:
    # Django has no public way to ask whether a file is in its storage yet or only chosen in a form.
    return bool(file._committed)  # noqa: SLF001


def _files(instance: Model) -> list[Any]:
    fields = [field for field in instance._meta.concrete_fields if isinstance(field, FileField)]
    values = [getattr(instance, field.attname) for field in fields if field.attname in instance.__dict__]
    return [value for value in values if isinstance(value, FieldFile) and value]
