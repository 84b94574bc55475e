"""Check a tree against the project: what its document alone can't tell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, assert_never

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from meanwhile import conf
from meanwhile.actions.base import Action, Problem
from meanwhile.actions.call import Call
from meanwhile.actions.call_webhook import CallWebhook
from meanwhile.actions.create_record import CreateRecord
from meanwhile.actions.send_email import SendEmail
from meanwhile.trees.check_conditions import check_condition
from meanwhile.trees.check_info import Surroundings
from meanwhile.trees.check_mail import check_recipients
from meanwhile.trees.check_received import check_received
from meanwhile.trees.check_webhook import check_webhook
from meanwhile.trees.document import EventTree
from meanwhile.trees.events import Updated
from meanwhile.trees.field_wording import AS_WRITTEN, Naming
from meanwhile.trees.limits import Limits, problems_before_reading
from meanwhile.trees.moment_kinds import After, AnyMoment, Before, DateField, DateTime, RightNow, StartOfNext
from meanwhile.trees.nodes import AnyNode, Background, Delay, If
from meanwhile.trees.received_event import Received
from meanwhile.trees.scheduled_event import Scheduled

CODES: dict[str, Any] = {
    "meanwhile.E101": gettext_lazy("a model that the project does not have"),
    "meanwhile.E102": gettext_lazy("a field that the model does not have"),
    "meanwhile.E103": gettext_lazy("a value that its field does not accept"),
    "meanwhile.E104": gettext_lazy("a field that cannot be set"),
    "meanwhile.E105": gettext_lazy("an operator that does not fit the field"),
    "meanwhile.E106": gettext_lazy("a template that cannot be read"),
    "meanwhile.E107": gettext_lazy("a template that uses what is not there"),
    "meanwhile.E108": gettext_lazy("a call of a tree that is not there or cannot be called"),
    "meanwhile.E109": gettext_lazy("wrong parameters for a tree"),
    "meanwhile.E110": gettext_lazy("a call of a function that is not registered"),
    "meanwhile.E111": gettext_lazy("wrong parameters for a function"),
    "meanwhile.E113": gettext_lazy("a record's name used before the record is made"),
    "meanwhile.E114": gettext_lazy("“serial” where the event has no record"),
    "meanwhile.E115": gettext_lazy("a Delay until a field that is no date"),
    "meanwhile.E116": gettext_lazy("Updated with a field that the model does not have"),
    "meanwhile.E117": gettext_lazy("“was” or “changed” where the event changes no fields"),
    "meanwhile.E119": gettext_lazy("a name that already means something else"),
    "meanwhile.E120": gettext_lazy("a tree that is too large"),
    "meanwhile.E121": gettext_lazy("a parameter that the event does not declare"),
    "meanwhile.E122": gettext_lazy("a path that does not lead to one record"),
    "meanwhile.E123": gettext_lazy("an e-mail to nobody"),
    "meanwhile.E124": gettext_lazy("a tree called for a record of another model"),
    "meanwhile.E125": gettext_lazy("an e-mail to groups that the user model does not have"),
    "meanwhile.E126": gettext_lazy("a record changed or deleted after its deletion"),
    "meanwhile.E127": gettext_lazy("a regular expression in a query"),
    "meanwhile.E141": gettext_lazy("a webhook without an address that can be called"),
    "meanwhile.E142": gettext_lazy("a header of a webhook that cannot be set"),
    "meanwhile.E143": gettext_lazy("a body that a webhook cannot send"),
    "meanwhile.E144": gettext_lazy("a secret that a webhook cannot use"),
    "meanwhile.E145": gettext_lazy("a webhook to a private address"),
    "meanwhile.E150": gettext_lazy("Received with a “match” by which no record can be found"),
    "meanwhile.E151": gettext_lazy("Received that can neither find nor make its record"),
    "meanwhile.E152": gettext_lazy("Received with the place of a parameter that it does not declare"),
    "meanwhile.W101": gettext_lazy("an effect outside the database in the foreground"),
    "meanwhile.W102": gettext_lazy("a node that does nothing"),
    "meanwhile.W103": gettext_lazy("a text with braces that is not filled in"),
    "meanwhile.W104": gettext_lazy("a secret that leaves its field"),
    "meanwhile.W141": gettext_lazy("a secret that is written in the tree"),
    "meanwhile.W150": gettext_lazy("Received with a “match” that several records may share"),
    "meanwhile.W151": gettext_lazy("Received that leaves out what a new record needs"),
}
"""Every id that `check_tree` gives, with what it is about."""


def check_tree(tree: EventTree, naming: Naming = AS_WRITTEN) -> list[Problem]:
    """Return what is wrong with a tree in this project, in the order of the tree. Asks the models, not the database.

    ``naming`` says what the problems call fields and record types.
    """
    return list(_TreeCheck(tree, naming).run())


class _TreeCheck:
    """One check of one tree. Follows the nodes as a run does, to know which named records there are."""

    def __init__(self, tree: EventTree, naming: Naming) -> None:
        made = frozenset(node.name for _path, node in tree.walk() if isinstance(node, CreateRecord) and node.name)
        self._tree = tree
        self._whole = Surroundings(tree, made_somewhere=made, naming=naming)

    def run(self) -> Iterator[Problem]:
        settings = conf.get()
        limits = Limits(settings.max_nodes, settings.max_nesting)
        too_large = [
            self._whole.problem("meanwhile.E120", path, text, _("Split the tree, or raise the limit."))
            for path, text in problems_before_reading(self._tree, limits)
        ]
        model = self._tree.on.model
        if model and not self._whole.has_model(model):
            # Without the model everything below would be a problem, too.
            yield self._whole.no_model(model, "on.model")
            return
        if too_large:
            yield from too_large
            return
        yield from self._check_event()
        names: dict[str, str] = {}
        branches: list[tuple[str, Background | Delay]] = []
        yield from self._check_nodes(self._tree.do, "", names, branches)
        for path, node in branches:
            # The jobs of the foreground are queued last and know every record that the foreground made.
            yield from self._check_nodes(node.do, f"{path}.", dict(names), None)

    def _check_event(self) -> Iterator[Problem]:
        event = self._tree.on
        if isinstance(event, Received):
            yield from check_received(event, self._whole)
        if isinstance(event, Scheduled) and event.model:
            yield from self._whole.check_lookups(event.model, event.where, "on")
        if not isinstance(event, Updated):
            return
        for number, name in enumerate(event.fields):
            facts = self._whole.field_of(event.model, name)
            if facts is None or facts.many or not facts.settable:
                text = _("%(model)s has no field “%(field)s” that an update could change.")
                yield self._whole.problem(
                    "meanwhile.E116",
                    f"on.fields.{number}",
                    text % {"model": self._whole.naming.model_name(event.model), "field": name},
                    _("Name fields of the model itself."),
                )

    def _check_nodes(
        self,
        nodes: Sequence[AnyNode],
        above: str,
        names: dict[str, str],
        branches: list[tuple[str, Background | Delay]] | None,
    ) -> Iterator[Problem]:
        """Check nodes in order. ``branches`` gathers those of the foreground for later; it is None behind it."""
        for number, node in enumerate(nodes):
            if node.disabled:
                continue
            path = f"{above}{number}"
            info = replace(self._whole, path=path, foreground=branches is not None, names=dict(names))
            yield from node.check(info)
            if isinstance(node, SendEmail):
                yield from check_recipients(node, info)
            if isinstance(node, CallWebhook):
                yield from check_webhook(node, info)
            if isinstance(node, Call) and node.result:
                yield from info.check_still_there("result")
            match node:
                case If():
                    yield from check_condition(node.condition, info)
                    yield from self._check_nodes(node.then, f"{path}.then.", names, branches)
                    yield from self._check_nodes(node.otherwise, f"{path}.otherwise.", names, branches)
                case Background() | Delay():
                    yield from _check_moment(node.moment, info, "moment")
                    if branches is not None:
                        branches.append((path, node))
                    else:
                        yield from self._check_nodes(node.do, f"{path}.", dict(names), None)
                case CreateRecord() if node.name:
                    names[node.name] = node.model
                case Action() if node.outside and info.foreground:
                    yield _outside(info)


def _outside(info: Surroundings) -> Problem:
    return info.problem(
        "meanwhile.W101",
        "",
        _(
            "It has an effect outside the database and is in the foreground: "
            "if the save fails after it, it can't be taken back."
        ),
        _("Put it under Background."),
    )


def _check_moment(moment: AnyMoment, info: Surroundings, at: str) -> Iterator[Problem]:
    match moment:
        case DateField(field=field):
            facts = info.field(field)
            if facts is None:
                yield from info.check_path(field, at)
            elif facts.type_name not in {"DateField", "DateTimeField"}:
                words = {"field": info.naming.field(field), "type": info.type_name(facts, field)}
                text = _("“%(field)s” is a %(type)s, which holds no date.") % words
                yield info.problem("meanwhile.E115", at, text, _("Name a date field."))
        case Before(base=base) | After(base=base):
            yield from _check_moment(base, info, f"{at}.base")
        case RightNow() | DateTime() | StartOfNext():
            return
        case _:
            assert_never(moment)
