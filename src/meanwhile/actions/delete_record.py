"""Delete Record: delete the record, one behind its relations, or one made above."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from typing import Literal as OneOf

from meanwhile.actions.base import Action, Problem, Step, TreeInfo, existing_target
from meanwhile.actions.values import FieldPath
from meanwhile.parts import python_only
from meanwhile.texts import gettext as _


class DeleteRecord(Action):
    """Delete a record: ``DeleteRecord()`` the record itself, ``DeleteRecord("seat")`` the one behind a relation.

    What hangs on it is deleted or protected as the models say.
    """

    kind: OneOf["delete_record"] = "delete_record"
    of: FieldPath | OneOf[""] = ""

    @python_only
    def __init__(self, of: str = "", /, **options: Any) -> None:
        self._fill({"of": of, **options})

    def describe(self) -> str:
        """Name what it deletes."""
        return _("Delete %(record)s") % {"record": self.of or _("the record")}

    def check(self, info: TreeInfo) -> Iterable[Problem]:
        """Look for a path that leads to no record."""
        yield from info.check_of(self.of)

    def execute(self, step: Step) -> dict[str, Any]:
        """Delete it. Raises `TargetMissing`, and Django's `ProtectedError` where the models forbid it."""
        target = existing_target(step, self.of)
        done = {"model": target._meta.label, "pk": str(target.pk)}
        target.delete()
        return done
