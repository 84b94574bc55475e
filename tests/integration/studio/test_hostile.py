"""What an editor could send to take the server down: each gets an answer, soon, and loses nothing."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from meanwhile.studio import drafts
from meanwhile.studio.models import StudioTree
from tests.integration.studio.calling import call, may_see_records, said
from tests.integration.studio.conftest import MAIL, SET_STATUS, fill
from tests.shop.models import Booking

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls("tests.integration.studio.urls")]

REFUSED = {"user_error", "invalid", "too_large", "malformed", "not_found"}

SOON = 12.0
"""Seconds that no answer may take, on a machine that does much else; what is not bounded takes minutes."""

LONG = "x" * 9_000


@pytest.fixture(autouse=True)
def _quickly(settings: Any) -> None:
    settings.MEANWHILE = {**settings.MEANWHILE, "STUDIO_TRY_SECONDS": 2, "STUDIO_MATCHING_SECONDS": 1}


@pytest.fixture
def editor(person: Callable[..., Any]) -> Client:
    client = Client(raise_request_exception=True)
    client.force_login(may_see_records(person("view", "edit", "publish")))
    return client


class Soon:
    """The body takes less than `SOON`."""

    def __enter__(self) -> None:
        self._began = time.monotonic()

    def __exit__(self, *_error: object) -> None:
        assert time.monotonic() - self._began < SOON


GROWING = {
    "nested loops over literals": f"{{% for a in '{LONG}' %}}{{% for b in '{LONG}' %}}x{{% endfor %}}{{% endfor %}}",
    "loops that make nothing": f"{{% for a in '{LONG}' %}}{{% for b in '{LONG}' %}}{{% endfor %}}{{% endfor %}}",
    "loops over what a filter made": "{% for a in event.changed|join:'x'|make_list|default:'"
    + LONG
    + "' %}{% endfor %}",
    "a long body": "{% for a in '" + LONG + "' %}" + "y" * 10_000 + "{% endfor %}",
    "ranges": "{% for a in ''|center:'99999999'|make_list %}{% for b in ''|ljust:'99999999' %}{% endfor %}{% endfor %}",
    "center": '{{ record.name|center:"99999999" }}',
    "ljust": "{{ record.name|ljust:999999999 }}",
    "rjust": "{{ record.name|rjust:'9999999999999999999999' }}",
    "stringformat": "{{ record.name|stringformat:'999999999s' }}",
    "stringformat by another": "{{ 5|stringformat:record.name }}",
    "floatformat": "{{ 1|floatformat:99999999 }}",
    "addslashes": "{{ '\\\\'" + "|addslashes" * 200 + " }}",
    "urlize": "{{ 'http://a.example http://b.example'" + "|urlize" * 200 + " }}",
    "join": "{{ 'xxxxxxxxxxxxxxxxxxxx'" + "|make_list|join:'xxxxxxxxxxxxxxxxxxxx'" * 6 + " }}",
    "slugify": "{{ '" + "- " * 9_000 + "'|slugify|slugify|title|linebreaks|striptags }}",
    "truncating": "{{ '" + "<a " * 6_000 + "'|truncatechars_html:9999999|truncatewords_html:99999 }}",
    "too deep": "{% if 1 %}" * 900 + "{% endif %}" * 900,
    "too deep a condition": "{% if " + "not " * 4_000 + "1 %}{% endif %}",
    "too many conditions": "{% if " + "1 or " * 3_900 + "1 %}{% endif %}",
    "a number": "{{ " + "9" * 15_000 + " }}",
    "a huge number": "{{ 1e999999999|floatformat:2 }}",
    "too many filters": "{{ record.name" + "|upper" * 3_000 + " }}",
    "regroup": "{% regroup '" + LONG + "'|make_list by upper as found %}{{ found }}",
    "a method": "{{ record.name.upper }}",
    "too long": "x" * 400_000,
    "nothing of it closed": "{% if %}{{ {% for",
}


@pytest.mark.parametrize("text", GROWING.values(), ids=GROWING)
def test_a_template_is_answered_soon_in_the_preview_and_in_a_trial(
    editor: Client, booking: Booking, tree: StudioTree, text: str
) -> None:
    # Put there by hand: the editor's own calls are bounded, too.
    to = [{"recipients": "addresses", "addresses": "a@example.com"}]
    fill(tree, {**MAIL, "to": to, "subject": "x", "body": text})
    with Soon():
        answer = json.loads(
            said(editor, "preview_mail", tree=tree.key, path="0", record=str(booking.pk)).splitlines()[0]
        )
    if answer["state"] == "SUCCESS":
        assert len(answer["value"]["body"]) <= 1_000_000
    else:
        assert answer["error"]["code"] == "user_error"
    with Soon():
        response = editor.post(f"/studio/trees/{tree.key}/try/", {"record": booking.pk})
    assert response.status_code in {200, 422}
    with Soon():
        assert editor.get(f"/studio/trees/{tree.key}/").status_code == 200


IS = {"test": "is", "field": "name", "op": "==", "to": {"value": "literal", "literal": "x"}}


def nested(depth: int) -> Any:
    condition: Any = IS
    for _ in range(depth):
        condition = {"test": "not", "of": condition}
    return condition


def counted(lookup: str, value: Any, of: str = "tickets", number: int = 1) -> dict[str, Any]:
    where = {lookup: {"value": "literal", "literal": value}}
    return {"test": "count", "of": of, "op": ">", "number": number, "where": where}


CONDITIONS = {
    "deep": nested(5_000),
    "rather deep": nested(60),
    "wide": {"test": "any", "of": [IS] * 20_000},
    "a million literals": {**IS, "op": "in", "to": {"value": "literal", "literal": [1] * 200_000}},
    "a long literal": {**IS, "op": "contains", "to": {"value": "literal", "literal": "x" * 900_000}},
    "a template that grows": {**IS, "to": {"value": "template", "template": GROWING["addslashes"]}},
    "a template of loops": {**IS, "to": {"value": "template", "template": GROWING["nested loops over literals"]}},
    "a pattern": counted("name__regex", "(a|a)*$", of="shop.Booking"),
    "many joins": counted("__".join(["booking__tickets"] * 20), 1),
    "a strange lookup": counted("passenger__nothing__at__all", 1),
    "a list for a number": counted("pk", [[[]]]),
    "a huge number": counted("pk", 10**30, number=10**30),
    "a huge number of the record": {**IS, "field": "pk", "to": {"value": "literal", "literal": 10**400}},
    "not a number": {**IS, "field": "price", "op": ">", "to": {"value": "literal", "literal": "NaN"}},
    "nul": {**IS, "op": "contains", "to": {"value": "literal", "literal": "\0"}},
    "half a letter": counted("passenger", "\ud800"),
    "nul in a lookup": counted("passenger", "a\0b"),
}


@pytest.mark.parametrize("condition", CONDITIONS.values(), ids=CONDITIONS)
def test_a_condition_is_answered_soon(editor: Client, booking: Booking, tree: StudioTree, condition: Any) -> None:
    booking.name = "a" * 60 + "!"
    booking.save()
    Booking.objects.bulk_create([Booking(name=f"Ada {number}") for number in range(300)])
    with Soon():
        answer = call(editor, "matching", tree=tree.key, condition=_json(condition))
    assert isinstance(answer, dict) or answer in REFUSED, answer
    node = {"kind": "if", "condition": condition, "then": [SET_STATUS]}
    with Soon():
        operation = _json({"op": "insert", "at": "0", "node": node})
        answer = call(editor, "edit", tree=tree.key, operation=operation, revision=1)
    assert isinstance(answer, dict) or answer in REFUSED, answer
    with Soon():
        assert editor.post(f"/studio/trees/{tree.key}/try/", {"record": booking.pk}).status_code in {200, 422}


def _json(value: Any) -> str:
    """Write JSON of any depth."""
    depth, inner = 0, value
    while isinstance(inner, dict) and inner.get("test") == "not":
        depth, inner = depth + 1, inner["of"]
    if depth:
        return '{"test": "not", "of": ' * depth + json.dumps(inner) + "}" * depth
    if isinstance(value, dict) and "node" in value:
        condition = _json(value["node"]["condition"])
        text = json.dumps({**value, "node": {**value["node"], "condition": "CONDITION"}})
        return text.replace('"CONDITION"', condition)
    return json.dumps(value)


def put(key: str, value: Any, path: str = "0") -> dict[str, Any]:
    return {"op": "set_value", "path": path, "key": key, "value": value}


DELAY = {"kind": "delay", "do": []}


def inserted(**node: Any) -> dict[str, Any]:
    return {"op": "insert", "at": "0", "node": node}


def delayed(**span: int) -> dict[str, Any]:
    return inserted(**DELAY, moment={"at": "after", "base": {"at": "now"}, **span})


DEEP = json.loads('{"at": "after", "days": 1, "base": ' * 90 + '{"at": "now"}' + "}" * 90)

OPERATIONS = {
    "a label of nul": {"op": "rename", "path": "0", "label": "a\0b"},
    "half a letter": {"op": "rename", "path": "0", "label": "\ud800"},
    "a name of nul": {"op": "rename", "path": "", "label": "a\0b"},
    "a name of half a letter": {"op": "rename", "path": "", "label": "\udfff"},
    "a long name": {"op": "rename", "path": "", "label": "n" * 100_000},
    "a long label": {"op": "rename", "path": "0", "label": "n" * 900_000},
    "no name": {"op": "rename", "path": "", "label": ""},
    "a name of another kind": put("name", {"a": [1]}, ""),
    "a huge number": put("set.status", {"value": "literal", "literal": 10**300}),
    "a far place": put("to.99999.x", 1),
    "a deep key": put(".".join("abcdefghijklmnopqrstuvw"), 1),
    "an event of nothing": {"op": "set_event", "event": {}},
    "an event of anything": {"op": "set_event", "event": {"event": [1], "model": {"a": "\0"}}},
    "a model of nul": put("on.model", "shop.\0", ""),
    "a million nodes": {"op": "paste", "at": "0", "nodes": [SET_STATUS] * 20_000},
    "a path of letters": {"op": "remove", "path": "0.then.x.0"},
    "a long path": {"op": "remove", "path": "0." * 100_000},
    "a huge index": {"op": "insert", "at": "9" * 5_000, "node": SET_STATUS},
    "a negative index": {"op": "insert", "at": "-1", "node": SET_STATUS},
    "a moment that never comes": {
        "op": "insert",
        "at": "0",
        "node": {**DELAY, "moment": {"at": "after", "base": {"at": "now"}, "years": 10**9}},
    },
    "a moment beyond numbers": {
        "op": "insert",
        "at": "0",
        "node": {**DELAY, "moment": {"at": "after", "base": {"at": "now"}, "days": 10**40}},
    },
    "moments within moments": {
        "op": "insert",
        "at": "0",
        "node": {
            **DELAY,
            "moment": json.loads('{"at": "after", "days": 1, "base": ' * 90 + '{"at": "now"}' + "}" * 90),
        },
    },
    "a parameter called __class__": put("on.parameters", {"__class__": "str", "a\0": "text", "x" * 10_000: 5}, ""),
    "a document for a value": put("set", [[[[]]]]),
    "no kind": {"op": "insert", "at": "0", "node": {"kind": "__class__"}},
    "a kind of nul": {"op": "insert", "at": "0", "node": {"kind": "\0"}},
    "a name that is a field": {
        "op": "insert",
        "at": "0",
        "node": {"kind": "create_record", "model": "shop.Seat", "name": "record", "set": {}},
    },
    "no operation": {"op": ["insert"]},
}


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_an_operation_of_any_kind_is_done_or_refused_and_every_page_goes_on(
    editor: Client, booking: Booking, tree: StudioTree, operation: Any
) -> None:
    revision = fill(tree, SET_STATUS)
    with Soon():
        answer = call(editor, "edit", tree=tree.key, operation=json.dumps(operation), revision=revision)
    assert isinstance(answer, dict) or answer in REFUSED, answer
    if not isinstance(answer, dict):
        assert drafts.draft_of(tree).revision == revision
    tree.refresh_from_db()
    with Soon():
        pages = ["", "history/", "try/", "export.json", "?node=0"]
        assert {editor.get(f"/studio/trees/{tree.key}/{page}").status_code for page in pages} == {200}
    with Soon():
        assert editor.post(f"/studio/trees/{tree.key}/try/", {"record": booking.pk}).status_code in {200, 422}
    for name in ("form", "move_targets"):
        answer = call(editor, name, tree=tree.key, path="0")
        assert not isinstance(answer, str) or answer in REFUSED, (name, answer)
    answer = call(editor, "publish", tree=tree.key, revision=drafts.draft_of(tree).revision)
    assert isinstance(answer, dict) or answer == "user_error", answer
    assert editor.get("/studio/").status_code == 200


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        '{"a":' * 100_000,
        "9" * 100_000,
        '{"name": ' + "9" * 5_000 + "}",
        '{"name": NaN, "do": [Infinity]}',
        '{"name": "\\ud800", "key": "\\u0000", "on": {"event": "called"}, "do": []}',
        json.dumps({"name": "x", "key": "y", "on": {"event": "called"}, "do": [SET_STATUS] * 5_000}),
        json.dumps({"name": "x", "key": "y" * 5_000, "on": {"event": "saved", "model": "auth.Permission"}, "do": []}),
        "x" * 5_000_000,
        "\0",
        "",
    ],
    ids=lambda text: text[:20],
)
def test_a_file_of_any_kind_is_refused_with_words(editor: Client, text: str) -> None:
    with Soon():
        response = editor.post("/studio/import/", {"text": text})
    assert response.status_code in {413, 422, 400}
    assert StudioTree.objects.count() == 0


@pytest.mark.parametrize("params", [{"tree": "x" * 10_000}, {"tree": "a\0b"}, {"tree": "\ud800"}, {"tree": 5}])
@pytest.mark.parametrize("name", ["open", "in_use"])
def test_a_key_of_any_kind_is_refused(editor: Client, name: str, params: dict[str, Any]) -> None:
    assert call(editor, name, **params) in REFUSED


@pytest.mark.parametrize("key", ["a\0b", "\ud800", "9" * 5_000, "x" * 10_000, "-1", "1; DROP", "NaN"])
def test_a_record_of_any_key_is_refused(editor: Client, tree: StudioTree, key: str) -> None:
    fill(tree, MAIL)
    for name, params in (
        ("preview_mail", {"tree": tree.key, "path": "0", "record": key}),
        ("records", {"model": "shop.Booking", "search": key}),
        ("record_names", {"model": "shop.Booking", "keys": [key]}),
        ("people", {"kind": "users", "search": key}),
    ):
        answer = call(editor, name, **params)
        found = answer.get("found") if name in {"records", "people"} else answer
        assert not found or isinstance(found, list) or found in REFUSED, (name, answer)
    if key.isprintable():
        assert editor.post(f"/studio/trees/{tree.key}/try/", {"record": key}).status_code == 422
