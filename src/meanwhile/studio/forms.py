"""The form of a node: a description of each of its parameters, which a page turns into controls.

A field's ``key`` is what `edit` takes in ``set_value``; its ``value`` is the JSON that stands there now, half-done
or not.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, get_args

from django.contrib.auth import get_user_model
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from meanwhile import conf
from meanwhile.actions.call_webhook import CallWebhook
from meanwhile.actions.registry import actions as functions
from meanwhile.studio import access, kinds, places
from meanwhile.studio.describe import naming_of, title_of, when_of
from meanwhile.studio.fields import (
    DATE,
    DURATION,
    FLOAT,
    JSON,
    MOMENT,
    NUMBER,
    TEXT,
    TIME,
    YES_NO,
    FieldChoice,
    field_at,
    fields_of,
    names_before,
)
from meanwhile.studio.form_parts import FormField, NodeForm
from meanwhile.studio.tree_form import form_of_tree
from meanwhile.trees import registry
from meanwhile.trees.events import Called
from meanwhile.trees.field_wording import Naming
from meanwhile.trees.scheduled_event import Scheduled
from meanwhile.trees.setting_wording import label_of

__all__ = ["FormField", "NodeForm", "callable_trees", "form_of", "model_of", "value_kinds"]

VALUE_KINDS = ("literal", "field", "template", "now", "actor", "param")


def form_of(document: Mapping[str, Any], path: str) -> NodeForm:
    """Return the form of the node at a path, "" for the tree itself. Raises `EditProblem` if there is no node."""
    if not path:
        return form_of_tree(document)
    node = places.node_at(document, path)
    kind = str(node.get("kind", ""))
    form = _Form(document, path, node)
    fields = (
        FormField("label", _("Name"), "text", node.get("label", ""), _("What people read for this node.")),
        *form.own(kind),
        FormField("disabled", _("Switched off"), "yes_no", node.get("disabled", False), advanced=True),
        *(form.of_actions() if kind not in places.BRANCHES else ()),
    )
    return NodeForm(
        path, kind, title_of(node, naming_of(document)), kinds.icon_of(kind), when_of(document, path), fields
    )


def value_kinds(document: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Return the kinds of values that a tree can use, with their words."""
    words = {
        "literal": _("A fixed value"),
        "field": _("A field"),
        "template": _("A text with values in it"),
        "now": _("Now"),
        "actor": _("The person"),
        "param": _("A parameter"),
    }
    has_parameters = bool(_parameters(document))
    return tuple((kind, words[kind]) for kind in VALUE_KINDS if kind != "param" or has_parameters)


def model_of(document: Mapping[str, Any]) -> str:
    """Return the label of the record type that a tree is on, "" for none."""
    on = document.get("on")
    model = on.get("model") if isinstance(on, Mapping) else None
    return model if isinstance(model, str) else ""


def callable_trees() -> list[tuple[str, str]]:
    """Return the trees that can be called, by key, with their names."""
    return [(tree.key, tree.name) for tree in registry.current().all() if isinstance(tree.on, Called)]


class _Form:
    """The fields of one node."""

    def __init__(self, document: Mapping[str, Any], path: str, node: Mapping[str, Any]) -> None:
        self._document, self._path, self._node = document, path, node
        self._model = model_of(document)
        self._names = names_before(document, path)
        self._kinds = value_kinds(document)

    def own(self, kind: str) -> Iterator[FormField]:
        """Yield what a kind of node takes of its own."""
        match kind:
            case "update_field":
                yield self._target(_("Which record"))
                yield self._assignments(self._label_of(self._get("of")))
            case "create_record":
                yield self._record_type("model")
                yield self._assignments(str(self._get("model") or ""))
                text = _("The nodes below find the new record by this name.")
                yield FormField("name", _("Name of the record"), "text", self._get("name", ""), text)
            case "delete_record":
                yield self._target(_("Which record"))
            case "send_email":
                yield from self._mail()
            case "call_webhook":
                yield from self._webhook()
            case "call_tree":
                yield from self._call_tree()
            case "call":
                yield from self._call()
            case "if":
                yield FormField(
                    "condition", _("Condition"), "condition", self._get("condition"), model=self._model, required=True,
                    choices=_record_types(self._get("condition")),
                )  # fmt: skip
            case "background" | "delay":
                yield from self._job(kind)
            case _:
                return

    def of_actions(self) -> Iterator[FormField]:
        """Yield what all actions take."""
        choices = (("stop", _("Stop, and undo what has to be undone")), ("continue", _("Go on without it")))
        yield FormField(
            "on_error", _("If it fails"), "choice", self._get("on_error", "stop"), choices=choices, advanced=True
        )
        text = _("How often it is tried again in the background, and when.")
        yield FormField("retry", _("Tries"), "retry", self._get("retry"), text, advanced=True)
        yield FormField(
            "timeout", _("Time limit in seconds"), "number", self._get("timeout"), advanced=True, data_type="number"
        )

    def _mail(self) -> Iterator[FormField]:
        yield self._recipients("to", _("To"), required=True)
        yield self._template("subject", _("Subject"), "template")
        yield self._template("body", _("Text"), "template_area")
        yield self._template("html", _("HTML"), "template_area", advanced=True)
        yield self._recipients("cc", _("Cc"), advanced=True)
        yield self._recipients("bcc", _("Bcc"), advanced=True)
        yield self._recipients("reply_to", _("Answers to"), advanced=True)
        yield self._template("from_email", _("From"), "template", advanced=True)

    def _webhook(self) -> Iterator[FormField]:
        yield self._template("url", label_of("url"), "template", required=True)
        methods = tuple((method, method) for method in get_args(CallWebhook.model_fields["method"].annotation))
        yield FormField("method", label_of("method"), "choice", self._get("method", "POST"), choices=methods)
        text = _("As JSON. A dot in a name makes an object in an object: customer.email.")
        body = self._get("body", {})
        yield FormField(
            "body", label_of("body", "call_webhook"), "body", body, text, kinds=self._kinds, model=self._model
        )
        text = _("The other system can tell by it that the call is genuine.")
        yield self._secret("sign_with", text)
        text = _("It is sent along: as “Authorization: Bearer …”, or as it is in the header that is named below.")
        yield self._secret("authorize_with", text)
        yield FormField("authorize_in", label_of("authorize_in"), "text", self._get("authorize_in", ""), advanced=True)
        yield FormField(
            "headers", label_of("headers"), "headers", self._get("headers", {}), advanced=True, model=self._model
        )

    def _secret(self, key: str, text: str) -> FormField:
        known = sorted(conf.get().webhook_secrets)
        given = self._get(key, "")
        names = [*known, *([given] if isinstance(given, str) and given and given not in known else [])]
        choices = (("", "–"), *((name, name) for name in names))
        return FormField(key, label_of(key), "choice", given, text, choices=choices, advanced=key != "sign_with")

    def _call_tree(self) -> Iterator[FormField]:
        key = str(self._get("tree", ""))
        yield FormField("tree", _("Tree"), "tree", key, required=True, choices=tuple(callable_trees()))
        if self._get("each") is None or self._get("of"):
            yield self._target(_("For which record"))
        text = _("Instead of one record: each that is found.")
        each = self._get("each")
        yield FormField("each", _("For each record of a query"), "query", each, text, choices=_record_types(each))
        called = next((tree.on for tree in registry.current().all() if key in (tree.key, tree.name)), None)
        declared = called.parameters if isinstance(called, Called) else {}
        rows = [
            FormField(f"params.{name}", name, "value", required=True, data_type=PARAMETERS.get(kind, TEXT))
            for name, kind in declared.items()
        ]
        yield self._params(rows)

    def _call(self) -> Iterator[FormField]:
        name = str(self._get("function", ""))
        choices = tuple((one.name, str(one.label) or one.name) for one in functions.all())
        yield FormField("function", _("Function"), "function", name, required=True, choices=choices)
        known = functions.find(name)
        if known is None:
            return
        schema = known.signature.json_schema()["properties"]
        rows = [
            FormField(
                f"params.{key}",
                str(capfirst(key.replace("_", " "))),
                "value",
                required=default is inspect.Parameter.empty,
                help=_default_in_words(default),
                data_type=_type_of_schema(schema.get(key, {})),
                choices=tuple((one, str(one)) for one in schema.get(key, {}).get("enum", ())),
            )
            for key, default in known.signature.defaults.items()
        ]
        if rows:
            yield self._params(rows)
        if known.atomic and self._model:
            names = ((one.name, one.label) for one in fields_of(self._model) if one.settable and not one.many)
            text = _("A field of the record that what the function returns is put into.")
            yield FormField("result", _("Result"), "choice", self._get("result", ""), text, choices=(("", "–"), *names))

    def _job(self, kind: str) -> Iterator[FormField]:
        if kind == "delay":
            yield FormField(
                "moment", _("Until"), "moment", self._get("moment"), model=self._model, required=True,
                options=tuple(one for one in fields_of(self._model) if one.type in {"date", "datetime", "relation"}),
            )  # fmt: skip
        text = _("The jobs of one record run one after the other.")
        yield FormField("serial", _("In turn"), "yes_no", self._get("serial", False), text, advanced=True)
        text = _("Jobs of a higher priority start first.")
        yield FormField(
            "priority", _("Priority"), "number", self._get("priority", 0), text, advanced=True, data_type="integer"
        )

    def _assignments(self, label: str) -> FormField:
        given = self._get("set", {})
        values = given if isinstance(given, Mapping) else {}
        options = tuple(one for one in fields_of(label) if one.settable)
        known = {one.name: one for one in options}
        rows = tuple(self._value(f"set.{name}", name, value, known.get(name)) for name, value in values.items())
        return FormField(
            "set", _("Fields"), "values", values, model=label, kinds=self._kinds, rows=rows, options=options
        )

    def _value(self, key: str, name: str, value: Any, field: FieldChoice | None) -> FormField:
        return FormField(
            key,
            field.label if field else name,
            "value",
            value,
            kinds=self._kinds,
            model=self._model,
            data_type=field.type if field else "",
            choices=field.choices if field else (),
            required=field.required if field else False,
            relation=field.relation if field else "",
            many=field.many if field else False,
        )

    def _params(self, rows: list[FormField]) -> FormField:
        given = self._get("params", {})
        values = given if isinstance(given, Mapping) else {}
        filled = tuple(
            replace(row, value=values.get(row.key.partition(".")[2]), kinds=self._kinds, model=self._model)
            for row in rows
        )
        return FormField("params", _("Parameters"), "values", values, kinds=self._kinds, rows=filled)

    def _target(self, label: str) -> FormField:
        choices = [("", _("The record itself"))] if self._model else []
        choices += [(name, _("The new record “%(name)s”") % {"name": name}) for name in self._names]
        return FormField("of", label, "target", self._get("of", ""), model=self._model, choices=tuple(choices))

    def _record_type(self, key: str) -> FormField:
        value = self._get(key, "")
        return FormField(key, _("Record type"), "record_type", value, required=True, choices=_record_types(value))

    def _recipients(self, key: str, label: str, *, required: bool = False, advanced: bool = False) -> FormField:
        options = tuple(one for one in fields_of(self._model) if one.type == "text")
        return FormField(
            key, label, "recipients", self._get(key, []), required=required, advanced=advanced, model=self._model,
            options=options, choices=(("addresses", _("Addresses")), ("users", _("Users")), *_groups()),
        )  # fmt: skip

    def _template(
        self, key: str, label: str, kind: str, *, required: bool = False, advanced: bool = False
    ) -> FormField:
        options = tuple(one for one in fields_of(self._model) if not one.many)
        return FormField(
            key, label, kind, self._get(key, ""), required=required, advanced=advanced, model=self._model,
            options=options,
        )  # fmt: skip

    def _label_of(self, of: Any) -> str:
        if not isinstance(of, str) or not of:
            return self._model
        first, _dot, rest = of.partition(".")
        if first in self._names:
            found = field_at(self._names[first], rest) if rest else None
            return found.relation if found else ("" if rest else self._names[first])
        found = field_at(self._model, of)
        return found.relation if found else ""

    def _get(self, key: str, default: Any = None) -> Any:
        return self._node.get(key, default)


def _parameters(document: Mapping[str, Any]) -> Mapping[str, Any]:
    on = document.get("on")
    if isinstance(on, Mapping) and on.get("event") == "scheduled":
        return Scheduled.parameters
    declared = on.get("parameters") if isinstance(on, Mapping) and on.get("event") in {"called", "received"} else None
    return declared if isinstance(declared, Mapping) else {}


def _groups() -> tuple[tuple[str, str], ...]:
    from meanwhile.actions.mailing import has_groups

    return (("groups", _("Groups")),) if has_groups(get_user_model()) else ()


def _record_types(value: Any) -> tuple[tuple[str, str], ...]:
    """Return the record types to choose from, and what people read for others that a value names."""
    known = {one._meta.label: str(capfirst(one._meta.verbose_name)) for one in access.record_types()}
    others = {label: Naming().model_name(label) for label in _types_in(value) if label not in known}
    return tuple({**known, **others}.items())


def _types_in(value: Any) -> Iterator[str]:
    match value:
        case str() if "." in value:
            yield value
        case {"model": inner} | {"of": str() as inner}:
            yield from _types_in(inner)
        case {"of": inner}:
            yield from _types_in(inner)
        case list():
            for one in value:
                if isinstance(one, Mapping):
                    yield from _types_in(one)
        case _:
            return


def _type_of_schema(schema: Mapping[str, Any]) -> str:
    options = schema.get("anyOf") or [schema]
    first: Mapping[str, Any] = next((one for one in options if one.get("type") != "null"), {})
    by_format = {"date": DATE, "date-time": MOMENT, "time": TIME, "duration": DURATION}
    by_type = {"integer": NUMBER, "number": FLOAT, "boolean": YES_NO, "string": TEXT}
    return by_format.get(str(first.get("format", ""))) or by_type.get(str(first.get("type", "")), JSON)


PARAMETERS: Mapping[str, str] = {
    "str": TEXT, "int": NUMBER, "float": FLOAT, "bool": YES_NO, "decimal": NUMBER, "date": DATE, "datetime": MOMENT,
}  # fmt: skip
"""The types of parameters of an event, as controls know them."""


def _default_in_words(default: Any) -> str:
    if default is inspect.Parameter.empty or default is None:
        return ""
    return _("Without a value it is %(default)s.") % {"default": default}
