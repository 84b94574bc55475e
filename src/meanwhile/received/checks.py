"""System checks of the event Received (E4xx). Each id has an entry in the docs' reference."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.core.checks import CheckMessage, Error, register
from django.core.exceptions import ImproperlyConfigured
from django.db import router
from django.urls import NoReverseMatch
from django.utils.translation import gettext as _

from meanwhile import conf
from meanwhile.received.addresses import path_of
from meanwhile.trees import registry
from meanwhile.trees.document import EventTree
from meanwhile.trees.received_event import Received

RECEIVED_CHECKS = {
    "meanwhile.E401": "a tree on Received has no address, because meanwhile.urls is not included",
}


@register("meanwhile")
def check_addresses(**_options: Any) -> list[CheckMessage]:
    """Check that the trees on Received have an address (E401), and write to the database with the jobs (E004)."""
    trees = [tree for tree in registry.current().all() if isinstance(tree.on, Received) and tree.enabled]
    return [message for tree in trees for message in (*_check_address(tree), *_check_router(tree))]


def _check_address(tree: EventTree) -> list[CheckMessage]:
    try:
        path_of(tree.key)
    except (NoReverseMatch, ImproperlyConfigured):
        return [
            Error(
                _("The tree “%(tree)s” receives what other systems send, and has no address.") % {"tree": tree.name},
                hint=_("Add path(“meanwhile/”, include(“meanwhile.urls”)) to the project’s urls.py."),
                obj=tree.key,
                id="meanwhile.E401",
            )
        ]
    return []


def _check_router(tree: EventTree) -> list[CheckMessage]:
    try:
        model = apps.get_model(tree.on.model or "")
        alias = conf.get().database
    except (ImproperlyConfigured, LookupError, ValueError):
        return []  # other checks tell it
    if (written := router.db_for_write(model)) == alias:
        return []
    return [
        Error(
            _("%(model)s has trees and is written to the database “%(written)s”, while jobs are in “%(alias)s”.")
            % {"model": model._meta.label, "written": written, "alias": alias},
            hint=_("One transaction can't span both. Name that database in MEANWHILE[“DATABASE”], or move the model."),
            obj=model,
            id="meanwhile.E004",
        )
    ]
