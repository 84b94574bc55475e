"""`use_trees`: the trees there are in one test, or in a with block of it; and the templates of the little site."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any

import pytest

from meanwhile import EventTree, testing


class UseTrees:
    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack

    def __call__(self, *trees: EventTree) -> AbstractContextManager[None]:
        block = ExitStack()
        block.enter_context(testing.use_trees(*trees))
        self._stack.push(block)
        return block


@pytest.fixture
def use_trees() -> Iterator[UseTrees]:
    with ExitStack() as stack:
        yield UseTrees(stack)


@pytest.fixture(autouse=True)
def _templates(settings: Any) -> None:
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [Path(__file__).parent / "templates"]}]
