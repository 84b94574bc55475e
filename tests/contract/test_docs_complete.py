"""The documentation has an entry for everything a person may meet, and none for what is not there."""

from __future__ import annotations

import re
import sys
from dataclasses import fields
from pathlib import Path

import pytest

import meanwhile
from meanwhile import conf, exceptions, forms, remote, signals, testing
from meanwhile.checks import DATABASE_CHECKS
from meanwhile.received.checks import RECEIVED_CHECKS
from meanwhile.remote.checks import REMOTE_CHECKS
from meanwhile.remote.controller import ActionOptions
from meanwhile.remote.import_map import MODULES
from meanwhile.studio.checks import STUDIO_CHECKS
from meanwhile.trees.check import CODES

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
REFERENCE = "\n".join(page.read_text(encoding="utf-8") for page in sorted((DOCS / "reference").glob("*.md")))
GUIDES = "\n".join(
    page.read_text(encoding="utf-8") for folder in ("how-to", "studio") for page in sorted((DOCS / folder).glob("*.md"))
)
COMMANDS = sorted(
    path.stem
    for path in (ROOT / "src" / "meanwhile" / "management" / "commands").glob("*.py")
    if not path.stem.startswith("_")
)

NO_COMMANDS = {
    "meanwhile_job",  # the table in a listing of SQL
    "meanwhile_remote",  # the namespace of the addresses
    *(path.stem for path in (ROOT / "src" / "meanwhile" / "templatetags").glob("meanwhile_*.py")),
}


def page(name: str) -> str:
    return (DOCS / "reference" / name).read_text(encoding="utf-8")


def test_every_check_has_an_entry_and_every_entry_a_check() -> None:
    entries = re.findall(r"^### (meanwhile\.[EW]\d+)$", page("checks.md"), re.MULTILINE)
    assert entries == list(dict.fromkeys(entries))
    assert set(entries) == {*DATABASE_CHECKS, *CODES, *REMOTE_CHECKS, *STUDIO_CHECKS, *RECEIVED_CHECKS}


def test_every_check_that_the_code_gives_is_one_of_the_listed() -> None:
    source = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "src" / "meanwhile").rglob("*.py"))
    assert set(re.findall(r"\"(meanwhile\.[EW]\d+)\"", source)) == {
        *DATABASE_CHECKS,
        *CODES,
        *REMOTE_CHECKS,
        *STUDIO_CHECKS,
        *RECEIVED_CHECKS,
    }


@pytest.mark.parametrize("name", meanwhile.__all__)
def test_every_public_name_is_told_of_in_the_reference(name: str) -> None:
    if issubclass(kind := _kind(name), exceptions.MeanwhileError):
        assert "{errors}" in page("exceptions.md")
    else:
        written = re.compile(rf"(?<![\w.]){name}(?!\w)|meanwhile\.{name}(?!\w)")
        assert written.search(REFERENCE), f"{kind.__name__} {name}"


def _kind(name: str) -> type:
    value = getattr(meanwhile, name)
    return value if isinstance(value, type) else type(value)


@pytest.mark.parametrize("name", conf.Settings.model_fields)
def test_every_setting_says_what_it_is_for(name: str) -> None:
    assert "{settings-list}" in page("settings.md")
    assert (conf.Settings.model_fields[name].description or "").endswith(".")


def test_no_page_speaks_of_a_setting_that_is_not_there() -> None:
    known = {name.upper() for name in conf.Settings.model_fields}
    linked = re.findall(r"\[`([A-Z_]+)`[^\]]*\]\([^)]*settings\.md", GUIDES + REFERENCE)
    assert set(linked) - known == set()
    assert set(re.findall(r"MEANWHILE\[.([A-Z_]+).\]", GUIDES + REFERENCE)) - known == set()


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_in_the_reference(command: str) -> None:
    assert f"```{{command}} {command}\n" in page("commands.md")


def test_no_page_speaks_of_a_command_that_is_not_there() -> None:
    pages = [path.read_text(encoding="utf-8") for path in [*DOCS.rglob("*.md"), ROOT / "README.md"]]
    named = {name for text in pages for name in re.findall(r"\bmeanwhile_\w+", text)}
    assert named - set(COMMANDS) - NO_COMMANDS == set()


def test_every_signal_is_in_the_reference() -> None:
    known = {name for name in vars(signals) if isinstance(getattr(signals, name), signals.Signal)}
    assert set(re.findall(r"^`(\w+)`$", page("signals.md"), re.MULTILINE)) == known


def test_every_name_of_the_forms_is_in_the_reference() -> None:
    assert set(re.findall(r"auto(?:class|function):: (\w+)", page("forms.md"))) == set(forms.__all__)


def test_every_name_of_client_actions_is_in_the_reference() -> None:
    told = page("controllers.md")
    assert [name for name in remote.__all__ if not re.search(rf"(?<!\w){name}(?!\w)", told)] == []


def test_every_option_of_the_decorators_is_in_the_reference() -> None:
    options = {field.name for field in fields(ActionOptions)} - {"background"}  # that is the other decorator
    assert set(re.findall(r"^\| `(\w+)` \|", page("controllers.md"), re.MULTILINE)) >= options


def test_every_module_that_pages_import_by_name_is_in_the_reference() -> None:
    assert [module for module in MODULES if f"| `{module}` |" not in page("client.md")] == []


def test_every_name_for_tests_is_in_the_guide() -> None:
    told = (DOCS / "how-to" / "testing.md").read_text(encoding="utf-8")
    assert [name for name in testing.__all__ if f"`{name}" not in told] == []


def test_every_part_of_a_document_has_its_fields_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(DOCS / "_ext"))
    monkeypatch.delitem(sys.modules, "doc_tables", raising=False)
    from doc_tables import field_rows, find

    explained = set()
    for block in re.finditer(r"^```\{fields\} ([\w.]+)((?: \w+)*)\n(.*?)^```$", REFERENCE, re.DOTALL | re.MULTILINE):
        pairs = (line.partition(": ") for line in block[3].splitlines() if line.strip())
        model = find(block[1])
        assert list(field_rows(model, {name: meaning for name, _, meaning in pairs}, block[2].split() or None))
        explained.add(model.__name__)
    parts = {part.__name__ for part in _parts_of_documents() if set(part.model_fields) - set(_of_all(part))}
    assert parts - explained == {"After"}  # has the fields of Before


def _parts_of_documents() -> set[type[meanwhile.EventTree]]:
    from meanwhile.parts import Part

    found, waiting = set(), [Part]
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        if kind.__module__.startswith("meanwhile.") and not kind.__name__.startswith("_"):
            found.add(kind)
    return found - {Part}  # type: ignore[return-value]


def _of_all(part: type[meanwhile.EventTree]) -> set[str]:
    from meanwhile.actions.base import Action

    return {part.tag, *(Action.model_fields if issubclass(part, Action) and part is not Action else ())}


def test_every_test_of_a_condition_is_an_operator_of_the_table() -> None:
    from meanwhile.trees.condition_kinds import OPERATORS

    assert [op for op in OPERATORS if f"`{op}`" not in page("conditions.md")] == []


def test_the_pages_are_reached_from_an_index() -> None:
    for folder in ("how-to", "studio", "reference", "discussion"):
        index = (DOCS / folder / "index.md").read_text(encoding="utf-8")
        pages = {path.stem for path in (DOCS / folder).glob("*.md")} - {"index"}
        assert {name for name in pages if not re.search(rf"^{name}$", index, re.MULTILINE)} == set()
