"""Names of model fields as keywords: ``UpdateField(status="received")``. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from meanwhile.actions.values import AnyValue, to_values
from meanwhile.exceptions import TreeDocumentError
from meanwhile.parts import Part
from meanwhile.texts import gettext as _


def split_keywords(node: type[Part], keywords: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, AnyValue]]:
    """Part the keywords of a constructor into the node's own options and the model fields that it sets.

    A model field with the name of an option is set through ``set={…}``. Raises `TreeDocumentError` for a field that is
    given twice, for an option that can only be meant for a field, and for a value that no document can hold.
    """
    options = {name: value for name, value in keywords.items() if name in node.model_fields and name != "set"}
    fields = {name: value for name, value in keywords.items() if name not in node.model_fields}
    if meant := [name for name, value in options.items() if _is_for_a_field(node, name, value)]:
        text = _("is an option of the node; a model field of this name is set by set={“%(name)s”: …}")
        raise TreeDocumentError([(f"{node.__name__}.{name}", text % {"name": name}) for name in meant])
    given = dict(keywords.get("set", {}))
    if twice := sorted(set(given) & set(fields)):
        text = _("is given twice, as a keyword and in set={…}")
        raise TreeDocumentError([(f"{node.__name__}.set.{name}", text) for name in twice])
    return options, to_values({**given, **fields}, f"{node.__name__}.set")


def _is_for_a_field(node: type[Part], name: str, value: object) -> bool:
    return isinstance(value, AnyValue) or (name == node.tag and value != node.model_fields[name].default)
