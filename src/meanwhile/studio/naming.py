"""What a draft's fields and nodes are called wherever a person reads of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from meanwhile.studio import describe, kinds
from meanwhile.trees.field_wording import BETWEEN, Naming
from meanwhile.trees.setting_wording import MAPPINGS, entry_name, label_of

__all__ = ["BETWEEN", "InWords", "naming_of", "place_in_words"]


def naming_of(document: Mapping[str, Any]) -> Naming:
    """Return the names of the fields of the record that a draft is about, and of the records that it makes."""
    return describe.naming_of(document)


def place_in_words(node: Mapping[str, Any], place: str, naming: Naming) -> str:
    """Return what a place in a node is called: ``set.price`` is Fields and Price; lists count from one."""
    first, *rest = place.split(".")
    words = [label_of(first, str(node.get("kind", "")))]
    for depth, part in enumerate(rest):
        if part.isdecimal():
            words.append(str(int(part) + 1))
        elif not depth and first in MAPPINGS:
            words.append(entry_name(node, first, part, naming))
        else:
            words.append(label_of(part))
    return BETWEEN.join(words)


WITHOUT_QUOTES = str.maketrans("", "", "“”„«»")
"""Titles stand in quotation marks where they are told of."""


@dataclass(frozen=True, slots=True)
class InWords(kinds.Words):
    """What edits of a draft say of its nodes and their settings: the names that stand on the page."""

    naming: Naming

    def title(self, node: Mapping[str, Any]) -> str:
        """Return the title that the row of a node has."""
        return describe.title_of(node, self.naming).translate(WITHOUT_QUOTES)

    def setting(self, node: Mapping[str, Any], key: str) -> str:
        """Return the name that the form has for a setting, and for a field the field's own."""
        first, _dot, entry = key.partition(".")
        if first in MAPPINGS and entry:
            return entry_name(node, first, entry.partition(".")[0], self.naming)
        if first == "on" and entry:
            return label_of(entry.partition(".")[0])
        return label_of(first, str(node.get("kind", "")))
