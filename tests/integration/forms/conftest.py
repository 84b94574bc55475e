"""`use_trees`: register trees for one test, or for a with block in it; and the templates of the little site."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps

from meanwhile import EventTree
from meanwhile.trees import registry
from meanwhile.trees.listening import listen


class UseTrees:
    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack

    def __call__(self, *trees: EventTree) -> AbstractContextManager[None]:
        block = ExitStack()
        block.enter_context(_registered(*trees))
        self._stack.push(block)
        return block


@pytest.fixture
def use_trees() -> Iterator[UseTrees]:
    with ExitStack() as stack:
        yield UseTrees(stack)


@pytest.fixture(autouse=True)
def _templates(settings: Any) -> None:
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [Path(__file__).parent / "templates"]}]


@contextmanager
def _registered(*trees: EventTree) -> Iterator[None]:
    config: Any = apps.get_app_config("meanwhile")
    for tree in trees:
        registry.current().add(tree)
    listen(config)
    try:
        yield
    finally:
        for tree in trees:
            registry.current().remove(tree.key)
        listen(config)
