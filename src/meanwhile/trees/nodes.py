"""The nodes that hold others (If, Background, Delay) and the union of all nodes. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated, Any
from typing import Literal as OneOf

from pydantic import BeforeValidator, Discriminator, StrictBool, StrictInt
from pydantic import Field as Limited

from meanwhile.actions.base import Node, Problem, TreeInfo
from meanwhile.actions.call import Call
from meanwhile.actions.call_tree import CallTree
from meanwhile.actions.call_webhook import CallWebhook
from meanwhile.actions.create_record import CreateRecord
from meanwhile.actions.delete_record import DeleteRecord
from meanwhile.actions.send_email import SendEmail
from meanwhile.actions.update_field import UpdateField
from meanwhile.parts import python_only
from meanwhile.texts import gettext as _
from meanwhile.trees.condition_kinds import AnyCondition, Condition
from meanwhile.trees.moment_kinds import Moment, RightNow, to_moment

EMPTY = "meanwhile.W102"


class If(Node):
    """Run nodes where a condition holds: ``If(Is("price", ">", 100), SendEmail(…), otherwise=[…])``."""

    kind: OneOf["if"] = "if"
    condition: Condition
    then: Nodes = ()
    otherwise: Nodes = ()

    @python_only
    def __init__(self, condition: AnyCondition, /, *then: Any, otherwise: Sequence[Any] = (), **options: Any) -> None:
        self._fill({"condition": condition, "then": _one_list(then), "otherwise": otherwise, **options})

    def describe(self) -> str:
        """Name it."""
        return _("If")

    def check(self, info: TreeInfo) -> Iterable[Problem]:
        """Look for an If without nodes."""
        if not self.then and not self.otherwise:
            yield _without_nodes(info, "then")


class Background(Node):
    """Queue nodes as one job that starts as soon as possible: ``Background(assign_seat(), SendEmail(…))``.

    ``serial`` makes the jobs of one record run one after the other. Jobs of a higher ``priority`` start first.
    See “Background jobs” in the event tree rules.
    """

    kind: OneOf["background"] = "background"
    serial: StrictBool = False
    priority: Annotated[StrictInt, Limited(ge=-32768, le=32767)] = 0
    do: Nodes = ()

    @python_only
    def __init__(self, /, *do: Any, **options: Any) -> None:
        self._fill({"do": _one_list(do), **options})

    @property
    def moment(self) -> RightNow:
        """When its job is due: now. A Background is a Delay until now."""
        return RightNow()

    def describe(self) -> str:
        """Name it."""
        return _("Background")

    def check(self, info: TreeInfo) -> Iterable[Problem]:
        """Look for a Background without nodes, and for one that is serial without a record."""
        return _check_job(self, info)


class Delay(Node):
    """Queue nodes as one job that is due at a moment: ``Delay(before("starts", days=2), SendEmail(…))``.

    A field's name is the date in that field. A moment in the past is due at once; otherwise as `Background`.
    """

    kind: OneOf["delay"] = "delay"
    moment: Moment
    serial: StrictBool = False
    priority: Annotated[StrictInt, Limited(ge=-32768, le=32767)] = 0
    do: Nodes = ()

    @python_only
    def __init__(self, moment: Any, /, *do: Any, **options: Any) -> None:
        self._fill({"moment": to_moment(moment), "do": _one_list(do), **options})

    def describe(self) -> str:
        """Name it."""
        return _("Delay")

    def check(self, info: TreeInfo) -> Iterable[Problem]:
        """Look for a Delay without nodes, and for one that is serial without a record."""
        return _check_job(self, info)


AnyAction = UpdateField | CreateRecord | DeleteRecord | SendEmail | CallWebhook | CallTree | Call
"""Any of the nodes that do something, for annotations of functions."""

AnyNode = Annotated[
    UpdateField | CreateRecord | DeleteRecord | SendEmail | CallWebhook | CallTree | Call | If | Background | Delay,
    Discriminator("kind"),
]
"""Any of the nodes, as a document holds it."""


def _is_a_list(given: Any) -> Any:
    if not isinstance(given, (list, tuple)):
        raise ValueError(_("takes a list of nodes: […]"))
    return given


Nodes = Annotated[tuple[AnyNode, ...], BeforeValidator(_is_a_list)]
"""Nodes in their order."""

for _container in (If, Background, Delay):
    _container.model_rebuild()


def _one_list(given: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the nodes that were given one by one, or as a single list."""
    return tuple(given[0]) if len(given) == 1 and isinstance(given[0], (list, tuple)) else given


def branches(node: Node) -> dict[str, tuple[AnyNode, ...]]:
    """Return the children of a node by the way a path goes to them: ``then``, ``otherwise``, or "" for ``do``."""
    match node:
        case If():
            return {"then": node.then, "otherwise": node.otherwise}
        case Background() | Delay():
            return {"": node.do}
        case _:
            return {}


def walk(nodes: Sequence[AnyNode], above: str = "") -> Iterator[tuple[str, AnyNode]]:
    """Yield (path, node) for nodes and all below them, as people read a tree: ``0``, ``1``, ``1.0``, ``2.then.0``."""
    for number, node in enumerate(nodes):
        path = f"{above}.{number}" if above else str(number)
        yield path, node
        for branch, children in branches(node).items():
            yield from walk(children, f"{path}.{branch}" if branch else path)


def _check_job(node: Background | Delay, info: TreeInfo) -> Iterator[Problem]:
    if not node.do:
        yield _without_nodes(info, "do")
    if node.serial and not info.model:
        yield info.problem(
            "meanwhile.E114",
            "serial",
            _("“serial” makes jobs of one record wait for one another, and the event comes without a record."),
            _("Remove “serial”, or give the event a model."),
        )


def _without_nodes(info: TreeInfo, at: str) -> Problem:
    return info.problem(EMPTY, at, _("holds no nodes."), _("Put nodes into it, or remove it."))
