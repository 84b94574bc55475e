"""What every test gets, and what a run could not do for want of a program."""

from __future__ import annotations

import os
import shutil
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.db import connections
from django.utils import translation
from hypothesis import settings

from tests.touching import pytest_runtest_call  # noqa: F401 - a hook

TESTS = Path(__file__).parent
PURE = {"unit", "contract"}
CHROMIUM_NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "chrome")
"""The same engine without a browser's own windows comes first: a new profile costs it an eighth of the time."""
DATABASE_FIXTURES = {"db", "transactional_db", "django_db_reset_sequences", "django_db_serialized_rollback"}
REQUIRE_ALL = os.environ.get("MEANWHILE_REQUIRE_ALL") == "1"

# A busy machine is no reason to fail, and continuous integration must not fail on one change for the luck of another.
settings.register_profile("meanwhile", deadline=None, derandomize=os.environ.get("CI") == "true")
settings.load_profile("meanwhile")


def chromium() -> str | None:
    """Path of the browser: MEANWHILE_CHROMIUM, else the first known name on PATH."""
    return os.environ.get("MEANWHILE_CHROMIUM") or next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)


def on_postgres() -> bool:
    return os.environ.get("MEANWHILE_TEST_DB") == "postgres"


def asks_database(item: pytest.Item) -> bool:
    """Say whether a test may use the database at all; pytest-django keeps it from the others."""
    fixtures = set(getattr(item, "fixturenames", ()))
    return item.get_closest_marker("django_db") is not None or not fixtures.isdisjoint(DATABASE_FIXTURES)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> Generator[None, None, None]:
    """Mark tests by the folder they stand in, before any are chosen by their marks (``-m``), and skip what this machine
    or database cannot run.

    On PostgreSQL leave out, too, what asks no database: it would be the same as on SQLite. Those that stand with the
    tests of the database may do so in a process of their own, and stay.
    """
    for item in items:
        if item.path.is_relative_to(TESTS / "browser"):
            item.add_marker(pytest.mark.browser)
        if item.path.is_relative_to(TESTS / "crash"):
            item.add_marker(pytest.mark.crash)
        if item.get_closest_marker("browser") and not chromium() and not REQUIRE_ALL:
            item.add_marker(pytest.mark.skip(reason="no Chromium on PATH"))
        if item.get_closest_marker("postgres") and not on_postgres():
            item.add_marker(pytest.mark.skip(reason="runs on PostgreSQL only"))
        if item.get_closest_marker("sqlite") and on_postgres():
            item.add_marker(pytest.mark.skip(reason="runs on SQLite only"))
    yield  # pytest-django marks what stands in a TestCase
    if on_postgres():
        again = [item for item in items if item.path.relative_to(TESTS).parts[0] in PURE and not asks_database(item)]
        config.hook.pytest_deselected(items=again)
        left_out = set(again)
        items[:] = [item for item in items if item not in left_out]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Escape what UTF-8 can't hold, as tests of hostile texts log: a report must reach the process that prints it."""
    report = yield
    report.sections = [(title, _printable(text)) for title, text in report.sections]
    if report.failed and (text := report.longreprtext) != _printable(text):
        report.longrepr = _printable(text)
    return report


def _printable(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()


@pytest.fixture(autouse=True, scope="session")
def _json_fields_are_known() -> None:
    """Spare the checks of models a question to the database, which they ask from Django 6.1 on."""
    for connection in connections.all():
        connection.features.supports_json_field = True


@pytest.fixture(autouse=True)
def _no_language_of_another_test() -> Iterator[None]:
    """Let each test begin in the project's language, whatever one before it has asked a page for."""
    yield
    translation.deactivate()


@pytest.fixture(autouse=True)
def _no_failed_run_of_another_test() -> Iterator[None]:
    """Drop the failed runs that a test left to be written later: the next test has another database."""
    yield
    apps.get_app_config("meanwhile").failed_runs._waiting = []


@pytest.fixture(autouse=True)
def _no_failure_mail_of_another_test() -> Iterator[None]:
    """Forget which failures a test mailed: those of the next one are told at once."""
    yield
    apps.get_app_config("meanwhile").failure_mails.forget()


@pytest.fixture(scope="session")
def chromium_path() -> Iterator[str]:
    """The browser to drive, for tests under tests/browser.

    While it is in use Django's guard against calls from asynchronous code is off: Playwright's synchronous API runs an
    event loop in this thread, which Django takes for such code.
    """
    path = chromium()
    if path is None:
        pytest.fail("no Chromium on PATH, and MEANWHILE_CHROMIUM names none")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        yield path


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name what the whole run had to leave out, right above the last line."""
    if not_run := os.environ.get("MEANWHILE_NOT_RUN"):
        terminalreporter.section("not run on this machine", yellow=True)
        for part in not_run.split("; "):
            terminalreporter.line(part)
