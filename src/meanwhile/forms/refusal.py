"""The answers of a waiting page to those who may not watch, or whose record is gone. They give nothing away."""

from __future__ import annotations

from django.contrib.auth.views import redirect_to_login
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from meanwhile.forms.remembered import submission_of


def refuse(request: HttpRequest, *, as_json: bool) -> HttpResponse:
    """Send an anonymous person to log in; raise `Http404` for anybody else, as if the record didn't exist."""
    user = getattr(request, "user", None)
    if user is None or user.is_authenticated:
        raise Http404(_("There is nothing here to wait for."))
    if as_json:
        return JsonResponse({"phase": "refused"}, status=403)
    return redirect_to_login(request.get_full_path())


def missing(
    request: HttpRequest, model: type[Model], pk: object, template: str, base_template: str
) -> HttpResponse | None:
    """Tell the person who submitted a record that it is gone; return None for a person who never did."""
    if submission_of(request, model, pk) is None:
        return None
    context = {"base_template": base_template, "verbose_name": model._meta.verbose_name}
    return HttpResponse(render_to_string(template, context, request), status=404)
