"""Records to choose from: for trying a tree, and for seeing an e-mail as it would be written."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import CharField, Model, Q, TextField
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from meanwhile.studio import access
from meanwhile.studio.errors import EditProblem
from meanwhile.studio.record_links import find, may_see

MOST = 20
LONGEST_TITLE = 120
SEARCHED = 6
"""Text fields that are searched, so that a wide table is not read in vain."""


def records(label: str, search: str = "", *, by: Any) -> list[tuple[str, str]]:
    """Return the latest records of a type whose texts or key fit a search: keys and titles.

    Raises `PermissionDenied` for a person who may not see records of this type.
    """
    model = _model(label, by)
    found = model._default_manager.all()
    if search := search.strip()[:100]:
        found = found.filter(_fits(model, search))
    return [(str(record.pk), title_of(record)) for record in found.order_by("-pk")[:MOST]]


def record(label: str, key: str, *, by: Any) -> Model:
    """Return one record. Raises `EditProblem` if there is none, `PermissionDenied` as above."""
    found = find(_model(label, by), key)
    if found is None:
        raise EditProblem(_("There is no such record any more. Choose another one."))
    return found


def title_of(found: Model) -> str:
    """Return what people read for a record."""
    return Truncator(str(found) or f"#{found.pk}").chars(LONGEST_TITLE)


def _model(label: str, by: Any) -> type[Model]:
    model = access.find_model(label)
    if model is None or not access.is_record_type(label):
        raise EditProblem(_("There is no record type “%(model)s” in the Studio.") % {"model": label})
    if not may_see(by, model):
        text = _("You may not see records of the type “%(model)s”.")
        raise PermissionDenied(text % {"model": model._meta.verbose_name})
    return model


def _fits(model: type[Model], search: str) -> Q:
    texts = [
        field.name
        for field in model._meta.concrete_fields
        if isinstance(field, CharField | TextField) and not access.is_excluded(model, field.name)
    ]
    fitting = Q()
    for name in texts[:SEARCHED]:
        fitting |= Q(**{f"{name}__icontains": search})
    try:
        return fitting | Q(pk=model._meta.pk.to_python(search))
    except ValidationError:  # no key of this type
        return fitting if fitting else Q(pk__in=[])
