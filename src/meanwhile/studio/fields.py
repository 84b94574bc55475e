"""The fields of record types, as pickers offer them: without secrets and without what is closed to the Studio."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Model

from meanwhile.studio import access, places
from meanwhile.trees.check_models import facts_of
from meanwhile.trees.condition_wording import operator_in_words
from meanwhile.trees.field_wording import name_of

TEXT, NUMBER, FLOAT, YES_NO, DATE, MOMENT, TIME, DURATION, RELATION, JSON, OTHER = (
    "text", "number", "float", "yes_no", "date", "datetime", "time", "duration", "relation", "json", "other",
)  # fmt: skip
"""Types of fields, as far as controls differ: a ``number`` may be a decimal, which JSON holds as text; a ``float`` is
a number there, too."""

MOST_CHOICES = 200

EQUALITY = ("==", "!=")
SETS = ("in", "not_in", "empty", "not_empty")
ORDER = ("<", "<=", ">", ">=", "between")
TEXTS = ("contains", "icontains", "startswith", "endswith")


@dataclass(frozen=True, slots=True)
class FieldChoice:
    """A field that can be chosen. ``relation`` is the label of the model behind it, ``many`` if it leads to several."""

    name: str
    label: str
    type: str
    relation: str = ""
    many: bool = False
    settable: bool = True
    null: bool = False
    required: bool = False
    choices: tuple[tuple[Any, str], ...] = ()


def fields_of(label: str) -> list[FieldChoice]:
    """Return the fields and relations of a model, given as ``app_label.Model``, in the order of the model."""
    model = access.find_model(label)
    if model is None or not access.is_open(model):
        return []
    return [_choice(field) for field in model._meta.get_fields() if _is_offered(model, field)]


def field_at(label: str, path: str) -> FieldChoice | None:
    """Return the field at the end of a path from a model; None for none, and where anything on the way is closed."""
    model = access.find_model(label)
    *above, name = path.split(".")
    if above:
        closed, model = access.follow(model, above)
        if closed:
            return None
    field = access.field_named(model, name) if model is not None else None
    return _choice(field) if model is not None and field is not None and _is_offered(model, field) else None


def names_before(document: Mapping[str, Any], path: str) -> dict[str, str]:
    """Return the records that Create Records before a node have made and named: name to label of the model."""
    made: dict[str, str] = {}
    for place in places.nodes_of(document):
        if place.path == path:
            break
        name, model = place.node.get("name"), place.node.get("model")
        if place.node.get("kind") == "create_record" and isinstance(name, str) and name and isinstance(model, str):
            made[name] = model
    return made


def operators_for(type: str) -> list[tuple[str, str]]:  # noqa: A002 - as in `FieldChoice`
    """Return the operators that fit a type of field, with their words."""
    fitting: tuple[str, ...] = (*EQUALITY, *SETS)
    if type in {TEXT, NUMBER, FLOAT, DATE, MOMENT, TIME, DURATION}:
        fitting = (*fitting, *ORDER)
    if type == TEXT:
        fitting = (*fitting, *TEXTS)
    if type == YES_NO:
        fitting = EQUALITY
    return [(op, operator_in_words(op)) for op in fitting]


def _is_offered(model: type[Model], field: Any) -> bool:
    if access.is_excluded(model, field.name) or (field.auto_created and field.is_relation and field.concrete):
        return False
    related = field.related_model if field.is_relation else None
    if field.is_relation and (related is None or isinstance(related, str) or access.closed_model(related)):
        return False
    return not (field.auto_created and not field.concrete and not field.one_to_many and not field.one_to_one)


def _choice(field: Any) -> FieldChoice:
    facts = facts_of(field)
    return FieldChoice(
        name=field.name,
        label=name_of(field),
        type=_type(facts.type_name, bool(facts.relation)),
        relation=facts.relation,
        many=facts.many,
        settable=facts.settable,
        null=facts.null,
        required=facts.settable and not getattr(field, "blank", True) and not field.has_default(),
        choices=tuple(
            (value, str(label)) for value, label in (getattr(field, "flatchoices", None) or ())[:MOST_CHOICES]
        ),
    )


def _type(name: str, is_relation: bool) -> str:
    if is_relation:
        return RELATION
    if known := BY_NAME.get(name):
        return known
    if "Integer" in name or name.endswith("AutoField"):
        return NUMBER
    texts = ("Char", "Text", "Slug", "URL", "Email", "FilePath", "File", "Image", "UUID", "GenericIPAddress")
    return TEXT if name.startswith(texts) else OTHER


BY_NAME: Mapping[str, str] = {
    "BooleanField": YES_NO,
    "DateField": DATE,
    "DateTimeField": MOMENT,
    "TimeField": TIME,
    "DurationField": DURATION,
    "DecimalField": NUMBER,
    "FloatField": FLOAT,
    "JSONField": JSON,
}
"""Types of those of Django's fields whose name says no more."""
