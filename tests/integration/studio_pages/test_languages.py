"""The Studio in the languages that a browser asks for."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import translation

from meanwhile.trees.condition_wording import condition_in_words
from meanwhile.trees.wording import moment_in_words, value_in_words

from .conftest import PRINTED, book
from .pages import run_of, text_of, url

SAID = {
    "de": {
        "record-types": ("Datensatztypen", "Läufe in den letzten 24 Stunden"),
        "runs": ("Läufe filtern", "Jederzeit"),
        "queue": ("Warteschlange anhalten", "ältester Auftrag"),
        "run": ("Vor der nächsten Seite", "Danach, im Hintergrund"),
        "python-tree": ("Dieser Baum ist in Python geschrieben", "2 Tage vor „Starts“"),
    },
    "es": {
        "record-types": ("Tipos de registro",),
        "runs": ("Ejecuciones",),
        "queue": ("Cola",),
        "run": ("Antes de la página siguiente",),
        "python-tree": ("Este árbol está escrito en Python",),
    },
}


@pytest.mark.parametrize("language", SAID)
def test_the_pages_speak_the_browser_s_language(operator: Client, language: str) -> None:
    run = run_of(PRINTED.key, book())
    pages = {"run": [run.pk], "python-tree": ["remind"]}
    for page, words in SAID[language].items():
        response = operator.get(url(page, *pages.get(page, [])), headers={"accept-language": language})
        assert f'<html lang="{language}"' in response.text
        text = text_of(response) + response.text
        assert [word for word in words if word not in text] == [], page


def test_moments_values_and_conditions_read_as_german() -> None:
    before = {"at": "before", "base": {"at": "field", "field": "starts"}, "days": 2, "hours": 1}
    next_month = {"at": "after", "base": {"at": "start_of_next", "unit": "month"}, "weeks": 1}
    paid = {"test": "is", "field": "status", "op": "!=", "to": {"value": "literal", "literal": True}}
    with translation.override("de"):
        assert moment_in_words(before) == "2 Tage und 1 Stunde vor „starts“"
        assert moment_in_words(next_month) == "1 Woche nach Beginn des nächsten Monats"
        assert value_in_words({"value": "now", "days": -3}) == "3 Tage vor jetzt"
        either = {"test": "any", "of": [paid, {"test": "is_new"}]}
        assert condition_in_words(either) == "status ist nicht ja oder der Datensatz ist neu"
