"""The catalogues of the languages besides English: complete, compiled, and with what texts are filled in with."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import meanwhile
from tests.conftest import REQUIRE_ALL
from tests.po_files import Message, read_mo, read_po

PACKAGE = Path(meanwhile.__file__).parent
LANGUAGES = ("de", "es")
KEPT = re.compile(
    r"%\(\w+\)[\d.]*[a-z]|%[a-z%]"  # what Python fills in
    r"|\{\w*\}"
    r"|\b[A-Z][A-Z_]+\b"  # what the scripts fill in (NAME, SECONDS), and names of settings
    r"|</?\w+>|`[^`]+`"
    r"|\b\w+_\w+\b|--[a-z-]+"  # names of functions, options and settings
)


def catalogue(language: str, form: str = "po") -> Path:
    return PACKAGE / "locale" / language / "LC_MESSAGES" / f"django.{form}"


def messages(language: str) -> list[Message]:
    return [one for one in read_po(catalogue(language)) if one.id]


def kept(text: str) -> set[str]:
    """What of a text no translation may change: placeholders, elements, names of the code."""
    return set(KEPT.findall(text))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_message_is_translated(language: str) -> None:
    assert [one.id for one in messages(language) if not one.texts or not all(one.texts)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_translation_is_a_guess_or_out_of_use(language: str) -> None:
    found = read_po(catalogue(language))
    assert [one.id for one in found if "fuzzy" in one.flags or one.obsolete] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_plural_has_all_the_forms_of_the_language(language: str) -> None:
    header = next(one for one in read_po(catalogue(language)) if not one.id).texts[0]
    number = re.search(r"nplurals=(\d)", header)
    assert number
    wanted = int(number[1])
    assert [one.id for one in messages(language) if len(one.texts) != (wanted if one.plural else 1)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_keeps_what_is_filled_in_and_what_is_code(language: str) -> None:
    wrong = [
        (one.id, text, kept(text) ^ kept(one.id))
        for one in messages(language)
        for text in one.texts
        if kept(text) not in (kept(one.id), kept(one.plural or one.id))
    ]
    assert wrong == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_keeps_the_spaces_around_its_text(language: str) -> None:
    def around(text: str) -> tuple[bool, bool]:
        return text[:1].isspace(), text[-1:].isspace()

    assert [one.id for one in messages(language) if any(around(text) != around(one.id) for text in one.texts)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_compiled_catalogue_says_the_same(language: str) -> None:
    compiled = read_mo(catalogue(language, "mo"))
    written = {one.key: "\0".join(one.texts) for one in read_po(catalogue(language)) if all(one.texts)}
    for header in (compiled, written):  # whether this line is compiled too depends on gettext's version
        header[""] = re.sub(r"POT-Creation-Date:.*\n", "", header[""])
    assert compiled == written, "run `make texts`"


@pytest.fixture(scope="module")
def texts_of_the_source(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The keys of all texts that are in the source now, as Django's own command finds them."""
    if not shutil.which("xgettext"):
        (pytest.fail if REQUIRE_ALL else pytest.skip)("no xgettext on PATH (install gettext)")
    copy = tmp_path_factory.mktemp("texts") / "meanwhile"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("locale", "__pycache__"))
    (copy / "locale").mkdir()
    # -P: the package has modules whose names Python's own have too, and this is its folder.
    command = [sys.executable, "-P", "-m", "django", "makemessages", "--locale", "de", "--no-location"]
    environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    subprocess.run(command, cwd=copy, env=environment, check=True, capture_output=True)
    return {one.key for one in read_po(copy / "locale" / "de" / "LC_MESSAGES" / "django.po") if one.id}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_catalogue_has_the_texts_of_the_source_and_no_others(language: str, texts_of_the_source: set[str]) -> None:
    known = {one.key for one in messages(language)}
    assert (texts_of_the_source - known, known - texts_of_the_source) == (set(), set()), "run `make texts`"
