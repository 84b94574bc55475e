"""What a release must not get wrong, checked against the source as it stands."""

from __future__ import annotations

import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from django.core import checks
from django.core.management import call_command

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "meanwhile"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The names of the files in a wheel built from this checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*build, "--wheel-dir", folder, ROOT], check=True, capture_output=True)
    (built,) = folder.glob("django_meanwhile-*.whl")
    return set(zipfile.ZipFile(built).namelist())


def test_the_wheel_holds_every_file_of_the_package(wheel: set[str]) -> None:
    source = {
        path.relative_to(SOURCE.parent).as_posix()
        for path in SOURCE.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert "meanwhile/py.typed" in source
    assert source <= wheel


def test_the_wheel_holds_nothing_but_the_package(wheel: set[str]) -> None:
    assert {name.split("/")[0].split("-")[0] for name in wheel} == {"meanwhile", "django_meanwhile"}


def test_the_licence_travels_with_the_wheel(wheel: set[str]) -> None:
    assert any(name.endswith("licenses/LICENSE") for name in wheel)


@pytest.mark.django_db
def test_the_migrations_say_what_the_models_say() -> None:
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)


@pytest.mark.django_db
def test_the_test_project_passes_the_system_checks() -> None:
    found = checks.run_checks(include_deployment_checks=False, databases=["default"])
    assert [message for message in found if message.level >= checks.WARNING] == []


def test_the_changelog_has_a_section_for_this_version() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert f"## {version}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
