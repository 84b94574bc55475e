"""API keys: made once and shown once, recognised by their digest, revoked for good."""

from __future__ import annotations

import hashlib
import hmac
import logging
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import Error, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from meanwhile import conf
from meanwhile.exceptions import MeanwhileError
from meanwhile.received.models import ApiKey, ApiKeyTree

PREFIX_LETTERS: Final = "abcdefghijkmnpqrstuvwxyz23456789"
PREFIX_LENGTH: Final = 8
TOKEN = re.compile(rf"mw_([{PREFIX_LETTERS}]{{{PREFIX_LENGTH}}})_([A-Za-z0-9_-]{{43}})")
NOTED_EVERY = timedelta(minutes=1)
"""A key's ``last_used`` is written no more often than this, so that a request costs no write for it."""

NO_DIGEST = hashlib.sha256(b"").hexdigest()

logger = logging.getLogger("meanwhile.received")


class ApiKeyProblem(MeanwhileError):
    """A key can't be made like this: correct what the message names."""


@dataclass(frozen=True, slots=True, repr=False)
class NewKey:
    """A key that was made now. ``token`` is what a sender shows; nobody can read it again."""

    api_key: ApiKey
    token: str


def make_key(
    name: str,
    trees: Iterable[str],
    *,
    now: datetime,
    user: Any = None,
    by: Any = None,
    expires: datetime | None = None,
) -> NewKey:
    """Make a key for some trees, given by their keys. Raises `ApiKeyProblem`.

    >>> make_key("Web shop", ["order-received"], now=timezone.now()).token
    'mw_k3v9x2ab_…'
    """
    wanted, name = sorted(set(trees)), name.strip()
    if not name or len(name) > 200:
        raise ApiKeyProblem(_("Give the key a name of up to 200 characters, such as what sends with it."))
    if not wanted:
        raise ApiKeyProblem(_("Say which tree the key is for."))
    if expires is not None and expires <= now:
        raise ApiKeyProblem(_("The key would have expired already."))
    using = conf.get().database
    prefix = "".join(secrets.choice(PREFIX_LETTERS) for _n in range(PREFIX_LENGTH))
    secret = secrets.token_urlsafe(32)
    with transaction.atomic(using=using):
        api_key = ApiKey.objects.using(using).create(
            name=name,
            prefix=prefix,
            digest=_digest(secret),
            user=user,
            created=now,
            created_by=by,
            expires=expires,
        )
        ApiKeyTree.objects.using(using).bulk_create([ApiKeyTree(api_key=api_key, tree=tree) for tree in wanted])
    return NewKey(api_key, f"mw_{prefix}_{secret}")


def keys_of(tree: str, *, using: str) -> list[ApiKey]:
    """Return the keys that may call a tree, the latest first."""
    keys = ApiKey.objects.using(using).filter(trees__tree=tree).select_related("user", "created_by")
    return list(keys.order_by("-created", "-pk"))


def revoke(api_key: ApiKey, *, now: datetime, using: str) -> bool:
    """Revoke a key for good, for all of its trees; return False if it was revoked before."""
    return bool(ApiKey.objects.using(using).filter(pk=api_key.pk, revoked=None).update(revoked=now))


def authenticate(header: str, tree: str, *, now: datetime, using: str) -> ApiKey | None:
    """Return the key of an ``Authorization`` header if it may call a tree, else None, whatever the reason is.

    A wrong key, and one for other trees, cost the same one question to the database.
    """
    scheme, _space, token = header.strip().partition(" ")
    found = TOKEN.fullmatch(token.strip()) if scheme.lower() == "bearer" else None
    prefix, secret = found.groups() if found else ("", "")
    rows = ApiKey.objects.using(using).filter(prefix=prefix, trees__tree=tree[:100]).select_related("user")
    api_key = rows.first()
    is_right = hmac.compare_digest(_digest(secret), api_key.digest if api_key else NO_DIGEST)
    return api_key if api_key is not None and is_right and api_key.is_good(now) else None


def note_use(api_key: ApiKey, *, now: datetime, using: str) -> None:
    """Write that a key was used, at most once a minute. A database that can't take it now is no reason to refuse."""
    before = now - NOTED_EVERY
    if api_key.last_used is not None and api_key.last_used > before:
        return
    old = Q(last_used=None) | Q(last_used__lte=before)
    try:
        with transaction.atomic(using=using):
            ApiKey.objects.using(using).filter(old, pk=api_key.pk).update(last_used=now)
    except Error:
        logger.warning("The use of an API key could not be noted", exc_info=True, extra={"api_key": api_key.pk})


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
