"""Templates call nothing, and what they make has an end long before the memory has one."""

from __future__ import annotations

import tracemalloc
from contextlib import suppress
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from meanwhile.exceptions import TemplateProblem
from meanwhile.trees.templating import render

LIMIT = 10_000


@pytest.fixture(autouse=True)
def _limit(settings: Any) -> None:
    settings.MEANWHILE = {**settings.MEANWHILE, "MAX_MAIL_BODY": LIMIT}


class Watched:
    """A value with a method; a call of it is noticed."""

    called = 0

    def save(self) -> str:
        Watched.called += 1
        return "saved"


@pytest.mark.parametrize(
    "text",
    [
        "{{ list.clear }}",
        "{{ list.pop }}",
        "{{ dict.popitem }}",
        "{{ dict.a.reverse }}",
        "{{ name.upper }}",
        "{{ day.today }}",
        "{{ price.sqrt }}",
        "{{ thing.save }}",
        "{{ name|default:thing.save }}",
        "{{ ''|default:thing.save }}",
        "{% with a=thing.save %}{{ a }}{% endwith %}",
        "{% for a in dict.copy %}{{ a }}{% endfor %}",
        "{% for a in thing.save %}{{ a }}{% endfor %}",
        "{% if thing.save %}x{% endif %}",
        "{% if 'a' in list.pop %}x{% endif %}",
        "{% firstof thing.save %}",
        "{% cycle thing.save 'x' %}",
        "{% ifchanged thing.save %}x{% endifchanged %}",
        "{% widthratio thing.save 1 1 %}",
        "{% regroup list by upper as found %}{{ found }}",
        "{% filter default:thing.save %}{% endfilter %}",
    ],
)
def test_a_template_calls_no_method_and_changes_nothing(text: str) -> None:
    given: dict[str, Any] = {
        "list": ["a", "b"],
        "dict": {"a": ["x", "y"]},
        "name": "Ada",
        "day": date(2026, 5, 1),
        "price": Decimal(4),
        "thing": Watched(),
    }
    Watched.called = 0
    with suppress(TemplateProblem):  # some tags pass over what can't be read
        assert "saved" not in render(text, given)
    assert Watched.called == 0
    assert (given["list"], given["dict"]) == (["a", "b"], {"a": ["x", "y"]})


@pytest.mark.parametrize("text", ["{{ thing.save }}", "{{ name.upper }}", "{% with a=list.pop %}{% endwith %}"])
def test_an_error_names_the_method(text: str) -> None:
    with pytest.raises(TemplateProblem, match="is a method, and a template calls none"):
        render(text, {"thing": Watched(), "name": "Ada", "list": [1]})


@pytest.mark.parametrize("text", ["{{ record.__class__ }}", "{{ record._meta }}", "{{ settings._wrapped }}"])
def test_a_template_reads_nothing_that_begins_with_an_underscore(text: str) -> None:
    with pytest.raises(TemplateProblem, match="may not begin with underscores"):
        render(text, {"record": Watched()})


def test_attributes_of_plain_values_and_the_ways_through_a_dict_are_there() -> None:
    data = {"day": date(2026, 5, 1), "dict": {"a": 1}, "list": [1, {"b": 2}]}
    text = "{{ day.year }} {% for k, v in dict.items %}{{ k }}{{ v }}{% endfor %} {{ list.1.b }} {{ dict.items.x }}|"
    assert render(text, data) == "2026 a1 2 |"
    assert render("{% for k in dict.keys %}{{ forloop.counter }}{{ k }}{% endfor %}", data) == "1a"


DOUBLING = "{% with a='\\\\\\\\'|addslashes" + "|addslashes" * 60 + " %}{{ a }}{% endwith %}"
JOINING = "{{ text|make_list" + ("|join:'" + "x" * 20 + "'|make_list") * 6 + " }}"


@pytest.mark.parametrize(
    "text",
    [
        DOUBLING,
        JOINING,
        "{{ text" + "|add:text" * 40 + " }}",
        "{{ url" + "|urlize" * 60 + " }}",
        "{% for a in many %}{% for b in many %}{% for c in many %}{% endfor %}{% endfor %}{% endfor %}",
        "{% for a in many %}" + "long " * 3_000 + "{% endfor %}",
        "{% for a in '" + "x" * 9_000 + "' %}{% for b in '" + "x" * 9_000 + "' %}{% endfor %}{% endfor %}",
        "{% for a in many %}{% for b in many %}{{ b|ljust:200 }}{% endfor %}{% endfor %}",
        "{% for a in many reversed %}{{ text }}{% empty %}{% endfor %}",
        "{{ text|ljust:'300000000' }}",
        "{{ text|rjust:300000000 }}",
        "{% filter center:'300000000' %}{{ text }}{% endfilter %}",
        "{{ 1|stringformat:'0300000000d' }}",
        "{{ 1|stringformat:'.300000000f' }}",
        "{{ long|make_list|join:long }}",
        "{% lorem 300000000 w %}",
        "{% lorem 300000 p %}",
    ],
    ids=[
        "addslashes",
        "join",
        "add",
        "urlize",
        "nested",
        "long body",
        "literals",
        "padding",
        "reversed",
        "ljust",
        "rjust",
        "center",
        "zeros",
        "digits",
        "join long",
        "words",
        "paragraphs",
    ],
)
def test_a_template_that_would_grow_without_an_end_is_given_up_early(text: str) -> None:
    data = {
        "text": "x" * 1_000,
        "long": "x" * 9_000,
        "many": list(range(5_000)),
        "url": "http://a.example http://b.example",
    }
    tracemalloc.start()
    try:
        with pytest.raises(TemplateProblem, match=r"MAX_MAIL_BODY|are allowed"):
            render(text, data)
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


def test_a_loop_that_is_not_too_long_says_what_it_says() -> None:
    text = "{% for a in many %}{{ a }}{% if not forloop.last %}, {% endif %}{% empty %}none{% endfor %}"
    assert render(text, {"many": [1, 2, 3]}) == "1, 2, 3"
    assert render(text, {"many": []}) == "none"
