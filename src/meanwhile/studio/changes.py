"""What an event changed, field by field, as a run keeps it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from meanwhile.studio.access import find_model, is_excluded
from meanwhile.trees.field_wording import Naming
from meanwhile.trees.models import Run

LONGEST = 500
MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d")


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """One field: its ``name``, what people read for it (``label``), and its values as text."""

    name: str
    label: str
    old: str
    new: str


def rows_of_changes(run: Run) -> list[ChangeRow]:
    """Return what the event of a run changed, without fields that are closed to the Studio; a value that was too
    long to be kept is said to be. A field that was and is empty is left out."""
    old, new = run.changes.get("old", {}), run.changes.get("new", {})
    model = find_model(run.model)
    naming = Naming(run.model)
    names = {name for side in (old, new) for part in ("values", "cut") for name in side.get(part, ())}
    rows = [
        ChangeRow(name, naming.field(name), _value(old, name), _value(new, name))
        for name in sorted(names)
        if model is None or not is_excluded(model, name)
    ]
    return [row for row in rows if row.old or row.new]


def _value(side: Mapping[str, Any], name: str) -> str:
    if name in side.get("cut", ()):
        return _("(too long to be kept)")
    if name not in side.get("values", {}):
        return ""
    value = side["values"][name]
    if value in (None, ""):
        return ""
    if isinstance(value, bool):
        return str(_("yes") if value else _("no"))
    if isinstance(value, str) and MOMENT.match(value) and (moment := parse_datetime(value)) is not None:
        return date_format(timezone.localtime(moment) if timezone.is_aware(moment) else moment, "SHORT_DATETIME_FORMAT")
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, cls=DjangoJSONEncoder)
    return Truncator(text).chars(LONGEST)
