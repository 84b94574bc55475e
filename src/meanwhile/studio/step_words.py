"""The steps of a run in the words that the rows of its tree have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from meanwhile.exceptions import UnknownNode
from meanwhile.studio.describe import naming_of, title_of
from meanwhile.trees.document import EventTree
from meanwhile.trees.field_wording import Naming
from meanwhile.trees.setting_wording import settings_in_words

if TYPE_CHECKING:
    from meanwhile.studio.timeline import StepView


def in_words(steps: Sequence[StepView], tree: EventTree | None, naming: Naming | None = None) -> list[StepView]:
    """Return the steps with the titles and the settings of their nodes; those of nodes that are gone as they are.

    ``naming`` is that of the tree, for who has it at hand: working it out takes as long as the tree is large.
    """
    if tree is None or not steps:
        return list(steps)
    words = naming_of(tree.as_json()) if naming is None else naming
    return [_named(step, tree, words) for step in steps]


def _named(step: StepView, tree: EventTree, naming: Naming) -> StepView:
    try:
        node = tree.node_at(step.path).as_json()
    except UnknownNode:
        return step
    return replace(step, label=title_of(node, naming), settings=settings_in_words(node, naming=naming))
