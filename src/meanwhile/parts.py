"""What every part of a tree document has in common: frozen, strict, and stored with its kind first.

Pure: documents are read, checked and written without Django.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict, SerializerFunctionWrapHandler, ValidationError, model_serializer

from meanwhile.exceptions import TreeDocumentError
from meanwhile.refusals import refusal, refusal_of_lazy
from meanwhile.texts import gettext as _

TAGS = ("kind", "value", "test", "at", "event", "recipients")
"""The keys that say of a JSON object which part it is: node, value, condition, moment, event, recipients."""


Constructor = TypeVar("Constructor", bound=Callable[..., None])


class Part(BaseModel):
    """A part of a tree document.

    A subclass names in ``tag`` the field that tells it from its siblings, if it has any. Building one in Python raises
    `TreeDocumentError` with every problem; validating JSON collects the same problems with their place.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, protected_namespaces=())

    tag: ClassVar[str] = "kind"

    def __init__(self, /, **data: Any) -> None:
        self._fill(data)

    # Tells pydantic that JSON objects go straight to the fields: the conveniences of a constructor (positional
    # arguments, names of model fields as keywords) are for Python alone, and an unknown key in JSON is an error.
    __init__.__pydantic_base_init__ = True  # type: ignore[attr-defined]

    def _fill(self, data: dict[str, Any]) -> None:
        """Validate and set the fields; every constructor ends here."""
        try:
            BaseModel.__init__(self, **data)
        except ValidationError as error:
            raise TreeDocumentError(problems_of(error, data, type(self).__name__)) from None

    @model_serializer(mode="wrap")
    def _kind_first(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {self.tag: getattr(self, self.tag), **handler(self)} if self.tag else handler(self)

    def as_json(self) -> dict[str, Any]:
        """Return the part as it is stored: its kind first, then what differs from the defaults, in a stable order."""
        return self.model_dump(mode="json", exclude_defaults=True)


def python_only(init: Constructor) -> Constructor:
    """Mark a constructor of a `Part` as one for Python code, which JSON objects don't go through."""
    init.__pydantic_base_init__ = True  # type: ignore[attr-defined]
    return init


def problems_of(error: ValidationError, data: Any, prefix: str = "") -> list[tuple[str, str]]:
    """Return (path, text) for every error, with paths as they are in ``data``: ``do.1.do.0.set.status``."""
    problems = []
    for item in error.errors(include_url=False):
        place, known = _path_in(data, item["loc"])
        path = ".".join([prefix, *place] if prefix else place)
        text = refusal_of_lazy(item["input"]) or _text(item["type"], item["msg"], item.get("ctx", {}), known)
        problems.append((path, text))
    return list(dict.fromkeys(problems))


def _path_in(data: Any, loc: tuple[int | str, ...]) -> tuple[list[str], bool]:
    """Leave out of pydantic's location the names of union members, which are no keys of the document."""
    path: list[str] = []
    found, fresh = True, True
    for step in loc:
        if fresh and isinstance(data, dict) and step in {data.get(tag) for tag in TAGS if _is_text(data.get(tag))}:
            fresh = False
            continue
        if step == "[key]" and not _below(data, step)[1]:
            continue  # pydantic's word for the key itself
        path.append(str(step))
        data, found = _below(data, step)
        fresh = True
    return path, found


def _below(data: Any, step: int | str) -> tuple[Any, bool]:
    if isinstance(data, dict):
        return data.get(step), step in data
    if isinstance(data, (list, tuple)) and isinstance(step, int) and step < len(data):
        return data[step], True
    return None, False


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _text(kind: str, message: str, facts: dict[str, Any], found: bool) -> str:
    match kind:
        case "missing":
            return _("is missing")
        case "extra_forbidden":
            return _("is no key that is known here")
        case "union_tag_not_found":
            return _("must be an object that says its %(tag)s") % {"tag": _tag(facts)}
        case "union_tag_invalid":
            return _("unknown %(tag)s “%(given)s”; known are %(known)s") % {
                "tag": _tag(facts),
                "given": facts.get("tag", ""),
                "known": str(facts.get("expected_tags", "")).replace("'", ""),
            }
        case "tuple_type" | "list_type":
            return _("must be a list")
        case "model_attributes_type" | "model_type":
            return _("must be an object")
        case "value_error":
            return str(facts.get("error", message))
        case _ if words := refusal(kind, facts):
            return words
        case _ if found:
            return message[:1].lower() + message[1:]
        case _:
            return message


def _tag(facts: dict[str, Any]) -> str:
    return str(facts.get("discriminator", "kind")).replace("'", "")
