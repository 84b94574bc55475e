"""Have PostgreSQL read a list in the order of its index, whatever its statistics say."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connections, transaction

from meanwhile.queue import sql

OFF = "SET LOCAL enable_sort = off; SET LOCAL enable_bitmapscan = off"
ON = "SET LOCAL enable_sort = DEFAULT; SET LOCAL enable_bitmapscan = DEFAULT"


@contextmanager
def in_index_order(using: str) -> Iterator[None]:
    """Let the statements inside read the beginning of an index, rather than find all rows and sort them.

    PostgreSQL sorts if it takes the rows for few: before it has ever analyzed a table (after a restore, say), and for a
    tree that has run often since it last did. Each page would read all runs of the tree then. SQLite follows the index
    by itself.
    """
    connection = connections[using]
    if not sql.is_postgresql(connection):
        yield
        return
    with transaction.atomic(using=using), connection.cursor() as cursor:
        cursor.execute(OFF)
        yield
        cursor.execute(ON)
