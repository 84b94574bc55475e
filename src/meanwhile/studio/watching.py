"""See what a step changes: fields of the records that it is about, and of which record types it writes other rows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from django.apps import apps
from django.db.models import Model
from django.utils import formats, timezone
from django.utils.text import Truncator, capfirst
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from meanwhile.queue.enqueue import ROW
from meanwhile.queue.sql import TABLE
from meanwhile.studio.access import is_excluded
from meanwhile.studio.tried import FieldChange
from meanwhile.trees.snapshot import plain_values, same_value

WRITES = re.compile(r"""^\s*(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM)\s+"?([^"\s(]+)""", re.IGNORECASE)
LONGEST = 300

Key = tuple[type[Model], Any]


class Watch:
    """Compares records with what they were when it looked last. Reads them from the database, as others would."""

    def __init__(self, using: str) -> None:
        self._using = using
        self._known: dict[Key, dict[str, Any]] = {}
        self._titles: dict[Key, str] = {}
        self._written: set[str] = set()
        self._tables: set[str] = set()
        self._jobs: list[str] = []

    def add(self, record: Model | None, *, new: bool = False) -> None:
        """Watch a record from now on; a ``new`` one had no values before."""
        if record is None or record.pk is None:
            return
        key = (record._meta.concrete_model or type(record), record.pk)
        if key not in self._known:
            self._titles[key] = title_of(record)
            self._known[key] = {} if new else self._values(key)

    def changes(self) -> list[FieldChange]:
        """Return what was changed since the last time, without secrets and what is closed to the Studio."""
        found: list[FieldChange] = []
        for key, before in self._known.items():
            after = self._values(key)
            found += self._differences(key, before, after)
            self._known[key] = after
        return found

    def also_written(self) -> list[str]:
        """Return the record types, of those that are not watched, of which rows were written since the last time."""
        watched = {model._meta.db_table for model, _pk in self._known}
        tables, self._written = self._written - watched, set()
        names = {model._meta.db_table: model for model in apps.get_models(include_auto_created=True)}
        models = [names[table] for table in sorted(tables) if table in names]
        return [str(capfirst(model._meta.verbose_name)) for model in models if model._meta.app_label != "meanwhile"]

    def note(self, execute: Callable[..., Any], statement: Any, *rest: Any) -> Any:
        """Note which table a statement writes, and the names of jobs (an execute wrapper of Django's)."""
        if isinstance(statement, str) and (written := WRITES.match(statement)):
            self._written.add(written[1])
            self._tables.add(written[1])
            if written[1] == TABLE and rest and statement.lstrip()[:6].upper() == "INSERT":
                self._jobs += map(str, (rest[0] or ())[1 :: ROW.count("%s")])
        return execute(statement, *rest)

    def tables(self) -> set[str]:
        """Return the tables of which rows were written since the last time."""
        tables, self._tables = self._tables, set()
        return tables

    def jobs(self) -> list[str]:
        """Return the names of the jobs that were queued by other code than a tree since the last time."""
        jobs, self._jobs = self._jobs, []
        return jobs

    def _values(self, key: Key) -> dict[str, Any]:
        model, pk = key
        record = model._base_manager.using(self._using).filter(pk=pk).first()
        if record is None:
            return {}
        return {name: value for name, value in plain_values(record).items() if not is_excluded(model, name)}

    def _differences(self, key: Key, before: dict[str, Any], after: dict[str, Any]) -> Iterator[FieldChange]:
        model = key[0]
        for name in after or before:
            one, other = before.get(name), after.get(name)
            if name in before and name in after and same_value(one, other):
                continue
            field: Any = model._meta.get_field(name)
            texts = [in_words(field, value) if name in side else "" for side, value in ((before, one), (after, other))]
            if texts[0] != texts[1]:
                yield FieldChange(self._titles[key], name, str(capfirst(field.verbose_name)), *texts)


def title_of(record: Model) -> str:
    """Return what a record is called: its type and its own name."""
    return f"{capfirst(record._meta.verbose_name)} {_('“%(text)s”') % {'text': Truncator(str(record)).chars(60)}}"


def in_words(field: Any, value: Any) -> str:
    """Return a value of a field as people read it."""
    match value:
        case None:
            return "–"
        case True:
            return pgettext("value", "yes")
        case False:
            return pgettext("value", "no")
        case bytes():
            return "…"
    choices = dict(getattr(field, "flatchoices", None) or ())
    try:
        if value in choices:
            return str(choices[value])
    except TypeError:  # a value that can't be looked up
        pass
    if hasattr(value, "tzinfo") and hasattr(value, "date"):
        return formats.date_format(timezone.localtime(value) if timezone.is_aware(value) else value, "DATETIME_FORMAT")
    if hasattr(value, "isoformat") and hasattr(value, "year"):
        return formats.date_format(value, "DATE_FORMAT")
    return Truncator(str(value)).chars(LONGEST)
