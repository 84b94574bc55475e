"""Documents of arbitrary trees, and arbitrary mistakes in them."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meanwhile.exceptions import TreeDocumentError
from meanwhile.trees.document import EventTree
from tests import strategies

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@strategies.patiently
@given(strategies.trees)
def test_a_tree_survives_the_way_over_json_unchanged(tree: EventTree) -> None:
    text = tree.to_json()
    again = EventTree.from_json(text)
    assert again == tree
    assert again.to_json() == text
    assert again.content_hash == tree.content_hash


@strategies.patiently
@given(strategies.trees)
def test_every_node_is_found_at_its_path(tree: EventTree) -> None:
    for path, node in tree.walk():
        assert tree.node_at(path) is node


@strategies.patiently
@given(st.text() | st.binary())
def test_text_that_is_no_document_raises_one_kind_of_error(text: str | bytes) -> None:
    with pytest.raises(TreeDocumentError) as caught:
        EventTree.from_json(text)
    assert caught.value.problems


@strategies.patiently
@given(anything)
def test_json_that_is_no_document_raises_one_kind_of_error(data: Any) -> None:
    with pytest.raises(TreeDocumentError):
        EventTree.from_json(json.dumps(data))


WRONG: list[Any] = [
    None, True, 7, -1, 1.5, 10**30, "", "?", "\0", "\ud800", [], ["x"], {}, {"kind": "?"}, {"value": "?"}, {"test": []},
    {"kind": "update_field", "set": 5}, {"value": "literal"}, [[[[]]]], {"kind": "if"}, {"at": "before"}, "a..b",
]  # fmt: skip


def _places(data: Any, above: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    places = [above]
    if isinstance(data, dict):
        places += [place for key, child in data.items() for place in _places(child, (*above, key))]
    elif isinstance(data, list):
        places += [place for key, child in enumerate(data) for place in _places(child, (*above, key))]
    return places


@st.composite
def mutated(draw: st.DrawFn) -> Any:
    """A valid document in which something was replaced, removed, added or renamed."""
    document = copy.deepcopy(draw(strategies.trees).as_json())
    for _round in range(draw(st.integers(1, 3))):
        place = draw(st.sampled_from([place for place in _places(document) if place] or [("name",)]))
        parent = document
        for key in place[:-1]:
            parent = parent[key]
        match draw(st.sampled_from(["replace", "remove", "add", "rename"])):
            case "replace":
                parent[place[-1]] = copy.deepcopy(draw(st.sampled_from(WRONG)))
            case "remove":
                del parent[place[-1]]
            case "add" if isinstance(parent, dict):
                parent[draw(st.sampled_from(["extra", "", "set", "kind", "do"]))] = draw(st.sampled_from(WRONG))
            case "rename" if isinstance(parent, dict):
                parent[f"{place[-1]}_"] = parent.pop(place[-1])
    return document


@strategies.patiently
@given(mutated())
def test_a_damaged_document_is_read_or_told_what_is_wrong(document: Any) -> None:
    text = json.dumps(document)
    found = _read(text)
    if isinstance(found, EventTree):
        assert EventTree.from_json(found.to_json()) == found
    else:
        assert all(message for _path, message in found.problems)
        assert str(found)


def _read(text: str) -> EventTree | TreeDocumentError:
    try:
        return EventTree.from_json(text)
    except TreeDocumentError as error:
        return error
