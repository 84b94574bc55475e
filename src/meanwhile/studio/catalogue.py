"""The types of record and their trees, those in Python and those from the Studio, as the pages list them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from meanwhile.studio.access import find_model, record_types
from meanwhile.studio.lately import NOTHING_LATELY, Lately, summed
from meanwhile.studio.models import StudioTree
from meanwhile.studio.schedules import Standing
from meanwhile.studio.words import EVENTS
from meanwhile.trees import registry

NO_RECORD = "-"
"""What stands for the label in the address of the page of those trees whose event comes without a record."""

IN_ORDER = tuple(EVENTS)


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeEntry:
    """A tree in a list. ``module`` is where a tree in Python is written; ``studio`` is the Studio's one."""

    key: str
    name: str
    model: str
    event: str
    description: str = ""
    module: str = ""
    enabled: bool = True
    studio: StudioTree | None = None
    lately: Lately = NOTHING_LATELY
    schedule: Standing | None = None

    @property
    def standing(self) -> str:
        """What it is: ``python``, ``draft`` (never published), ``published``, ``off`` or ``retired``."""
        if self.studio is not None and self.studio.retired:
            return "retired"
        if self.studio is not None and self.studio.published_id is None:
            return "draft"
        if not self.enabled:
            return "off"
        return "python" if self.studio is None else "published"


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeEntry:
    """A type of record in a list."""

    label: str
    name: str
    app: str
    trees: Sequence[TreeEntry] = ()
    open: bool = True

    @property
    def place(self) -> str:
        """What stands for it in an address."""
        return self.label or NO_RECORD

    @property
    def lately(self) -> Lately:
        """How its trees did together."""
        return summed(tree.lately for tree in self.trees)


def all_trees(visible: frozenset[str] | None, *, using: str) -> list[TreeEntry]:
    """Return all trees that a person may see, by name; ``visible`` are their keys, None for all."""
    studio = {tree.key: tree for tree in StudioTree.objects.using(using).all()}
    entries = [_of_studio(tree) for tree in studio.values()]
    entries += [_of_python(tree) for tree in registry.current().all() if tree.key not in studio]
    seen = [entry for entry in entries if visible is None or entry.key in visible]
    return sorted(seen, key=lambda entry: entry.name.lower())


def types_with(trees: Iterable[TreeEntry], *, all_open: bool = True) -> list[TypeEntry]:
    """Return the types of record that have trees, and with ``all_open`` those that may have some, by name."""
    by_label: dict[str, list[TreeEntry]] = {}
    for tree in trees:
        by_label.setdefault(tree.model, []).append(tree)
    open_labels = {model._meta.label for model in record_types()} if all_open else set()
    entries = [_type(label, by_label.get(label, ()), label in open_labels) for label in {*by_label, *open_labels}]
    return sorted(entries, key=lambda entry: (not entry.label, entry.name.lower(), entry.label))


def by_event(trees: Sequence[TreeEntry]) -> list[tuple[str, list[TreeEntry]]]:
    """Return trees by their event, in the events' usual order."""
    events = sorted({tree.event for tree in trees}, key=lambda one: IN_ORDER.index(one) if one in IN_ORDER else 99)
    return [(event, [tree for tree in trees if tree.event == event]) for event in events]


def _type(label: str, trees: Sequence[TreeEntry], is_open: bool) -> TypeEntry:
    model = find_model(label) if label else None
    if model is None:
        return TypeEntry(label=label, name=label, app="", trees=trees, open=not label)
    name = str(model._meta.verbose_name_plural)
    return TypeEntry(
        label=label,
        name=name[:1].upper() + name[1:],
        app=str(model._meta.app_config.verbose_name),
        trees=trees,
        open=is_open,
    )


def _of_studio(tree: StudioTree) -> TreeEntry:
    running: Any = registry.current()
    description = running.get(tree.key).description if tree.key in {one.key for one in running.all()} else ""
    return TreeEntry(
        key=tree.key,
        name=tree.name,
        model=tree.model,
        event=tree.event,
        description=description,
        enabled=tree.enabled,
        studio=tree,
    )


def _of_python(tree: Any) -> TreeEntry:
    return TreeEntry(
        key=tree.key,
        name=tree.name,
        model=tree.on.model or "",
        event=tree.on.event,
        description=tree.description,
        module=registry.current().module_of(tree.key) or "Python",
        enabled=tree.enabled,
    )
