"""Look through a tree of the Studio for what it must not reach: closed record types and fields, secrets, and parts that
are too large for people to wait for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from django.db.models import Model
from django.utils.translation import gettext as _

from meanwhile.actions.base import Action
from meanwhile.actions.call import Call
from meanwhile.actions.call_tree import CallTree
from meanwhile.actions.call_webhook import CallWebhook
from meanwhile.actions.create_record import CreateRecord
from meanwhile.actions.delete_record import DeleteRecord
from meanwhile.actions.recipients import Addresses
from meanwhile.actions.send_email import SendEmail
from meanwhile.actions.update_field import UpdateField
from meanwhile.actions.values import AnyValue, Field, Literal, Template
from meanwhile.studio import access
from meanwhile.studio.access import Closed
from meanwhile.studio.template_check import template_problems
from meanwhile.trees.condition_kinds import AnyCondition, Changed, ChangedTo, Count, Is, Was
from meanwhile.trees.condition_kinds import walk as walk_condition
from meanwhile.trees.document import EventTree
from meanwhile.trees.events import Updated
from meanwhile.trees.moment_kinds import After, AnyMoment, Before, DateField
from meanwhile.trees.nodes import AnyNode, Delay, If
from meanwhile.trees.received_event import Received
from meanwhile.trees.scheduled_event import Scheduled

TOO_LARGE: Final = "studio.E05"

MOST_CONDITIONS = 50
MOST_LOOKUPS = 10
LONGEST_LOOKUP = 6
"""Parts of one lookup (``booking__seat__price__gte``): each relation on the way is a join."""

LONGEST_LIST = 1000

PATTERNS = frozenset({"regex", "iregex"})
"""Lookups that can take for ever over one value. SQLite asks Python, which nothing interrupts then."""

Found = tuple[str, Closed]
"""A place in a node, and what is closed there."""


def access_problems(tree: EventTree) -> Iterator[tuple[str, str, Closed]]:
    """Yield (path of the node, place in it, what is closed) for everything that a tree of the Studio must not reach.

    The path is empty for the event. Disabled nodes count: they can be switched on without a look at what they do.
    """
    look = _Look(tree)
    for at, closed in look.event():
        yield "", at, closed
    for path, node in tree.walk():
        for at, closed in look.node(node):
            yield path, at, closed


def closed_at(tree: EventTree, path: str) -> Closed | None:
    """Return what the node at a path reaches for that is closed, None for nothing."""
    return next((closed for where, _at, closed in access_problems(tree) if where == path), None)


def condition_problems(condition: AnyCondition, model: type[Model]) -> list[Closed]:
    """Return what a condition on records of a model must not reach."""
    look = _Look(None, model)
    return [closed for _at, closed in look.condition(condition)]


def query_problems(where: Mapping[str, AnyValue], model: type[Model]) -> list[Closed]:
    """Return what a query for records of a model must not reach."""
    return [closed for _at, closed in _Look(None, model).query(where)]


def _closed(model: type[Model], name: str) -> Closed | None:
    return access.closed_on_path(model, [name])


class _Look:
    """One look through one tree."""

    def __init__(self, tree: EventTree | None, model: type[Model] | None = None) -> None:
        self._tree = tree
        label = tree.on.model if tree is not None else None
        self._model = access.find_model(label) if label else model
        made = [node for _path, node in tree.walk() if isinstance(node, CreateRecord)] if tree is not None else []
        self._made: Mapping[str, type[Model] | None] = {
            node.name: access.find_model(node.model) for node in made if node.name
        }

    def event(self) -> Iterator[Found]:
        if self._tree is None:
            return
        on = self._tree.on
        if on.model and (closed := access.closed_type(on.model)):
            yield "on.model", closed
        if isinstance(on, Updated):
            for number, name in enumerate(on.fields):
                yield from self._path(name, f"on.fields.{number}")
        if isinstance(on, Scheduled):
            yield from self._lookups(self._model, on.where, "on")
        if isinstance(on, Received):
            yield from self._received(on)

    def _received(self, on: Received) -> Iterator[Found]:
        for number, name in enumerate(on.match):
            yield from self._path(name, f"on.match.{number}")
        for name in on.sources():
            if self._model is not None and (closed := access.closed_to_others(self._model, name)):
                yield f"on.fields.{name}", closed

    def node(self, node: AnyNode) -> Iterator[Found]:
        match node:
            case UpdateField():
                yield from self._path(node.of, "of")
                yield from self._assignments(self._target(node.of), node.set, access.closed_to_writing)
            case CreateRecord():
                if closed := access.closed_type(node.model):
                    yield "model", closed
                yield from self._assignments(access.find_model(node.model), node.set, _closed)
            case DeleteRecord():
                yield from self._path(node.of, "of")
            case SendEmail():
                yield from self._mail(node)
            case CallWebhook():
                yield from self._template(node.url, "url")
                for name, text in node.headers.items():
                    yield from self._template(text, f"headers.{name}")
                yield from self._values(node.body, "body")
            case CallTree():
                yield from self._path(node.of, "of")
                if node.each is not None:
                    yield from self._query(node.each.model, node.each.where, "each")
                yield from self._values(node.params, "params")
            case Call():
                yield from self._values(node.params, "params")
                yield from self._path(node.result, "result")
            case If():
                yield from self.condition(node.condition)
            case Delay():
                yield from self._moment(node.moment, "moment")
            case _:
                assert not isinstance(node, Action)

    def query(self, where: Mapping[str, AnyValue]) -> Iterator[Found]:
        return self._lookups(self._model, where, "")

    def condition(self, condition: AnyCondition) -> Iterator[Found]:
        parts = list(walk_condition(condition, "condition"))
        if len(parts) > MOST_CONDITIONS:
            text = _("The condition has more than %(n)s parts.") % {"n": MOST_CONDITIONS}
            yield "condition", Closed(TOO_LARGE, text)
        for place, one in parts:
            match one:
                case Is() | Was() | ChangedTo():
                    yield from self._path(one.field, f"{place}.field")
                    if one.to is not None:
                        yield from self._value(one.to, f"{place}.to")
                case Changed():
                    for number, name in enumerate(one.fields):
                        yield from self._path(name, f"{place}.fields.{number}")
                case Count():
                    yield from self._count(one, place)
                case _:
                    continue

    def _count(self, one: Count, place: str) -> Iterator[Found]:
        if "." in one.of:
            yield from self._query(one.of, one.where, place)
            return
        yield from self._path(one.of, f"{place}.of")
        field = access.field_named(self._model, one.of) if self._model else None
        yield from self._lookups(getattr(field, "related_model", None), one.where, place)

    def _query(self, label: str, where: Mapping[str, AnyValue], place: str) -> Iterator[Found]:
        if closed := access.closed_type(label):
            yield f"{place}.model", closed
        yield from self._lookups(access.find_model(label), where, place)

    def _lookups(self, model: type[Model] | None, where: Mapping[str, AnyValue], place: str) -> Iterator[Found]:
        if len(where) > MOST_LOOKUPS:
            yield f"{place}.where", Closed(TOO_LARGE, _("There are more than %(n)s filters.") % {"n": MOST_LOOKUPS})
        for lookup, value in where.items():
            at, parts = f"{place}.where.{lookup}", lookup.split("__")
            if len(parts) > LONGEST_LOOKUP:
                text = _("“%(lookup)s” goes over too many relations.") % {"lookup": lookup}
                yield at, Closed(TOO_LARGE, text)
            if closed := access.closed_on_path(model, parts):
                yield at, closed
            if PATTERNS.intersection(parts):
                text = _("“%(field)s” of %(model)s is not open to the Studio.")
                name = model._meta.verbose_name if model is not None else ""
                yield at, Closed(TOO_LARGE, text % {"field": lookup, "model": name})
            yield from self._value(value, at)

    def _mail(self, node: SendEmail) -> Iterator[Found]:
        for name in ("subject", "body", "html", "from_email"):
            yield from self._template(getattr(node, name), name)
        for name in ("to", "cc", "bcc", "reply_to"):
            for number, recipient in enumerate(getattr(node, name)):
                if isinstance(recipient, Addresses):
                    yield from self._template(recipient.addresses, f"{name}.{number}")
                elif closed := access.closed_addresses():
                    yield f"{name}.{number}", closed

    def _assignments(
        self,
        model: type[Model] | None,
        values: Mapping[str, AnyValue],
        closed_in: Callable[[type[Model], str], Closed | None],
    ) -> Iterator[Found]:
        for name, value in values.items():
            if model is not None and (closed := closed_in(model, name)):
                yield f"set.{name}", closed
            yield from self._value(value, f"set.{name}")

    def _values(self, values: Mapping[str, AnyValue], place: str) -> Iterator[Found]:
        for name, value in values.items():
            yield from self._value(value, f"{place}.{name}")

    def _value(self, value: AnyValue, at: str) -> Iterator[Found]:
        match value:
            case Field():
                yield from self._path(value.field, at)
            case Template():
                yield from self._template(value.template, at)
            case Literal(literal=list() as items) if len(items) > LONGEST_LIST:
                text = _("The list has more than %(n)s items.") % {"n": LONGEST_LIST}
                yield at, Closed(TOO_LARGE, text)
            case _:
                return

    def _template(self, text: str, at: str) -> Iterator[Found]:
        for closed in template_problems(text, self._model, self._made):
            yield at, closed

    def _moment(self, moment: AnyMoment, at: str) -> Iterator[Found]:
        match moment:
            case DateField():
                yield from self._path(moment.field, at)
            case Before() | After():
                yield from self._moment(moment.base, f"{at}.base")
            case _:
                return

    def _path(self, path: str, at: str) -> Iterator[Found]:
        if not path:
            return
        start, parts = self._start(path)
        if closed := access.closed_on_path(start, parts):
            yield at, closed

    def _target(self, of: str) -> type[Model] | None:
        if not of:
            return self._model
        start, parts = self._start(of)
        return access.follow(start, parts)[1] if parts else start

    def _start(self, path: str) -> tuple[type[Model] | None, Sequence[str]]:
        first, *rest = path.split(".")
        return (self._made[first], rest) if first in self._made else (self._model, [first, *rest])
