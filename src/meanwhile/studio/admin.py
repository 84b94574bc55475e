"""The way from a record in Django's admin to its runs in the Studio."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import HttpRequest

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin
    from django.db.models import Model

    _ModelAdmin = ModelAdmin[Model]
else:
    # Importing ModelAdmin here would make every site with the Studio need Django's admin.
    _ModelAdmin = object


class RecordRunsAdminMixin(_ModelAdmin):
    """Put it before `ModelAdmin`: the page of a record shows its latest runs and pending jobs, with ways to the Studio,
    to whoever may see them there.

        @admin.register(Booking)
        class BookingAdmin(RecordRunsAdminMixin, SubmitAdminMixin, admin.ModelAdmin): ...

    A model admin with a ``change_form_template`` of its own extends
    ``admin/meanwhile/change_form_with_runs.html`` in it.
    """

    change_form_template = "admin/meanwhile/change_form_with_runs.html"

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        """Hand the record to the template."""
        record = kwargs.get("obj")
        return super().render_change_form(request, {**context, "meanwhile_record": record}, *args, **kwargs)
