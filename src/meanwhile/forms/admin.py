"""Django's admin as a form that submits: `Submitted` fires after the inlines, and a failed action is a form error."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.db import router
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from meanwhile.exceptions import ActionFailed
from meanwhile.forms.transaction import DATABASE_TROUBLE, trouble_text
from meanwhile.trees.actor import acting_as
from meanwhile.trees.failed_runs import failed_runs
from meanwhile.trees.runner import submitted

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin
    from django.db.models import Model

    _ModelAdmin = ModelAdmin[Model]
else:
    # Importing ModelAdmin here would make every site with a form need Django's admin.
    _ModelAdmin = object

REFUSALS = (ActionFailed, *DATABASE_TROUBLE)


class SubmitAdminMixin(_ModelAdmin):
    """Put it before `ModelAdmin`: the admin's forms submit their record to the trees.

    `Submitted` fires once, after the record, its many-to-many rows and its inlines are saved; the logged-in person is
    the actor. When a foreground action fails, the same form comes back with the reason and with what was typed.

        @admin.register(Booking)
        class BookingAdmin(SubmitAdminMixin, admin.ModelAdmin): ...
    """

    def save_model(self, request: HttpRequest, obj: Model, form: Any, change: bool) -> None:
        """Save as Django does; from here on a failure belongs to the form."""
        _Submission.of(request).saving = True
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Save many-to-many rows and inlines as Django does, then fire `Submitted`."""
        super().save_related(request, form, formsets, change)
        using = router.db_for_write(self.model, instance=form.instance)
        submitted(form.instance, created=not change, using=using)

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Add or change; a failed foreground action shows the form again, after Django has rolled everything back."""
        try:
            with acting_as(request.user):
                return super().changeform_view(request, *args, **kwargs)
        except REFUSALS as error:
            failed_runs().write()
            submission = _Submission.of(request)
            if not submission.saving:
                return self._back_with(request, error)
            submission.problem = _text(error)
        # The form is made again and refuses itself, so the view saves nothing and shows it as it was typed.
        return super().changeform_view(request, *args, **kwargs)

    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """List, edit in the list and run admin actions; a failure is said, with edits kept."""
        try:
            with acting_as(request.user):
                return super().changelist_view(request, *args, **kwargs)
        except REFUSALS as error:
            failed_runs().write()
            submission = _Submission.of(request)
            if not submission.saving or "_save" not in request.POST:
                return self._back_with(request, error)
            submission.problem = _text(error)
        return super().changelist_view(request, *args, **kwargs)

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Delete; when a tree of `Deleted` fails in the foreground the record stays and the reason is said."""
        try:
            with acting_as(request.user):
                return super().delete_view(request, *args, **kwargs)
        except REFUSALS as error:
            failed_runs().write()
            return self._back_with(request, error)

    def get_form(self, *args: Any, **kwargs: Any) -> Any:
        """Return Django's form; after a failed action, one that refuses itself with the reason."""
        form = super().get_form(*args, **kwargs)
        problem = _Submission.of(args[0] if args else kwargs["request"]).problem
        return _refusing(form, problem, only_changed=False) if problem else form

    def get_changelist_form(self, request: HttpRequest, **kwargs: Any) -> Any:
        """Return Django's form of a row; after a failed action, the edited rows refuse themselves with the reason."""
        form = super().get_changelist_form(request, **kwargs)
        problem = _Submission.of(request).problem
        return _refusing(form, problem, only_changed=True) if problem else form

    def _back_with(self, request: HttpRequest, error: Exception) -> HttpResponse:
        self.message_user(request, _text(error), messages.ERROR)
        return HttpResponseRedirect(request.get_full_path())


class _Submission:
    """What one request of the admin knows of its submission; kept on the request, as a ModelAdmin serves many."""

    def __init__(self) -> None:
        self.saving = False
        self.problem = ""

    @classmethod
    def of(cls, request: HttpRequest) -> _Submission:
        known: _Submission | None = getattr(request, "_meanwhile_submission", None)
        if known is None:
            known = cls()
            request._meanwhile_submission = known  # type: ignore[attr-defined]  # noqa: SLF001
        return known


def _text(error: Exception) -> str:
    return error.user_message if isinstance(error, ActionFailed) else trouble_text()


def _refusing(form_class: Any, problem: str, *, only_changed: bool) -> Any:
    """Return a form class that is `form_class` with `problem` as an error of the whole form."""

    class Refusing(form_class):  # type: ignore[misc]
        def clean(self) -> Any:
            cleaned = super().clean()
            if self.has_changed() or not only_changed:
                raise forms.ValidationError(problem)
            return cleaned

    return Refusing
