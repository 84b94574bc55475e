"""JSON Schema as TypeScript. Pure: what goes in is what `types_schema` and pydantic make."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

Schema = Mapping[str, Any]

INDENT = "    "
ANYTHING = "unknown"
_IDENTIFIER = re.compile(r"[A-Za-z_$][\w$]*\Z", re.ASCII)
_PLAIN = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}


def type_of(schema: Any, name_of: Callable[[str], str], level: int = 0) -> str:
    """Return the TypeScript type of a schema.

    ``name_of`` gives the TypeScript name of a shared definition; ``level`` is how deep an object's lines are indented.
    """

    def inner(part: Any) -> str:
        return type_of(part, name_of, level)

    match schema:
        case {"$ref": str(reference)}:
            return name_of(reference.rpartition("/")[2])
        case {"const": value}:
            return json.dumps(value)
        case {"enum": [*values]}:
            return union(json.dumps(value) for value in values)
        case {"anyOf": [*parts]} | {"oneOf": [*parts]}:
            return union(map(inner, parts))
        case {"allOf": [*parts]}:
            return " & ".join(_in_parentheses(inner(part)) for part in parts)
        case {"type": [*kinds]}:
            return union(inner({**schema, "type": kind}) for kind in kinds)
        case {"type": "array"}:
            return _array(schema, inner)
        case {"type": "object"}:
            return _object(schema, name_of, level)
        case {"type": str(kind)}:
            return _PLAIN.get(kind, ANYTHING)
    return ANYTHING


def union(types: Iterable[str]) -> str:
    """Return the union of some types, each once."""
    several = list(dict.fromkeys(types))
    return ANYTHING if ANYTHING in several or not several else " | ".join(several)


def members(
    properties: Mapping[str, Schema], required: Iterable[str], name_of: Callable[[str], str], level: int
) -> list[str]:
    """Return the lines of an object's properties, with their descriptions and defaults as comments."""
    lines = []
    must = set(required)
    for key, schema in properties.items():
        mark = "" if key in must else "?"
        lines += comment(_told(schema), level)
        lines.append(f"{INDENT * level}{name(key)}{mark}: {type_of(schema, name_of, level)};")
    return lines


def comment(text: str, level: int) -> list[str]:
    """Return a text as the lines of a JSDoc comment, none for an empty one."""
    lines = [line.rstrip() for line in text.replace("*/", "*\\/").strip().splitlines()]
    space = INDENT * level
    match lines:
        case []:
            return []
        case [line]:
            return [f"{space}/** {line} */"]
    return [f"{space}/**", *(f"{space} * {line}".rstrip() for line in lines), f"{space} */"]


def name(key: str) -> str:
    """Return the name of a property, quoted if it has to be."""
    return key if _IDENTIFIER.match(key) else json.dumps(key)


def type_name(definition: str) -> str:
    """Return a definition's name as TypeScript allows it: ``Item-Input`` becomes ``ItemInput``."""
    parts = re.split(r"[^A-Za-z0-9_$]+", definition)
    joined = "".join(part[:1].upper() + part[1:] for part in parts if part)
    return joined if _IDENTIFIER.match(joined) else f"_{joined}"


def _array(schema: Schema, inner: Callable[[Any], str]) -> str:
    if (first := schema.get("prefixItems")) is not None:
        rest = [f"...{_in_parentheses(inner(schema['items']))}[]"] if schema.get("items") else []
        least = schema.get("minItems", 0)
        types = [inner(part) + ("?" if number >= least else "") for number, part in enumerate(first)]
        return f"[{', '.join([*types, *rest])}]"
    if schema.get("maxItems") == 0:
        return "[]"
    return f"{_in_parentheses(inner(schema.get('items', {})))}[]"


def _object(schema: Schema, name_of: Callable[[str], str], level: int) -> str:
    properties = schema.get("properties")
    if properties:
        lines = members(properties, schema.get("required", ()), name_of, level + 1)
        return "\n".join(["{", *lines, f"{INDENT * level}}}"])
    match schema:
        case {"additionalProperties": False}:
            return "Record<string, never>"
        case {"additionalProperties": {**values}}:
            return f"Record<string, {type_of(values, name_of, level)}>"
        case {"patternProperties": {**patterns}}:
            return f"Record<string, {union(type_of(part, name_of, level) for part in patterns.values())}>"
    return f"Record<string, {ANYTHING}>"


def _in_parentheses(text: str) -> str:
    return f"({text})" if "|" in text or "&" in text else text


def _told(schema: Schema) -> str:
    lines = [str(schema["description"])] if schema.get("description") else []
    if "default" in schema:
        lines.append(f"@default {json.dumps(schema['default'], ensure_ascii=False)}")
    return "\n".join(lines)
