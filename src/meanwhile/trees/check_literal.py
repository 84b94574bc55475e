"""Does a literal fit a field? Asked without the database."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _

from meanwhile.actions.assignment import convert, field_to_set
from meanwhile.exceptions import ValueProblem, shortened


def literal_problem(model: Any, name: str, literal: Any) -> str:
    """Return why a field can't be set to a literal, empty if it can. Whether a related record exists is left open."""
    field = field_to_set(model, name)
    try:
        if field.many_to_many:
            for key in literal if isinstance(literal, list) else [literal]:
                _as_key(field, key)
        elif isinstance(field, models.ForeignKey) and literal is not None:
            _as_key(field, literal)
        else:
            convert(model, field, literal)
    except ValueProblem as problem:
        return problem.expected
    except (ValidationError, ValueError, TypeError):
        return _("%(literal)s is no key of a %(model)s") % {
            "literal": shortened(literal),
            "model": field.related_model._meta.label,
        }
    return ""


def comparison_problem(field: Any, literal: Any, exactly: bool) -> str:
    """Return why a field can never hold a literal that it is compared with; ``exactly`` looks at choices, too."""
    if literal is None or not hasattr(field, "to_python"):
        return ""
    try:
        value = field.target_field.to_python(literal) if field.is_relation else field.to_python(literal)
    except (ValidationError, ValueError, TypeError, ArithmeticError):
        return _("%(literal)s is no value of this field") % {"literal": shortened(literal)}
    choices = [choice for choice, _label in getattr(field, "flatchoices", None) or ()]
    if exactly and choices and value not in choices and value != "":
        return _("%(literal)s is not among its choices") % {"literal": shortened(literal)}
    return ""


def _as_key(field: Any, key: Any) -> None:
    if isinstance(key, (bool, dict, list)):
        raise TypeError(key)
    field.related_model._meta.pk.to_python(key) if field.many_to_many else field.target_field.to_python(key)
