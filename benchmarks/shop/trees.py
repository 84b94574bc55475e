"""Twenty trees: one that runs all the time, one that hardly ever does, a new one, and seventeen others."""

from __future__ import annotations

from benchmarks.shop.models import Invoice, Order, Ticket
from meanwhile import Background, Delay, EventTree, Saved, UpdateField, before

COMMON, RARE, NEW = "common", "rare", "new"
OTHERS = 17
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
_tree(RARE, Invoice)
_tree(NEW, Ticket)
for number in range(OTHERS):
    _tree(f"tree-{number}", TYPES[number % len(TYPES)])
