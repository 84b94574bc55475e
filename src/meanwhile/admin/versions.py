"""Every tree as it was when it ran."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from meanwhile.admin.display import badge, pretty_json
from meanwhile.admin.outline import outline
from meanwhile.admin.read_only import ReadOnlyAdmin
from meanwhile.studio.wording import event_in_words
from meanwhile.trees import registry
from meanwhile.trees.models import TreeVersion
from meanwhile.trees.versions import version_id

if TYPE_CHECKING:
    from uuid import UUID


@admin.register(TreeVersion)
class TreeVersionAdmin(ReadOnlyAdmin):
    """Versions of trees."""

    detail_template = "admin/meanwhile/tree_version.html"
    list_display = ("name", "key", "short_hash", "created", "current")
    search_fields = ("name", "key", "content_hash")

    @admin.display(description=gettext_lazy("content"))
    def short_hash(self, version: TreeVersion) -> str:
        """The first digits of what names its content."""
        return version.content_hash[:8]

    @admin.display(description=gettext_lazy("in use"))
    def current(self, version: TreeVersion) -> SafeString | str:
        """Whether new runs get this version."""
        return badge("alive", _("for new runs")) if version.pk in _current_versions() else ""

    def details(self, request: HttpRequest, found: TreeVersion) -> dict[str, Any]:
        """Return the tree as an outline and as JSON."""
        tree, lines, problem = outline(found)
        runs = reverse(f"{self.admin_site.name}:meanwhile_run_changelist")
        return {
            "tree": tree,
            "event": capfirst(event_in_words(tree.on.as_json())) if tree else "",
            "lines": lines,
            "problem": problem,
            "is_current": found.pk in _current_versions(),
            "document": pretty_json(found.document),
            "runs_url": f"{runs}?{urlencode({'tree': found.key})}" if self._may_see_runs(request) else "",
        }

    def _may_see_runs(self, request: HttpRequest) -> bool:
        return request.user.has_perm("meanwhile.view_run")


def _current_versions() -> set[UUID]:
    return {version_id(tree) for tree in registry.current().all()}
