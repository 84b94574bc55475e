"""Capture that can be switched to other models while the site runs: no change is missed at that moment, none met twice.

A tree that is published may be the first on its model, and others are saving records right then.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from meanwhile.trees.capture import Installation
from meanwhile.trees.capture_delete import DeleteCapture, with_subclasses
from meanwhile.trees.capture_patch import save_base_of, save_table_of
from meanwhile.trees.change import Change
from meanwhile.trees.interest import Interest, Interests

if TYPE_CHECKING:
    from django.db.models import Model


class SwitchableDeletes(DeleteCapture):
    """Deletions, of other models when it is switched."""

    def switch(self, interests: Interests) -> None:
        """Listen to the deletions of other models from now on."""
        before, listened = self._models, interests.deleted()
        models = with_subclasses(listened)
        self._listened |= listened
        self._models = before | models
        self._attach(models - before)
        self._listened, self._models = listened, models
        self._detach(before - models)


class SwitchableCapture(Installation):
    """Saves and deletions, of other models when it is switched.

    A method that was replaced once stays so until `uninstall`: for a model that is no longer captured it only calls
    Django's own.
    """

    def __init__(
        self, interests: Interests, on_change: Callable[[Change], None], on_undone: Callable[[], None] = lambda: None
    ) -> None:
        super().__init__(interests, on_change, on_undone)
        self._patched = set(self._models)
        self._deletes.disconnect()
        self._deletes: SwitchableDeletes = SwitchableDeletes(interests, on_change, on_undone)
        self._deletes.connect()

    def switch(self, wanted: Mapping[type[Model], Interest]) -> None:
        """Capture the changes of these models from now on."""
        interests = Interests(wanted)
        models = interests.saved()
        for model in models - self._patched:
            self._patches += [patch(model, self) for patch in (save_base_of, save_table_of)]
            self._patched.add(model)
        self._interests, self._models = interests, models
        self._deletes.switch(interests)


def fire(change: Change) -> None:
    """Run the trees of a change."""
    from meanwhile.trees import runner

    runner.fire(change)
