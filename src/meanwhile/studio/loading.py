"""Put the published trees of the Studio into the register of trees, in every process that runs trees.

A stamp in the database goes up with each publication. Processes look at it when a request or a job begins, at most once
in ``STUDIO_RELOAD`` seconds, and when they first connect to the database; the publishing one loads at once.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.core.signals import request_started
from django.db import DatabaseError, connections, transaction
from django.db.backends.signals import connection_created
from django.db.models import F

from meanwhile import conf
from meanwhile.exceptions import DuplicateTree, MeanwhileError
from meanwhile.queue import schedule
from meanwhile.queue.handlers import Handler, Plan
from meanwhile.queue.jobs import ClaimedJob
from meanwhile.queue.schedule import Periodic, Source
from meanwhile.queue.states import State
from meanwhile.studio.capturing import SwitchableCapture, fire
from meanwhile.studio.recheck import Memory
from meanwhile.trees import listening, registry, scheduled
from meanwhile.trees.document import EventTree
from meanwhile.trees.interest import Interests
from meanwhile.trees.registry import TreeRegistry

if TYPE_CHECKING:
    from meanwhile.apps import MeanwhileConfig

logger = logging.getLogger("meanwhile.studio")

MODULE = "meanwhile.studio"
"""Where the register says that a tree of the Studio comes from."""

NEVER = -1


class Loaded:
    """What this process has loaded: up to which stamp, and when it looked last (seconds of a monotonic clock).

    ``memory`` is what it knows of nodes that were checked, ``tried`` are the drafts that are being tried.
    """

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.stamp = NEVER
        self.looked: float | None = None
        self.memory = Memory()
        self.tried: list[EventTree] = []


def set_up(config: MeanwhileConfig) -> None:
    """Begin to look for published trees; called once, when the app is ready."""
    config.studio = Loaded()
    config.handlers = {kind: _WithFreshTrees(kind, handler) for kind, handler in config.handlers.items()}
    config.schedules = {name: partial(_fresh, source) for name, source in config.schedules.items()}
    _capture(config)
    request_started.connect(_look_at_request, dispatch_uid="meanwhile.studio")
    connection_created.connect(_look_at_connection, dispatch_uid="meanwhile.studio")


def refresh(*, force: bool = False, at_once: bool = False) -> None:
    """Load what was published, by whichever process, since this one looked last.

    It looks at most once in ``STUDIO_RELOAD`` seconds, and leaves it to another thread that is at it. With ``at_once``
    it looks now; with ``force`` it also loads what has not changed. Before the tables are made there is nothing to
    load.
    """
    config = _config()
    loaded: Loaded = config.studio
    if not (force or at_once or _is_time(loaded)):
        return
    if not loaded.lock.acquire(blocking=force or at_once):
        return
    try:
        loaded.looked = time.monotonic()
        stamp = _read_stamp()
        if stamp is None or (stamp == loaded.stamp and not force):
            return
        if stamp or loaded.stamp != NEVER:
            _register(config, list(_published()) if stamp else [])
        loaded.stamp = stamp
    finally:
        loaded.lock.release()


def is_from_studio(key: str) -> bool:
    """Say whether the registered tree of this key was made in the Studio."""
    return registry.current().module_of(key) == MODULE


def python_tree(key: str) -> EventTree | None:
    """Return the tree of this key that is written in Python, None if there is none."""
    trees = registry.current()
    return next((tree for tree in trees.all() if tree.key == key and trees.module_of(key) != MODULE), None)


def stamp_up(*, using: str) -> None:
    """Have all processes load the published trees anew, when the current transaction commits."""
    from meanwhile.studio.models import StudioStamp

    stamps = StudioStamp.objects.using(using)
    if not stamps.update(number=F("number") + 1):
        stamps.bulk_create([StudioStamp(id=1, number=0)], ignore_conflicts=True)
        stamps.update(number=F("number") + 1)
    transaction.on_commit(lambda: refresh(force=True), using=using, robust=True)


def _register(config: MeanwhileConfig, trees: list[EventTree]) -> None:
    """Put trees of the Studio in the place of those that were registered before, all at once."""
    before = config.trees
    fresh = TreeRegistry()
    for tree in before.all():
        if before.module_of(tree.key) != MODULE:
            fresh.add(tree, before.module_of(tree.key))
    for tree in trees:
        try:
            fresh.add(tree, MODULE)
        except DuplicateTree:
            logger.exception("A tree of the Studio has the key of one in Python, which runs.", extra={"tree": tree.key})
    config.trees = fresh
    config.interests = listening.interests([*fresh.all(), *config.studio.tried])
    _capture(config).switch(config.interests)
    schedule.wake_local()


def _fresh(source: Source) -> Sequence[Periodic]:
    """Return what is scheduled, as published."""
    refresh()
    return source()


def _capture(config: MeanwhileConfig) -> SwitchableCapture:
    """Return the capture in use, one that can be switched."""
    if not isinstance(config.capture, SwitchableCapture):
        if config.capture is not None:
            config.capture.uninstall()
        config.capture = SwitchableCapture(Interests(config.interests), fire, config.failed_runs.write)
    return config.capture


@contextmanager
def capturing_for(tree: EventTree) -> Iterator[None]:
    """Capture also what a draft listens to while it is tried, so that it is seen when it sets itself off."""
    config = _config()
    loaded: Loaded = config.studio
    with loaded.lock:
        loaded.tried.append(tree)
        _listen(config)
    try:
        yield
    finally:
        with loaded.lock:
            loaded.tried.remove(tree)
            _listen(config)


def _listen(config: MeanwhileConfig) -> None:
    """Capture what the registered trees listen to, and those that are tried."""
    loaded: Loaded = config.studio
    wanted = listening.interests([*config.trees.all(), *loaded.tried])
    if wanted != config.interests:
        config.interests = wanted
        _capture(config).switch(wanted)


def _published() -> Iterator[EventTree]:
    from meanwhile.studio.models import StudioTree

    trees = StudioTree.objects.using(conf.get().database).filter(enabled=True, retired=False, published__isnull=False)
    for stored in trees.select_related("published").order_by("key"):
        assert stored.published is not None
        try:
            yield EventTree.from_document(stored.published.document)
        except MeanwhileError:
            logger.exception("A published tree of the Studio can't be read any more.", extra={"tree": stored.key})


def _read_stamp() -> int | None:
    """Return the number of the stamp, 0 if nothing was ever published, None where it can't be read."""
    from meanwhile.studio.models import StudioStamp

    connection = connections[conf.get().database]
    if connection.needs_rollback:
        return None
    inside = transaction.atomic(using=connection.alias) if connection.in_atomic_block else nullcontext()
    try:
        with inside:
            number = StudioStamp.objects.using(connection.alias).values_list("number", flat=True).first()
    except DatabaseError:
        return None
    return number or 0


def _is_time(loaded: Loaded) -> bool:
    return loaded.looked is None or time.monotonic() - loaded.looked >= conf.get().studio_reload


def _look_at_request(**_: Any) -> None:
    # A request that begins inside a transaction is one of a test, which may count its queries.
    if _is_time(_config().studio) and not connections[conf.get().database].in_atomic_block:
        _look()


def _look_at_connection(connection: Any, **_: Any) -> None:
    config = _config()
    if connection.alias != conf.get().database or config.studio.stamp != NEVER:
        return
    # A connection may be made in the middle of a save. Only this kind of capture can be switched there; another one
    # stands in its place where a test has chosen the trees.
    if isinstance(config.capture, SwitchableCapture):
        _look()


def _look() -> None:
    try:
        refresh()
    except Exception:
        # A request must be answered, and a test without a database must run, whatever keeps the trees from being read.
        logger.exception("The published trees of the Studio could not be read.")


def _config() -> Any:
    return apps.get_app_config("meanwhile")


class _WithFreshTrees:
    """A handler of jobs that sees to it that the trees are as published when a job opens."""

    def __init__(self, kind: str, handler: Handler) -> None:
        self._handler = handler
        # It runs the tree as it is now, which may have been published a moment ago by whoever runs it by hand.
        self._at_once = kind == scheduled.KIND
        self.prunes_own_jobs = getattr(handler, "prunes_own_jobs", False)

    def open(self, job: ClaimedJob, *, using: str) -> Plan:
        refresh(at_once=self._at_once)
        return self._handler.open(job, using=using)

    def ended(self, group: str, state: State, error: str, *, using: str) -> None:
        self._handler.ended(group, state, error, using=using)

    def settled(self, group: str, *, using: str) -> None:
        self._handler.settled(group, using=using)

    def tidy(self) -> None:
        self._handler.tidy()

    def prune(self, retention: Mapping[str, float], *, now: datetime, using: str) -> int:
        return self._handler.prune(retention, now=now, using=using)
