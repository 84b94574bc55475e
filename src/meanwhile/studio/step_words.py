"""The steps of a run in the words that the rows of its tree have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from meanwhile.studio.describe import naming_of, title_of
from meanwhile.trees.document import EventTree
from meanwhile.trees.setting_wording import settings_in_words

if TYPE_CHECKING:
    from meanwhile.studio.timeline import StepView


def in_words(steps: Sequence[StepView], tree: EventTree | None) -> list[StepView]:
    """Return the steps with the titles and the settings of their nodes; those of nodes that are gone as they are."""
    if tree is None or not steps:
        return list(steps)
    naming = naming_of(tree.as_json())
    shown = {step.path for step in steps}
    nodes = {path: node.as_json() for path, node in tree.walk() if path in shown}
    return [
        replace(
            step,
            label=title_of(nodes[step.path], naming),
            settings=settings_in_words(nodes[step.path], naming=naming),
        )
        if step.path in nodes
        else step
        for step in steps
    ]
