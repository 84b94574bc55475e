"""The address of a tree on Received: what to send there, and the API keys that open it."""

from __future__ import annotations

import json
import secrets
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import ImproperlyConfigured
from django.http import Http404, HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from meanwhile.exceptions import MeanwhileError, UnknownTree
from meanwhile.received import keys
from meanwhile.received.addresses import path_of
from meanwhile.received.keys import NewKey
from meanwhile.received.models import ApiKey
from meanwhile.received.sample import curl, sample_body
from meanwhile.studio import drafts
from meanwhile.studio.errors import EditProblem
from meanwhile.studio.models import StudioTree
from meanwhile.studio.permissions import PUBLISH, may, require
from meanwhile.studio.problems import readable_or_none
from meanwhile.studio.record_links import type_name
from meanwhile.studio.views.base import StudioView
from meanwhile.trees import registry
from meanwhile.trees.document import EventTree
from meanwhile.trees.received_event import Received

OWN, NOBODY = "me", ""
"""In whose name the runs of a new key are."""

SENT, REMEMBERED = "meanwhile_key_forms", 20
"""Where a session keeps which forms have made a key, and how many of them: a reload sends a form again."""


class ReceivingView(StudioView):
    """The page; posted to, it makes a key, which is shown in the answer and never again, or revokes one."""

    template_name = "meanwhile/studio/receiving.html"
    section = "record-types"

    def get(self, request: HttpRequest, key: str) -> HttpResponseBase:
        """Show it."""
        return self._page(request, key)

    def post(self, request: HttpRequest, key: str) -> HttpResponseBase:
        """Make a key or revoke one."""
        self._event(key)
        if given := request.POST.get("revoke"):
            return self._revoke(request, key, given)
        require(request.user, PUBLISH, self.studio_tree(key))
        form = request.POST.get("form", "")[:100]
        if form and form in _sent(request):
            messages.warning(request, _("This key is made already. If nobody kept it, revoke it and make another."))
            return HttpResponseRedirect(reverse(f"{self.space}:receiving", args=[key]))
        try:
            made = keys.make_key(
                request.POST.get("name", ""),
                [key],
                now=self.clock.now(),
                user=request.user if request.POST.get("person") == OWN else None,
                by=request.user,
                expires=_end_of(request.POST.get("expires", "")),
            )
        except MeanwhileError as error:
            return self._page(request, key, problem=str(error))
        request.session[SENT] = [*_sent(request), form][-REMEMBERED:]
        return self._page(request, key, made=made)

    def _revoke(self, request: HttpRequest, key: str, given: str) -> HttpResponseBase:
        rows = ApiKey.objects.using(self.using).filter(trees__tree=key).prefetch_related("trees")
        api_key = rows.filter(pk=given).first() if given.isascii() and given.isdecimal() and len(given) < 19 else None
        if api_key is None:
            raise Http404(_("There is no such API key."))
        for one in api_key.trees.all():  # it opens these, too
            require(request.user, PUBLISH, self.studio_tree(one.tree))
        if keys.revoke(api_key, now=self.clock.now(), using=self.using):
            messages.success(request, _("The API key “%(name)s” is revoked.") % {"name": api_key.name})
        return HttpResponseRedirect(reverse(f"{self.space}:receiving", args=[key]))

    def _page(
        self, request: HttpRequest, key: str, *, problem: str = "", made: NewKey | None = None
    ) -> HttpResponseBase:
        stored, tree, event = self._event(key)
        now = self.clock.now()
        body = sample_body(event, now=now)
        address = _address(request, key)
        live = next((one for one in registry.current().all() if one.key == key), None)
        given = request.POST if problem else {}
        context = {
            "key": key,
            "name": tree.name,
            "model": event.model,
            "type_name": type_name(event.model),
            "in_studio": stored is not None,
            "event": event,
            "address": address,
            "is_live": live is not None and live.enabled and isinstance(live.on, Received),
            "sample": json.dumps(body, ensure_ascii=False, indent=2),
            "curl": curl(address, body, made.token if made else "mw_…"),
            "keys": [_row(one, now) for one in keys.keys_of(key, using=self.using)],
            "makes": may(request.user, PUBLISH, stored),
            "form": secrets.token_urlsafe(12),
            "made": made,
            "problem": problem,
            "given": given,
        }
        return self.render(context, status=422 if problem else 200)

    def _event(self, key: str) -> tuple[StudioTree | None, EventTree, Received]:
        """Return the tree of the address with its event: as it runs, else as its draft says."""
        stored = self.studio_tree(key)
        if not self.may_see(key):
            raise Http404(_("There is no such tree."))
        found: list[EventTree | None] = []
        with suppress(UnknownTree):
            found.append(registry.current().get(key))
        if stored is not None:
            found.append(readable_or_none(drafts.draft_of(stored).document))
        for tree in found:
            if tree is not None and isinstance(tree.on, Received):
                return stored, tree, tree.on
        raise Http404(_("This tree receives nothing from other systems."))


def _sent(request: HttpRequest) -> list[str]:
    sent: list[str] = request.session.get(SENT, [])
    return sent


def _address(request: HttpRequest, key: str) -> str:
    try:
        return request.build_absolute_uri(path_of(key))
    except (NoReverseMatch, ImproperlyConfigured):
        return ""


def _row(api_key: ApiKey, now: datetime) -> dict[str, Any]:
    if api_key.revoked:
        state, words = "cancelled", _("revoked")
    elif api_key.is_expired(now):
        state, words = "cancelled", _("expired")
    elif not api_key.is_good(now):
        state, words = "paused", _("its user is inactive")
    else:
        state, words = "done", _("valid")
    last = api_key.expires - timedelta(microseconds=1) if api_key.expires else None  # the day's end is the next one
    return {"key": api_key, "state": state, "words": words, "until": last if api_key.is_good(now) else None}


def _end_of(day: str) -> datetime | None:
    """Return the end of a day in the project's time zone, None for no day. Raises `EditProblem`."""
    if not day:
        return None
    try:
        after = date.fromisoformat(day) + timedelta(days=1)
        return timezone.make_aware(datetime.combine(after, time()))
    except (ValueError, OverflowError):
        raise EditProblem(_("“%(day)s” is no date.") % {"day": day[:40]}) from None
