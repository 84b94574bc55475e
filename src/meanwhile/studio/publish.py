"""Publish drafts as immutable versions, bring versions back, and switch trees on and off.

What is published goes the way of all trees: runs keep the version they started with (spec, "The tree as it was").
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from meanwhile import conf
from meanwhile.exceptions import MeanwhileError
from meanwhile.studio import drafts, loading
from meanwhile.studio.errors import EditProblem, NothingToPublish, NotPublishable
from meanwhile.studio.models import StudioTree, StudioVersion
from meanwhile.studio.permissions import EDIT, PUBLISH, require
from meanwhile.studio.problems import errors_of, problems_of
from meanwhile.trees import scheduled
from meanwhile.trees.document import EventTree
from meanwhile.trees.runner import current_clock
from meanwhile.trees.versions import ensure_version

LONGEST_COMMENT = 500


def publish(tree: StudioTree, *, revision: int, by: Any, comment: str = "") -> StudioVersion:
    """Publish the draft: events that happen from now on run it, here at once and in other processes within a second.

    Raises `EditConflict` if the draft is not the one of ``revision`` any more, `NotPublishable`, `NothingToPublish`,
    `EditProblem`, `PermissionDenied`.
    """
    require(by, PUBLISH, tree)
    if len(comment) > LONGEST_COMMENT:
        raise EditProblem(_("The comment has more than %(n)s characters.") % {"n": LONGEST_COMMENT})
    using, clock = conf.get().database, current_clock()
    with transaction.atomic(using=using):
        draft = drafts.locked(tree, revision)
        stored = StudioTree.objects.using(using).select_related("published").get(pk=tree.pk)
        if errors := errors_of(problems_of(draft.document, stored)):
            raise NotPublishable(errors)
        event_tree = EventTree.from_document(draft.document)
        if stored.published is not None and stored.published.document == event_tree.as_json():
            raise NothingToPublish(stored.published.number)
        last = stored.versions.aggregate(last=Max("number"))["last"] or 0
        version = StudioVersion(
            tree=stored,
            number=last + 1,
            document=event_tree.as_json(),
            version_id=ensure_version(event_tree, using=using, clock=clock),
            comment=comment.strip(),
            by=by,
            at=clock.now(),
        )
        version.save(using=using)
        _write(tree, published=version)
    return version


def restore(tree: StudioTree, number: int, *, revision: int, by: Any) -> drafts.Change:
    """Put a published version into the draft, from where it can be looked at, changed and published; it can be undone.

    Raises `EditConflict`, `EditProblem`, `PermissionDenied`.
    """
    require(by, EDIT, tree)
    version = tree.versions.filter(number=number).first()
    if version is None:
        raise EditProblem(_("There is no version %(number)s of this tree.") % {"number": number})
    label = _("Bring version %(number)s back") % {"number": number}
    return drafts.save_document(tree, version.document, revision=revision, by=by, label=label)


def set_enabled(tree: StudioTree, enabled: bool, *, by: Any) -> None:
    """Switch a tree on or off: one that is off meets no events; its pending jobs go on. Raises `PermissionDenied`."""
    require(by, PUBLISH, tree)
    _write(tree, enabled=enabled)


def retire(tree: StudioTree, *, by: Any) -> None:
    """Take a tree out of use for good; its history stays, its pending jobs go on. Raises `PermissionDenied`."""
    require(by, PUBLISH, tree)
    _write(tree, retired=True)


def bring_back(tree: StudioTree, *, by: Any) -> None:
    """Take a retired tree into use again. Raises `PermissionDenied`."""
    require(by, PUBLISH, tree)
    _write(tree, retired=False)


def _write(tree: StudioTree, **values: Any) -> None:
    using = conf.get().database
    with transaction.atomic(using=using):
        for name, value in values.items():
            setattr(tree, name, value)
        tree.save(using=using, update_fields=list(values))
        loading.stamp_up(using=using)
        now = current_clock().now()
        scheduled.follow(tree.key, _in_use(tree), now=now, using=using)


def _in_use(tree: StudioTree) -> EventTree | None:
    """Return the tree that events meet, None if it is switched off, retired, not published, or can't be read any
    more."""
    if tree.published is None or not tree.enabled or tree.retired:
        return None
    try:
        return EventTree.from_document(tree.published.document)
    except MeanwhileError:
        return None
