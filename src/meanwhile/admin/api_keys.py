"""API keys: to look at, and to revoke. They are made in the Studio or by the command ``meanwhile_api_key``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from meanwhile import conf
from meanwhile.admin.display import badge
from meanwhile.admin.read_only import ReadOnlyAdmin
from meanwhile.received.keys import revoke
from meanwhile.received.models import ApiKey

if TYPE_CHECKING:
    from django.db.models import QuerySet


@admin.register(ApiKey)
class ApiKeyAdmin(ReadOnlyAdmin):
    """API keys."""

    detail_template = "admin/meanwhile/api_key.html"
    list_display = ("name", "begins", "for_trees", "user", "life", "last_used", "expires", "created")
    list_select_related = ("user",)
    search_fields = ("name", "prefix")
    actions = ("revoke_selected",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Return the keys with their trees."""
        return super().get_queryset(request).prefetch_related("trees")

    def has_operate_permission(self, request: HttpRequest) -> bool:
        """Say whether the person may revoke keys."""
        return request.user.has_perm("meanwhile.change_apikey")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002 - Django's signature
        """Say whether the person may delete keys: they go with their person, who could not be deleted otherwise."""
        return request.user.has_perm("meanwhile.delete_apikey")

    @admin.display(description=gettext_lazy("begins with"))
    def begins(self, api_key: ApiKey) -> str:
        """What people know it by."""
        return api_key.start

    @admin.display(description=gettext_lazy("trees"))
    def for_trees(self, api_key: ApiKey) -> str:
        """The keys of the trees that it opens."""
        return ", ".join(sorted(one.tree for one in api_key.trees.all()))

    @admin.display(description=gettext_lazy("state"))
    def life(self, api_key: ApiKey) -> SafeString:
        """Whether it opens anything."""
        if api_key.revoked:
            return badge("cancelled", _("revoked"))
        if api_key.is_expired(now := timezone.now()):
            return badge("cancelled", _("expired"))
        return badge("alive", _("valid")) if api_key.is_good(now) else badge("silent", _("its user is inactive"))

    @admin.action(description=gettext_lazy("Revoke the selected API keys"), permissions=["operate"])
    def revoke_selected(self, request: HttpRequest, chosen: QuerySet[ApiKey]) -> None:
        """Revoke keys for good."""
        self._revoke(request, list(chosen))

    def details(self, request: HttpRequest, found: ApiKey) -> dict[str, Any]:  # noqa: ARG002 - the same for all
        """Return the key's state and trees."""
        return {"state_badge": self.life(found), "trees": self.for_trees(found)}

    def operate(self, request: HttpRequest, found: ApiKey) -> HttpResponse:
        """Revoke the key of a page."""
        if not self.has_operate_permission(request):
            return super().operate(request, found)
        self._revoke(request, [found])
        return HttpResponseRedirect(request.get_full_path())

    def _revoke(self, request: HttpRequest, chosen: list[ApiKey]) -> None:
        now, using = timezone.now(), conf.get().database
        done = sum(revoke(one, now=now, using=using) for one in chosen)
        messages.success(request, _("API keys revoked: %(n)s") % {"n": done})
