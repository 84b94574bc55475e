from __future__ import annotations

from collections.abc import Callable, Iterator
from io import StringIO

import pytest
from django.core.management import call_command

from meanwhile import Background, Created, Delay, EventTree, Retry, UpdateField, action, before
from meanwhile.testing import use_trees
from tests.shop.models import Booking


@action(retry=Retry(max_attempts=1))
def break_down(record: Booking) -> None:
    if record.notes != "mended":
        raise RuntimeError("broken")


READY = EventTree("Ready", on=Created(Booking), do=[Background(UpdateField(ready=True))])
BROKEN = EventTree(
    "Broken", on=Created(Booking), do=[Background(UpdateField(status="begun"), break_down(), UpdateField(ready=True))]
)
REMIND = EventTree("Remind", on=Created(Booking), do=[Delay(before("starts", days=2), UpdateField(notes="soon"))])


@pytest.fixture
def trees() -> Iterator[None]:
    with use_trees(READY, BROKEN, REMIND):
        yield


@pytest.fixture
def run() -> Callable[..., str]:
    """Call a command; its output."""

    def call(name: str, *args: object, **options: object) -> str:
        out = StringIO()
        call_command(name, *map(str, args), stdout=out, stderr=StringIO(), **options)
        return out.getvalue()

    return call
