"""Answers that are given again: a request that comes a second time with the same ``Idempotency-Key`` is not done again.

See draft-ietf-httpapi-idempotency-key-header: a key that comes with another body is refused (422), one whose first
request is still worked on, too (409). The row is written in the request's own transaction: either both are there, or
neither. On SQLite, which has one writer at a time, the second request waits for the first one and gets its answer.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from django.db import connections
from django.utils.translation import gettext as _

from meanwhile import conf
from meanwhile.queue import sql
from meanwhile.received.models import ApiKey, ReceivedAnswer
from meanwhile.received.problems import ReceivedRefused
from meanwhile.received.record import HOLD_SQLITE, lock_number

LONGEST_KEY = 255
BATCH = 1000


def key_of(header: str) -> str:
    """Return the key in a header, empty for none; the draft puts it in quotation marks. Raises `ReceivedRefused`."""
    key = header.strip()
    if len(key) > 1 and key[0] == key[-1] == '"':
        key = key[1:-1]
    is_readable = key.isascii() and key.isprintable() and 0 < len(key) <= LONGEST_KEY
    if header.strip() and not is_readable:
        text = _("The Idempotency-Key must have 1 to %(n)s visible ASCII characters.") % {"n": LONGEST_KEY}
        raise ReceivedRefused(400, "malformed", text)
    return key


def digest_of(body: bytes) -> str:
    """Return by what two bodies are told apart."""
    return hashlib.sha256(body).hexdigest()


def known_answer(
    api_key: ApiKey, tree: str, key: str, digest: str, *, now: datetime, using: str
) -> ReceivedAnswer | None:
    """Return the answer that a request had, None for one that is new; no other one with this key is begun meanwhile.

    To be called first in the request's transaction. Raises `ReceivedRefused`.
    """
    connection = connections[using]
    with connection.cursor() as cursor:
        if sql.is_postgresql(connection):
            number = lock_number(f"{api_key.pk}\n{tree}\n{key}")
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [number])
            if not cursor.fetchone()[0]:
                text = _("A request with this Idempotency-Key is being worked on. Try again in a moment.")
                raise ReceivedRefused(409, "in_progress", text)
        else:
            cursor.execute(HOLD_SQLITE)
    rows = ReceivedAnswer.objects.using(using).filter(api_key=api_key, tree=tree, key=key)
    found = rows.first()
    if found is not None and found.created <= oldest(now):
        rows.delete()
        return None
    if found is not None and found.digest != digest:
        text = _("Another request was sent with this Idempotency-Key. Give each request a key of its own.")
        raise ReceivedRefused(422, "key_reused", text)
    return found


def oldest(now: datetime) -> datetime:
    """Return until when answers are forgotten."""
    return now - timedelta(days=conf.get().received_remember_days)


def prune_answers(*, now: datetime, using: str, dry_run: bool = False) -> int:
    """Delete answers that are not given again any more, in small transactions; return how many."""
    old = ReceivedAnswer.objects.using(using).filter(created__lte=oldest(now)).order_by()
    if dry_run:
        return old.count()
    deleted = 0
    while ids := list(old.values_list("pk", flat=True)[:BATCH]):
        deleted += ReceivedAnswer.objects.using(using).filter(pk__in=ids).delete()[0]
    return deleted
