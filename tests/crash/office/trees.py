"""What the office does with its orders."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from pathlib import Path

from django.db import connection

from meanwhile import Background, Called, Created, EventTree, If, Is, Retry, Scheduled, Step, UpdateField, action
from tests.crash.office.models import Line, Order

PATIENCE = 60.0


def folder() -> Path:
    return Path(os.environ["OFFICE_FOLDER"])


def sign(name: str) -> None:
    """Leave a sign that the test looks for."""
    (folder() / name).touch()


def wait_for(name: str) -> None:
    until = time.monotonic() + PATIENCE
    while not (folder() / name).exists() and time.monotonic() < until:
        time.sleep(0.01)


@action
def write(record: Order, text: str) -> None:
    Line.objects.create(order=record.pk, text=text)


@action(atomic=False)
def write_slowly(record: Order, step: Step, text: str) -> None:
    time.sleep(0.001)
    with step.commit():
        Line.objects.create(order=record.pk, text=text)


@action(outside=True)
def letter(record: Order, step: Step) -> None:
    """An effect outside the database: a line in a file, written at once."""
    file = os.open(folder() / "letters", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    try:
        os.write(file, f"{record.pk} {step.idempotency_key}\n".encode())
    finally:
        os.close(file)


@action(atomic=False)
def take(record: Order, step: Step, seconds: float) -> None:
    """Take some time."""
    sign(f"takes-{record.pk}")
    time.sleep(seconds)
    with step.commit():
        Line.objects.create(order=record.pk, text="taken")


@action(atomic=False)
def hold(record: Order, step: Step) -> None:
    """Stand outside any transaction until the test lets it go on."""
    sign(f"held-{record.pk}-{os.getpid()}")
    wait_for("go")
    with step.commit():
        Line.objects.create(order=record.pk, text=f"held by {os.getpid()}")


@action
def hold_inside(record: Order) -> None:
    """Stand inside the step's transaction, with a write in it, until the test lets it go on."""
    Line.objects.create(order=record.pk, text=f"held by {os.getpid()}")
    sign(f"held-{record.pk}-{os.getpid()}")
    wait_for("go")


@action
def hang_inside(record: Order, step: Step) -> None:
    """Never return, in a transaction that holds locks; swallow what the worker does about it, and write later."""
    Line.objects.create(order=record.pk, text="before")
    never_return(record, step)


@action(atomic=False)
def hang(record: Order, step: Step) -> None:
    """Never return, outside a transaction; swallow what the worker does about it, and write later."""
    never_return(record, step)


def never_return(record: Order, step: Step) -> None:
    sign(f"hangs-{record.pk}-{step.attempt}")
    while True:
        try:  # around the whole of the waiting: what the worker throws can arrive at any instruction of it
            while not (folder() / "wake").exists():
                time.sleep(0.01)
            break
        except BaseException:  # noqa: BLE001 - the worst that an action can do
            sign(f"shaken-{record.pk}-{step.attempt}")
    try:
        Line.objects.create(order=record.pk, text="late")
    except Exception:  # noqa: BLE001
        sign(f"refused-{record.pk}-{step.attempt}")
    sign(f"woken-{record.pk}-{step.attempt}")


@action
def hang_in_sql(record: Order) -> None:
    """Run a statement that never ends, behind a write."""
    Line.objects.create(order=record.pk, text="before")
    sign(f"hangs-{record.pk}")
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT COUNT(*) FROM n"
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(600)" if connection.vendor == "postgresql" else endless)


@action(atomic=False)
async def hang_async(record: Order, step: Step) -> None:
    """Never return, in a coroutine that can't be cancelled."""
    sign(f"hangs-{record.pk}-{step.attempt}")
    while True:
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            sign(f"shaken-{record.pk}-{step.attempt}")


@action
def kill_worker(record: Order) -> None:
    """What a crash in a C library or the kernel's killer for want of memory does."""
    os.kill(os.getpid(), signal.SIGKILL)


@action
def raise_exit(record: Order) -> None:
    raise SystemExit(3)


TWICE = Retry(max_attempts=2, first=0.05)

EventTree(
    "Order placed",
    on=Created(Order),
    do=[
        UpdateField(status="received"),
        Background(
            write("a1"),
            If(
                Is("status", "received"),
                write("a2"),
                UpdateField(status="counted"),
                write("a3"),
                otherwise=[write("x")],
            ),
            letter(),
            write("a4"),
            UpdateField(ready=True),
        ),
        write("f"),
        Background(write("s1"), write("s2"), serial=True),
        Background(write("s3"), write_slowly("s4"), serial=True),
    ],
)
EventTree("Take", on=Called(Order), do=[Background(take(0.3), write("t2"), take(0.3), write("t3"))])
EventTree("Hold", on=Called(Order), do=[Background(write("h1"), hold(), write("h2"))])
EventTree("Hold inside", on=Called(Order), do=[Background(write("h1"), hold_inside(), write("h2"))])
EventTree("Hang", on=Called(Order), do=[Background(write("g1"), hang().options(timeout=0.5, retry=TWICE), write("g2"))])
EventTree(
    "Hang inside",
    on=Called(Order),
    do=[Background(write("g1"), hang_inside().options(timeout=0.5, retry=TWICE), write("g2"))],
)
EventTree(
    "Hang in SQL",
    on=Called(Order),
    do=[Background(write("g1"), hang_in_sql().options(timeout=0.5, retry=TWICE), write("g2"))],
)
EventTree(
    "Hang async",
    on=Called(Order),
    do=[Background(write("g1"), hang_async().options(timeout=0.5, retry=TWICE), write("g2"))],
)
EventTree("Exit", on=Called(Order), do=[Background(write("e1"), raise_exit().options(retry=TWICE))])
EventTree("Kill", on=Called(Order), do=[Background(write("k1"), kill_worker(), write("k2"))])
EventTree("Plain", on=Called(Order), do=[Background(write("p1"), write("p2"), write("p3"))])
EventTree("Rounds", on=Scheduled(Order, cron="0 0 29 2 *", where={"name": "round"}), do=[write("round")])
