"""What `manage.py check` says about controllers."""

from __future__ import annotations

from typing import Annotated

import pytest
from django.core.checks import run_checks
from pydantic import BaseModel, Field

from meanwhile.remote import Controller, action, background_action
from meanwhile.remote.registry import current, registered
from tests.shop.models import Booking

pytestmark = pytest.mark.django_db  # from Django 6.1 on, checks ask the databases


def messages(*controllers: type[Controller]) -> dict[str, list[str]]:
    with registered(*controllers):
        found: dict[str, list[str]] = {}
        for message in run_checks():
            if message.id and message.id.startswith("meanwhile."):
                assert message.hint
                found.setdefault(message.id, []).append(message.msg)
    return found


def test_the_test_site_has_nothing_to_say():
    assert messages() == {}


def test_two_controllers_of_one_name():
    class EchoController(Controller):
        pass

    [text] = messages(EchoController)["meanwhile.E201"]
    assert "tests.shop.controllers.EchoController" in text
    assert "echo" in text


def test_the_first_of_two_controllers_of_one_name_counts():
    class EchoController(Controller):
        @action
        def echo(self) -> str:
            return "another"

    with registered(EchoController):
        assert current().get("echo.echo").place == "tests.shop.controllers.EchoController.echo"


def test_an_action_that_is_made_something_else_than_a_method():
    class OddController(Controller):
        @staticmethod
        @action
        def static(this: object) -> str:
            return "never"

        @property
        @action
        def prop(self) -> str:
            return "never"

    texts = messages(OddController)["meanwhile.E207"]
    assert [text.split(" ")[0].rpartition(".")[2] for text in texts] == ["static", "prop"]


class Train(BaseModel):
    wagons: int


class Ship(BaseModel):
    decks: int


def test_an_annotation_that_pydantic_can_not_use():
    class OddController(Controller):
        @action
        def travel(self, by: Annotated[Train | Ship, Field(discriminator="kind")]) -> str:
            return "never"

    [text] = messages(OddController)["meanwhile.E204"]
    assert "odd.travel(by=…): the annotation can't be used" in text


def test_a_rule_that_can_not_be_called_and_permissions_that_can_not_be_read():
    class OddController(Controller):
        check = 7
        permissions = 8

        @action
        def enter(self) -> str:
            return "never"

    found = messages(OddController)
    assert "can't be called" in found["meanwhile.E208"][0]
    assert "“8” is not how a permission is written" in found["meanwhile.E205"][0]


@pytest.mark.parametrize("name", ["two words", "1st", "a.b", "é", "-"])
def test_a_name_that_pages_can_not_write(name):
    odd = type("OddController", (Controller,), {"name": name})
    assert set(messages(odd)) == {"meanwhile.E202"}


def test_a_parameter_without_an_annotation():
    class BareController(Controller):
        @action
        def bare(self, one, two: object):
            pass

    [text] = messages(BareController)["meanwhile.E203"]
    assert "BareController.bare" in text
    assert "“one”" in text


class Plain:
    pass


def test_parameters_that_can_not_come_from_json():
    class UnfitController(Controller):
        @action
        def plain(self, thing: Plain) -> None:
            pass

        @action(permissions=())
        def many(self, bookings: list[Booking]) -> None:
            pass

        @action
        def missing(self, thing: Nowhere) -> None:  # noqa: F821 - that is the mistake
            pass

        @action
        def anyhow(self, *args: int) -> None:
            pass

    texts = messages(UnfitController)["meanwhile.E204"]
    assert len(texts) == 4
    for method, text in zip(("plain", "many", "missing", "anyhow"), texts, strict=True):
        assert f"UnfitController.{method}" in text
    assert "Nowhere" in texts[2]


def test_a_permission_in_an_unknown_form():
    class GuardedController(Controller):
        permissions = ("change_booking", "shop.change_booking")

        @action
        def enter(self) -> None:
            pass

        @action(permissions="shop/booking")
        def leave(self) -> None:
            pass

    assert len(messages(GuardedController)["meanwhile.E205"]) == 2


def test_an_object_that_is_no_record_among_the_parameters():
    class OnController(Controller):
        @action(permissions="shop.change_booking", on="bookin")
        def wrong(self, booking: Booking) -> None:
            pass

        @action(permissions="shop.change_booking", on="booking")
        def number(self, booking: int) -> None:
            pass

        @action(permissions="shop.change_booking", on="booking")
        def right(self, booking: Booking) -> None:
            pass

    assert len(messages(OnController)["meanwhile.E206"]) == 2


def test_decorated_methods_that_can_not_be_reached():
    class HiddenController(Controller):
        @action
        def _private(self) -> None:
            pass

        @action
        def progress(self, fraction: float | None, text: str = "") -> None:
            pass

        @action
        def user(self) -> None:
            pass

    assert len(messages(HiddenController)["meanwhile.E207"]) == 3


def test_a_rule_that_asks_for_too_much():
    class RuledController(Controller):
        def check(self, user, office):
            return True

        @action
        def without(self) -> None:
            pass

        @action
        def with_it(self, office: str) -> None:
            pass

        @action(check=lambda user, **others: True)
        def loose(self) -> None:
            pass

    [text] = messages(RuledController)["meanwhile.E208"]
    assert "RuledController.without" in text
    assert "office" in text


def test_a_record_for_everybody():
    class OpenController(Controller):
        @action
        def show(self, booking: Booking) -> None:
            pass

        @action(permissions=())
        def said(self, booking: Booking) -> None:
            pass

        @background_action(check=lambda user: True)
        def ruled(self, booking: Booking | None = None) -> None:
            pass

    [text] = messages(OpenController)["meanwhile.W201"]
    assert "OpenController.show" in text


def test_controllers_without_an_address(settings):
    settings.ROOT_URLCONF = "django.contrib.auth.urls"
    assert set(messages()) == {"meanwhile.W202"}


def test_a_login_without_middleware(settings):
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if "auth" not in name]
    [text] = messages()["meanwhile.W203"]
    assert "AuthenticationMiddleware" in text
    assert "SessionMiddleware" not in text


class OwnMiddleware:
    """Made below, where Django's own is loaded."""


def test_middleware_of_a_projects_own_is_known_by_what_it_is_made_of(settings, monkeypatch):
    from django.contrib.auth.middleware import AuthenticationMiddleware

    own = type("OwnMiddleware", (AuthenticationMiddleware,), {})
    monkeypatch.setitem(globals(), "OwnMiddleware", own)
    names = {"django.contrib.auth.middleware.AuthenticationMiddleware": f"{__name__}.OwnMiddleware"}
    settings.MIDDLEWARE = [names.get(name, name) for name in settings.MIDDLEWARE]
    assert "meanwhile.W203" not in messages()


def test_sessions_in_cookies(settings):
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
    assert set(messages()) == {"meanwhile.W204"}
