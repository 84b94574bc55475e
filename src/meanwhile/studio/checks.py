"""System checks of the Studio: of its settings, and of what it needs (E3xx, W3xx). Each id has an entry in the docs'
reference.

A name that means nothing would be passed over in silence: a record type would be missing from the Studio, or, worse,
a field that is meant to be closed would be open.
"""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any

from django.apps import apps
from django.core.checks import CheckMessage, Error, register
from django.core.checks import Warning as Warn
from django.core.exceptions import ImproperlyConfigured
from django.db.models import Model
from django.utils.translation import gettext as _

from meanwhile import conf
from meanwhile.studio import access

STUDIO_CHECKS = {
    "meanwhile.E301": "STUDIO_MODELS names a model that there is not",
    "meanwhile.E302": "STUDIO_EXCLUDED_FIELDS names what there is not",
    "meanwhile.E303": "the Studio's pages can't load htmx",
    "meanwhile.W301": "STUDIO_MODELS names a model that is closed to the Studio",
}


@register("meanwhile")
def check_studio_settings(**_options: Any) -> list[CheckMessage]:
    """Check the names in ``STUDIO_MODELS`` and ``STUDIO_EXCLUDED_FIELDS`` (E301, E302, W301)."""
    try:
        settings = conf.get()
    except ImproperlyConfigured:
        return []  # E001 tells it
    return [
        *(message for label in settings.studio_models or () for message in _check_model(label)),
        *(message for entry in settings.studio_excluded_fields for message in _check_excluded(entry)),
    ]


def _check_model(label: str) -> Iterator[CheckMessage]:
    model = access.find_model(label)
    if model is None:
        yield Error(
            _("MEANWHILE[“STUDIO_MODELS”] names “%(name)s”, and there is no such model.") % {"name": label},
            hint=_model_hint(label),
            id="meanwhile.E301",
        )
    elif not access.is_open(model):
        yield Warn(
            _("MEANWHILE[“STUDIO_MODELS”] names “%(name)s”, which is closed to the Studio.") % {"name": label},
            hint=_(
                "Models that give people rights, and Meanwhile’s own, are always closed; others are by"
                " STUDIO_EXCLUDED_FIELDS. Take the name out of one of the two settings."
            ),
            id="meanwhile.W301",
        )


def _check_excluded(entry: str) -> Iterator[CheckMessage]:
    label, name = _parts(entry)
    model = access.find_model(label)
    if model is None:
        hint = _model_hint(label)
    elif name is None or name.lower() in {known.lower() for known in _field_names(model)}:
        return
    else:
        hint = _field_hint(model, name)
    yield Error(
        _("MEANWHILE[“STUDIO_EXCLUDED_FIELDS”] names “%(name)s”, which there is not, so nothing is closed by it.")
        % {"name": entry},
        hint=hint,
        id="meanwhile.E302",
    )


def _parts(entry: str) -> tuple[str, str | None]:
    """Return the label of the model and the name of the field; None for an entry that is a model as a whole."""
    app, _dot, rest = entry.partition(".")
    model, dot, name = rest.partition(".")
    return f"{app}.{model}", name if dot else None


def _model_hint(label: str) -> str:
    known = {model._meta.label.lower(): model._meta.label for model in apps.get_models()}
    if found := _likest(label, known):
        return _("Did you mean “%(name)s”?") % {"name": found}
    return _("Write it as app_label.Model, such as “%(name)s”.") % {"name": next(iter(known.values()), "shop.Order")}


def _field_hint(model: type[Model], name: str) -> str:
    # A relation is closed by its name, also for those who write its column.
    names = {known.lower(): known for known in _field_names(model)}
    columns = {f.attname.lower(): f.name for f in model._meta.concrete_fields if f.attname != f.name}
    if found := columns.get(name.lower()) or _likest(name, names):
        return _("Did you mean “%(name)s”?") % {"name": found}
    return _("%(model)s has the fields %(names)s.") % {
        "model": model._meta.label,
        "names": ", ".join(sorted(names.values())),
    }


def _field_names(model: type[Model]) -> list[str]:
    return [field.name for field in model._meta.get_fields()]


def _likest(name: str, known: dict[str, str]) -> str:
    """Return the name that is most like one, empty for none; ``known`` has them by their small letters."""
    found = get_close_matches(name.lower(), known, n=1, cutoff=0.75)
    return known[found[0]] if found else ""
