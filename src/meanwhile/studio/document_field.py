"""A model field for tree documents, which come back exactly as they were put in.

PostgreSQL's own JSON type sorts the keys of objects and writes large numbers in another way; the order in which a
person named the fields is part of what they wrote.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.db import models

if TYPE_CHECKING:
    Text = models.TextField[Any, Any]
else:
    Text = models.TextField  # Django's own classes have no parameters when they run


class DocumentField(Text):
    """JSON data as text: key order and numbers are kept."""

    _pyi_private_set_type: Any  # what may be assigned, and what is read: for type checkers
    _pyi_private_get_type: Any

    def from_db_value(self, value: str | None, _expression: Any, _connection: Any) -> Any:
        """Return the data."""
        return None if value is None else json.loads(value)

    def to_python(self, value: Any) -> Any:
        """Return the data; a text is read as JSON, as fixtures have it."""
        return json.loads(value) if isinstance(value, str) else value

    def get_prep_value(self, value: Any) -> Any:
        """Return the text."""
        if value is None:
            return None
        return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))

    def value_to_string(self, obj: models.Model) -> str:
        """Return the text, for fixtures."""
        return str(self.get_prep_value(self.value_from_object(obj)))
