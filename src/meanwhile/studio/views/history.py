"""The published versions of a tree: what each changed, in words; and bringing one back into the draft."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _

from meanwhile.exceptions import MeanwhileError
from meanwhile.studio import drafts, loading, publish
from meanwhile.studio.diff import diff
from meanwhile.studio.models import StudioVersion
from meanwhile.studio.outline import outline
from meanwhile.studio.permissions import EDIT, permissions_of, require
from meanwhile.studio.views.tree import OneTreeView
from meanwhile.trees.document import EventTree

PER_PAGE = 20


class HistoryView(OneTreeView):
    """All versions of a tree, the latest first, each with what it changed; and what the draft would change."""

    template_name = "meanwhile/studio/history.html"

    def get(self, request: HttpRequest, key: str) -> HttpResponseBase:  # noqa: ARG002 - Django's signature
        """Show them."""
        tree = self.tree()
        page = Paginator(tree.versions.select_related("by"), PER_PAGE).get_page(request.GET.get("page"))
        before = _documents_before(list(page))
        draft = drafts.draft_of(tree)
        published = tree.published
        source = loading.python_tree(tree.copied_from) if tree.copied_from else None
        context = {
            "draft": draft,
            "draft_changes": diff(published.document, drafts.canonical(draft.document)) if published else [],
            "versions": [(one, diff(before[one.pk], one.document) if one.pk in before else None) for one in page],
            "pages": page,
            "python_changes": diff(source.as_json(), drafts.canonical(draft.document)) if source else [],
            "source": source,
        }
        return self.render({**self.about(tree), **context})


class VersionView(OneTreeView):
    """One published version, to read; posted to, it comes back into the draft."""

    template_name = "meanwhile/studio/version.html"

    def get(self, request: HttpRequest, key: str, number: int) -> HttpResponseBase:  # noqa: ARG002 - Django's signature
        """Show it, and how it differs from the draft."""
        tree = self.tree()
        version = self._version(tree, number)
        draft = drafts.draft_of(tree)
        context = {
            "version": version,
            "draft": draft,
            "lines": outline(EventTree.from_document(version.document)),
            "changes": diff(version.document, drafts.canonical(draft.document)),
        }
        return self.render({**self.about(tree), **context})

    def post(self, request: HttpRequest, key: str, number: int) -> HttpResponseBase:  # noqa: ARG002 - Django's signature
        """Bring it back into the draft, if nobody has changed that meanwhile."""
        tree = self.tree()
        require(request.user, EDIT, tree)
        revision = request.POST.get("revision", "")
        try:
            publish.restore(tree, number, revision=int(revision) if revision.isdecimal() else 0, by=request.user)
        except MeanwhileError as error:
            messages.error(request, str(error))
            return HttpResponseRedirect(request.get_full_path())
        messages.success(
            request, _("Version %(number)s is in the draft now. It can be undone there.") % {"number": number}
        )
        return HttpResponseRedirect(reverse(f"{self.space}:tree", args=[tree.key]))

    def _version(self, tree: Any, number: int) -> StudioVersion:
        version: StudioVersion | None = tree.versions.select_related("by").filter(number=number).first()
        if version is None or "view" not in permissions_of(self.request.user, tree):
            raise Http404(_("There is no such version of this tree."))
        return version


def _documents_before(versions: list[StudioVersion]) -> dict[Any, dict[str, Any]]:
    """Return for each version the document of the one before it, by the version's key."""
    if not versions:
        return {}
    numbers = [one.number - 1 for one in versions]
    known = StudioVersion.objects.using(versions[0]._state.db).filter(tree=versions[0].tree_id, number__in=numbers)
    by_number = {one.number: one.document for one in known}
    return {one.pk: by_number[one.number - 1] for one in versions if one.number - 1 in by_number}
