"""The Studio's guides tell of every page, call, permission, template, block, property and problem, and of no other."""

from __future__ import annotations

import re
from pathlib import Path

from django.apps import apps

from meanwhile.remote.controller import methods_of
from meanwhile.studio.controllers import StudioController
from meanwhile.studio.models import StudioTree
from meanwhile.studio.urls import urlpatterns

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
SOURCE = ROOT / "src" / "meanwhile"
TEMPLATES = SOURCE / "templates" / "meanwhile" / "studio"


def page(name: str) -> str:
    return (DOCS / "studio" / f"{name}.md").read_text(encoding="utf-8")


def section(text: str, heading: str) -> str:
    """The part of a page under a heading, up to the next one of its level."""
    level = heading.split(maxsplit=1)[0]
    return re.split(rf"^{level} ", text.partition(f"{heading}\n")[2], maxsplit=1, flags=re.MULTILINE)[0]


def first_cells(text: str) -> set[str]:
    """The words in code in the first column of tables."""
    rows = re.findall(r"^\|([^|]*)\|", text, re.MULTILINE)
    return {word for row in rows for word in re.findall(r"`([^`]+)`", row)}


def test_every_permission_is_told_as_the_admin_calls_it() -> None:
    for codename, name in StudioTree._meta.permissions:
        assert f"| `meanwhile.{codename}` | {name} |" in page("permissions")


def test_every_address_and_every_call_is_in_the_tables_of_what_opens_it() -> None:
    told = first_cells(section(page("permissions"), "## What each opens"))
    routes = {re.sub(r"<[^>]+>", "…", str(one.pattern)) or '""' for one in urlpatterns}
    calls = set(methods_of(StudioController))
    assert told == (routes - {"actions/"}) | calls
    assert "at `actions/`" in page("permissions")


def test_every_problem_of_the_studio_has_an_entry() -> None:
    source = "\n".join(path.read_text(encoding="utf-8") for path in (SOURCE / "studio").glob("*.py"))
    ids = set(re.findall(r"\"(studio\.[EW]\d+)\"", source))
    assert first_cells(section(page("permissions"), "## Problems that only the Studio tells")) == ids


def test_every_template_is_in_the_list_and_every_listed_one_is_there() -> None:
    told = set(re.findall(r"`(\w+\.html)`", page("templates")))
    assert told == {path.name for path in TEMPLATES.glob("*.html") if not path.name.startswith("_")}


def test_every_block_of_the_base_template_is_in_the_list() -> None:
    blocks = set(re.findall(r"{% block (\w+) %}", (TEMPLATES / "base.html").read_text(encoding="utf-8")))
    assert first_cells(section(page("templates"), "### Blocks of `base.html`")) == blocks


def test_every_custom_property_is_in_the_table_and_every_listed_one_is_there() -> None:
    sheet = (SOURCE / "static" / "meanwhile" / "studio" / "studio.css").read_text(encoding="utf-8")
    defined = set(re.findall(r"^  (--mw-[\w-]+):", sheet.partition("}")[0], re.MULTILINE))
    told = first_cells(section(page("templates"), "## Style"))
    soft = {f"{name}-soft" for name in ("--mw-good", "--mw-bad", "--mw-warn", "--mw-busy")}
    assert {name for name in told if name.startswith("--")} | soft == defined


def test_every_model_has_its_columns_told() -> None:
    told = set(re.findall(r"{model-fields} meanwhile\.(\w+)", (DOCS / "reference" / "models.md").read_text("utf-8")))
    assert told == {model.__name__ for model in apps.get_app_config("meanwhile").get_models()}
