"""Pages that follow what they show: htmx asks for their live part anew, which is sent only if it is another one.

The part is an element with a tag of its content (`hx-ptag`): who asks with the tag that is still right gets an empty
304. What a person does on such a page, or looks at next in it, is sent and answered in the same way, with what there is
to tell besides; the page stays where it is, and so does the focus. Without JavaScript all these are ordinary requests.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.utils.cache import patch_vary_headers
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from meanwhile.studio.views.base import StudioView


@dataclass(frozen=True, slots=True)
class Live:
    """The live part of a page: the id of its element, what it shows, where from, and after how many milliseconds it
    looks again (0 for never). Its ``tag`` is the same as long as nothing has happened."""

    id: str
    html: SafeString
    source: str
    every: int

    @property
    def tag(self) -> str:
        """Tell this part from any other, also of another language and pace."""
        told = f"{get_language()} {self.every} {self.source} {self.html}"
        return hashlib.sha256(told.encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Besides:
    """What an answer changes outside of the live part: how (htmx's names) and what, in the element with this id."""

    id: str
    swap: str
    html: SafeString


class LiveView(StudioView):
    """A page with a live part. ``part_name`` is the template of that part, ``live_id`` the id of its element, ``every``
    the seconds between two looks."""

    part_name = ""
    live_id = "live"
    every = 2.0

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:  # noqa: ARG002 - Django's signature
        """Answer with the page, or with its live part."""
        context = self.part()
        live = self._live(context)
        response: HttpResponse
        if not self.is_live:
            response = self.render({**context, **self.page(), "live": live})
        elif not self._is_poll:
            response = self._answer(live, self.besides(context))
        else:
            response = HttpResponseNotModified() if self.htmx.ptag == live.tag else self._answer(live, [])
            response.headers["HX-PTag"] = live.tag
        patch_vary_headers(response, ["HX-Request", "HX-Request-Type", "HX-Source", "Cookie"])
        return response

    def part(self) -> dict[str, Any]:
        """Return what the live part shows. It must be the same as long as nothing has happened."""
        raise NotImplementedError

    def page(self) -> dict[str, Any]:
        """Return what the rest of the page shows."""
        return {}

    def besides(self, context: dict[str, Any]) -> list[Besides]:
        """Return what changes around the live part when a person looks at something else in it."""
        said = self.said(context)
        return [Besides("mw-said", "innerHTML", conditional_escape(said))] if said else []

    def said(self, context: dict[str, Any]) -> str:  # noqa: ARG002 - for those who say something
        """Return what a screen reader says when a person looks at something else in the live part."""
        return ""

    def address(self) -> str:
        """Return where the live part is asked for."""
        return self.request.get_full_path()

    def look_again(self) -> float:
        """Return after how many seconds the page looks again; 0 for never."""
        return self.every

    def done(self, request: HttpRequest) -> HttpResponse:
        """Answer what a person did: with the page anew, or with its live part and how it went."""
        if not self.is_live:
            return HttpResponseRedirect(request.get_full_path())
        live = self._live(self.part())
        toasts = render_to_string(
            "meanwhile/studio/_toasts.html", {"messages": messages.get_messages(request)}, request
        )
        return self._answer(live, [Besides("mw-toasts", "beforeend", toasts)])

    @property
    def _is_poll(self) -> bool:
        """Whether the live part asks for itself; any other element asks for something that is not there yet."""
        return self.htmx.source == f"div#{self.live_id}"

    def _live(self, context: dict[str, Any]) -> Live:
        html = render_to_string(self.part_name, {**self.around(), **context}, self.request)
        return Live(self.live_id, html, self.address(), round(1000 * self.look_again()))

    def _answer(self, live: Live, besides: list[Besides]) -> HttpResponse:
        context = {"live": live, "besides": besides}
        return HttpResponse(render_to_string("meanwhile/studio/_live_answer.html", context, self.request).strip())
