"""A tree as one document: built in Python, written and read as JSON. Pure."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Annotated, Any, ClassVar, Self

from pydantic import AfterValidator, StrictBool, StringConstraints, ValidationError, model_validator

from meanwhile.exceptions import TreeDocumentError, UnknownNode
from meanwhile.parts import Part, problems_of, python_only
from meanwhile.texts import gettext as _
from meanwhile.trees import nodes
from meanwhile.trees.events import AnyEvent, Event
from meanwhile.trees.limits import Limits, problems_before_reading
from meanwhile.trees.nodes import AnyNode, Nodes
from meanwhile.trees.registry import collect

FORMAT = 1
"""The number of the JSON format, stored under the key ``meanwhile``."""


def _not_blank(name: str) -> str:
    if not name.strip():
        raise ValueError(_("needs a text"))
    return name


def _is_key(key: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]*", key):
        raise ValueError(_("needs a key of small letters, digits, “-” and “_”, such as “booking-received”"))
    return key


class EventTree(Part):
    """A tree: what happens (``do``) when something happened (``on``).

    ``key`` names it in the whole project, by default after ``name``. ``reentrant`` lets it fire for the changes that
    its own run makes. Building one in a ``trees.py`` of an installed app registers it.

        EventTree("Booking received", on=Created(Booking), do=[UpdateField(status="received")])

    Raises `TreeDocumentError` with every problem that can be seen without the project's models; ``manage.py check``
    finds the others.
    """

    tag: ClassVar[str] = ""

    name: Annotated[str, StringConstraints(max_length=200), AfterValidator(_not_blank)]
    key: Annotated[str, StringConstraints(max_length=100), AfterValidator(_is_key)]
    description: Annotated[str, StringConstraints(max_length=10_000)] = ""
    on: Event
    do: Nodes = ()
    reentrant: StrictBool = False
    enabled: StrictBool = True

    @python_only
    def __init__(self, name: str, /, on: AnyEvent, do: Any = (), **options: Any) -> None:
        data = {"name": name, "on": on, "do": do, **options}
        if problems := problems_before_reading(data):
            raise TreeDocumentError(problems)
        self._fill({**data})
        collect(self)

    @model_validator(mode="before")
    @classmethod
    def _has_a_key(cls, data: Any) -> Any:
        if isinstance(data, dict) and not data.get("key") and isinstance(data.get("name"), str):
            return {**data, "key": key_of(data["name"])}
        return data

    def as_json(self) -> dict[str, Any]:
        """Return the document as JSON data: the format, then what differs from the defaults, in a stable order."""
        return {"meanwhile": FORMAT, **super().as_json()}

    def to_json(self) -> str:
        """Return the document as text, to keep in a file or move to another project."""
        return json.dumps(self.as_json(), indent=2, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str | bytes, limits: Limits | None = None) -> Self:
        """Read a document; in a ``trees.py`` that also registers it, as building a tree there does.

        Raises `TreeDocumentError` with all problems, and nothing else whatever the text is.
        """
        tree = cls.from_document(_parsed(text), limits or Limits())
        collect(tree)
        return tree

    @classmethod
    def from_document(cls, document: Any, limits: Limits | None = None) -> Self:
        """Read a document from JSON data; without ``limits``, one that was stored is read whatever its size.

        Raises `TreeDocumentError` with all problems.
        """
        if not isinstance(document, dict):
            raise TreeDocumentError([("", _("A tree document is a JSON object, and this is none."))])
        content = {key: value for key, value in document.items() if key != "meanwhile"}
        problems = list(_problems_of_format(document))
        if unreadable := problems_before_reading(content, limits):
            raise TreeDocumentError([*problems, *unreadable])
        try:
            tree = cls.model_validate(content)
        except ValidationError as error:
            raise TreeDocumentError([*problems, *problems_of(error, content)]) from None
        if problems:
            raise TreeDocumentError(problems)
        return tree

    @cached_property
    def content_hash(self) -> str:
        """The SHA-256, in hexadecimal digits, of what the tree means: all of it but ``description`` and ``enabled``."""
        content = {key: value for key, value in self.as_json().items() if key not in {"description", "enabled"}}
        canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        return hashlib.sha256(canonical.encode()).hexdigest()

    def walk(self) -> Iterator[tuple[str, AnyNode]]:
        """Yield (path, node) of all nodes, in the order in which people read them."""
        return nodes.walk(self.do)

    def node_at(self, path: str) -> AnyNode:
        """Return the node at a path such as ``0``, ``1.0`` or ``2.then.0``. Raises `UnknownNode`."""
        below: Mapping[str, tuple[AnyNode, ...]] = {"": self.do}
        node: AnyNode | None = None
        branch = ""
        for part in path.split("."):
            if not part.isdecimal():
                branch = part
                continue
            children = below.get(branch, ())
            if int(part) >= len(children):
                raise UnknownNode(self.key, path)
            node, branch = children[int(part)], ""
            below = nodes.branches(node)
        if node is None or branch:
            raise UnknownNode(self.key, path)
        return node

    def __copy__(self) -> Self:
        copy = super().__copy__()
        copy.__dict__.pop("content_hash", None)  # a copy is made to be changed
        return copy


def key_of(name: str) -> str:
    """Return the key that follows from a name: ``Booking received`` → ``booking-received``; empty if none does."""
    ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", ascii_name).strip("-")[:100].rstrip("-")


def _parsed(text: str | bytes) -> Any:
    twice: list[str] = []

    def as_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            keys = [key for key, _value in pairs]
            twice.extend(sorted({key for key in keys if keys.count(key) > 1}))
        return found

    try:
        document = json.loads(text, object_pairs_hook=as_object, parse_constant=_no_constant)
    except RecursionError:
        raise TreeDocumentError([("", _("The document is nested too deep."))]) from None
    except (ValueError, TypeError) as error:
        raise TreeDocumentError([("", _("The text is no JSON: %(error)s.") % {"error": error})]) from None
    if twice:
        raise TreeDocumentError(
            [("", _("The key “%(key)s” is there twice in one object.") % {"key": key}) for key in twice]
        )
    return document


def _no_constant(name: str) -> Any:
    raise ValueError(_("%(name)s is no JSON") % {"name": name})


def _problems_of_format(document: dict[str, Any]) -> Iterator[tuple[str, str]]:
    number = document.get("meanwhile")
    if type(number) is int and number == FORMAT:
        return
    if number is None:
        text = _("is missing: the number of the format, %(format)s")
    else:
        text = _(
            "is the format %(number)s, and only %(format)s can be read here; update Meanwhile, or export the tree anew"
        )
    yield "meanwhile", text % {"number": json.dumps(number)[:50], "format": FORMAT}
