"""The README shows code: what it shows must work as it stands there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_two_commands_are_the_first_thing_after_the_title() -> None:
    title, fence, demo, test = [line for line in README.splitlines() if line][:4]
    assert (title, fence) == ("# Meanwhile", "```sh")
    assert demo.startswith("make demo")
    assert test.startswith("make test")


def test_the_tree_it_shows_is_a_tree() -> None:
    from meanwhile import EventTree

    code = re.findall(r"```python\n(.*?)```", README, re.DOTALL)[0].replace("bookings.models", "tests.shop.models")
    trees: list[EventTree] = []

    def kept(*args: object, **kwargs: object) -> EventTree:
        trees.append(EventTree(*args, **kwargs))
        return trees[-1]

    names: dict[str, object] = {"__name__": "bookings.trees"}
    source = code.replace("EventTree(", "kept(").replace("EventTree, ", "")
    exec(compile(source, "README.md", "exec"), {**names, "kept": kept})
    (tree,) = trees
    assert EventTree.from_json(tree.to_json()).content_hash == tree.content_hash
    assert [type(node).__name__ for path, node in tree.walk() if "." not in path] == [
        "UpdateField",
        "Background",
        "Delay",
        "UpdateField",
    ]


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\((?!https?:)([^)#]+)\)", README))))
def test_what_it_links_to_is_there(link: str) -> None:
    assert (ROOT / link).exists()
