"""What happened to one record: the value that capture hands to the trees."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.db.models import Model


@dataclass(frozen=True, slots=True)
class Change:
    """One creation, update or deletion of one record, as it happened in the database.

    `old` and `new` hold every concrete field by its name as a plain value (see `snapshot.plain_value`; a foreign key is
    the key it points to, a file its name). `old` is empty for a creation, `new` for a deletion. `changed` names the
    fields whose value really differs: every field of a created record, none of a deleted one, and none of a record that
    was saved as it was. `model` is the class of the instance, so a proxy or a multi-table child says so. After a
    deletion Django clears `record.pk`; the key stays in `old`.
    """

    record: Model
    model: type[Model]
    created: bool
    deleted: bool
    old: Mapping[str, Any]
    new: Mapping[str, Any]
    changed: frozenset[str]
    using: str
