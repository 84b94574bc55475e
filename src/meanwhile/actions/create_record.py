"""Create Record: make a record of any model, and name it for the nodes below."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from typing import Literal as OneOf

from meanwhile.actions.base import Action, ModelLabel, Problem, Step, TreeInfo, label_of
from meanwhile.actions.shorthand import split_keywords
from meanwhile.actions.values import Name, Value
from meanwhile.parts import python_only
from meanwhile.texts import gettext as _

RESERVED_NAMES = frozenset({"record", "old", "new", "event", "actor", "params", "now", "tree"})


class CreateRecord(Action):
    """Make a record: ``CreateRecord("billing.Invoice", booking=Field("pk"), amount=Field("price"), name="invoice")``.

    Nodes below reach it by its ``name``: ``Field("invoice.number")``, ``UpdateField(of="invoice", …)``,
    ``{{ invoice.number }}``. It is validated as a form would do it, before it is saved.
    """

    kind: OneOf["create_record"] = "create_record"
    model: ModelLabel
    set: dict[Name, Value] = {}
    name: Name | OneOf[""] = ""

    @python_only
    def __init__(self, model: Any = "", /, **keywords: Any) -> None:
        options, fields = split_keywords(type(self), keywords)
        options.setdefault("model", model)
        self._fill({**options, "model": label_of(options["model"]), "set": fields})

    def describe(self) -> str:
        """Name the model."""
        return _("Create %(model)s") % {"model": self.model}

    def check(self, info: TreeInfo) -> Iterable[Problem]:
        """Look for an unknown model, unknown fields, values that don't fit, and a name that means something else."""
        if not info.has_model(self.model):
            yield info.problem(
                "meanwhile.E101",
                "model",
                _("There is no model “%(model)s”.") % {"model": self.model},
                _("Write “app_label.Model” of an installed app."),
            )
            return
        yield from info.check_assignments(self.model, self.set, "set")
        if self.name in RESERVED_NAMES or self.name in info.names or (self.name and info.field(self.name)):
            yield info.problem(
                "meanwhile.E119",
                "name",
                _("The name “%(name)s” already means something else here.") % {"name": self.name},
                _("Choose a name that is no field of the record and not used above."),
            )

    def execute(self, step: Step) -> dict[str, Any]:
        """Make, validate, save and name the record. Raises `ValueProblem` and `ParameterError`."""
        from meanwhile.actions.assignment import create, secret_names

        values = {name: step.resolve(value) for name, value in self.set.items()}
        instance = create(step.model(self.model), values, like=step.record, secret=secret_names(self.set))
        if self.name:
            step.name_record(self.name, instance)
        return {"model": instance._meta.label, "pk": str(instance.pk)}
