"""`open_office`: an office for one test, with the settings that it needs; all its processes end with the test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest

from tests.crash.processes import Office, migrated_template, new_database


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with migrated_template(tmp_path_factory.mktemp("template")) as made:
        yield made


@pytest.fixture
def open_office(tmp_path: Path, template: Any) -> Iterator[Callable[..., Office]]:
    with ExitStack() as stack:

        def make(**meanwhile: Any) -> Office:
            """Open it; the keywords are settings.MEANWHILE in small letters."""
            settings = {"autostart": False, "sweep": 0.2, **meanwhile}
            office = Office(tmp_path, new_database(tmp_path, template), {k.upper(): v for k, v in settings.items()})
            return stack.enter_context(closing(office))

        yield make
