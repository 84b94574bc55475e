"""Pages that follow what they show: a part of them is asked for anew, and sent only if it is another one.

The page's script sends the ETag that it has and gets 304, or the part as HTML. What a person does on such a page is
sent the same way; the answer then says how it went, so that the page stays where it is and nothing loses the focus.
Without JavaScript both are ordinary requests.
"""

from __future__ import annotations

import hashlib
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.translation import get_language

from meanwhile.studio.views.base import LIVE_HEADER, StudioView

AGAIN_HEADER = "X-Meanwhile-Again"
"""Tells the page's script after how many seconds to look again; 0 for never."""


class LiveView(StudioView):
    """A page with a live part. ``part_name`` is the template of that part, ``every`` the seconds between two looks."""

    part_name = ""
    every = 2.0

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:  # noqa: ARG002 - Django's signature
        """Answer with the page, or with its live part."""
        context = self.part()
        html = render_to_string(self.part_name, {**self.around(), **context}, request)
        etag = self._etag(html)
        if self.is_live:
            response = get_conditional_response(request, etag=etag) or HttpResponse(html, headers={"ETag": etag})
        else:
            response = self.render({**context, **self.page(), "part": html, "etag": etag, "every": self.look_again()})
        response.headers[AGAIN_HEADER] = f"{self.look_again():g}"
        patch_vary_headers(response, [LIVE_HEADER, "Cookie"])
        return response

    def part(self) -> dict[str, Any]:
        """Return what the live part shows. It must be the same as long as nothing has happened."""
        raise NotImplementedError

    def page(self) -> dict[str, Any]:
        """Return what the rest of the page shows."""
        return {}

    def look_again(self) -> float:
        """Return after how many seconds the page looks again; 0 for never."""
        return self.every

    def done(self, request: HttpRequest, address: str = "") -> HttpResponse:
        """Answer what a person did: with the page anew, or, to the page's script, with how it went."""
        if not self.is_live:
            return HttpResponseRedirect(address or request.get_full_path())
        html = render_to_string(self.part_name, {**self.around(), **self.part()}, request)
        told = [{"level": message.level_tag, "text": str(message)} for message in messages.get_messages(request)]
        return JsonResponse({"html": html, "etag": self._etag(html), "every": self.look_again(), "told": told})

    def _etag(self, html: str) -> str:
        digest = hashlib.sha256(f"{get_language()} {html}".encode()).hexdigest()
        return f'"{digest[:32]}"'
