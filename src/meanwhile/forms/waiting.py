"""The waiting page: tests a flag of the record every few seconds, shows the steps, and moves on when it is set."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ImproperlyConfigured
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import resolve_url
from django.template.loader import render_to_string
from django.utils.cache import get_conditional_response, patch_cache_control, patch_vary_headers
from django.utils.translation import get_language
from django.views.generic import View
from django.views.generic.base import TemplateResponseMixin
from django.views.generic.detail import SingleObjectMixin

from meanwhile.clock import Clock, SystemClock
from meanwhile.forms.access import may_watch
from meanwhile.forms.refusal import missing, refuse
from meanwhile.forms.remembered import Submission, submission_of
from meanwhile.forms.waiting_state import Phase, WaitingState, look
from meanwhile.trees.status import runs_of, waiting_status

if TYPE_CHECKING:
    from django.db.models import Model

    _SingleObjectMixin = SingleObjectMixin[Model]
else:
    _SingleObjectMixin = SingleObjectMixin

JSON = "application/json"


class WaitingView(TemplateResponseMixin, _SingleObjectMixin, View):
    """The page between a submitted form and a result that the background makes (spec: "Waiting for the background").

    It works without JavaScript by a refresh, and with it by asking the same address for JSON with an ETag. Only the
    person who submitted the record, or who may see it, gets it; to all others it doesn't exist.

        path("bookings/<pk>/wait/", WaitingView.as_view(model=Booking, flag="ready"), name="booking-wait")
    """

    flag: str = ""
    """Field of the record that the last background action sets; any true value moves on."""

    done_url: str | Callable[[Any], str] | None = None
    """Where to move on to: the name of a URL that takes `pk`, an address, or a function of the record. By default the
    record's `get_absolute_url()`."""

    give_up_after: timedelta | None = timedelta(minutes=10)
    """How long after the submission the page stops looking and offers a link to come back by; None: never."""

    poll_every: float = 2.0
    """Seconds between two looks with JavaScript."""

    refresh_every: int = 3
    """Seconds between two refreshes without JavaScript."""

    template_name = "meanwhile/waiting.html"
    state_template_name = "meanwhile/waiting_state.html"
    gone_template_name = "meanwhile/waiting_gone.html"
    base_template = "meanwhile/base.html"
    """Your site's own base template; it needs the blocks `title`, `head` and `content`."""

    clock: Clock = SystemClock()
    http_method_names = ["get", "head", "options"]

    def get(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponseBase:
        """Answer with the page, with its state as JSON, or with the way on when the flag is set."""
        response = self._answer(as_json=not request.accepts("text/html") and request.accepts(JSON))
        patch_cache_control(response, private=True, no_store=True)
        patch_vary_headers(response, ["Accept", "Cookie"])
        return response

    def may_watch(self, record: Model) -> bool:
        """Say whether this request's person may watch the record; override it for a rule of your own."""
        return may_watch(self.request, record)

    def is_done(self, record: Model) -> bool:
        """Say whether the wait is over: by default, whether the flag field is set."""
        if not self.flag:
            msg = f"{type(self).__name__} needs flag, the name of the field that the last background action sets."
            raise ImproperlyConfigured(msg)
        return bool(getattr(record, self.flag))

    def get_done_url(self, record: Model) -> str:
        """Return where to move on to when the flag is set."""
        if self.done_url is None:
            if not hasattr(record, "get_absolute_url"):
                msg = f"{type(self).__name__} needs done_url, as {record._meta.label} has no get_absolute_url()."
                raise ImproperlyConfigured(msg)
            return str(record.get_absolute_url())
        if callable(self.done_url):
            return str(self.done_url(record))
        return resolve_url(self.done_url, pk=record.pk)

    def get_state(self, record: Model) -> WaitingState:
        """Look at the record and its background work now."""
        submission = submission_of(self.request, type(record), record.pk)
        status = waiting_status(record, submission.runs if submission else None, clock=self.clock)
        done = self.is_done(record)
        if not done and status.total and status.done == status.total:
            # The last step may have been done after the record was read.
            self.object = record = self.get_object()
            done = self.is_done(record)
        return look(flag=done, status=status, now=self.clock.now(), gives_up_at=self._gives_up_at(record, submission))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Give the templates `state`, `status` and `steps`, and what the page's own parts need."""
        state: WaitingState = kwargs["state"]
        return super().get_context_data(
            status=state.status,
            steps=state.status.steps,
            phase=state.phase.value,
            address=self.request.build_absolute_uri(),
            give_up_after=self.give_up_after,
            poll_every=self.poll_every,
            refresh_every=self.refresh_every,
            base_template=self.base_template,
            state_template=self.state_template_name,
            etag=self._etag(state),
            **kwargs,
        )

    def _answer(self, *, as_json: bool) -> HttpResponseBase:
        try:
            self.object = self.get_object()
        except Http404:
            gone = None if as_json else self._gone()
            return gone or refuse(self.request, as_json=as_json)
        if not self.may_watch(self.object):
            return refuse(self.request, as_json=as_json)
        state = self.get_state(self.object)
        return self._json(state) if as_json else self._page(state)

    def _gone(self) -> HttpResponse | None:
        pk = self.kwargs.get(self.pk_url_kwarg)
        return missing(self.request, self.get_queryset().model, pk, self.gone_template_name, self.base_template)

    def _page(self, state: WaitingState) -> HttpResponse:
        if state.phase is Phase.DONE:
            return HttpResponseRedirect(self.get_done_url(self.object))
        return self.render_to_response(self.get_context_data(state=state))

    def _json(self, state: WaitingState) -> HttpResponseBase:
        etag = self._etag(state)
        unchanged = get_conditional_response(self.request, etag=etag)
        if unchanged is not None:
            return unchanged
        context = self.get_context_data(state=state)
        done = state.phase is Phase.DONE
        answer = {
            "phase": state.phase.value,
            "live": state.live,
            "url": self.get_done_url(self.object) if done else None,
            "html": "" if done else render_to_string(self.state_template_name, context, self.request),
        }
        return JsonResponse(answer, headers={"ETag": etag})

    def _etag(self, state: WaitingState) -> str:
        return state.etag(get_language() or "")

    def _gives_up_at(self, record: Model, submission: Submission | None) -> datetime | None:
        if self.give_up_after is None:
            return None
        if submission is not None:
            return submission.when + self.give_up_after
        run = runs_of(record).filter(page_at__isnull=False).only("created").first()
        return run.created + self.give_up_after if run is not None else None
