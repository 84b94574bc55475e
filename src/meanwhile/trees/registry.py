"""Which trees there are. The register belongs to the app config: there is one for each set of installed apps."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from meanwhile.exceptions import DuplicateTree, TreesImportedTooEarly, UnknownTree

if TYPE_CHECKING:
    from types import ModuleType

    from meanwhile.trees.document import EventTree

MODULES = ("actions", "trees")
"""The modules of an app that are imported when the app is ready."""

FOUND = "__meanwhile_trees__"
"""Where a module keeps the trees it made: it is imported once, and apps may be set up again (as tests do)."""

_collector: ContextVar[list[EventTree] | None] = ContextVar("meanwhile_collector", default=None)
_others: ContextVar[TreeRegistry | None] = ContextVar("meanwhile_other_trees", default=None)


class TreeRegistry:
    """Trees by key."""

    def __init__(self) -> None:
        self._trees: dict[str, EventTree] = {}
        self._modules: dict[str, str] = {}
        self._by_model: dict[str, tuple[EventTree, ...]] = {}

    def add(self, tree: EventTree, module: str = "") -> None:
        """Register a tree that ``module`` made. Raises `DuplicateTree` if its key is taken by another one.

        The same tree twice in one module, as when it is written and read again there, counts once.
        """
        known = self._trees.get(tree.key)
        if known is tree or (known == tree and self._modules[tree.key] == module):
            return
        if known is not None:
            raise DuplicateTree(tree.key, self._modules[tree.key] or "Python", module or "Python")
        self._trees[tree.key] = tree
        self._modules[tree.key] = module
        self._by_model.clear()

    def remove(self, key: str) -> None:
        """Forget a tree, if it is there."""
        self._trees.pop(key, None)
        self._modules.pop(key, None)
        self._by_model.clear()

    def get(self, key: str) -> EventTree:
        """Return the tree of this key. Raises `UnknownTree`."""
        try:
            return self._trees[key]
        except KeyError:
            raise UnknownTree(key, sorted(self._trees)) from None

    def find(self, key_or_name: str) -> EventTree:
        """Return the tree of this key, or of this name. Raises `UnknownTree`."""
        if key_or_name in self._trees:
            return self._trees[key_or_name]
        for tree in self.all():
            if tree.name == key_or_name:
                return tree
        raise UnknownTree(key_or_name, [*sorted(self._trees), *(tree.name for tree in self.all())])

    def module_of(self, key: str) -> str:
        """Return the module that registered a tree, empty for one that was added by hand."""
        return self._modules.get(key, "")

    def for_model(self, model: Any) -> tuple[EventTree, ...]:
        """Return the trees on events of a model, by key: its own, and those of models it is a proxy or a child of.

        ``model`` is a class, or a label for the trees of that model alone.
        """
        if isinstance(model, str):
            return self._of_labels(model, (model,))
        return self._of_labels(
            model._meta.label, tuple(base._meta.label for base in model.__mro__ if hasattr(base, "_meta"))
        )

    def all(self) -> list[EventTree]:
        """Return all trees, by key."""
        return [self._trees[key] for key in sorted(self._trees)]

    def _of_labels(self, name: str, labels: tuple[str, ...]) -> tuple[EventTree, ...]:
        key = name if len(labels) > 1 else f"{name} alone"
        if key not in self._by_model:
            self._by_model[key] = tuple(tree for tree in self.all() if tree.on.model in labels)
        return self._by_model[key]


def current() -> TreeRegistry:
    """Return the register of the installed apps, or the one that stands in its place here (`instead`)."""
    from django.apps import apps

    others = _others.get()
    if others is not None:
        return others
    trees: TreeRegistry = apps.get_app_config("meanwhile").trees  # type: ignore[attr-defined]
    return trees


@contextmanager
def instead(trees: TreeRegistry) -> Iterator[None]:
    """Let there be other trees for the code in the body; other threads know nothing of it."""
    token = _others.set(trees)
    try:
        yield
    finally:
        _others.reset(token)


@contextmanager
def collecting() -> Iterator[list[EventTree]]:
    """Yield a list that gets every tree that is built in Python inside the block."""
    found: list[EventTree] = []
    token = _collector.set(found)
    try:
        yield found
    finally:
        _collector.reset(token)


def collect(tree: EventTree) -> None:
    """Hand a new tree to whoever collects them, if anybody does."""
    found = _collector.get()
    if found is not None:
        found.append(tree)


def autodiscover() -> None:
    """Import ``actions.py`` and ``trees.py`` of each installed app and register the trees they make.

    Raises `DuplicateTree`, and `TreesImportedTooEarly` where trees were made before anybody could collect them.
    """
    registry = current()
    names = list(_modules_of_apps())
    early = {name for name in names if name in sys.modules and not hasattr(sys.modules[name], FOUND)}
    for name in names:
        if name in early and _makes_trees(sys.modules[name]):
            raise TreesImportedTooEarly(name)
        for tree in _trees_of(name):
            registry.add(tree, name)


def _modules_of_apps() -> Iterator[str]:
    from django.apps import apps
    from django.utils.module_loading import module_has_submodule

    for config in apps.get_app_configs():
        if config.name == __package__.partition(".")[0] or config.module is None:
            continue
        for name in MODULES:
            if module_has_submodule(config.module, name):
                yield f"{config.name}.{name}"


def _trees_of(name: str) -> list[EventTree]:
    """Import a module, if that was not done, and return the trees that it made then."""
    known = sys.modules.get(name)
    if known is None or not hasattr(known, FOUND):
        with collecting() as found:
            module = importlib.import_module(name)
        setattr(module, FOUND, found)
        return found
    trees: list[EventTree] = getattr(known, FOUND)
    return trees


def _makes_trees(module: ModuleType) -> bool:
    """Return whether a module, imported by whoever, makes trees: one of another package may just be called so."""
    from meanwhile.trees.document import EventTree

    return any(value is EventTree or isinstance(value, EventTree) for value in vars(module).values())
