"""System checks: what `manage.py check` says about trees, settings and the database. Each id has an entry in the
docs' reference.

Ids: E0xx and W0xx here (database, settings), E1xx and W1xx about trees (`trees/check.py`).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.checks import Warning as Warn
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connections, router
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import ForeignKey, Model
from django.utils.translation import gettext as _

from meanwhile import conf

DATABASE_CHECKS = {
    "meanwhile.E001": "settings.MEANWHILE can't be understood",
    "meanwhile.E002": "the database is neither SQLite nor PostgreSQL",
    "meanwhile.E003": "SQLite is older than 3.35",
    "meanwhile.E004": "a tree's model is written to another database than the jobs",
    "meanwhile.E005": "USE_TZ is not True",
    "meanwhile.W001": "SQLite transactions are not IMMEDIATE",
    "meanwhile.W002": "SQLite does not use a write-ahead log",
    "meanwhile.W003": "SQLite's busy timeout is short",
    "meanwhile.W004": "psycopg 3 is missing, so other processes' jobs are found by the sweep only",
    "meanwhile.W005": "the database itself deletes records that a Deleted tree listens to",
}
SHORTEST_TIMEOUT_MS = 5000
OLDEST_SQLITE = (3, 35, 0)


@register("meanwhile")
def check_settings(**_options: Any) -> list[CheckMessage]:
    """Check ``settings.MEANWHILE`` and the kind of database (E001, E002, W004)."""
    try:
        alias = conf.get().database
    except ImproperlyConfigured as error:
        return [Error(str(error), id="meanwhile.E001")]
    if alias not in connections:
        return [
            Error(
                _("MEANWHILE[“DATABASE”] names “%(alias)s”, which is not in DATABASES.") % {"alias": alias},
                id="meanwhile.E001",
            )
        ]
    vendor = connections[alias].vendor
    if vendor not in {"sqlite", "postgresql"}:
        return [
            Error(
                _("Meanwhile works on SQLite and PostgreSQL, and the database “%(alias)s” is %(vendor)s.")
                % {"alias": alias, "vendor": vendor},
                hint=_("Name another database in MEANWHILE[“DATABASE”]."),
                id="meanwhile.E002",
            )
        ]
    return [] if vendor == "sqlite" else list(_check_psycopg())


@register("meanwhile")
def check_time_zones(**_options: Any) -> list[CheckMessage]:
    """Check that the project's moments have a time zone (E005)."""
    if settings.USE_TZ:
        return []
    return [
        Error(
            _("Meanwhile needs USE_TZ = True, and this project has USE_TZ = False."),
            hint=_("Set USE_TZ = True. The moments of jobs and delays are kept in UTC; naive ones are ambiguous."),
            id="meanwhile.E005",
        )
    ]


@register("meanwhile")
def check_trees(**_options: Any) -> list[CheckMessage]:
    """Check every registered tree (E1xx, W1xx)."""
    from meanwhile.trees import registry
    from meanwhile.trees.check import check_tree

    kinds = {"error": Error, "warning": Warn}
    return [
        kinds[problem.level](
            _("Tree “%(tree)s”, %(path)s: %(message)s")
            % {"tree": tree.name, "path": problem.path or "–", "message": problem.message},
            hint=problem.hint or None,
            obj=tree.key,
            id=problem.code,
        )
        for tree in registry.current().all()
        for problem in check_tree(tree)
    ]


@register("meanwhile")
def check_coverage(**_options: Any) -> list[CheckMessage]:
    """Check that the saves and deletions of every tree's model can be captured (E004, W005)."""
    from meanwhile.trees.listening import interests

    try:
        alias = conf.get().database
    except ImproperlyConfigured:
        return []
    return [
        message
        for model, interest in interests().items()
        for message in (*_check_router(model, alias), *(_check_cascades(model) if interest.delete else ()))
    ]


@register(Tags.database)
def check_database(databases: Sequence[str] | None = None, **_options: Any) -> list[CheckMessage]:
    """Read the live connection of a SQLite database (E003, W001–W003); options at a wrong level of DATABASES are
    silently ignored by Django."""
    try:
        alias = conf.get().database
    except ImproperlyConfigured:
        return []
    if not databases or alias not in databases or alias not in connections or connections[alias].vendor != "sqlite":
        return []
    try:
        return list(_check_sqlite(connections[alias]))
    except DatabaseError:
        return []  # Django's own checks and commands say that the database can't be reached


def _check_router(model: type[Model], alias: str) -> Iterator[CheckMessage]:
    written = router.db_for_write(model)
    if written != alias:
        yield Error(
            _("%(model)s has trees and is written to the database “%(written)s”, while jobs are in “%(alias)s”.")
            % {"model": model._meta.label, "written": written, "alias": alias},
            hint=_("One transaction can't span both. Name that database in MEANWHILE[“DATABASE”], or move the model."),
            obj=model,
            id="meanwhile.E004",
        )


def _check_cascades(model: type[Model]) -> Iterator[CheckMessage]:
    for field in model._meta.get_fields():
        if isinstance(field, ForeignKey) and str(field.remote_field.on_delete) == "DB_CASCADE":
            yield Warn(
                _("%(model)s is deleted by the database itself when its %(field)s is, and its trees do not notice.")
                % {"model": model._meta.label, "field": field.name},
                hint=_(
                    "Use on_delete=CASCADE here. The same goes for bulk writes, which send no signals: call"
                    " update_and_fire, bulk_create_and_fire or fire_events for them."
                ),
                obj=model,
                id="meanwhile.W005",
            )


def _check_sqlite(connection: BaseDatabaseWrapper) -> Iterator[CheckMessage]:
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        yield Error(
            _("SQLite %(version)s is too old.") % {"version": sqlite3.sqlite_version},
            hint=_("Meanwhile needs 3.35 or newer, for UPDATE … RETURNING."),
            id="meanwhile.E003",
        )
    connection.ensure_connection()
    if str(getattr(connection, "transaction_mode", None)).upper() not in {"IMMEDIATE", "EXCLUSIVE"}:
        yield Warn(
            _("The SQLite database “%(alias)s” does not begin its transactions IMMEDIATE.")
            % {"alias": connection.alias},
            hint=_(
                "People will see “database is locked” under load."
                " Set DATABASES[…][“OPTIONS”][“transaction_mode”] = “IMMEDIATE”."
            ),
            id="meanwhile.W001",
        )
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA journal_mode")
        journal = str(cursor.fetchone()[0])
        cursor.execute("PRAGMA busy_timeout")
        timeout = int(cursor.fetchone()[0])
    if journal.lower() not in {"wal", "memory"}:
        yield Warn(
            _("The SQLite database “%(alias)s” has the journal mode “%(mode)s”.")
            % {"alias": connection.alias, "mode": journal},
            hint=_(
                "Readers and the writer block one another."
                " Set DATABASES[…][“OPTIONS”][“init_command”] = “PRAGMA journal_mode=WAL”."
            ),
            id="meanwhile.W002",
        )
    if timeout < SHORTEST_TIMEOUT_MS:
        yield Warn(
            _("The SQLite database “%(alias)s” waits only %(ms)s ms for a lock.")
            % {"alias": connection.alias, "ms": timeout},
            hint=_("Set DATABASES[…][“OPTIONS”][“timeout”] = 20 (seconds)."),
            id="meanwhile.W003",
        )


def _check_psycopg() -> Iterator[CheckMessage]:
    from meanwhile.queue.worker.watch import has_psycopg3

    if not has_psycopg3():
        yield Warn(
            _("Workers can't listen to PostgreSQL without psycopg 3."),
            hint=_(
                "Jobs queued by other processes start up to MEANWHILE[“SWEEP”] seconds late. Install psycopg[binary]."
            ),
            id="meanwhile.W004",
        )
