"""What the trees of a model listen to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.db.models import Model


@dataclass(frozen=True, slots=True)
class Interest:
    """Which kinds of change any tree of a model listens to; `|` joins two."""

    insert: bool = False
    update: bool = False
    delete: bool = False

    def __or__(self, other: Interest) -> Interest:
        return Interest(self.insert or other.insert, self.update or other.update, self.delete or other.delete)


class Interests:
    """The interests by model, answered for any class: a proxy or a child also concerns the trees of its bases."""

    def __init__(self, by_model: Mapping[type[Model], Interest]) -> None:
        self._by_model = dict(by_model)
        self._joined: dict[type[Model], Interest] = {}

    def saved(self) -> frozenset[type[Model]]:
        """Return the models for which somebody listens to creations or updates."""
        return frozenset(model for model, interest in self._by_model.items() if interest.insert or interest.update)

    def deleted(self) -> frozenset[type[Model]]:
        """Return the models for which somebody listens to deletions."""
        return frozenset(model for model, interest in self._by_model.items() if interest.delete)

    def of(self, model: type[Model]) -> Interest:
        """Return what concerns instances of `model`."""
        if (joined := self._joined.get(model)) is None:
            bases = [self._by_model[base] for base in model.__mro__ if base in self._by_model]
            joined = self._joined[model] = reduce(or_, bases, Interest())
        return joined
