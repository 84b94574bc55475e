"""Records and people to choose from: for fixed values, for trying a tree, for seeing an e-mail as it would be written.

Who may not see the records of a type is told of none; fields that are closed to the Studio are not searched.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import CharField, Model, Q, QuerySet, TextField
from django.utils.formats import number_format
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from meanwhile import conf
from meanwhile.actions.mailing import has_groups
from meanwhile.queue import sql
from meanwhile.studio import access
from meanwhile.studio.errors import EditProblem, TimeIsUp
from meanwhile.studio.record_links import find, key_of, may_see
from meanwhile.studio.taken_back import reading
from meanwhile.studio.time_limit import limited

MOST = 20
MOST_NAMED = 50
MOST_TITLES = 300
LONGEST_TITLE = 120
SEARCHED = 6
"""Text fields that are searched, so that a wide table is not read in vain."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What can be chosen: keys and titles. ``note`` says so where not all there is was looked through."""

    found: list[tuple[str, str]]
    note: str = ""


def records(label: str, search: str = "", *, by: Any) -> Offer:
    """Return the latest records of a type whose texts or key fit a search.

    However large the table is, the latest ``STUDIO_MATCHING_ROWS`` are searched, and of all others the keys and the
    fields with an index, for exactly the text. Where none fits, the title may be put together of several fields: those
    of the latest records are looked through. It takes at most ``STUDIO_TRY_SECONDS``.

    Raises `PermissionDenied` for a person who may not see records of this type.
    """
    model, search = _model(label, by), _searched(search)
    return _offered(model, search, _records(model, search))


def _records(model: type[Model], search: str) -> Iterator[tuple[str, str]]:
    latest = model._default_manager.order_by("-pk")
    none = True
    for record in _fitting(model, search, latest):
        none = False
        yield str(record.pk), title_of(record)
    if none and search and not access.has_excluded(model):  # a title may tell what is in a closed field
        titles = ((str(record.pk), title_of(record)) for record in latest[:MOST_TITLES])
        yield from ((key, title) for key, title in titles if search.casefold() in title.casefold())


def _fitting(model: type[Model], search: str, latest: QuerySet[Any], **only: Any) -> Iterator[Any]:
    """Yield records that are exactly what is searched, found by an index, then of the latest those that contain it.

    ``only`` says which of them can be chosen at all: others take nobody's place.
    """
    if not search:
        yield from latest.filter(**only)[:MOST]
        return
    seen = set()
    bound = latest.values("pk")[: conf.get().studio_matching_rows]
    for some in (latest.filter(_exactly(model, search)), latest.filter(pk__in=bound).filter(_contains(model, search))):
        for one in some.filter(**only)[:MOST]:
            if one.pk not in seen:
                seen.add(one.pk)
                yield one


def _offered(model: type[Model], search: str, look: Iterator[tuple[str, str]]) -> Offer:
    """Look for something within the time that there is, and say where not everything was looked through."""
    settings, using = conf.get(), model._default_manager.db
    rows = settings.studio_matching_rows
    found: list[tuple[str, str]] = []
    try:
        with reading(using), limited(settings.studio_try_seconds, using=using):
            for one in islice(look, MOST):
                found.append(one)  # noqa: PERF402 - what was found before the time was up is kept
            more = bool(search) and model._default_manager.order_by("-pk").values("pk")[rows : rows + 1].exists()
    except TimeIsUp as error:
        return Offer(found, f"{error} {_('Write the key of a record to find it.')}")
    if not more:
        return Offer(found)
    text = _("Only the latest %(number)s were searched. An older one is found by its key.")
    return Offer(found, text % {"number": number_format(rows, force_grouping=True)})


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


def users(search: str = "", *, by: Any) -> Offer:
    """Return active users whose name or address fits a search: user names and titles. Raises `PermissionDenied`."""
    model: Any = get_user_model()
    _may_see(by, model)
    search = _searched(search)
    only = {"is_active": True} if any(one.name == "is_active" for one in model._meta.concrete_fields) else {}
    fitting = _fitting(model, search, model._default_manager.order_by("-pk"), **only)
    active = ((one.get_username(), _person(one)) for one in fitting if getattr(one, "is_active", True))
    return _offered(model, search, active)


def groups(search: str = "", *, by: Any) -> Offer:
    """Return the groups whose name fits a search; none where users have no groups. Raises as above."""
    if not has_groups(get_user_model()):
        return Offer([])
    model: Any = get_user_model()._meta.get_field("groups").related_model
    _may_see(by, model)
    found = model._default_manager.filter(name__icontains=_searched(search)).order_by("name")[:MOST]
    return Offer([(one.name, one.name) for one in found])


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


def _contains(model: type[Model], search: str) -> Q:
    fitting = Q(pk__in=[])
    for field in _texts(model)[:SEARCHED]:
        fitting |= Q(**{f"{field.name}__icontains": search})
    return fitting


def _exactly(model: type[Model], search: str) -> Q:
    """Return what an index finds in a table of any size: the key, and texts that are unique or indexed."""
    fitting = Q(pk__in=[])
    for field in _texts(model)[:SEARCHED]:
        if field.unique or field.db_index:
            fitting |= Q(**{field.name: search})
    for read in (
        model._meta.pk.to_python,
        partial(key_of, model),
    ):  # one of several fields reads JSON, or as it is shown
        try:
            return fitting | Q(pk=read(search))
        except (ValidationError, ValueError, TypeError):  # no key of this type
            continue
    return fitting


def _texts(model: type[Model]) -> list[Any]:
    return [
        field
        for field in model._meta.concrete_fields
        if isinstance(field, CharField | TextField) and not access.is_excluded(model, field.name)
    ]
