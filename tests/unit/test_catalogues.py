"""The catalogues of the package and of the demo in the languages besides English: complete, compiled, and with what
texts are filled in with."""

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
DEMO = Path(__file__).parents[2] / "demo"
LANGUAGES = ("de", "es")
FOLDERS = pytest.mark.parametrize("folder", [PACKAGE, DEMO], ids=["package", "demo"])
NO_TEXTS = shutil.ignore_patterns("locale", "__pycache__", "data", "types")
KEPT = re.compile(
    r"%\(\w+\)[\d.]*[a-z]|%[a-z%]"  # what Python fills in
    r"|\{\w*\}"
    r"|\b[A-Z][A-Z_]+\b"  # what the scripts fill in (NAME, SECONDS), and names of settings
    r"|</?\w+>|`[^`]+`"
    r"|\b\w+_\w+\b|--[a-z-]+"  # names of functions, options and settings
)


def catalogue(folder: Path, language: str, form: str = "po") -> Path:
    return folder / "locale" / language / "LC_MESSAGES" / f"django.{form}"


def messages(folder: Path, language: str) -> list[Message]:
    return [one for one in read_po(catalogue(folder, language)) if one.id]


def kept(text: str) -> set[str]:
    """What of a text no translation may change: placeholders, elements, names of the code."""
    return set(KEPT.findall(text))


@FOLDERS
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_message_is_translated(folder: Path, language: str) -> None:
    assert [one.id for one in messages(folder, language) if not one.texts or not all(one.texts)] == []


@FOLDERS
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_translation_is_a_guess_or_out_of_use(folder: Path, language: str) -> None:
    found = read_po(catalogue(folder, language))
    assert [one.id for one in found if "fuzzy" in one.flags or one.obsolete] == []


@FOLDERS
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_plural_has_all_the_forms_of_the_language(folder: Path, language: str) -> None:
    header = next(one for one in read_po(catalogue(folder, language)) if not one.id).texts[0]
    number = re.search(r"nplurals=(\d)", header)
    assert number
    wanted = int(number[1])
    assert [one.id for one in messages(folder, language) if len(one.texts) != (wanted if one.plural else 1)] == []


@FOLDERS
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_keeps_what_is_filled_in_and_what_is_code(folder: Path, language: str) -> None:
    wrong = [
        (one.id, text, kept(text) ^ kept(one.id))
        for one in messages(folder, language)
        for text in one.texts
        if kept(text) not in (kept(one.id), kept(one.plural or one.id))
    ]
    assert wrong == []


@FOLDERS
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_keeps_the_spaces_around_its_text(folder: Path, language: str) -> None:
    def around(text: str) -> tuple[bool, bool]:
        return text[:1].isspace(), text[-1:].isspace()

    assert [
        one.id for one in messages(folder, language) if any(around(text) != around(one.id) for text in one.texts)
    ] == []


@FOLDERS
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_compiled_catalogue_says_the_same(folder: Path, language: str) -> None:
    compiled = read_mo(catalogue(folder, language, "mo"))
    written = {one.key: "\0".join(one.texts) for one in read_po(catalogue(folder, language)) if all(one.texts)}
    for header in (compiled, written):  # whether this line is compiled too depends on gettext's version
        header[""] = re.sub(r"POT-Creation-Date:.*\n", "", header[""])
    assert compiled == written, "run `make texts`"


@pytest.fixture(scope="module")
def texts_of_the_source(tmp_path_factory: pytest.TempPathFactory) -> dict[Path, set[str]]:
    """The keys of all texts that are in the source now, as Django's own command finds them."""
    if not shutil.which("xgettext"):
        (pytest.fail if REQUIRE_ALL else pytest.skip)("no xgettext on PATH (install gettext)")
    return {folder: _texts_of(folder, tmp_path_factory.mktemp("texts") / folder.name) for folder in (PACKAGE, DEMO)}


def _texts_of(folder: Path, copy: Path) -> set[str]:
    shutil.copytree(folder, copy, ignore=NO_TEXTS)
    (copy / "locale").mkdir()
    # -P: the package has modules whose names Python's own have too, and this is its folder.
    command = [sys.executable, "-P", "-m", "django", "makemessages", "--locale", "de", "--no-location"]
    environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    subprocess.run(command, cwd=copy, env=environment, check=True, capture_output=True)
    return {one.key for one in read_po(copy / "locale" / "de" / "LC_MESSAGES" / "django.po") if one.id}


@FOLDERS
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_catalogue_has_the_texts_of_the_source_and_no_others(
    folder: Path, language: str, texts_of_the_source: dict[Path, set[str]]
) -> None:
    known, wanted = {one.key for one in messages(folder, language)}, texts_of_the_source[folder]
    assert (wanted - known, known - wanted) == (set(), set()), "run `make texts`"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_demo_says_what_the_package_says_too_in_the_same_words(language: str) -> None:
    """Django takes a project's text before that of an app, also on the app's own pages."""
    package = {one.key: one.texts for one in messages(PACKAGE, language)}
    both = [one for one in messages(DEMO, language) if one.key in package]
    assert both
    assert {one.key: one.texts for one in both} == {one.key: package[one.key] for one in both}
