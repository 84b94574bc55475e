"""A project with the Studio is told that its pages can't load htmx; one without it has nothing to do with that."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.core.checks import Error, run_checks
from django.test import override_settings
from django.urls import include, path

HTMX_FILES = ("django_htmx/htmx-4.min.js", "django_htmx/ext/hx-ptag-4.min.js")
urlpatterns = [path("inside/", include(([path("studio/", include("meanwhile.studio.urls"))], "inner")))]


def told() -> list[Any]:
    return [message for message in run_checks() if message.id == "meanwhile.E303"]


@pytest.fixture
def without_htmx(settings: Any) -> Any:
    """The project without that app; the finders keep what they found."""
    finders.get_finder.cache_clear()
    with override_settings(INSTALLED_APPS=[app for app in settings.INSTALLED_APPS if app != "django_htmx"]):
        yield
    finders.get_finder.cache_clear()


def test_the_files_are_there_in_this_version_of_the_app() -> None:
    assert [name for name in HTMX_FILES if finders.find(name) is None] == []


def test_a_project_with_the_app_has_nothing_to_say() -> None:
    assert told() == []


@pytest.mark.usefixtures("without_htmx")
class TestWithoutTheApp:
    def test_it_is_an_error_that_says_what_to_add(self) -> None:
        [message] = told()
        assert isinstance(message, Error)
        assert "“django_htmx” in INSTALLED_APPS" in message.msg
        assert "Add “django_htmx”" in str(message.hint)

    def test_so_it_is_where_the_studio_is_inside_other_addresses(self, settings: Any) -> None:
        settings.ROOT_URLCONF = __name__
        assert len(told()) == 1

    def test_a_project_without_the_studio_is_not_asked_for_it(self, settings: Any) -> None:
        settings.ROOT_URLCONF = "tests.urls"
        assert told() == []

    def test_whoever_serves_the_file_from_elsewhere_needs_no_app(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(finders, "find", lambda name: f"/srv/static/{name}")
        assert told() == []
