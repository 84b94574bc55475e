"""The settings of a node in words: each with the name that its form has for it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from meanwhile.trees.condition_wording import condition_in_words, lookups_in_words
from meanwhile.trees.field_wording import AS_WRITTEN, Naming
from meanwhile.trees.wording import NOT_YET, list_of, literal_in_words, moment_in_words, shortened, value_in_words

LABELS: Mapping[str, Any] = MappingProxyType(
    {
        "authorize_in": gettext_lazy("Send the secret in this header"),
        "authorize_with": gettext_lazy("Secret for access"),
        "bcc": gettext_lazy("Bcc"),
        "body": gettext_lazy("Text"),
        "cc": gettext_lazy("Cc"),
        "condition": gettext_lazy("Condition"),
        "cron": gettext_lazy("When"),
        "create": gettext_lazy("If no record is found"),
        "description": gettext_lazy("Description"),
        "disabled": gettext_lazy("Switched off"),
        "each": gettext_lazy("For each record of a query"),
        "enabled": gettext_lazy("Switched on"),
        "every": gettext_lazy("When"),
        "fields": gettext_lazy("Fields"),
        "from_email": gettext_lazy("From"),
        "function": gettext_lazy("Function"),
        "headers": gettext_lazy("Headers"),
        "html": gettext_lazy("HTML"),
        "label": gettext_lazy("Name"),
        "match": gettext_lazy("Finds the record by"),
        "method": gettext_lazy("Method"),
        "model": gettext_lazy("Record type"),
        "moment": gettext_lazy("Until"),
        "name": gettext_lazy("Name"),
        "of": gettext_lazy("Which record"),
        "on": gettext_lazy("Event"),
        "on_error": gettext_lazy("If it fails"),
        "parameters": gettext_lazy("Parameters"),
        "params": gettext_lazy("Parameters"),
        "paths": gettext_lazy("Where the parameters stand in the JSON"),
        "priority": gettext_lazy("Priority"),
        "reentrant": gettext_lazy("Fires for its own changes"),
        "reply_to": gettext_lazy("Answers to"),
        "result": gettext_lazy("Result"),
        "retry": gettext_lazy("Tries"),
        "serial": gettext_lazy("In turn"),
        "set": gettext_lazy("Fields"),
        "sign_with": gettext_lazy("Secret to sign with"),
        "starting": gettext_lazy("Beginning with"),
        "subject": gettext_lazy("Subject"),
        "timeout": gettext_lazy("Time limit in seconds"),
        "times": gettext_lazy("When"),
        "to": gettext_lazy("To"),
        "tree": gettext_lazy("Tree"),
        "url": gettext_lazy("Address"),
        "where": gettext_lazy("Which records"),
        "call_tree.of": gettext_lazy("For which record"),
        "call_webhook.body": gettext_lazy("What is sent"),
        "create_record.name": gettext_lazy("Name of the record"),
    }
)
"""What the settings are called, as in the Studio's forms; some are called otherwise in nodes of one kind."""

ON_ERROR: Mapping[str, Any] = MappingProxyType(
    {"stop": gettext_lazy("Stop, and undo what has to be undone"), "continue": gettext_lazy("Go on without it")}
)
"""What is done if an action fails."""

SHOWN_ELSEWHERE = frozenset({"kind", "label", "do", "then", "otherwise", "disabled"})
MAPPINGS = frozenset({"body", "headers", "set", "params"})
"""Settings whose parts are named: fields, parameters, what a webhook sends. The body of an e-mail is a text."""


def label_of(key: str, kind: str = "") -> str:
    """Return what a setting of a node is called, or of the tree itself; one that nobody knows has its key in words."""
    return str(LABELS.get(f"{kind}.{key}") or LABELS.get(key) or key.replace("_", " ").capitalize())


def settings_in_words(
    node: Mapping[str, Any], without: Collection[str] = (), naming: Naming = AS_WRITTEN
) -> list[tuple[str, str]]:
    """Return the settings of a node as (label, words), without its name and the nodes in it."""
    lines: list[tuple[str, str]] = []
    kind = str(node.get("kind", ""))
    for key, setting in node.items():
        if key in SHOWN_ELSEWHERE or key in without:
            continue
        if key in MAPPINGS and isinstance(setting, Mapping):
            lines += [
                (entry_name(node, key, name, naming), entry_in_words(value, naming)) for name, value in setting.items()
            ]
        else:
            lines.append((label_of(key, kind), setting_in_words(key, setting, naming)))
    return lines


def entry_name(node: Mapping[str, Any], key: str, name: Any, naming: Naming) -> str:
    """Return what a part of one of the `MAPPINGS` of a node is called: a field by its name, a parameter as it is."""
    return naming.target(node).field(name) if key == "set" else str(name)


def entry_in_words(entry: Any, naming: Naming = AS_WRITTEN) -> str:
    """Return a part of one of the `MAPPINGS`: where a value comes from, or the template of a header as it stands."""
    return shortened(entry) if isinstance(entry, str) else value_in_words(entry, naming)


def setting_in_words(key: str, setting: Any, naming: Naming = AS_WRITTEN) -> str:
    """Return one setting of a node or a tree."""
    match key:
        case "condition":
            return condition_in_words(setting, naming)
        case "moment":
            return moment_in_words(setting, naming)
        case "retry" if isinstance(setting, Mapping):
            return _tries(setting)
        case "to" | "cc" | "bcc" | "reply_to":
            many = setting if isinstance(setting, list) else [setting]
            return ", ".join(map(_recipient, many)) or NOT_YET
        case "each" if isinstance(setting, Mapping):
            model = str(setting.get("model") or "")
            where = lookups_in_words(setting.get("where"), naming, model)
            return (naming.model_name(model) or NOT_YET) + (f" ({where})" if where else "")
        case "of" | "result" if isinstance(setting, str) and naming.in_words:
            return naming.field(setting) if setting else NOT_YET
        case "model" if isinstance(setting, str) and naming.in_words:
            return naming.model_name(setting) or NOT_YET
        case "on_error" if isinstance(setting, str) and setting in ON_ERROR:
            return str(ON_ERROR[setting])
        case _:
            return literal_in_words(setting)


def _tries(retry: Mapping[str, Any]) -> str:
    number = retry.get("max_attempts")
    if not isinstance(number, int):
        return NOT_YET
    return ngettext("%(number)s try", "up to %(number)s tries", number) % {"number": number}


def _recipient(part: Any) -> str:
    """Return whom a mail goes to: addresses, or users or groups by name."""
    if not isinstance(part, Mapping):
        return literal_in_words(part)
    match part.get("recipients"):
        case "addresses":
            return shortened(str(part.get("addresses", NOT_YET)))
        case "users":
            return _("the users %(names)s") % {"names": literal_in_words(list_of(part.get("users")))}
        case "groups":
            return _("the groups %(names)s") % {"names": literal_in_words(list_of(part.get("groups")))}
        case _:
            return NOT_YET
