"""The methods that capture replaces, and puts back: two of a model class, and one of the collector of deletions."""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db.models.deletion import Collector

if TYPE_CHECKING:
    from django.db.models import Model

    from meanwhile.trees.capture import Installation


class SaveOptions(NamedTuple):
    """The arguments of `Model.save_base`, in its order."""

    raw: bool = False
    force_insert: bool | tuple[type[Model], ...] = False
    force_update: bool = False
    using: str | None = None
    update_fields: Collection[str] | None = None


class Patch:
    """One method of one class, replaced until `undo`."""

    def __init__(self, owner: type, name: str, replace: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
        self._owner = owner
        self._name = name
        self._own = owner.__dict__.get(name)
        self._function = functools.wraps(getattr(owner, name))(replace(self._own or _inherited(owner, name)))
        setattr(owner, name, self._function)

    def undo(self) -> None:
        """Put back what was there."""
        if self._owner.__dict__.get(self._name) is not self._function:
            return  # somebody has replaced ours since; it lets everything through from now on
        if self._own is None:
            delattr(self._owner, self._name)
        else:
            setattr(self._owner, self._name, self._own)


def save_base_of(owner: type[Model], installation: Installation) -> Patch:
    """Have `installation` do the saves of `owner` and its subclasses."""

    def replace(original: Callable[..., None]) -> Callable[..., None]:
        def save_base(self: Model, *args: Any, **options: Any) -> None:
            given = SaveOptions(*args, **{name: options[name] for name in SaveOptions._fields if name in options})
            write = functools.partial(original, self, *args, **options)
            if given.raw or not installation.captures(type(self), owner):
                write()
            else:
                installation.save(self, write, given)

        save_base.__wrapped__ = original  # type: ignore[attr-defined]
        return save_base

    return Patch(owner, "save_base", replace)


def save_table_of(owner: type[Model], installation: Installation) -> Patch:
    """Have `installation` told of each row that a save of `owner` or a subclass has written.

    The method is Django's own business, but nothing else says right after the write whether it was an INSERT or an
    UPDATE; `post_save` says so when other handlers may have changed the instance already.
    """

    def replace(original: Callable[..., bool]) -> Callable[..., bool]:
        def _save_table(self: Model, raw: bool = False, cls: Any = None, *args: Any, **options: Any) -> bool:
            updated = original(self, raw, cls, *args, **options)
            if not raw and installation.captures(type(self), owner):
                installation.written(self, cls, created=not updated)
            return updated

        _save_table.__wrapped__ = original  # type: ignore[attr-defined]
        return _save_table

    return Patch(owner, "_save_table", replace)


def deletions(delete: Callable[[Collector, Callable[[], Any]], Any]) -> Patch:
    """Have `delete` do all deletions, given the collector of the records and Django's own way to delete them."""

    def replace(original: Callable[..., Any]) -> Callable[..., Any]:
        def collected(self: Collector) -> Any:
            return delete(self, functools.partial(original, self))

        collected.__wrapped__ = original  # type: ignore[attr-defined]
        return collected

    return Patch(Collector, "delete", replace)


def _inherited(owner: type, name: str) -> Callable[..., Any]:
    def call(self: Any, *args: Any, **options: Any) -> Any:
        return getattr(super(owner, self), name)(*args, **options)

    return call
