"""A tree that is only read: its nodes with what they do, in which part they run, and what stands below them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from meanwhile.actions.base import Node
from meanwhile.studio.describe import naming_of, title_of
from meanwhile.studio.words import KINDS
from meanwhile.trees.condition_wording import condition_in_words
from meanwhile.trees.document import EventTree
from meanwhile.trees.field_wording import Naming
from meanwhile.trees.nodes import Background, Delay, If, branches
from meanwhile.trees.setting_wording import settings_in_words
from meanwhile.trees.wording import moment_in_words

SHOWN_AS_WHEN = ("moment", "condition")


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """The nodes below one. ``heading`` says when they run, for those of a condition."""

    heading: str
    lines: list[Line]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One node. ``when`` is set for nodes that hold others; ``background`` says that what is below it runs later."""

    path: str
    title: str
    kind: str
    when: str
    background: bool
    settings: list[tuple[str, str]]
    disabled: bool
    branches: list[Branch] = field(default_factory=list)

    @property
    def kind_text(self) -> str:
        """The kind of node, in words; empty if the title says it already."""
        text = str(KINDS.get(self.kind, ""))
        return "" if text == self.title else text


def outline(tree: EventTree) -> list[Line]:
    """Return the nodes of a tree."""
    return _lines(tree.do, "", naming_of(tree.as_json()))


def _lines(nodes: Sequence[Node], prefix: str, naming: Naming) -> list[Line]:
    return [_line(node, f"{prefix}{index}", naming) for index, node in enumerate(nodes)]


def _line(node: Node, path: str, naming: Naming) -> Line:
    document = node.as_json()
    return Line(
        path=path,
        title=title_of(document, naming),
        kind=node.kind,
        when=_when(node, naming),
        background=isinstance(node, Background | Delay),
        settings=settings_in_words(document, SHOWN_AS_WHEN, naming),
        disabled=node.disabled,
        branches=[
            Branch(heading=_heading(name), lines=_lines(children, f"{path}.{name}." if name else f"{path}.", naming))
            for name, children in branches(node).items()
            if children
        ],
    )


def _when(node: Node, naming: Naming) -> str:
    match node:
        case Background():
            return _("after the page, as soon as possible")
        case Delay():
            return moment_in_words(node.as_json()["moment"], naming)
        case If():
            return condition_in_words(node.as_json()["condition"], naming)
        case _:
            return ""


def _heading(branch: str) -> str:
    return {"then": _("then"), "otherwise": _("otherwise")}.get(branch, "")
