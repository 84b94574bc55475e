"""What goes over the wire, without Django."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meanwhile.remote import wire

LIMITS = wire.Limits(actions=3, body=1000, depth=6)
CALL = {"id": "1", "action": "echo.echo", "params": {"message": "hi"}}


def parse(*calls, lane="foreground", **more):
    return wire.parse(json.dumps({"lane": lane, "actions": calls, **more}).encode(), LIMITS)


def test_a_request_is_read_in_its_order_and_what_is_unknown_is_ignored():
    batch = parse(CALL, {"id": "2", "action": "a.b", "new": 1}, newer=[])
    assert batch == wire.Batch(
        "foreground", (wire.Call("1", "echo.echo", {"message": "hi"}), wire.Call("2", "a.b", {}))
    )


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        (b"x" * 1001, (413, "too_large")),
        (b"[" * 7 + b"]" * 7, (413, "too_large")),
        (b"[" * 6 + b"]" * 6, (400, "malformed")),
        (b"[", (400, "malformed")),
        (b"\xff", (400, "malformed")),
        (b'{"lane": "foreground", "actions": [1e999]}', (400, "malformed")),
    ],
)
def test_what_is_refused_and_how(body, refusal):
    with pytest.raises(wire.RequestRefused) as caught:
        wire.parse(body, LIMITS)
    assert (caught.value.status, caught.value.code) == refusal
    assert str(caught.value) == caught.value.message != ""


@pytest.mark.parametrize("number", ["1e999", "-1e999", "1" * 400 + ".0", "NaN", "Infinity"])
def test_a_number_that_no_answer_could_tell_is_refused(number):
    body = f'{{"lane":"foreground","actions":[{{"id":"1","action":"a.b","params":{{"n":{number}}}}}]}}'
    with pytest.raises(wire.RequestRefused, match="not JSON"):
        wire.parse(body.encode(), LIMITS)
    assert wire.parse(body.replace(number, "1e99").encode(), LIMITS).calls[0].params == {"n": 1e99}


def test_more_actions_than_allowed():
    with pytest.raises(wire.RequestRefused, match="4 actions; 3 are allowed"):
        parse(*({**CALL, "id": str(n)} for n in range(4)))


def test_the_same_id_twice():
    with pytest.raises(wire.RequestRefused, match="same id"):
        parse(CALL, CALL)


@given(st.text(st.characters(codec=None, exclude_categories=())), st.text())
def test_a_line_is_one_line_whatever_is_in_it(id_, text):
    lines = [
        wire.success_line(id_, json.dumps(text).encode()),
        wire.error_line(id_, "invalid", text, {text: [text]}),
        wire.progress_line(id_, 0.5, text),
        wire.durable_line(id_, text),
        wire.END,
    ]
    for line in lines:
        assert line.endswith(b"\n")
        assert line.count(b"\n") == 1
    assert [json.loads(line).get("id") for line in lines] == [id_] * 4 + [None]


def test_the_lines_are_those_of_the_rules():
    assert json.loads(wire.success_line("7", b'"hi"')) == {"id": "7", "state": "SUCCESS", "value": "hi"}
    assert json.loads(wire.error_line("8", "invalid", "No.", {"message": ["is missing"]})) == {
        "id": "8",
        "state": "ERROR",
        "error": {"code": "invalid", "message": "No.", "fields": {"message": ["is missing"]}},
    }
    assert json.loads(wire.error_line("8", "forbidden", "No.")) == {
        "id": "8",
        "state": "ERROR",
        "error": {"code": "forbidden", "message": "No."},
    }
    assert json.loads(wire.progress_line("7", 0.4, "…")) == {"id": "7", "progress": 0.4, "text": "…"}
    assert json.loads(wire.progress_line("7", None, "")) == {"id": "7", "progress": None}
    assert json.loads(wire.durable_line("7", "12-x")) == {"id": "7", "durable": "12-x"}
    assert json.loads(wire.END) == {"end": True}


def test_the_format_needs_no_django():
    script = """
import sys
from meanwhile.remote import wire
wire.parse(b'{"lane":"foreground","actions":[{"id":"1","action":"a.b"}]}', wire.Limits(1, 100, 5))
print(*(name for name in sys.modules if name.partition(".")[0] == "django"))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
