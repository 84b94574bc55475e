"""Trees as files: written from a draft, a version or a tree in Python, and read into a new tree or a draft."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from meanwhile import conf
from meanwhile.exceptions import MeanwhileError
from meanwhile.studio import drafts, loading, transfer
from meanwhile.studio.diff import diff
from meanwhile.studio.errors import EditConflict, KeyIsTaken
from meanwhile.studio.models import StudioTree
from meanwhile.studio.permissions import EDIT, may, require
from meanwhile.studio.views.base import StudioView
from meanwhile.studio.views.tree import OneTreeView


class ExportView(OneTreeView):
    """The draft of a tree as a file, or with ``?version=`` a published version of it."""

    def get(self, request: HttpRequest, key: str) -> HttpResponseBase:  # noqa: ARG002 - Django's signature
        """Send the file."""
        tree = self.tree()
        number = request.GET.get("version", "")
        if not number:
            return _file(transfer.export_draft(tree), tree.key)
        if not number.isdecimal() or len(number) > 9:
            raise Http404(_("There is no such version of this tree."))
        try:
            return _file(transfer.export_version(tree, int(number)), f"{tree.key}-{number}")
        except MeanwhileError as error:
            raise Http404(str(error)) from error


class PythonExportView(StudioView):
    """A tree that is written in Python, as a file."""

    def may_enter(self) -> bool:
        """Whoever may see all trees may see those in Python."""
        return self.visible is None

    def get(self, request: HttpRequest, key: str) -> HttpResponseBase:  # noqa: ARG002 - Django's signature
        """Send the file."""
        try:
            return _file(transfer.export_python(key), key)
        except MeanwhileError as error:
            raise Http404(_("There is no such tree.")) from error


class ImportView(StudioView):
    """A form for a file or its text; ``?into=`` names the tree into whose draft it goes.

    If another tree has the key of the document, the person is asked whether it goes into the draft of that one, whose
    difference is shown, or becomes a tree ``apart``.
    """

    template_name = "meanwhile/studio/import.html"
    section = "record-types"

    def get(self, request: HttpRequest) -> HttpResponseBase:
        """Show the form."""
        return self._page(request, self._into(request.GET.get("into", "")))

    def post(self, request: HttpRequest) -> HttpResponseBase:
        """Read what was sent and open the tree."""
        into = self._into(request.POST.get("into", ""))
        revision = request.POST.get("revision", "")
        text = self._text(request)
        if not text.strip():
            return self._page(request, into, _("There is nothing to import: choose a file, or put its text here."))
        try:
            tree = transfer.import_tree(
                text,
                by=request.user,
                into=into,
                revision=int(revision) if revision.isdecimal() else None,
                apart="apart" in request.POST,
                name=request.POST.get("name", "").strip(),
            )
        except KeyIsTaken as taken:
            return self._ask(request, taken.document, self._holder(taken.document["key"]))
        except EditConflict as conflict:
            return self._ask(request, transfer.read(text), into, str(conflict))
        except MeanwhileError as error:
            return self._page(request, into, str(error), text)
        messages.success(request, _("“%(name)s” is imported as a draft. Look at it, then publish it.") % {"name": tree})
        return HttpResponseRedirect(reverse(f"{self.space}:tree", args=[tree.key]))

    def _text(self, request: HttpRequest) -> str:
        file = request.FILES.get("file")
        if file is None:
            return str(request.POST.get("text", ""))
        return bytes(file.read(4 * conf.get().studio_max_document)).decode(errors="replace")

    def _into(self, key: str) -> StudioTree | None:
        tree = self.studio_tree(key) if key else None
        if key and (tree is None or not self.may_see(key)):
            raise Http404(_("There is no such tree."))
        require(self.request.user, EDIT, tree)
        return tree

    def _holder(self, key: str) -> StudioTree | None:
        """Return the Studio's tree that has a key, if the person may see it."""
        tree = self.studio_tree(key)
        return tree if tree is not None and self.may_see(key) else None

    def _ask(
        self, request: HttpRequest, document: dict[str, Any], into: StudioTree | None, problem: str = ""
    ) -> HttpResponseBase:
        """Show what the document would change in the draft of a tree, and let the person choose."""
        draft = drafts.draft_of(into) if into else None
        same = {**document, "key": draft.document.get("key")} if draft else {}
        python = loading.python_tree(document["key"]) if self.visible is None and into is None else None
        context = {
            "key": into.key if into else document["key"],
            "into": into,
            "python": python,
            "draft": draft,
            "changes": diff(drafts.canonical(draft.document), same) if draft else [],
            "edits": into is not None and may(request.user, EDIT, into),
            "apart": may(request.user, EDIT),
            "text": json.dumps(document, ensure_ascii=False),
            "name": (_("%(name)s (copy)") % {"name": document["name"]})[:200],
            "problem": problem,
        }
        return TemplateResponse(request, "meanwhile/studio/import_taken.html", {**self.around(), **context}, status=409)

    def _page(
        self, request: HttpRequest, into: StudioTree | None, problem: str = "", text: str = ""
    ) -> HttpResponseBase:
        revision: Any = request.POST.get("revision") or (drafts.draft_of(into).revision if into else "")
        context = {"into": into, "revision": revision, "problem": problem, "text": text}
        return self.render(context, status=422 if problem else 200)


def _file(text: str, name: str) -> HttpResponse:
    disposition = f'attachment; filename="{name}.json"'
    return HttpResponse(text, content_type="application/json", headers={"Content-Disposition": disposition})
