"""JSON Schema as TypeScript, piece by piece."""

from __future__ import annotations

from typing import Any

import pytest

from meanwhile.remote.types_typescript import comment, members, name, type_name, type_of

TYPES: list[tuple[dict[str, Any], str]] = [
    ({}, "unknown"),
    ({"type": "string", "format": "date"}, "string"),
    ({"type": "integer"}, "number"),
    ({"type": "number"}, "number"),
    ({"type": "boolean"}, "boolean"),
    ({"type": "null"}, "null"),
    ({"type": ["string", "null"]}, "string | null"),
    ({"const": 'a "quote"'}, '"a \\"quote\\""'),
    ({"enum": ["a", 1, None]}, '"a" | 1 | null'),
    ({"anyOf": [{"type": "string"}, {"type": "null"}, {"type": "string"}]}, "string | null"),
    ({"anyOf": [{"type": "string"}, {}]}, "unknown"),
    ({"oneOf": [{"$ref": "#/$defs/Cat"}, {"$ref": "#/$defs/Dog"}], "discriminator": {}}, "Cat | Dog"),
    ({"allOf": [{"$ref": "#/$defs/Cat"}, {"anyOf": [{"type": "null"}, {"type": "string"}]}]}, "Cat & (null | string)"),
    ({"type": "array", "items": {"type": "string"}}, "string[]"),
    ({"type": "array", "items": {"type": ["string", "null"]}}, "(string | null)[]"),
    ({"type": "array"}, "unknown[]"),
    ({"type": "array", "maxItems": 0}, "[]"),
    (
        {"type": "array", "prefixItems": [{"type": "string"}, {"type": "number"}], "minItems": 2, "maxItems": 2},
        "[string, number]",
    ),
    ({"type": "array", "prefixItems": [{"type": "string"}, {"type": "number"}], "minItems": 1}, "[string, number?]"),
    (
        {"type": "array", "prefixItems": [{"type": "string"}], "minItems": 1, "items": {"type": "null"}},
        "[string, ...null[]]",
    ),
    ({"type": "object"}, "Record<string, unknown>"),
    ({"type": "object", "additionalProperties": {"type": "number"}}, "Record<string, number>"),
    ({"type": "object", "additionalProperties": False}, "Record<string, never>"),
    ({"type": "object", "patternProperties": {"^a": {"type": "number"}}}, "Record<string, number>"),
    ({"type": "object", "properties": {"a-b": {"type": "null"}}}, '{\n    "a-b"?: null;\n}'),
    ({"type": "of another world"}, "unknown"),
]


@pytest.mark.parametrize(("schema", "expected"), TYPES, ids=[expected for _, expected in TYPES])
def test_a_schema_becomes_a_type(schema: dict[str, Any], expected: str) -> None:
    assert type_of(schema, str) == expected


def test_a_property_tells_its_description_and_default() -> None:
    schema = {"type": "string", "description": "How it is called.\n\nIn short.", "default": "é"}
    assert members({"name": schema}, [], str, 1) == [
        "    /**",
        "     * How it is called.",
        "     *",
        "     * In short.",
        '     * @default "é"',
        "     */",
        "    name?: string;",
    ]


def test_a_comment_ends_where_it_should() -> None:
    assert comment("a */ b", 0) == ["/** a *\\/ b */"]
    assert comment("  \n", 1) == []


@pytest.mark.parametrize(
    ("key", "expected"), [("a", "a"), ("$a1", "$a1"), ("1a", '"1a"'), ("é", '"\\u00e9"'), ("", '""')]
)
def test_a_name_is_quoted_where_it_has_to_be(key: str, expected: str) -> None:
    assert name(key) == expected


@pytest.mark.parametrize(
    ("definition", "expected"),
    [("Item", "Item"), ("Item-Input", "ItemInput"), ("Page_Item_", "Page_Item_"), ("a__b__C", "A__b__C"), ("1", "_1")],
)
def test_a_definition_s_name_is_one_of_typescript(definition: str, expected: str) -> None:
    assert type_name(definition) == expected
