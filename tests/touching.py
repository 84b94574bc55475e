"""What an editor does to a tree in which somebody sets every value anew to what it is: nothing.

Also a hook (in `tests/conftest.py`) by which every tree that any test of the suite makes goes through it.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator, Mapping
from typing import Any

import pytest
from hypothesis import is_hypothesis_test

from meanwhile import EventTree
from meanwhile.trees.registry import collecting

MOST_OF_A_TEST = 20
_seen: set[str] = set()


def operations(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the editor's operation for every field of the form of every node, with the value that the form shows."""
    from meanwhile.studio import forms, places

    for path in ("", *(place.path for place in places.nodes_of(document))):
        for field in forms.form_of(document, path).fields:
            for one in (field, *field.rows):
                # As the controls do: what is empty is taken away, but for what a document can't do without.
                value = None if one.value == "" and one.key not in {"name", "body"} else one.value
                if one.type == "either":
                    value = None if one.value == one.choices[0][0] else one.value
                elif one.value is False:
                    value = None
                yield {"op": "set_value", "path": path, "key": one.key, "value": value}


def touched(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a document after all those operations, each of which went over the wire."""
    from meanwhile.studio import edit

    after = dict(document)
    for operation in list(operations(document)):
        after = edit.apply(after, json.loads(json.dumps(operation)))
    return after


def check(tree: EventTree) -> None:
    """See that a tree survives Python → JSON → the editor → JSON → Python."""
    text = tree.to_json()
    again = EventTree.from_document(touched(json.loads(text)))
    assert again == tree
    assert again.to_json() == text


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """Have the trees of a test that succeeds go through the editor, those of properties apart: they are too many."""
    with collecting() as trees:
        result = yield
    if not is_hypothesis_test(getattr(item, "obj", None)):
        for tree in trees[:MOST_OF_A_TEST]:
            if (name := f"{tree.key} {tree.content_hash}") not in _seen:
                _seen.add(name)
                check(tree)
    return result
