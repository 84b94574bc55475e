"""Tables of the reference, read from the code they describe: fields of nodes, settings, commands, errors, models."""

from __future__ import annotations

import inspect
import json
import types
import typing
from argparse import SUPPRESS, Action, ArgumentParser
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, get_args, get_origin

from annotated_types import Ge, Gt, Le, MaxLen, MinLen
from django.core.management import load_command_class
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from meanwhile.parts import TAGS, Part

PLAIN = {
    str: "text",
    bool: "true or false",
    int: "whole number",
    float: "number",
    Decimal: "number",
    date: "date",
    datetime: "date and time",
    type(None): "nothing",
    Any: "anything JSON can hold",
}
FAMILIES = {
    "kind": "[node](/reference/nodes.md)",
    "value": "[value](/reference/values.md)",
    "test": "[condition](/reference/conditions.md)",
    "at": "[moment](/reference/moments.md)",
    "event": "[event](/reference/events.md)",
    "recipients": "[recipients](/reference/nodes.md#recipients)",
}
OF_EVERY_COMMAND = {
    "help", "version", "verbosity", "settings", "pythonpath", "traceback", "no_color", "force_color", "skip_checks",
}  # fmt: skip


def find(name: str) -> Any:
    """Return what a dotted name such as ``meanwhile.UpdateField`` means."""
    module, _, attribute = name.rpartition(".")
    return getattr(__import__(module, fromlist=[attribute]), attribute)


def own_fields(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """Return the fields that a class adds to its bases, without the one that tells its kind."""
    inherited = {name for base in model.__mro__[1:] for name in getattr(base, "model_fields", {})}
    tag = getattr(model, "tag", "")
    return {name: field for name, field in model.model_fields.items() if name not in inherited | {tag}}


def field_rows(model: type[BaseModel], meanings: dict[str, str], names: list[str] | None = None) -> Iterator[list[str]]:
    """Yield name, type, default and meaning of each field. Raises `ValueError` if the meanings are not one each."""
    fields = {name: model.model_fields[name] for name in names} if names else own_fields(model)
    if set(meanings) != set(fields):
        missing, unknown = set(fields) - set(meanings), set(meanings) - set(fields)
        raise ValueError(f"{model.__name__}: without a meaning: {sorted(missing)}; not a field: {sorted(unknown)}")
    for name, field in fields.items():
        yield [f"`{name}`", type_text(field.annotation, field.metadata), default_text(field), meanings[name]]


def default_text(field: FieldInfo) -> str:
    """Return a default as a document or the settings would write it."""
    if field.is_required():
        return "required"
    return value_text(field.get_default(call_default_factory=True))


def value_text(value: Any) -> str:
    """Return a value as inline code; a policy as its fields."""
    if isinstance(value, BaseModel):
        return f"`{value.model_dump()}`"
    if value is None:
        return "none"
    if isinstance(value, (tuple, list)):
        return ", ".join(f"`{json.dumps(item)}`" for item in value) or "empty"
    if isinstance(value, dict):
        return f"`{value}`" if value else "empty"
    if isinstance(value, str):
        return f"`{json.dumps(value)}`" if value else "empty"
    return f"`{value!r}`"


def type_text(annotation: Any, metadata: Any = ()) -> str:
    """Return in words what a field takes, with its limits."""
    annotation, limits = _unwrapped(annotation, list(metadata))
    text = _type_words(annotation)
    bounds = ", ".join(filter(None, map(_limit_words, limits)))
    return f"{text}, {bounds}" if bounds else text


def _unwrapped(annotation: Any, limits: list[Any]) -> tuple[Any, list[Any]]:
    while get_origin(annotation) is Annotated:
        annotation, *more = get_args(annotation)
        limits += more
    return annotation, limits


def _type_words(annotation: Any) -> str:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return " or ".join(f"`{json.dumps(choice)}`" if choice else "empty" for choice in arguments)
    if origin in (typing.Union, types.UnionType):
        return _union_words(arguments)
    if origin in (tuple, list):
        return f"list of {type_text(arguments[0])}"
    if origin is dict:
        return f"object of {type_text(arguments[1])} by name"
    if isinstance(annotation, type) and issubclass(annotation, Part):
        return f"`{annotation.__name__}`"
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "[`Retry`](/reference/nodes.md#retry)"
    return PLAIN.get(annotation, str(annotation))


def _union_words(arguments: tuple[Any, ...]) -> str:
    parts = [argument for argument in arguments if isinstance(argument, type) and issubclass(argument, Part)]
    tags = {part.tag for part in parts}
    rest = [argument for argument in arguments if argument not in parts and argument is not type(None)]
    words = [FAMILIES[tag] for tag in TAGS if tag in tags] if tags <= set(TAGS) else [_type_words(p) for p in parts]
    words += [type_text(argument) for argument in rest]
    return " or ".join(dict.fromkeys(word for word in words if word != "empty"))


def _limit_words(limit: Any) -> str:
    match limit:
        case Ge(ge=bound):
            return f"at least {bound:g}"
        case Gt(gt=bound):
            return f"above {bound:g}"
        case Le(le=bound):
            return f"at most {bound:g}"
        case MinLen(min_length=bound):
            return f"at least {bound}"
        case MaxLen(max_length=bound):
            return f"at most {bound:,} characters"
    nested = [getattr(limit, name, None) for name in ("min_length", "max_length")]
    return f"at most {nested[1]:,} characters" if nested[1] else ""


def command_parser(name: str) -> tuple[str, ArgumentParser]:
    """Return the help text and the parser of a management command."""
    command = load_command_class("meanwhile", name)
    return str(command.help), command.create_parser("manage.py", name)


def command_arguments(parser: ArgumentParser) -> list[Action]:
    """Return the arguments that a command adds to those of every command."""
    return [
        action
        for action in parser._actions  # noqa: SLF001 - argparse has no public way to list them
        if action.dest not in OF_EVERY_COMMAND and action.help != SUPPRESS
    ]


def argument_row(action: Action) -> list[str]:
    """Return an argument's spelling and help."""
    value = "" if action.nargs == 0 else f" {action.metavar or action.dest.upper()}"
    spelling = f"{', '.join(action.option_strings)}{value}" if action.option_strings else value.strip()
    choices = f" One of {', '.join(f'`{choice}`' for choice in action.choices)}." if action.choices else ""
    return [f"`{spelling}`", f"{action.help or ''}{choices}"]


def facts_of(error: type[Exception]) -> list[str]:
    """Return the attributes that an exception carries."""
    if "__init__" not in vars(error):
        return []
    given = [name for name in inspect.signature(error).parameters if name != "self"]
    return given + [name for name, value in vars(error).items() if isinstance(value, property)]


def first_sentence(text: str | None) -> str:
    """Return the first paragraph of a docstring on one line, as Markdown."""
    paragraph = inspect.cleandoc(text or "").split("\n\n")[0]
    return " ".join(paragraph.split()).replace("``", "`")


def table(head: list[str], rows: Iterator[list[str]] | list[list[str]]) -> list[str]:
    """Return the lines of a Markdown table."""
    body = [[cell.replace("|", "\\|").replace("\n", " ") for cell in row] for row in rows]
    return ["", _row(head), _row(["---"] * len(head)), *map(_row, body), ""]


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"
