"""Every save and deletion of the models that have trees, in one transaction with what the trees do.

A model without trees keeps Django's own methods: its saves cost nothing. For the others two methods are replaced on the
class itself, because `post_save` comes too late: in autocommit the row is committed before it (spec: "Events").
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from django.db import router

from meanwhile.trees.capture_delete import DeleteCapture
from meanwhile.trees.capture_patch import SaveOptions, save_base_of, save_table_of
from meanwhile.trees.capture_save import Saving, expected
from meanwhile.trees.capture_transaction import captured_write
from meanwhile.trees.change import Change
from meanwhile.trees.interest import Interest, Interests

if TYPE_CHECKING:
    from django.db.models import Model

__all__ = ["Change", "Installation", "Interest", "install"]


def install(
    interests: Mapping[type[Model], Interest],
    on_change: Callable[[Change], None],
    on_undone: Callable[[], None] = lambda: None,
) -> Installation:
    """Begin to capture: call `on_change` for each change of an instance of one of the models, or of a subclass.

    One save or deletion of one record is one call, inside its transaction and after the row is written. An exception of
    `on_change` undoes the write and reaches the caller of `save()` or `delete()`. Fixtures (`raw`) and bulk writes are
    not captured. `on_undone` is called when a captured save or deletion has failed and is undone.

        installation = install({Booking: Interest(insert=True)}, on_change=print)
        …
        installation.uninstall()
    """
    return Installation(Interests(interests), on_change, on_undone)


class Installation:
    """What `install` did, until `uninstall`. Several are undone in reverse order."""

    def __init__(
        self, interests: Interests, on_change: Callable[[Change], None], on_undone: Callable[[], None]
    ) -> None:
        self._interests = interests
        self._on_change = on_change
        self._on_undone = on_undone
        self._models = interests.saved()
        self._here = threading.local()
        self._patches = [patch(model, self) for model in self._models for patch in (save_base_of, save_table_of)]
        self._deletes = DeleteCapture(interests, on_change, on_undone)
        self._deletes.connect()

    def uninstall(self) -> None:
        """Stop capturing and give every class its own methods back."""
        self._models = frozenset()
        self._deletes.disconnect()
        for patch in reversed(self._patches):
            patch.undo()

    def captures(self, model: type[Model], owner: type[Model]) -> bool:
        """Tell whether the method on `owner` captures saves of `model`: of several in its bases the first one does."""
        return next((base for base in model.__mro__ if base in self._models), None) is owner

    def save(self, record: Model, write: Callable[[], None], options: SaveOptions) -> None:
        """Let Django `write` the record, and have its change acted upon in the same transaction."""
        interest = self._interests.of(type(record))
        outcome = expected(record, options)
        if not outcome.concerns(interest):
            write()
            return
        using = options.using or router.db_for_write(type(record), instance=record)
        try:
            with captured_write(record, using):
                self._write(Saving(record, interest, outcome, using, options.update_fields), write)
        except BaseException:
            self._on_undone()
            raise

    def _write(self, saving: Saving, write: Callable[[], None]) -> None:
        self._open.append(saving)
        try:
            write()
        finally:
            self._open.pop()
        if saving.change:
            self._on_change(saving.change)

    def written(self, record: Model, table: type[Model], *, created: bool) -> None:
        """Note that Django has written the row of `record` in the table of the model `table`."""
        saving = self._open[-1] if self._open else None
        if saving and saving.record is record and table is record._meta.concrete_model:
            saving.written(created=created)

    @property
    def _open(self) -> list[Saving]:
        """The saves that this thread is in, the innermost last: a signal handler may save others, or the same again."""
        saves: list[Saving] = self._here.__dict__.setdefault("saves", [])
        return saves
