"""What all of Meanwhile's admin pages share: they only show, and stay fast at a million rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from meanwhile import conf

if TYPE_CHECKING:
    from django.db.models import Model, QuerySet

    _ModelAdmin = admin.ModelAdmin[Model]
    _Paginator = Paginator[Any]
else:
    _ModelAdmin = admin.ModelAdmin
    _Paginator = Paginator

MOST_LISTED = 2000
"""Rows that are counted and paged through. PostgreSQL looks up each in the table, which may be one page a row."""


class CappedPaginator(_Paginator):
    """Pages through the first `MOST_LISTED` rows and counts no further: to count a million rows takes seconds."""

    @cached_property
    def count(self) -> int:
        """The number of rows, `MOST_LISTED` at most."""
        return min(self._counted, MOST_LISTED)

    @property
    def has_more(self) -> bool:
        """True if there are rows behind the last page."""
        return self._counted > MOST_LISTED

    @cached_property
    def _counted(self) -> int:
        rows: Any = self.object_list
        # In the order of the list, so that it is served by the index that serves the list.
        return int(rows.values("pk")[: MOST_LISTED + 1].count())


class ReadOnlyAdmin(_ModelAdmin):
    """An admin whose object page is ``detail_template``, filled by `details`."""

    detail_template = ""
    actions_on_top = True  # without it Django's list has an inline style element, which a strict CSP refuses
    list_per_page = 50
    paginator = CappedPaginator
    show_facets = admin.ShowFacets.NEVER
    show_full_result_count = False
    sortable_by = ()

    class Media:
        css = {"all": ["meanwhile/admin.css"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Return the rows of Meanwhile's database."""
        return super().get_queryset(request).using(conf.get().database)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002 - Django's signature
        """Nothing is added by hand."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """Nothing is changed by hand."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """Old rows are pruned."""
        return False

    def has_operate_permission(self, request: HttpRequest) -> bool:
        """Say whether the person may retry, skip, cancel and run jobs."""
        return request.user.has_perm("meanwhile.operate_job")

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",  # noqa: ARG002 - Django's signature
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show the page of one row, or operate on it."""
        found = self.get_object(request, unquote(object_id))
        if not self.has_view_permission(request, found):
            raise PermissionDenied
        if found is None:
            raise Http404(_("It is not there any more."))
        if request.method == "POST":
            return self.operate(request, found)
        context = {
            **self.admin_site.each_context(request),
            "title": str(found),
            "opts": self.opts,
            "original": found,
            "media": self.media,
            "may_operate": self.has_operate_permission(request),
            **self.details(request, found),
            **(extra_context or {}),
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, self.detail_template, context)

    def details(self, request: HttpRequest, found: Any) -> dict[str, Any]:
        """Return what the page of a row shows besides the row itself."""
        raise NotImplementedError

    def operate(self, request: HttpRequest, found: Any) -> HttpResponse:  # noqa: ARG002 - for those that can be operated on
        """Do what a button of the page says."""
        raise PermissionDenied
