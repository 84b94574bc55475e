"""What all pages of the Studio share: who may open them, and what stands around their content."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _
from django.views.generic import View
from django_htmx.middleware import HtmxDetails

from meanwhile import conf
from meanwhile.clock import Clock, SystemClock
from meanwhile.queue.pause import paused
from meanwhile.studio.models import StudioTree
from meanwhile.studio.permissions import OPERATE, VIEW, may, permissions_of

LOG_IN = "Meanwhile-Log-In"
"""The header that tells a page whose session has ended where to log in, from where one comes back to it."""


class StudioView(View):
    """A page of the Studio.

    Whoever is not logged in is sent to the login page; whoever may not see any of it gets a page that says so.
    ``section`` is the entry of the navigation that is marked.
    """

    template_name = ""
    section = ""
    clock: Clock = SystemClock()

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer if the person may be here."""
        if not request.user.is_authenticated:
            return self._log_in(request)
        try:
            if not self.may_enter():
                raise PermissionDenied(_("You have no permission to see the Studio."))
            response = super().dispatch(request, *args, **kwargs)
        except PermissionDenied as refusal:
            response = self._refuse(request, str(refusal))
        except Http404 as missing:
            response = self._miss(request, str(missing))
        patch_cache_control(response, private=True, no_store=True)
        return response

    def may_enter(self) -> bool:
        """Say whether the person may see this page at all: by default, any tree."""
        return self.visible is None or bool(self.visible)

    @cached_property
    def visible(self) -> frozenset[str] | None:
        """The keys of the trees that the person may see, None for all."""
        if may(self.request.user, VIEW):
            return None
        if not (self.request.user.is_active and self.request.user.is_staff):
            return frozenset()
        trees = StudioTree.objects.using(self.using).all()
        return frozenset(tree.key for tree in trees if may(self.request.user, VIEW, tree))

    @cached_property
    def using(self) -> str:
        """The alias of the database with the runs and the jobs."""
        return conf.get().database

    @property
    def space(self) -> str:
        """The namespace of the Studio's addresses in this project."""
        match = self.request.resolver_match
        return (match.namespace if match else "") or "meanwhile_studio"

    @cached_property
    def htmx(self) -> HtmxDetails:
        """What htmx says about its request; the project needs no middleware for it."""
        return HtmxDetails(self.request)

    @property
    def is_live(self) -> bool:
        """Whether the answer is shown in a page that is there; htmx asks for whole pages, too, when one goes back."""
        return bool(self.htmx) and self.htmx.request_type == "partial"

    def studio_tree(self, key: str) -> StudioTree | None:
        """Return the Studio's tree of this key, None for a tree in Python."""
        return StudioTree.objects.using(self.using).filter(key=key).first()

    def may_see(self, key: str) -> bool:
        """Say whether the person may see this tree and its runs."""
        return self.visible is None or key in self.visible

    def may_operate(self, key: str = "") -> bool:
        """Say whether the person may operate the jobs of a tree, or, without one, the whole queue."""
        return may(self.request.user, OPERATE, self.studio_tree(key) if key else None)

    def around(self) -> dict[str, Any]:
        """Return what the frame of every page needs."""
        return {
            "section": self.section,
            "person": str(self.request.user),
            "may": permissions_of(self.request.user),
            "sees_all": self.visible is None,
            "pause": paused(using=self.using),
        }

    def render(self, context: dict[str, Any], *, status: int = 200) -> TemplateResponse:
        """Return the page."""
        return TemplateResponse(self.request, self.template_name, {**self.around(), **context}, status=status)

    def _log_in(self, request: HttpRequest) -> HttpResponse:
        if self.is_live:
            answer = _told(_("You are not logged in any more."), 401)
            answer.headers[LOG_IN] = redirect_to_login(self.htmx.current_url_abs_path or request.path).url
            return answer
        return redirect_to_login(request.get_full_path())

    def _refuse(self, request: HttpRequest, why: str) -> HttpResponse:
        text = why or _("You have no permission to do this in the Studio.")
        if self.is_live:
            return _told(text, 403)
        # Who may not see any of it is told nothing of it, not even that the queue is paused.
        frame = self.around() if self.visible is None or self.visible else {"person": str(request.user)}
        context = {**frame, "section": "", "may": frozenset(), "enters": len(frame) > 1, "refusal": text}
        return TemplateResponse(request, "meanwhile/studio/refused.html", context, status=403)

    def _miss(self, request: HttpRequest, why: str) -> HttpResponse:
        if self.is_live:
            return _told(why, 404)
        context = {**self.around(), "reason": why or _("It may have been deleted.")}
        return TemplateResponse(request, "meanwhile/studio/not_found.html", context, status=404)


def _told(text: str, status: int) -> HttpResponse:
    """Return a refusal that the page's script shows as it is."""
    return HttpResponse(text, status=status, content_type="text/plain; charset=utf-8")
