"""Capture the changes of exactly those models that have trees."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.apps import apps
from django.db.models import Model

from meanwhile.trees import registry
from meanwhile.trees.capture import Interest, install
from meanwhile.trees.change import Change

if TYPE_CHECKING:
    from meanwhile.apps import MeanwhileConfig
    from meanwhile.trees.document import EventTree

LISTENS = {
    "saved": Interest(insert=True, update=True),
    "created": Interest(insert=True),
    "updated": Interest(update=True),
    "deleted": Interest(delete=True),
    # A Submitted tree may ask what the form changed.
    "submitted": Interest(insert=True, update=True),
}


def listen(config: MeanwhileConfig) -> None:
    """Begin, or begin anew, to capture what the registered trees listen to. Unknown models are left to the system
    checks."""
    if config.capture is not None:
        config.capture.uninstall()
    config.interests = interests()
    config.capture = install(config.interests, _fire, config.failed_runs.write) if config.interests else None


def interests(trees: Iterable[EventTree] | None = None) -> dict[type[Model], Interest]:
    """Return what the enabled trees of each model listen to: the registered ones, or others."""
    wanted: dict[type[Model], Interest] = {}
    for tree in registry.current().all() if trees is None else trees:
        interest = LISTENS.get(tree.on.event)
        if interest is None or not tree.enabled or tree.on.model is None:
            continue
        try:
            model = apps.get_model(tree.on.model)
        except LookupError:
            continue
        wanted[model] = wanted.get(model, Interest()) | interest
    return wanted


def listens_to_updates(model: type[Model]) -> bool:
    """Say whether any tree wants to know of updates of a model."""
    known: dict[type[Model], Interest] = apps.get_app_config("meanwhile").interests  # type: ignore[attr-defined]
    return any(known[base].update for base in model.__mro__ if base in known)


def _fire(change: Change) -> None:
    from meanwhile.trees.runner import fire

    fire(change)
