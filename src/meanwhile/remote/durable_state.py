"""What a page is told of a durable action."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from django.db.models import Q

from meanwhile import conf
from meanwhile.queue.models import Job
from meanwhile.queue.reasons import why_waiting
from meanwhile.queue.states import State
from meanwhile.remote import wire
from meanwhile.remote.durable import durable_id
from meanwhile.remote.work import now
from meanwhile.sensitive import without_sensitive
from meanwhile.texts import gettext as _

STATES = {
    State.READY: "WAITING",
    State.RUNNING: "RUNNING",
    State.SUCCEEDED: "SUCCESS",
    State.FAILED: "ERROR",
    State.CANCELLED: "CANCELLED",
    State.SKIPPED: "CANCELLED",
}


def state_of(job: Job) -> dict[str, Any]:
    """Return how a durable action stands: its ``value`` or ``error`` when it has ended, never a sensitive parameter."""
    state = State(job.state)
    answer = job.result or {}
    refused = state is State.SKIPPED and "error" in answer
    told: dict[str, Any] = {
        "id": durable_id(job),
        "action": job.name,
        "state": "ERROR" if refused else STATES[state],
        "progress": job.progress,
        "text": job.progress_text or _why(job),
        "params": without_sensitive(job.payload["params"]),
    }
    match told["state"]:
        case "SUCCESS":
            told["value"] = answer.get("value")
        case "ERROR":
            told["error"] = answer.get("error") or wire.error("server_error", _("The action was not done."))
    return told


def etag_of(state: dict[str, Any]) -> str:
    """Return a quoted ETag that changes with anything the page is told."""
    return f'"{hashlib.sha256(json.dumps(state, sort_keys=True).encode()).hexdigest()[:32]}"'


def has_ended(state: dict[str, Any]) -> bool:
    """Say whether nothing more will come."""
    return state["state"] not in (STATES[State.READY], STATES[State.RUNNING])


def changed_since(job: Job) -> Job | None:
    """Return the job anew if it is not as it was; None if it is. Raises `Job.DoesNotExist`."""
    as_it_was = Q(pk=job.pk, state=job.state, progress=job.progress, progress_text=job.progress_text)
    jobs = Job.objects.using(conf.get().database)
    return None if jobs.filter(as_it_was).exists() else jobs.get(pk=job.pk)


def _why(job: Job) -> str:
    """Say why an action waits if there is more to it than that others are before it."""
    if job.state != State.READY:
        return ""
    return why_waiting(job, now=now(), using=conf.get().database).person
