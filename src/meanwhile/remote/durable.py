"""Durable background actions: queued as jobs instead of run in the request, and found again by who asked.

The id that a page gets is ``<job>-<token>``. Only with the job's own token, and only to the user or session that asked,
is it told anything. Somebody without a session has the token alone.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import get_language

from meanwhile import conf
from meanwhile.exceptions import PayloadTooLarge
from meanwhile.queue.enqueue import enqueue
from meanwhile.queue.jobs import NewJob
from meanwhile.queue.models import Job
from meanwhile.queue.states import OPEN
from meanwhile.remote import registry
from meanwhile.remote.access import CallRefused, is_logged_in
from meanwhile.remote.bound import BoundAction
from meanwhile.remote.endpoint import owner_of
from meanwhile.remote.work import now
from meanwhile.texts import gettext as _
from meanwhile.trees.runner import current_clock

KIND = "remote"
"""The kind of the jobs of durable actions."""

TOKEN_BYTES = 15
LONGEST_KEY = 19


def enqueue_durable(bound: BoundAction, request: HttpRequest, params: dict[str, Any]) -> str:
    """Queue an admitted call in the current transaction; return the id by which its page asks for it.

    Its rights are looked at again when it runs. Raises `CallRefused` for parameters that can't be stored.
    """
    token = secrets.token_urlsafe(TOKEN_BYTES)
    user = getattr(request, "user", None)
    payload = {
        "action": bound.name,
        "params": params,
        "user": str(user.pk) if user is not None and is_logged_in(user) else None,
        "language": get_language() or "",
        "token": token,
    }
    job = NewJob(kind=KIND, name=bound.name, payload=payload, group=_group_of(request) or _group(token))
    try:
        [number] = enqueue([job], using=conf.get().database, clock=current_clock())
    except PayloadTooLarge as error:
        text = _("The values are larger than %(limit)s bytes.")
        raise CallRefused("too_large", text % {"limit": error.limit}) from None
    except ValueError:  # a character that no database stores
        raise CallRefused("invalid", _("Some of the values can't be stored.")) from None
    return f"{number}-{token}"


def durable_id(job: Job) -> str:
    """Return the id by which the page of a job asks for it."""
    return f"{job.pk}-{job.payload['token']}"


def find(request: HttpRequest, wanted: str) -> Job | None:
    """Return the job of this id if its result is still kept and the request comes from who asked.

    Raises `CallRefused` with code ``login_required`` if it was a user, and nobody is logged in now.
    """
    key, _dash, token = wanted.partition("-")
    if not (key.isascii() and key.isdigit() and len(key) <= LONGEST_KEY):
        return None
    job = _kept(now()).filter(pk=int(key)).first()
    if job is None or not secrets.compare_digest(str(job.payload["token"]).encode(), token.encode(errors="replace")):
        return None
    if job.group in {_group_of(request), _group(token)}:
        return job
    if job.payload["user"] is not None and not is_logged_in(getattr(request, "user", None)):
        raise CallRefused("login_required", _("Please log in to see this."))
    return None


def of_person(request: HttpRequest, action: str, most: int) -> list[Job]:
    """Return the kept jobs of who asks, the newest first; of one action if it is given."""
    group = _group_of(request)
    if not group:
        return []
    if "\0" in action:  # PostgreSQL refuses to look for it
        return []
    jobs = _kept(now()).filter(group=group)
    return list((jobs.filter(name=action) if action else jobs).order_by("-pk")[:most])


def outlived(moment: datetime) -> Q:
    """Return the condition of the ended durable jobs whose results are not to be read any more."""
    own = {bound.name: bound.keep for bound in registry.current().actions().values() if bound.durable and bound.keep}
    usual = timedelta(days=conf.get().remote_durable_days)
    old = Q(finished__lt=moment - usual) & ~Q(name__in=own)
    for name, keep in own.items():
        old |= Q(finished__lt=moment - keep, name=name)
    return Q(kind=KIND) & ~Q(state__in=OPEN) & old


def _kept(moment: datetime) -> QuerySet[Job]:
    return Job.objects.using(conf.get().database).filter(kind=KIND).exclude(outlived(moment))


def _group_of(request: HttpRequest) -> str:
    """Return what the jobs of a user or session have in common; empty for a request without either."""
    owner = owner_of(request)
    return "" if owner.startswith("a:") else _group(owner)


def _group(text: str) -> str:
    return hashlib.sha256(f"meanwhile.remote {text}".encode(errors="replace")).hexdigest()[:48]
