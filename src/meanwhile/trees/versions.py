"""Keep every version of a tree that runs, so that a run goes on with the tree it started with (spec, "The tree as it
was")."""

from __future__ import annotations

import uuid
from functools import lru_cache
from typing import Any

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from meanwhile.clock import Clock
from meanwhile.exceptions import UnknownTree
from meanwhile.trees.document import EventTree
from meanwhile.trees.models import TreeVersion

NAMESPACE = uuid.UUID("5f7a3a52-6b0e-4d0c-9a3e-2f1f6f0b7c11")


def version_id(tree: EventTree) -> uuid.UUID:
    """Return the id of a tree's version, which follows from its key and content."""
    return _id_of(tree.key, tree.content_hash)


def ensure_version(tree: EventTree, *, using: str, clock: Clock) -> uuid.UUID:
    """Return the id of the stored version of a tree, storing it in the current transaction if it is not there yet."""
    identifier = version_id(tree)
    connection = connections[using]
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM meanwhile_treeversion WHERE id = %s", [stored_id(connection, identifier)])
        if cursor.fetchone() is None:
            TreeVersion.objects.using(using).bulk_create(
                [
                    TreeVersion(
                        id=identifier,
                        key=tree.key,
                        name=tree.name,
                        content_hash=tree.content_hash,
                        document=tree.as_json(),
                        created=clock.now(),
                    )
                ],
                ignore_conflicts=True,
            )
    return identifier


def load_version(identifier: uuid.UUID, *, using: str) -> EventTree:
    """Return a stored version of a tree. Raises `UnknownTree` if it is gone, `TreeDocumentError` if it can't be read
    any more."""
    return _load(identifier, using)


def stored_id(connection: BaseDatabaseWrapper, identifier: uuid.UUID) -> Any:
    """Return a UUID as a parameter for a column of this database."""
    return identifier if connection.features.has_native_uuid_field else identifier.hex


@lru_cache(maxsize=512)
def _id_of(key: str, content_hash: str) -> uuid.UUID:
    return uuid.uuid5(NAMESPACE, f"{key}/{content_hash}")


@lru_cache(maxsize=512)
def _load(identifier: uuid.UUID, using: str) -> EventTree:
    version = TreeVersion.objects.using(using).filter(pk=identifier).first()
    if version is None:
        raise UnknownTree(str(identifier), [])
    tree: EventTree = EventTree.from_document(version.document)
    return tree
