"""Meanwhile: event trees for Django, and the durable queue under them.

Every public name can be imported from here. A name's module is loaded when the name is first used, so that importing
`meanwhile` (as Django does with each installed app) loads no models.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from meanwhile.actions.base import Step
    from meanwhile.actions.call import Call
    from meanwhile.actions.call_tree import CallTree, Query
    from meanwhile.actions.call_webhook import CallWebhook
    from meanwhile.actions.create_record import CreateRecord
    from meanwhile.actions.delete_record import DeleteRecord
    from meanwhile.actions.function import action
    from meanwhile.actions.recipients import Groups, Users
    from meanwhile.actions.send_email import SendEmail
    from meanwhile.actions.update_field import UpdateField, UpdateFields
    from meanwhile.actions.values import Actor, Field, Literal, Now, Param, Template
    from meanwhile.clock import Clock, FixedClock, SystemClock
    from meanwhile.exceptions import (
        ActionFailed,
        ChainTooDeep,
        ConditionError,
        DuplicateAction,
        DuplicateTree,
        LeaseLost,
        MeanwhileError,
        MomentError,
        NotOnThisDatabase,
        ParameterError,
        PayloadTooLarge,
        ResultNotStorable,
        SkipJob,
        StepTimeout,
        TargetMissing,
        TemplateProblem,
        TransitionError,
        TreeDocumentError,
        TreesImportedTooEarly,
        UnknownAction,
        UnknownField,
        UnknownKind,
        UnknownNode,
        UnknownTree,
        UserError,
        ValueProblem,
        WebhookFailed,
    )
    from meanwhile.queue.backoff import RetryPolicy as Retry
    from meanwhile.trees.bulk import bulk_create_and_fire, fire_events, update_and_fire
    from meanwhile.trees.conditions import All, AnyOf, Changed, ChangedTo, Count, Is, IsNew, Not, Was
    from meanwhile.trees.document import EventTree
    from meanwhile.trees.events import Called, Created, Deleted, Saved, Submitted, Updated
    from meanwhile.trees.moments import after, at, before, field, later, now, start_of_next
    from meanwhile.trees.nodes import Background, Delay, If
    from meanwhile.trees.received_event import Received
    from meanwhile.trees.runner import call_tree
    from meanwhile.trees.scheduled_event import Scheduled, Span

__all__ = [
    "ActionFailed",
    "Actor",
    "All",
    "AnyOf",
    "Background",
    "Call",
    "CallTree",
    "CallWebhook",
    "Called",
    "ChainTooDeep",
    "Changed",
    "ChangedTo",
    "Clock",
    "ConditionError",
    "Count",
    "CreateRecord",
    "Created",
    "Delay",
    "DeleteRecord",
    "Deleted",
    "DuplicateAction",
    "DuplicateTree",
    "EventTree",
    "Field",
    "FixedClock",
    "Groups",
    "If",
    "Is",
    "IsNew",
    "LeaseLost",
    "Literal",
    "MeanwhileError",
    "MomentError",
    "Not",
    "NotOnThisDatabase",
    "Now",
    "Param",
    "ParameterError",
    "PayloadTooLarge",
    "Query",
    "Received",
    "ResultNotStorable",
    "Retry",
    "Saved",
    "Scheduled",
    "SendEmail",
    "SkipJob",
    "Span",
    "Step",
    "StepTimeout",
    "Submitted",
    "SystemClock",
    "TargetMissing",
    "Template",
    "TemplateProblem",
    "TransitionError",
    "TreeDocumentError",
    "TreesImportedTooEarly",
    "UnknownAction",
    "UnknownField",
    "UnknownKind",
    "UnknownNode",
    "UnknownTree",
    "UpdateField",
    "UpdateFields",
    "Updated",
    "UserError",
    "Users",
    "ValueProblem",
    "Was",
    "WebhookFailed",
    "action",
    "after",
    "at",
    "before",
    "bulk_create_and_fire",
    "call_tree",
    "field",
    "fire_events",
    "later",
    "now",
    "start_of_next",
    "update_and_fire",
]

# Where each name is at home; the same as above, for the running program.
_HOMES = {
    "meanwhile.actions.base": ("Step",),
    "meanwhile.actions.call": ("Call",),
    "meanwhile.actions.call_tree": ("CallTree", "Query"),
    "meanwhile.actions.call_webhook": ("CallWebhook",),
    "meanwhile.actions.create_record": ("CreateRecord",),
    "meanwhile.actions.delete_record": ("DeleteRecord",),
    "meanwhile.actions.function": ("action",),
    "meanwhile.actions.recipients": ("Groups", "Users"),
    "meanwhile.actions.send_email": ("SendEmail",),
    "meanwhile.actions.update_field": ("UpdateField", "UpdateFields"),
    "meanwhile.actions.values": ("Actor", "Field", "Literal", "Now", "Param", "Template"),
    "meanwhile.clock": ("Clock", "FixedClock", "SystemClock"),
    "meanwhile.exceptions": (
        "ActionFailed",
        "ChainTooDeep",
        "ConditionError",
        "DuplicateAction",
        "DuplicateTree",
        "LeaseLost",
        "MeanwhileError",
        "MomentError",
        "NotOnThisDatabase",
        "ParameterError",
        "PayloadTooLarge",
        "ResultNotStorable",
        "SkipJob",
        "StepTimeout",
        "TargetMissing",
        "TemplateProblem",
        "TransitionError",
        "TreeDocumentError",
        "TreesImportedTooEarly",
        "UnknownAction",
        "UnknownField",
        "UnknownKind",
        "UnknownNode",
        "UnknownTree",
        "UserError",
        "ValueProblem",
        "WebhookFailed",
    ),
    "meanwhile.queue.backoff": ("Retry",),
    "meanwhile.trees.bulk": ("bulk_create_and_fire", "fire_events", "update_and_fire"),
    "meanwhile.trees.conditions": ("All", "AnyOf", "Changed", "ChangedTo", "Count", "Is", "IsNew", "Not", "Was"),
    "meanwhile.trees.document": ("EventTree",),
    "meanwhile.trees.events": ("Called", "Created", "Deleted", "Saved", "Submitted", "Updated"),
    "meanwhile.trees.moments": ("after", "at", "before", "field", "later", "now", "start_of_next"),
    "meanwhile.trees.nodes": ("Background", "Delay", "If"),
    "meanwhile.trees.received_event": ("Received",),
    "meanwhile.trees.runner": ("call_tree",),
    "meanwhile.trees.scheduled_event": ("Scheduled", "Span"),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}
_NAMED_THERE = {"Retry": "RetryPolicy"}


def __getattr__(name: str) -> Any:
    """Load a public name from its module on first use (PEP 562)."""
    try:
        home = _HOME_OF[name]
    except KeyError:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None
    value = getattr(importlib.import_module(home), _NAMED_THERE.get(name, name))
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
