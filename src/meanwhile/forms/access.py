"""Who may watch a record's background work: whoever submitted it, and whoever may see the record."""

from __future__ import annotations

from django.contrib.auth import get_permission_codename
from django.db.models import Model
from django.http import HttpRequest

from meanwhile.forms.remembered import submission_of
from meanwhile.trees.status import runs_of


def may_watch(request: HttpRequest, record: Model) -> bool:
    """Say whether this request's person submitted the record (in this session or by name) or may see it."""
    if submission_of(request, type(record), record.pk) is not None:
        return True
    user = getattr(request, "user", None)
    return _has_submitted(user, record) or may_see(user, record)


def _has_submitted(user: object, record: Model) -> bool:
    """Say whether a run of this record was started in the user's name, in whatever session."""
    if user is None or not getattr(user, "is_authenticated", False):
        return False
    # A run whose foreground failed does not count: its record was rolled back, and another one may have got its key.
    done = runs_of(record).filter(page_at__isnull=False)
    return bool(done.filter(actor_pk=str(getattr(user, "pk", ""))).exists())


def may_see(user: object, record: Model) -> bool:
    """Say whether the user may view or change the record, by the model's permission or by the object's.

    Django's own backend answers False to any question about one object, so both are asked.
    """
    has_perm = getattr(user, "has_perm", None)
    if has_perm is None:
        return False
    opts = record._meta
    names = [f"{opts.app_label}.{get_permission_codename(verb, opts)}" for verb in ("view", "change")]
    return any(has_perm(name) or has_perm(name, record) for name in names)
