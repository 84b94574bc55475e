"""The short way of filling simple templates says what Django says."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import pytest
from django.template import Context
from django.test import override_settings
from django.utils.safestring import mark_safe
from hypothesis import given
from hypothesis import strategies as st

from meanwhile.exceptions import TemplateProblem
from meanwhile.trees.templating import read, render

TEXTS = (
    "Dear {{ record.name }}, …",
    "B-{{ record.pk }}",
    "{{ record.name }}{{ record.pk }}",
    "{{ record.list.1 }}",
    "{{ record.missing }}!",
    "{{ missing.name }}!",
    "{{ record.name|upper }}",
    "{{ 'literal' }} {{ 5 }} {{ record.name }}",
    "{% if record.name %}{{ record.name }}{% endif %}",
    "{# nothing #}{{ record.name.year }}",
    "{{ True }}{{ None }}",
    "{{ record }}",
)
VALUES: st.SearchStrategy[Any] = st.one_of(
    st.text(max_size=8),
    st.integers(-(10**7), 10**7),
    st.booleans(),
    st.none(),
    st.floats(-1e6, 1e6, allow_nan=False),
    st.sampled_from([Decimal("1234.50"), datetime.date(2026, 3, 1), mark_safe("<b>"), {"a": 1}]),
)


@pytest.mark.parametrize("text", TEXTS)
@given(name=VALUES, pk=VALUES, html=st.booleans(), thousands=st.booleans(), language=st.sampled_from(["en", "de"]))
def test_a_template_says_what_django_says(
    text: str, name: object, pk: object, html: bool, thousands: bool, language: str
) -> None:
    data = {"record": {"name": name, "pk": pk, "list": [pk, name]}}
    with override_settings(USE_THOUSAND_SEPARATOR=thousands, LANGUAGE_CODE=language):
        try:
            said = read(text).render(Context(data, autoescape=html))
        except ValueError:
            with pytest.raises(TemplateProblem):
                render(text, data, html=html)
        else:
            assert render(text, data, html=html) == said
