"""A tree that is only read: its nodes with what they do, in which part they run, and what stands below them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from meanwhile.actions.base import Node
from meanwhile.studio.awaited import awaited
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
    return _lines(tree.do, "", _Words(naming_of(tree.as_json()), awaited(tree.on.event).later))


@dataclass(frozen=True, slots=True)
class _Words:
    naming: Naming
    later: str


def _lines(nodes: Sequence[Node], prefix: str, words: _Words) -> list[Line]:
    return [_line(node, f"{prefix}{index}", words) for index, node in enumerate(nodes)]


def _line(node: Node, path: str, words: _Words) -> Line:
    document = node.as_json()
    return Line(
        path=path,
        title=title_of(document, words.naming),
        kind=node.kind,
        when=_when(node, words),
        background=isinstance(node, Background | Delay),
        settings=settings_in_words(document, SHOWN_AS_WHEN, words.naming),
        disabled=node.disabled,
        branches=[
            Branch(heading=_heading(name), lines=_lines(children, f"{path}.{name}." if name else f"{path}.", words))
            for name, children in branches(node).items()
            if children
        ],
    )


def _when(node: Node, words: _Words) -> str:
    match node:
        case Background():
            return words.later
        case Delay():
            return moment_in_words(node.as_json()["moment"], words.naming)
        case If():
            return condition_in_words(node.as_json()["condition"], words.naming)
        case _:
            return ""


def _heading(branch: str) -> str:
    return {"then": _("then"), "otherwise": _("otherwise")}.get(branch, "")
