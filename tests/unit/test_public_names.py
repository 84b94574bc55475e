"""`meanwhile`'s public names: sorted, all there, and loaded only when they are used."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import meanwhile
from meanwhile import exceptions


def test_public_names_are_sorted_and_named_once() -> None:
    assert meanwhile.__all__ == sorted(set(meanwhile.__all__))


@pytest.mark.parametrize("name", meanwhile.__all__)
def test_public_name_can_be_imported(name: str) -> None:
    assert getattr(meanwhile, name) is not None
    assert name in dir(meanwhile)


def test_an_unknown_name_is_an_attribute_error_that_names_it() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Backgruond'"):
        _ = meanwhile.Backgruond


def test_type_checkers_see_the_same_names_from_the_same_modules() -> None:
    tree = ast.parse(Path(meanwhile.__file__).read_text(encoding="utf-8"))
    (checked,) = [node for node in tree.body if isinstance(node, ast.If)]
    for_checkers = {
        alias.asname or alias.name: node.module
        for node in checked.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert for_checkers == meanwhile._HOME_OF
    assert sorted(for_checkers) == meanwhile.__all__


def test_every_error_is_public() -> None:
    errors = {
        name
        for name, found in vars(exceptions).items()
        if isinstance(found, type) and issubclass(found, exceptions.MeanwhileError)
    }
    assert errors <= set(meanwhile.__all__)


def test_importing_the_package_loads_no_django_and_none_of_its_own_modules() -> None:
    script = "import sys, meanwhile; print(*(m for m in sys.modules if m.startswith(('django', 'meanwhile.'))))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
