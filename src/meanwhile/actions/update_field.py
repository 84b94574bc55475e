"""Update Field: set fields of the record, of one behind its relations, or of one made above."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from typing import Literal as OneOf

from meanwhile.actions.base import Action, Problem, Step, TreeInfo, existing_target
from meanwhile.actions.shorthand import split_keywords
from meanwhile.actions.values import FieldPath, Name, Value
from meanwhile.parts import python_only
from meanwhile.texts import gettext as _


class UpdateField(Action):
    """Set fields of a record: ``UpdateField(status="received", price=Field("seat.price"))``.

    Keywords are model fields; one that has the name of an option (``label``, ``of`` …) goes into ``set={…}``. ``of``
    is a relation path or the name of a record made above; empty is the record itself. Only these fields are saved,
    and the value is what a form would accept: choices, lengths and validators hold. See “Nodes” in the event tree
    rules.
    """

    kind: OneOf["update_field"] = "update_field"
    of: FieldPath | OneOf[""] = ""
    set: dict[Name, Value] = {}

    @python_only
    def __init__(self, /, **keywords: Any) -> None:
        options, fields = split_keywords(type(self), keywords)
        self._fill({"set": fields, **options})

    def describe(self) -> str:
        """Name the fields it sets."""
        return _("Update %(fields)s") % {"fields": ", ".join(self.set) or _("nothing")}

    def check(self, info: TreeInfo) -> Iterable[Problem]:
        """Look for fields that don't exist or can't hold their value."""
        yield from info.check_of(self.of)
        model = info.model_of(self.of)
        if model:
            yield from info.check_assignments(model, self.set, "set")
        if not self.set:
            yield info.problem(
                "meanwhile.W102", "set", _("No field is set."), _("Name a field to set, or remove the node.")
            )

    def execute(self, step: Step) -> dict[str, Any]:
        """Set the fields and save them alone. Raises `ValueProblem` and `TargetMissing`."""
        from meanwhile.actions.assignment import assign, secret_names

        target = existing_target(step, self.of)
        values = {name: step.resolve(value) for name, value in self.set.items()}
        assign(target, values, step.save_fields, secret_names(self.set))
        return {"model": target._meta.label, "pk": str(target.pk), "fields": list(self.set)}


UpdateFields = UpdateField
