"""Have a scheduled tree run now, besides its times: a button on the page of the tree."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _

from meanwhile.exceptions import UnknownTree
from meanwhile.studio.views.base import StudioView
from meanwhile.trees.scheduled import run_tree_now


class RunsNow(StudioView):
    """A page of one tree, which those who operate may post to."""

    def run_now(self, request: HttpRequest, key: str) -> HttpResponse:
        """Queue the tree for this moment, if it is scheduled, and show the page again. Raises `PermissionDenied`."""
        if not self.may_operate(key):
            raise PermissionDenied
        try:
            job = run_tree_now(key, clock=self.clock, using=self.using)
        except UnknownTree:
            messages.error(request, _("This tree is not scheduled, or it is switched off."))
        else:
            messages.success(request, _("It runs as soon as possible, as job %(id)s.") % {"id": f"#{job}"})
        return HttpResponseRedirect(request.path)
