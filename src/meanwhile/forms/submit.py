"""Submitting a record with a Django form: save, fire `Submitted`, go to the next page, or show what went wrong."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

from django.db import router
from django.forms import BaseInlineFormSet, FileField, ModelForm, all_valid
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.generic import CreateView, UpdateView
from django.views.generic.edit import ModelFormMixin, ProcessFormView

from meanwhile.forms.remembered import remember
from meanwhile.forms.transaction import DATABASE_TROUBLE, DatabaseTrouble, NotSaved, one_transaction, trouble_text
from meanwhile.forms.try_again import try_again_response
from meanwhile.forms.undo import Undo
from meanwhile.trees.actor import acting_as
from meanwhile.trees.runner import collecting_runs, submitted

if TYPE_CHECKING:
    from django.db.models import Model

    Form = ModelForm[Model]
    Formsets = Mapping[str, BaseInlineFormSet[Model, Model, Form]]
    _CreateView = CreateView[Model, Form]
    _UpdateView = UpdateView[Model, Form]

    class _ModelFormView(ModelFormMixin[Model, Form], ProcessFormView): ...
else:
    _ModelFormView, _CreateView, _UpdateView = ModelFormMixin, CreateView, UpdateView


class SubmitMixin(_ModelFormView):
    """Makes Django's `CreateView` or `UpdateView` submit its record to the trees.

    The record, its many-to-many rows and its formsets are saved, and the foreground actions of every tree that they
    fire are done, in one transaction; `Submitted` fires once, after all of them. Then the person gets the next page:
    `waiting_url` if set, else Django's `success_url`. If a foreground action fails or the database can't take it,
    nothing is saved and the form is shown again with the reason and with what was typed.

        class Book(SubmitMixin, CreateView):
            model = Booking
            fields = ["name", "email"]
            formset_classes = {"tickets": inlineformset_factory(Booking, Ticket, fields=["passenger"])}
            waiting_url = "booking-wait"
    """

    formset_classes: ClassVar[Mapping[str, type[BaseInlineFormSet[Any, Any, Any]]]] = {}
    """Inline formsets saved with the record, by the name they have in the template (`formsets.NAME`) and as prefix."""

    object: Any

    waiting_url: str = ""
    """Name of the URL of a `WaitingView` that the person is sent to."""

    waiting_url_kwarg: str = "pk"
    """What that URL calls the record's primary key."""

    remember_in_session: bool = False
    """Let this browser's session watch the record. Always so with a `waiting_url`; set it if another page of yours
    leads to a `WaitingView` or asks `may_watch`."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Submit the form; a database that fails before or after saving still gets the person a clear page."""
        try:
            return super().post(request, *args, **kwargs)
        except DATABASE_TROUBLE:
            return try_again_response(request, trouble_text())

    def form_valid(self, form: Form) -> HttpResponse:
        """Save everything, fire `Submitted` and redirect; or show the form again with what went wrong."""
        formsets = self.get_formsets(form)
        if not all_valid(list(formsets.values())):
            return self.form_invalid(form)
        try:
            record, runs = self._submit(form, formsets)
        except NotSaved as problem:
            return self.form_refused(form, problem)
        self.object = record
        if self.waiting_url or self.remember_in_session:
            remember(self.request, record, timezone.now(), runs)
        return HttpResponseRedirect(self.get_success_url())

    def save(self, form: Form, formsets: Formsets) -> Model:
        """Save the record, its many-to-many rows and its formsets, and return the record.

        Override it to save more in the same transaction, before `Submitted` fires.
        """
        record = form.save()
        for formset in formsets.values():
            formset.save()
        return record

    def form_refused(self, form: Form, problem: NotSaved) -> HttpResponse:
        """Show the form again, with the problem above it and everything typed still in it."""
        form.add_error(None, problem.user_message)
        for each in self._all_forms(form):
            _ask_for_files_again(each)
        if not isinstance(problem, DatabaseTrouble):
            return self.form_invalid(form)
        response = self.form_invalid(form)
        if hasattr(response, "render"):
            # Choices and templates may need the database too: find out here, where another page can still be sent.
            response.render()
        return response

    def get_formsets(self, form: Form) -> Formsets:
        """Return the formsets of this request by name, made once."""
        made: Formsets | None = getattr(self, "_formsets", None)
        if made is None:
            bound: dict[str, Any] = {}
            if self.request.method in {"POST", "PUT"}:
                bound = {"data": self.request.POST, "files": self.request.FILES}
            made = {
                name: formset_class(**bound, instance=form.instance, prefix=name)
                for name, formset_class in self.formset_classes.items()
            }
            self._formsets = made
        return made

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add `formsets`, a dict by name."""
        context = super().get_context_data(**kwargs)
        context.setdefault("formsets", self.get_formsets(context["form"]))
        return context

    def get_success_url(self) -> str:
        """Return the waiting page's address, or Django's success URL if there is none."""
        if self.waiting_url and self.object is not None:
            return reverse(self.waiting_url, kwargs={self.waiting_url_kwarg: self.object.pk})
        return super().get_success_url()

    def _submit(self, form: Form, formsets: Formsets) -> tuple[Model, list[UUID]]:
        created = form.instance._state.adding
        using = router.db_for_write(type(form.instance), instance=form.instance)
        before = Undo([each.instance for each in self._all_forms(form)])
        try:
            with acting_as(getattr(self.request, "user", None)), collecting_runs() as runs, one_transaction(using):
                record = self.save(form, formsets)
                submitted(record, created=created, using=using)
        except BaseException:
            before.undo()
            raise
        return record, runs

    def _all_forms(self, form: Form) -> Iterable[Form]:
        yield form
        for formset in self.get_formsets(form).values():
            yield from formset.forms


class SubmitCreateView(SubmitMixin, _CreateView):
    """Django's `CreateView`, submitting the new record to the trees."""


class SubmitUpdateView(SubmitMixin, _UpdateView):
    """Django's `UpdateView`, submitting the changed record to the trees."""


def _ask_for_files_again(form: Form) -> None:
    """Say beside each chosen file that it must be chosen again: a browser never refills a file field."""
    for name, field in form.fields.items():
        if isinstance(field, FileField) and form.add_prefix(name) in form.files:
            form.add_error(name, _("Please choose the file again."))
