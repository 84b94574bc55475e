"""A tree document as an outline that people read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from meanwhile.actions.base import Node
from meanwhile.exceptions import TreeDocumentError
from meanwhile.studio.words import KINDS
from meanwhile.trees.document import EventTree
from meanwhile.trees.models import TreeVersion
from meanwhile.trees.nodes import branches
from meanwhile.trees.setting_wording import settings_in_words


@dataclass(frozen=True, slots=True)
class Line:
    """One node: its place, what it does, its settings, and what stands below it by branch."""

    path: str
    title: str
    kind: str
    settings: list[tuple[str, str]]
    disabled: bool
    branches: list[tuple[str, list[Line]]] = field(default_factory=list)


def outline(version: TreeVersion) -> tuple[EventTree | None, list[Line], str]:
    """Return a version's tree, its nodes, and why it can't be read if so."""
    try:
        tree = EventTree.from_document(version.document)
    except TreeDocumentError as error:
        return None, [], str(error)
    return tree, _lines(tree.do, ""), ""


def _lines(nodes: Sequence[Node], prefix: str) -> list[Line]:
    return [_line(node, f"{prefix}{index}") for index, node in enumerate(nodes)]


def _line(node: Node, path: str) -> Line:
    below = [
        (_heading(name), _lines(children, f"{path}.{name}." if name else f"{path}."))
        for name, children in branches(node).items()
        if children
    ]
    return Line(
        path,
        node.title(),
        str(KINDS.get(node.kind, node.kind)),
        settings_in_words(node.as_json()),
        node.disabled,
        below,
    )


def _heading(branch: str) -> str:
    return {"then": _("then"), "otherwise": _("otherwise")}.get(branch, "")
