"""The heart of the project works where there is no Django."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "src"

SCRIPT = """
    import sys

    class NoDjango:
        def find_spec(self, name, path=None, target=None):
            if name.partition(".")[0] in {"django", "asgiref"}:
                raise ImportError(name)

    sys.meta_path.insert(0, NoDjango())
    sys.path.insert(0, sys.argv[1])

    from datetime import UTC, datetime
    from zoneinfo import ZoneInfo

    from meanwhile import Created, EventTree, Field, Is, action, before
    from meanwhile.actions.parameters import signature_of
    from meanwhile.queue.backoff import RetryPolicy, delay
    from meanwhile.trees.conditions import evaluate
    from meanwhile.trees.moments import resolve
    from meanwhile.trees.nodes import Background, Delay, If, SendEmail, UpdateField

    class Facts:
        def value(self, path): return 150
        def resolve(self, value): return value.literal

    @action(name="demo.greet")
    def greet(name: str) -> str: return name

    tree = EventTree("Booking received", on=Created("shop.Booking"), do=[
        If(Is("price", ">", 100), UpdateField(price=Field("seat.price")), greet("you")),
        Delay(before("starts", days=2), SendEmail(to="a@example.com", subject="See you")),
        Background(UpdateField(ready=True)),
    ])
    assert EventTree.from_json(tree.to_json()) == tree
    assert evaluate(tree.do[0].condition, Facts())
    now = datetime(2026, 1, 1, tzinfo=UTC)
    assert resolve(tree.do[1].moment, now, ZoneInfo("UTC"), lambda path: now.replace(day=9)).day == 7
    assert signature_of(greet.function).validate({"name": "x"}) == {"name": "x"}
    assert delay(1, RetryPolicy(), 0.5) == 2.0
    assert not any(name.partition(".")[0] == "django" for name in sys.modules)
    print("works")
"""


def test_documents_conditions_moments_and_backoff_work_without_django() -> None:
    command = [sys.executable, "-c", textwrap.dedent(SCRIPT), str(SOURCE)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout == "works\n", done.stderr
