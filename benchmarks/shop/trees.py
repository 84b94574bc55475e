"""Twenty trees: one always runs, one did until lately, one hardly ever does, one is new, and sixteen others."""

from __future__ import annotations

from benchmarks.shop.models import Invoice, Order, Ticket
from meanwhile import Background, Delay, EventTree, Saved, UpdateField, before

COMMON, FORMER, RARE, NEW = "common", "former", "rare", "new"
OTHERS = 16
TYPES = (Order, Invoice, Ticket)


def _tree(key: str, model: type[Order | Invoice | Ticket]) -> EventTree:
    return EventTree(
        key.capitalize().replace("-", " "),
        key=key,
        on=Saved(model),
        do=[
            UpdateField(status="received"),
            Background(UpdateField(status="checked"), UpdateField(status="printed")),
            Delay(before("due", days=2), UpdateField(status="reminded")),
        ],
    )


_tree(COMMON, Order)
_tree(FORMER, Order)
_tree(RARE, Invoice)
_tree(NEW, Ticket)
for number in range(OTHERS):
    _tree(f"tree-{number}", TYPES[number % len(TYPES)])
