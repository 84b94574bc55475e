"""The tree editor: the tree at the left, the selected node's form at the right, both made by the page's scripts."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.csrf import get_token
from django.shortcuts import resolve_url
from django.utils.translation import gettext as _

from meanwhile import conf
from meanwhile.studio import drafts
from meanwhile.studio.editor_state import choices, state_of
from meanwhile.studio.editor_texts import editor_texts
from meanwhile.studio.icons import PATHS, SYNONYMS
from meanwhile.studio.in_use import in_use
from meanwhile.studio.models import StudioTree
from meanwhile.studio.permissions import EDIT, permissions_of, require
from meanwhile.studio.record_links import type_name
from meanwhile.studio.schedules import schedules_of
from meanwhile.studio.views.base import StudioView
from meanwhile.studio.views.schedule import RunsNow


class OneTreeView(StudioView):
    """A page about one tree of the Studio. ``needs`` is what the person must be allowed to do to it besides seeing."""

    section = "record-types"
    needs = ""

    def tree(self) -> StudioTree:
        """Return the tree of the address, if there is such a one for this person."""
        trees = StudioTree.objects.using(self.using).select_related("published")
        tree = trees.filter(key=self.kwargs["key"]).first()
        if tree is None or not self.may_see(tree.key):
            raise Http404(_("There is no such tree."))
        if self.needs:
            require(self.request.user, self.needs, tree)
        return tree

    def about(self, tree: StudioTree) -> dict[str, Any]:
        """Return what the head of each such page needs."""
        return {
            "tree": tree,
            "may": permissions_of(self.request.user, tree),
            "type_name": type_name(tree.model) if tree.model else "",
        }


class TreeView(OneTreeView, RunsNow):
    """The editor; without the permission to edit, the same to read."""

    template_name = "meanwhile/studio/tree.html"

    def get(self, request: HttpRequest, key: str) -> HttpResponseBase:  # noqa: ARG002 - Django's signature
        """Show it."""
        tree = self.tree()
        about = self.about(tree)
        limits = conf.get()
        page = {
            "tree": tree.key,
            "person": str(request.user.pk),
            "may": sorted(about["may"]),
            "csrf": get_token(request),
            "limits": {"actions": limits.remote_max_actions, "bytes": limits.remote_max_body},
            "state": state_of(tree, drafts.draft_of(tree), select=request.GET.get("node", "")),
            "texts": editor_texts(),
            **choices(),
        }
        icons = {name: PATHS[SYNONYMS.get(name, name)] for name in (*PATHS, *SYNONYMS)}
        return self.render(
            {
                **about,
                "page": page,
                "icons": icons,
                "in_use": in_use(tree.key).text,
                "schedule": schedules_of([tree.key], using=self.using).get(tree.key),
                "edits": EDIT in about["may"] and not tree.retired,
                "login_url": resolve_url(settings.LOGIN_URL),
            }
        )

    def post(self, request: HttpRequest, key: str) -> HttpResponseBase:
        """Have a scheduled tree run now."""
        self.tree()
        return self.run_now(request, key)
