"""Records and people to choose from: for fixed values, for trying a tree, for seeing an e-mail as it would be written.

Who may not see the records of a type is told of none; fields that are closed to the Studio are not searched.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import CharField, Model, Q, TextField
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from meanwhile.actions.mailing import has_groups
from meanwhile.queue import sql
from meanwhile.studio import access
from meanwhile.studio.errors import EditProblem
from meanwhile.studio.record_links import find, may_see

MOST = 20
MOST_NAMED = 50
MOST_TITLES = 300
LONGEST_TITLE = 120
SEARCHED = 6
"""Text fields that are searched, so that a wide table is not read in vain."""


def records(label: str, search: str = "", *, by: Any) -> list[tuple[str, str]]:
    """Return the latest records of a type whose texts or key fit a search: keys and titles.

    Where none does, the title may be put together of several fields: those of the latest records are looked through.
    Raises `PermissionDenied` for a person who may not see records of this type.
    """
    model, search = _model(label, by), _searched(search)
    latest = model._default_manager.order_by("-pk")
    found = [(str(record.pk), title_of(record)) for record in latest.filter(_fits(model, search))[:MOST]]
    if found or not search or access.has_excluded(model):  # a title may tell what is in a closed field
        return found
    titles = ((str(record.pk), title_of(record)) for record in latest[:MOST_TITLES])
    return [(key, title) for key, title in titles if search.casefold() in title.casefold()][:MOST]


def record(label: str, key: str, *, by: Any) -> Model:
    """Return one record. Raises `EditProblem` if there is none, `PermissionDenied` as above."""
    found = find(_model(label, by), key)
    if found is None:
        raise EditProblem(_("There is no such record any more. Choose another one."))
    return found


def names(label: str, keys: Sequence[str], *, by: Any) -> dict[str, str]:
    """Return what people read for the records of these keys, by key, without those that are gone. Raises as above."""
    model = _model(label, by)
    found = ((key, find(model, key)) for key in keys[:MOST_NAMED])
    return {key: title_of(one) for key, one in found if one is not None}


def users(search: str = "", *, by: Any) -> list[tuple[str, str]]:
    """Return active users whose name or address fits a search: user names and titles. Raises `PermissionDenied`."""
    model: Any = get_user_model()
    _may_see(by, model)
    found = model._default_manager.filter(_fits(model, _searched(search)))
    active = [one for one in found.order_by(model.USERNAME_FIELD)[:MOST] if getattr(one, "is_active", True)]
    return [(one.get_username(), _person(one)) for one in active]


def groups(search: str = "", *, by: Any) -> list[tuple[str, str]]:
    """Return the groups whose name fits a search; none where users have no groups. Raises as above."""
    if not has_groups(get_user_model()):
        return []
    model: Any = get_user_model()._meta.get_field("groups").related_model
    _may_see(by, model)
    found = model._default_manager.filter(name__icontains=_searched(search)).order_by("name")[:MOST]
    return [(one.name, one.name) for one in found]


def title_of(found: Model) -> str:
    """Return what people read for a record."""
    return Truncator(str(found) or f"#{found.pk}").chars(LONGEST_TITLE)


def _searched(text: str) -> str:
    return sql.text(text, 100).strip()


def _person(user: Any) -> str:
    name, full = user.get_username(), str(getattr(user, "get_full_name", str)()).strip()
    return f"{full} ({name})" if full and full != name else name


def _model(label: str, by: Any) -> type[Model]:
    model = access.find_model(label)
    if model is None or access.closed_model(model):
        raise EditProblem(_("There is no record type “%(model)s” in the Studio.") % {"model": label})
    _may_see(by, model)
    return model


def _may_see(by: Any, model: type[Model]) -> None:
    if not may_see(by, model):
        text = _("You may not see records of the type “%(model)s”.")
        raise PermissionDenied(text % {"model": model._meta.verbose_name})


def _fits(model: type[Model], search: str) -> Q:
    if not search:
        return Q()
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
