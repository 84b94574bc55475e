"""What goes over the wire between a page's queue and the endpoint (client actions, "On the wire"). Pure.

A request is one JSON document; an answer is lines of JSON, one for each action as it ends, and a last line that says
that nothing was cut off.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from meanwhile.texts import gettext as _

CONTENT_TYPE: Final = "application/x-ndjson"
END: Final = b'{"end":true}\n'
LONGEST_ID: Final = 200

Lane = Literal["foreground", "background"]

_encode = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode


@dataclass(frozen=True, slots=True)
class Call:
    """One action as a page asks for it."""

    id: str
    action: str
    params: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Batch:
    """The actions of one request, in the order in which they are run."""

    lane: Lane
    calls: tuple[Call, ...]


@dataclass(frozen=True, slots=True)
class Limits:
    """What a request may be at most: actions, bytes, and lists and objects inside one another."""

    actions: int
    body: int
    depth: int


class RequestRefused(Exception):
    """The whole request is refused: ``status`` is the HTTP status, ``code`` what the page's queue goes by."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(status, code, message)
        self.status, self.code, self.message = status, code, message

    def __str__(self) -> str:
        return self.message


def parse(body: bytes, limits: Limits) -> Batch:
    """Return what a request asks for. Unknown keys are ignored. Raises `RequestRefused`."""
    document = read_object(body, limits)
    lane, actions = document.get("lane"), document.get("actions")
    if lane not in ("foreground", "background"):
        raise malformed(_("“lane” must be “foreground” or “background”."))
    if not isinstance(actions, list) or not actions:
        raise malformed(_("“actions” must be a list with at least one action."))
    if len(actions) > limits.actions:
        text = _("The request has %(n)s actions; %(limit)s are allowed.")
        raise RequestRefused(413, "too_large", text % {"n": len(actions), "limit": limits.actions})
    if lane == "background" and len(actions) > 1:
        raise malformed(_("A background request has one action."))
    calls = tuple(map(_call, actions))
    if len({call.id for call in calls}) < len(calls):
        raise malformed(_("Two actions of the request have the same id."))
    return Batch(lane, calls)


def read_object(body: bytes, limits: Limits, *, keys_once: bool = False) -> dict[str, Any]:
    """Return the JSON object that a body is; with ``keys_once``, one in which no key stands twice.

    Raises `RequestRefused` for one that is none, that has NaN or infinity in it, and that is too large or too deep.
    """
    if len(body) > limits.body:
        raise too_large(limits.body)
    document = _document(body, _decode_strictly if keys_once else _decode)
    if body.count(b"{") + body.count(b"[") > limits.depth and _depth_exceeds(document, limits.depth):
        raise RequestRefused(
            413, "too_large", _("The request is nested deeper than %(depth)s levels.") % {"depth": limits.depth}
        )
    if not isinstance(document, dict):
        raise malformed(_("The request must be a JSON object."))
    return document


def success_line(id: str, value: bytes) -> bytes:  # noqa: A002 - the key's name on the wire
    """Return the line of an action that ended well; ``value`` is its result as JSON without line breaks."""
    return b'{"id":%b,"state":"SUCCESS","value":%b}\n' % (_text(id), value)


def error_line(id: str, code: str, message: str, fields: Mapping[str, Sequence[str]] | None = None) -> bytes:  # noqa: A002
    """Return the line of an action that failed; ``fields`` has the texts for each parameter."""
    return _line({"id": id, "state": "ERROR", "error": error(code, message, fields)})


def progress_line(id: str, fraction: float | None, text: str) -> bytes:  # noqa: A002
    """Return the line that tells how far an action is."""
    return _line({"id": id, "progress": fraction, **({"text": text} if text else {})})


def durable_line(id: str, durable: str) -> bytes:  # noqa: A002
    """Return the line of an action that was queued; ``durable`` is by what the page can ask for it."""
    return _line({"id": id, "durable": durable})


def error(code: str, message: str, fields: Mapping[str, Sequence[str]] | None = None) -> dict[str, Any]:
    """Return an error as JSON holds it."""
    return {"code": code, "message": message, **({"fields": dict(fields)} if fields else {})}


def too_large(limit: int) -> RequestRefused:
    """Return the refusal of a body of more bytes than allowed."""
    return RequestRefused(413, "too_large", _("The request is larger than %(limit)s bytes.") % {"limit": limit})


def _line(content: Mapping[str, Any]) -> bytes:
    return _encode(content).encode("ascii") + b"\n"


def _text(value: str) -> bytes:
    return _encode(value).encode("ascii")


def _document(body: bytes, decode: Callable[[str], Any]) -> Any:
    try:
        return decode(body.decode())
    except (ValueError, RecursionError):  # bad UTF-8 and numbers of thousands of digits are ValueErrors, too
        raise malformed(_("The request is not JSON.")) from None


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


def _finite(number: str) -> float:
    value = float(number)
    if math.isinf(value):  # as 1e999 would be, and no answer could tell it
        raise ValueError(number)
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _value in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise malformed(_("The key “%(key)s” is there twice in one object.") % {"key": twice[:100]})
    return found


_decode = json.JSONDecoder(parse_constant=_refuse_constant, parse_float=_finite).decode
_decode_strictly = json.JSONDecoder(
    parse_constant=_refuse_constant, parse_float=_finite, object_pairs_hook=_once
).decode


def _depth_exceeds(document: Any, limit: int) -> bool:
    level = _containers([document])
    for _level in range(limit):
        level = _containers(item for one in level for item in (one.values() if isinstance(one, dict) else one))
        if not level:
            return False
    return bool(level)


def _containers(items: Iterable[Any]) -> list[Any]:
    return [item for item in items if isinstance(item, dict | list)]


def _call(item: Any) -> Call:
    if not isinstance(item, dict):
        raise malformed(_("Each action must be an object."))
    id_, name, params = item.get("id"), item.get("action"), item.get("params")
    if not isinstance(id_, str) or not 0 < len(id_) <= LONGEST_ID:
        raise malformed(_("Each action needs an “id”, a text of 1 to %(n)s characters.") % {"n": LONGEST_ID})
    if not isinstance(name, str):
        raise malformed(_("Each action needs an “action”, the name of what is called."))
    if params is None:
        params = {}
    if not isinstance(params, dict):
        raise malformed(_("“params” must be an object."))
    return Call(id_, name, params)


def malformed(message: str) -> RequestRefused:
    """Return the refusal of a request that can't be understood."""
    return RequestRefused(400, "malformed", message)
