"""What a node can ask about its place in a tree and about the project's models, when it is checked."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from django.core.exceptions import FieldError, ValidationError
from django.db.models import F
from django.utils.translation import gettext as _

from meanwhile.actions.base import FieldFacts, Problem
from meanwhile.actions.values import Actor, AnyValue, Field, Literal, Now, Param, Template
from meanwhile.exceptions import ParameterError, UnknownTree, shortened
from meanwhile.trees import registry
from meanwhile.trees.check_literal import literal_problem
from meanwhile.trees.check_models import HasModels
from meanwhile.trees.check_template import template_problems, with_setting
from meanwhile.trees.events import WITH_PARAMETERS, Called
from meanwhile.trees.field_wording import AS_WRITTEN, Naming, type_of

if TYPE_CHECKING:
    from meanwhile.trees.document import EventTree

MOMENT_FIELDS = frozenset({"DateField", "DateTimeField", "TimeField", "CharField", "TextField"})


@dataclasses.dataclass(frozen=True)
class Surroundings(HasModels):
    """A place in a tree (`actions.base.TreeInfo`). ``made_somewhere`` are the names that any node of the tree gives."""

    tree: EventTree
    path: str = ""
    foreground: bool = True
    names: Mapping[str, str] = dataclasses.field(default_factory=dict)
    made_somewhere: frozenset[str] = frozenset()
    naming: Naming = AS_WRITTEN

    @property
    def model(self) -> str:
        """Label of the record's model, empty where the event comes without a record."""
        return self.tree.on.model or ""

    @property
    def parameters(self) -> Mapping[str, str]:
        """The parameters that the event declares: name to type."""
        return self.tree.on.parameters if isinstance(self.tree.on, WITH_PARAMETERS) else {}

    def problem(self, code: str, at: str, message: str, hint: str = "") -> Problem:
        """Return a problem of this node; its level follows from its code."""
        level = "warning" if code.partition(".")[2].startswith("W") else "error"
        return Problem(level, code, ".".join(filter(None, (self.path, at))), message, hint)  # type: ignore[arg-type]

    def field(self, path: str) -> FieldFacts | None:
        """Return the field that a path leads to, from the record or from a record made above; None for none."""
        first, _dot, rest = path.partition(".")
        if first not in self.names:
            return self.field_of(self.model, path) if self.model else None
        label = self.names[first]
        return self.field_of(label, rest) if rest else FieldFacts(first, "record", relation=label, settable=False)

    def model_field(self, path: str) -> Any:
        """Return Django's own object for the field that a path leads to; None for none."""
        first, _dot, rest = path.partition(".")
        if first not in self.names:
            return self.django_field(self.model, path) if self.model else None
        return self.django_field(self.names[first], rest) if rest else None

    def type_name(self, facts: FieldFacts, path: str) -> str:
        """Return what people read for the type of the field that a path leads to."""
        found = self.model_field(path) if self.naming.in_words else None
        return facts.type_name if found is None else type_of(found)

    def model_of(self, of: str) -> str | None:
        """Return the label of the one record that ``of`` leads to; None if it leads to no single record."""
        if not of:
            return self.model or None
        facts = self.field(of)
        return facts.relation if facts and facts.relation and not facts.many else None

    def check_of(self, of: str) -> Iterator[Problem]:
        """Yield what is wrong with an ``of``."""
        if self.model_of(of) is not None:
            if not of:
                yield from self.check_still_there("of")
        elif not of:
            text = _("The event comes without a record.")
            yield self.problem("meanwhile.E122", "of", text, _("Say in “of” which record is meant."))
        elif self.field(of) is None:
            yield self._unknown(of, "of")
        else:
            text = _("“%(path)s” does not lead to one record.") % {"path": self.naming.field(of)}
            yield self.problem(
                "meanwhile.E122", "of", text, _("Name a relation to one record, or a record made above.")
            )

    def check_still_there(self, at: str) -> Iterator[Problem]:
        """Yield a problem where the record itself is to be written and its deletion is the event."""
        if self.tree.on.event == "deleted":
            text = _("The record is gone: its deletion is the event.")
            yield self.problem(
                "meanwhile.E126", at, text, _("Say in “of” which other record is meant, or remove the node.")
            )

    def check_secret(self, path: str, at: str) -> Iterator[Problem]:
        """Yield a warning where a tree uses the value of a field that is kept out of history and templates."""
        facts = self.field(path)
        if facts is not None and facts.sensitive:
            text = _("“%(path)s” is a secret, and what is made of its value is not kept secret.")
            yield self.problem(
                "meanwhile.W104",
                at,
                with_setting(text % {"path": self.naming.field(path)}, self),
                _("Use another field. If this is meant, work it out in an @action function."),
            )

    def check_path(self, path: str, at: str) -> Iterator[Problem]:
        """Yield what is wrong with reading a field."""
        facts = self.field(path)
        if facts is None:
            yield self._unknown(path, at)
        elif facts.many:
            text = _("“%(path)s” leads to many records and has no single value.") % {"path": self.naming.field(path)}
            yield self.problem("meanwhile.E122", at, text, _("Name a field or a relation to one record."))

    def check_value(self, value: AnyValue, at: str) -> Iterator[Problem]:
        """Yield what is wrong with a value, whatever it is for."""
        match value:
            case Field():
                yield from self.check_path(value.field, at)
                yield from self.check_secret(value.field, at)
            case Template():
                yield from self.check_template(value.template, at)
            case Literal(literal=str() as text) if "{{" in text:
                message = _("“%(text)s” is stored as it is written, braces included.") % {"text": shortened(text)}
                yield self.problem(
                    "meanwhile.W103", at, message, _("To have it filled in, write Template(…) around it.")
                )
            case Param() if value.param not in self.parameters:
                text = _("The event declares no parameter “%(name)s”.") % {"name": value.param}
                yield self.problem("meanwhile.E121", at, text, self._known(self.parameters))

    def check_template(self, text: str, at: str) -> Iterator[Problem]:
        """Yield what is wrong with a template."""
        for code, message in template_problems(text, self):
            yield self.problem(
                code, at, message, _("Templates see record, event, actor, params, now, and records made above.")
            )

    def check_assignments(self, model: str, values: Mapping[str, AnyValue], at: str) -> Iterator[Problem]:
        """Yield what is wrong with setting fields of a model to values."""
        for name, value in values.items():
            place = f"{at}.{name}"
            facts = self.field_of(model, name)
            if facts is None:
                yield self._no_such_field(model, name, place)
            elif not facts.settable:
                text = _("%(field)s can't be set.") % {"field": self.naming.whole(model, name)}
                yield self.problem("meanwhile.E104", place, text, _("Set a field of the model itself that is no key."))
            else:
                yield from self._check_fit(model, facts, value, place)
            yield from self.check_value(value, place)

    def check_lookups(self, model: str, where: Mapping[str, AnyValue], at: str) -> Iterator[Problem]:
        """Yield what is wrong with a filter on a model."""
        found = self.find_model(model)
        if found is None:
            yield self.no_model(model, f"{at}.model" if at else "model")
            return
        for lookup, value in where.items():
            place = f"{at}.where.{lookup}"
            if self._is_regex(model, lookup):
                text = _("“%(lookup)s” is a regular expression, which can keep the database busy for hours.")
                yield self.problem(
                    "meanwhile.E127",
                    place,
                    text % {"lookup": lookup},
                    _("Use another lookup, such as startswith or contains, or an @action function."),
                )
            # A literal is tried as it is; anything else stands for itself as an expression, which fits every lookup.
            sample = value.literal if isinstance(value, Literal) else F("pk")
            try:
                found._default_manager.filter(**{lookup: sample})
            except FieldError as error:
                yield self.problem("meanwhile.E102", place, str(error), _("Write one of Django's field lookups."))
            except (ValueError, TypeError, ValidationError) as error:
                yield self.problem("meanwhile.E103", place, _first(error), _("Write a value that fits the field."))
            yield from self.check_value(value, place)

    def check_tree_call(self, tree: str, model: str, params: Mapping[str, AnyValue]) -> Iterator[Problem]:
        """Yield what is wrong with calling a tree for a record of a model (empty for no record)."""
        for name, value in params.items():
            yield from self.check_value(value, f"params.{name}")
        try:
            called = self.tree if tree in {self.tree.key, self.tree.name} else registry.current().find(tree)
        except UnknownTree as error:
            yield self.problem("meanwhile.E108", "tree", str(error), _("Write the key or the name of a tree."))
            return
        if not isinstance(called.on, Called):
            text = _("“%(tree)s” can't be called: it fires by itself.") % {"tree": tree}
            yield self.problem("meanwhile.E108", "tree", text, _("Give it the event Called, or name another tree."))
            return
        if called.on.model and not self.is_a(model, called.on.model):
            text = _("“%(tree)s” is for records of %(wanted)s, and is called for %(given)s.")
            wanted, given = self.naming.model_name(called.on.model), self.naming.model_name(model)
            facts = {"tree": tree, "wanted": wanted, "given": given or _("no record")}
            yield self.problem("meanwhile.E124", "of", text % facts, _("Say in “of” which record is meant."))
        yield from self._check_parameters(called.on, params)

    def no_model(self, label: str, at: str) -> Problem:
        """Return the problem of a model that the project doesn't have."""
        text = _("There is no model “%(model)s”.") % {"model": label}
        return self.problem("meanwhile.E101", at, text, _("Write “app_label.Model” of an installed app."))

    def _is_regex(self, model: str, lookup: str) -> bool:
        named = lookup.rpartition("__")[2] in {"regex", "iregex"}
        return named and self.django_field(model, lookup.replace("__", ".")) is None

    def _check_parameters(self, event: Called, params: Mapping[str, AnyValue]) -> Iterator[Problem]:
        # Only literals are known before the run; what the others are worth is checked when the tree is called.
        known = {name: value.literal for name, value in params.items() if isinstance(value, Literal)}
        try:
            event.validate_parameters({**dict.fromkeys(params), **known})
        except ParameterError as error:
            for name, text in error.fields.items():
                if name in known or name not in params or name not in event.parameters:
                    message = f"{name}: {text}"
                    yield self.problem("meanwhile.E109", f"params.{name}", message, self._known(event.parameters))

    def _check_fit(self, model: str, facts: FieldFacts, value: AnyValue, at: str) -> Iterator[Problem]:
        text = ""
        match value:
            case Literal():
                text = literal_problem(self.find_model(model), facts.name, value.literal)
            case Now() if facts.type_name not in MOMENT_FIELDS:
                text = _("a moment does not fit this field")
            case Actor() if facts.relation and not self.is_a(self.user_model(), facts.relation):
                text = _("the field takes records of %(model)s, not persons") % {
                    "model": self.naming.model_name(facts.relation)
                }
        if text:
            message = f"{self.naming.whole(model, facts.name)}: {text}"
            yield self.problem("meanwhile.E103", at, message, _("Write a value that the field accepts."))

    def _unknown(self, path: str, at: str) -> Problem:
        first, _dot, rest = path.partition(".")
        if first in self.made_somewhere and first not in self.names:
            text = _("“%(name)s” is used before it is made.") % {"name": first}
            return self.problem("meanwhile.E113", at, text, _("Move the Create Record with this name above."))
        return self._no_such_field(self.names.get(first, self.model), rest if first in self.names else path, at)

    def _no_such_field(self, model: str, path: str, at: str) -> Problem:
        if not model:
            text = _("The event comes without a record, so there is no field “%(path)s”.") % {"path": path}
            return self.problem("meanwhile.E102", at, text, _("Give the event a model, or use a parameter."))
        names = {"model": self.naming.model_name(model), "path": path}
        text = _("%(model)s has no field “%(path)s” that can be reached.") % names
        known = map(self.naming.of(model).field, self.field_names(model))
        return self.problem("meanwhile.E102", at, text, self._known(known))

    @staticmethod
    def _known(names: Iterable[Any]) -> str:
        return _("Known are: %(names)s.") % {"names": ", ".join(map(str, names)) or _("none")}


def _first(error: Exception) -> str:
    return " ".join(error.messages) if isinstance(error, ValidationError) else str(error)
