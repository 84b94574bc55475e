"""Directives of the reference: what they show comes from the code, so that it can't be out of date."""

from __future__ import annotations

import json
from typing import Any

from django.apps import apps
from doc_tables import (
    argument_row,
    command_arguments,
    command_parser,
    default_text,
    facts_of,
    field_rows,
    find,
    first_sentence,
    table,
    type_text,
)
from docutils import nodes
from docutils.parsers.rst import Directive
from docutils.statemachine import StringList
from sphinx.application import Sphinx

import meanwhile
from meanwhile import conf, exceptions
from meanwhile.parts import Part
from meanwhile.queue.states import TRANSITIONS


class Generated(Directive):
    """Parses the Markdown that a subclass writes."""

    has_content = True
    optional_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        try:
            lines = list(self.lines())
        except (ValueError, LookupError, exceptions.MeanwhileError, NameError) as error:
            raise self.error(str(error)) from error
        box = nodes.container(classes=["generated"])
        self.state.nested_parse(StringList(lines, source=str(self.name)), self.content_offset, box)
        return list(box.children)

    def lines(self) -> list[str]:
        raise NotImplementedError

    def meanings(self) -> dict[str, str]:
        """Return the body as ``name: meaning`` pairs."""
        pairs = [line.partition(":") for line in self.content if line.strip()]
        return {name.strip(): meaning.strip() for name, _, meaning in pairs}


class Fields(Generated):
    """``{fields} meanwhile.UpdateField``: the fields of a part, with the meaning that the body gives each."""

    required_arguments = 1
    optional_arguments = 0

    def lines(self) -> list[str]:
        name, _, only = self.arguments[0].partition(" ")
        return table(
            ["field", "takes", "default", "meaning"],
            list(field_rows(find(name), self.meanings(), only.split() or None)),
        )


class AsJson(Generated):
    """``{as-json}``: a part written in Python, and what it looks like in a document."""

    def lines(self) -> list[str]:
        source = "\n".join(self.content)
        part = evaluated(source)
        text = json.dumps(part.as_json(), indent=2, ensure_ascii=False)
        return ["```python", *source.splitlines(), "```", "", "```json", *text.splitlines(), "```"]


def evaluated(source: str) -> Part:
    """Return the part that an expression over Meanwhile's public names makes."""
    names: dict[str, Any] = {name: getattr(meanwhile, name) for name in meanwhile.__all__}
    part: Part = eval(compile(source.strip(), "docs", "eval"), names)  # noqa: S307 - our own pages
    return part


class SettingsList(Generated):
    """``{settings-list}``: every key of ``settings.MEANWHILE``."""

    def lines(self) -> list[str]:
        lines: list[str] = []
        for name, field in conf.Settings.model_fields.items():
            default = default_text(field)
            takes = type_text(field.annotation, field.metadata)
            lines += [f"(setting-{name.replace('_', '-')})=", "", f"`{name.upper()}`"]
            lines += [f": {field.description}", "", f"  Takes: {takes}. Default: {default}.", ""]
        return lines


class CommandHelp(Generated):
    """``{command} meanwhile_worker``: what a management command says of itself."""

    required_arguments = 1

    def lines(self) -> list[str]:
        text, parser = command_parser(self.arguments[0])
        rows = [argument_row(action) for action in command_arguments(parser)]
        return [text, *(table(["argument", "meaning"], rows) if rows else ["", "It takes no arguments of its own."])]


class Errors(Generated):
    """``{errors}``: every exception."""

    def lines(self) -> list[str]:
        lines: list[str] = []
        for name, error in sorted(vars(exceptions).items()):
            if isinstance(error, type) and issubclass(error, exceptions.MeanwhileError):
                lines += [f"`{name}`", f": {first_sentence(error.__doc__)}", ""]
                if facts := ", ".join(f"`{fact}`" for fact in facts_of(error)):
                    lines += [f"  Facts: {facts}.", ""]
                if error.permanent:
                    lines += ["  A step that raises it is not tried again.", ""]
        return lines


class PublicNames(Generated):
    """``{public-names}``: what can be imported from ``meanwhile``."""

    def lines(self) -> list[str]:
        rows = [[f"`{name}`", first_sentence(getattr(meanwhile, name).__doc__)] for name in meanwhile.__all__]
        return table(["name", "in a sentence"], rows)


class Transitions(Generated):
    """``{transitions}``: which state of a job may follow which."""

    def lines(self) -> list[str]:
        rows = [
            [f"`{old.value}`", ", ".join(f"`{new.value}`" for new in TRANSITIONS if new in TRANSITIONS[old]) or "–"]
            for old in TRANSITIONS
        ]
        return table(["from", "to"], rows)


class ModelFields(Generated):
    """``{model-fields} meanwhile.Job``: the columns of a model, with the meaning that the body gives each."""

    required_arguments = 1

    def lines(self) -> list[str]:
        model, meanings = apps.get_model(self.arguments[0]), self.meanings()
        names = [field.name for field in model._meta.concrete_fields]
        if set(names) != set(meanings):
            raise ValueError(f"{self.arguments[0]} has {sorted(set(names) ^ set(meanings))} on one side only")
        rows = [[f"`{name}`", _column(model._meta.get_field(name)), meanings[name]] for name in names]
        return table(["field", "type", "meaning"], rows)


def _column(field: Any) -> str:
    kind = type(field).__name__
    return f"{kind}, may be empty" if field.null else kind


DIRECTIVES: dict[str, type[Generated]] = {
    "fields": Fields,
    "as-json": AsJson,
    "settings-list": SettingsList,
    "command": CommandHelp,
    "errors": Errors,
    "public-names": PublicNames,
    "transitions": Transitions,
    "model-fields": ModelFields,
}


def show_code(_app: Sphinx, _what: str, _name: str, _of: Any, _options: Any, lines: list[str]) -> None:
    """Make the indented examples of docstrings code, which they are to every reader of the source."""
    shown: list[str] = []
    for line in lines:
        begins = line.startswith("    ") and len(shown) > 1 and not shown[-1] and not shown[-2].startswith(" ")
        if begins and not shown[-2].startswith(".. "):
            shown += [".. code-block:: python", ""]
        shown.append(line)
    lines[:] = shown


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directives."""
    app.connect("autodoc-process-docstring", show_code)
    for name, directive in DIRECTIVES.items():
        app.add_directive(name, directive)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
