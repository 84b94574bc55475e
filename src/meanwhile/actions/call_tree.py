"""Call Tree: fire the Called event of another tree, for a record or for each record of a query."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Annotated, Any, ClassVar
from typing import Literal as OneOf

from pydantic import StringConstraints, model_validator

from meanwhile.actions.base import Action, ModelLabel, Problem, Step, TreeInfo, existing_target, label_of
from meanwhile.actions.values import FieldPath, Name, Value, to_values
from meanwhile.parts import Part, python_only
from meanwhile.texts import gettext as _

if TYPE_CHECKING:
    from django.db.models import Model

CHUNK = 200


class Query(Part):
    """Records of a model: ``Query("shop.Ticket", where={"booking": Field("pk"), "paid": False})``.

    The keys of ``where`` are Django's lookups (``price__gte``), all of which must hold.
    """

    tag: ClassVar[str] = ""
    model: ModelLabel
    where: dict[Name, Value] = {}

    @python_only
    def __init__(self, model: Any = "", /, **options: Any) -> None:
        options.setdefault("model", model)
        where = to_values(options.pop("where", {}), "Query.where")
        self._fill({**options, "model": label_of(options["model"]), "where": where})


class CallTree(Action):
    """Call another tree by key or name: ``CallTree("refund", of="payment", params={"amount": Field("price")})``.

    It runs for the record, for the one that ``of`` leads to, or for ``each`` record of a `Query`; at once where the
    caller is in the foreground, and as part of the caller's job where it is in the background.
    """

    kind: OneOf["call_tree"] = "call_tree"
    tree: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    of: FieldPath | OneOf[""] = ""
    each: Query | None = None
    params: dict[Name, Value] = {}

    @python_only
    def __init__(self, tree: Any = "", /, **options: Any) -> None:
        options.setdefault("tree", getattr(tree, "key", tree))
        params = to_values(options.pop("params", {}), "CallTree.params")
        self._fill({**options, "params": params})

    @model_validator(mode="after")
    def _has_one_target(self) -> CallTree:
        if self.of and self.each is not None:
            raise ValueError(_("takes “of” (one record) or “each” (the records of a query), not both"))
        return self

    def describe(self) -> str:
        """Name the tree."""
        return _("Call “%(tree)s”") % {"tree": self.tree}

    def check(self, info: TreeInfo) -> Iterable[Problem]:
        """Look for an unknown tree, wrong parameters, and records of another model than the tree is for."""
        model: str | None
        if self.each is not None:
            model = self.each.model
            yield from info.check_lookups(model, self.each.where, "each")
        else:
            model = info.model_of(self.of) if self.of else info.model
            if self.of:
                yield from info.check_of(self.of)
        if model is not None:
            yield from info.check_tree_call(self.tree, model, self.params)

    def execute(self, step: Step) -> dict[str, Any]:
        """Call the tree for each record it is meant for. Raises `UnknownTree`, `ParameterError`, `TargetMissing`."""
        params = {name: step.resolve(value) for name, value in self.params.items()}
        called = 0
        for record in self._records(step):
            step.call_tree(self.tree, record, params)
            called += 1
        return {"tree": self.tree, "called": called}

    def _records(self, step: Step) -> Iterator[Model | None]:
        if self.each is None:
            yield existing_target(step, self.of) if self.of else step.record
            return
        model = step.model(self.each.model)
        where = {lookup: step.resolve(value) for lookup, value in self.each.where.items()}
        yield from _in_chunks(model, where, step.using)


def _in_chunks(model: Any, where: dict[str, Any], using: str) -> Iterator[Model]:
    """Yield records by ascending key, a chunk in memory at a time, although the called tree may change the table."""
    records = model._default_manager.using(using).filter(**where).order_by("pk").distinct()
    chunk = list(records[:CHUNK])
    while chunk:
        last = chunk[-1].pk  # while it has one: the called tree may delete the record
        yield from chunk
        chunk = list(records.filter(pk__gt=last)[:CHUNK])
