"""The kinds of nodes and events as the Studio offers them: their names, and what a new one begins with. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from meanwhile.texts import gettext as _


@dataclass(frozen=True, slots=True)
class Kind:
    """One entry of the menu New. ``part`` is the JSON of a new one; ``icon`` names its picture."""

    key: str
    title: str
    help: str
    icon: str
    part: Mapping[str, Any] = field(default_factory=dict)


def actions() -> list[Kind]:
    """Return the actions that are built in; functions of the project come besides."""
    return [
        _node(
            "update_field",
            _("Set fields of the record, or of one that it refers to."),
            {"kind": "update_field", "set": {}},
        ),
        _node(
            "create_record",
            _("Make a new record, which can be used below."),
            {"kind": "create_record", "model": "", "set": {}},
        ),
        _node(
            "delete_record",
            _("Delete the record, or one that it refers to."),
            {"kind": "delete_record"},
        ),
        _node(
            "send_email",
            _("Write to people, with the record's values in the text."),
            {"kind": "send_email", "to": [], "subject": "", "body": ""},
        ),
        _node(
            "call_webhook",
            _("Tell another system, with the record's values as JSON."),
            {"kind": "call_webhook", "url": ""},
        ),
        _node(
            "call_tree",
            _("Run another tree, for this record or for several."),
            {"kind": "call_tree", "tree": ""},
        ),
    ]


def conditions() -> list[Kind]:
    """Return what decides."""
    return [
        _node(
            "if",
            _("Go one way where something holds, and another way otherwise."),
            {"kind": "if", "condition": {"test": "is_new"}, "then": []},
        )
    ]


def executions() -> list[Kind]:
    """Return what puts its children into the background."""
    return [
        _node(
            "background",
            _("What stands below it is done after the page, as soon as possible."),
            {"kind": "background", "do": []},
        ),
        _node(
            "delay",
            _("What stands below it is done at a later moment."),
            {"kind": "delay", "moment": {"at": "after", "base": {"at": "now"}, "days": 1}, "do": []},
        ),
    ]


def events() -> list[Kind]:
    """Return the events that a tree can be about."""
    return [
        Kind("saved", _("Saved"), _("A record was created or changed."), "save", {"event": "saved", "model": ""}),
        Kind("created", _("Created"), _("A new record was saved."), "plus", {"event": "created", "model": ""}),
        Kind("updated", _("Updated"), _("A record was changed."), "pencil", {"event": "updated", "model": ""}),
        Kind("deleted", _("Deleted"), _("A record was deleted."), "trash", {"event": "deleted", "model": ""}),
        Kind(
            "submitted",
            _("Submitted"),
            _("A person submitted a form; all that belongs to the record is saved."),
            "form",
            {"event": "submitted", "model": ""},
        ),
        Kind("called", _("Called"), _("Another tree, or the program, called it by name."), "tree", {"event": "called"}),
        Kind(
            "scheduled",
            _("Scheduled"),
            _("A time came: for each record of a query, or once."),
            "calendar",
            {"event": "scheduled", "cron": "0 7 * * *"},
        ),
        Kind(
            "received",
            _("Received"),
            _("Another system sent something to the tree’s own address."),
            "received",
            {"event": "received", "model": ""},
        ),
    ]


def _node(kind: str, text: str, part: Mapping[str, Any]) -> Kind:
    return Kind(kind, kind_title(kind), text, ICONS[kind], part)


def function_kind(name: str, label: str, help: str) -> Kind:  # noqa: A002 - the field's name
    """Return the entry of a function of the project."""
    return Kind(f"call:{name}", label, help, "function", {"kind": "call", "function": name})


class Words:
    """What edits say of a node and of its settings, where nothing is known but the document."""

    def title(self, node: Mapping[str, Any]) -> str:
        """Return what people read for a node."""
        return title_of(node)

    def setting(self, node: Mapping[str, Any], key: str) -> str:  # noqa: ARG002 - others ask the node
        """Return what a setting of a node, or of the tree, is called."""
        return key


def title_of(node: Mapping[str, Any]) -> str:
    """Return what people read for a node that may be half done: its label, or what its kind is called."""
    label = node.get("label")
    if isinstance(label, str) and label:
        return label
    return kind_title(str(node.get("kind", "")), str(node.get("function", "")))


def kind_title(kind: str, function: str = "") -> str:
    """Return what a kind of node is called."""
    match kind:
        case "call":
            return function.rpartition(".")[2].replace("_", " ").capitalize() or _("Call a function")
        case "update_field":
            return _("Update Field")
        case "create_record":
            return _("Create Record")
        case "delete_record":
            return _("Delete Record")
        case "send_email":
            return _("Send Email")
        case "call_webhook":
            return _("Call Webhook")
        case "call_tree":
            return _("Call Tree")
        case "if":
            return _("If")
        case "background":
            return _("Background")
        case "delay":
            return _("Delay")
        case _:
            return kind.replace("_", " ").capitalize() or _("Something unknown")


ICONS: Mapping[str, str] = {
    "update_field": "pencil",
    "create_record": "plus",
    "delete_record": "trash",
    "send_email": "mail",
    "call_webhook": "webhook",
    "call_tree": "tree",
    "call": "function",
    "if": "branch",
    "background": "clock",
    "delay": "hourglass",
}


def icon_of(kind: str) -> str:
    """Return the picture of a kind of node."""
    return ICONS.get(kind, "unknown")
