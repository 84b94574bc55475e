"""Nobody gets in who may not, and nobody finds out what is there."""

from __future__ import annotations

from functools import partial

import pytest
from django.contrib.auth.models import Permission, User

from meanwhile.remote import Controller, action
from meanwhile.remote.registry import registered
from tests.integration.remote.page import Page, refusal
from tests.shop.models import Booking

pytestmark = pytest.mark.django_db


def allow(user: User, *names: str) -> User:
    for name in names:
        user.user_permissions.add(Permission.objects.get(codename=name))
    return User.objects.get(pk=user.pk)


class OfObjects:
    """A backend that gives permissions for single objects: of bookings to whom their address belongs to."""

    def authenticate(self, request, **credentials):
        return None

    def has_perm(self, user, name, obj=None):
        return obj is not None and name == "shop.change_booking" and obj.email == user.email


@pytest.fixture
def per_object(settings):
    settings.AUTHENTICATION_BACKENDS = [
        "django.contrib.auth.backends.ModelBackend",
        "tests.integration.remote.test_access.OfObjects",
    ]


def test_who_is_not_logged_in_is_refused_as_a_whole_where_nothing_is_public():
    assert refusal(Page().send(("echo.echo", {"message": "hi"}))) == (401, "login_required")
    assert refusal(Page().send(("echo.echo", {}), ("echo.nothing", {}))) == (401, "login_required")


def test_who_is_not_logged_in_gets_what_is_public_and_the_rest_is_refused_by_line():
    lines = Page().lines(("public.echo", {"message": "hi"}), ("echo.echo", {"message": "hi"}), ("public.members", {}))
    assert lines[0]["value"] == "hi"
    assert [line["error"]["code"] for line in lines[1:]] == ["login_required"] * 2


def test_a_refused_request_runs_nothing():
    response = Page().send(("booking.write", {"name": "x"}))
    assert response.status_code == 401
    assert not Booking.objects.exists()


def test_somebody_who_may_no_longer_log_in_is_nobody(ann, page):
    ann.is_active = False
    ann.save()
    assert refusal(page.send(("echo.echo", {"message": "hi"}))) == (401, "login_required")


@pytest.mark.parametrize(
    "name",
    [
        "echo.not_decorated",
        "echo._private",
        "echo.__init__",
        "echo.progress",
        "echo.name",
        "inheriting.echo",
        "inheriting.later",
        "inheriting.slow",
        "inheriting.not_decorated",
        "naming.rename",
        "Echo.echo",
        "EchoController.echo",
        "echo.echo.__call__",
        "echo",
        ".echo",
        "echo.",
        "",
        "tests.shop.controllers.echo.echo",
        "__class__.__init__",
        "echo.echo\x00",
    ],
)
def test_only_decorated_methods_of_the_class_itself_can_be_reached(page, name):
    assert page.code(name, message="hi") == "unknown_action"


def test_an_inheriting_controller_has_its_own_actions(page):
    assert page.call("inheriting.own")["value"] == "nobody gets this"


def test_a_private_name_is_not_reached_even_if_it_is_decorated(page):
    class LeakyController(Controller):
        @action
        def _secret(self) -> str:
            return "secret"

    with registered(LeakyController):
        assert page.code("leaky._secret") == "unknown_action"


def test_permissions_without_an_object_are_all_needed(ann, page):
    assert page.code("booking.add", name="x") == "forbidden"
    allow(ann, "view_booking")
    assert page.code("booking.add", name="x") == "forbidden"
    allow(ann, "add_booking")
    assert page.code("booking.add", name="x") == "SUCCESS"


def test_who_may_not_does_not_learn_what_the_parameters_are(page):
    assert page.code("booking.add", wrong=1) == "forbidden"


def test_the_permission_for_all_is_enough_for_one_object(ann, page):
    booking = Booking.objects.create(name="x")
    allow(ann, "change_booking")
    assert page.code("booking.confirm", booking=booking.pk) == "SUCCESS"


@pytest.mark.usefixtures("per_object")
def test_the_permission_for_one_object_is_for_that_one(page):
    own = Booking.objects.create(name="x", email="ann@example.com")
    others = Booking.objects.create(name="y", email="bob@example.com")
    assert page.code("booking.confirm", booking=own.pk) == "SUCCESS"
    assert page.code("booking.confirm", booking=others.pk) == "not_found"
    others.refresh_from_db()
    assert others.status == "draft"


def test_somebody_elses_object_and_none_at_all_look_the_same(page):
    others = Booking.objects.create(name="y", email="bob@example.com")
    missing = others.pk + 1
    for name, params in (
        ("booking.confirm", {}),
        ("booking.confirm", {"seat": "x"}),
        ("booking.confirm", {"colour": "red"}),
        ("booking.cancel", {}),
        ("booking.cancel", {"reason": 7}),
    ):
        there, not_there = (page.call(name, booking=pk, **params) for pk in (others.pk, missing))
        assert there["error"] == not_there["error"]
    assert page.code("booking.cancel", booking=missing) == "not_found"


def test_a_further_rule_decides_by_the_object(page):
    own = Booking.objects.create(name="x", email="ann@example.com")
    others = Booking.objects.create(name="y", email="bob@example.com")
    assert page.code("booking.cancel", booking=others.pk) == "not_found"
    assert page.code("booking.cancel", booking=own.pk) == "SUCCESS"
    assert [booking.pk for booking in Booking.objects.all()] == [others.pk]


def test_a_further_rule_about_plain_values_says_that_it_is_forbidden(page):
    assert page.code("booking.check_name", name="nobody") == "forbidden"
    assert page.code("booking.check_name", name="ann") == "SUCCESS"


def test_a_further_rule_that_fails_lets_nobody_in(page):
    class StrictController(Controller):
        @action(check=lambda user: 1 / 0)
        def enter(self) -> str:
            return "in"

        @action(check=lambda user: None)
        def undecided(self) -> str:
            return "in"

    with registered(StrictController):
        assert page.code("strict.enter") == "server_error"
        assert page.code("strict.undecided") == "forbidden"


def test_what_the_class_says_holds_for_its_methods_unless_they_say_otherwise(ann, page):
    class OfficeController(Controller):
        permissions = "shop.view_booking"

        def check(self, user, seat=0, **others):
            return seat != 13

        @action
        def enter(self, seat: int = 0) -> str:
            return "in"

        @action(permissions=())
        def hall(self, seat: int = 0) -> str:
            return "in"

    with registered(OfficeController):
        assert page.code("office.enter") == "forbidden"
        assert page.code("office.hall") == "SUCCESS"
        assert page.code("office.hall", seat=13) == "forbidden"
        allow(ann, "view_booking")
        assert page.code("office.enter") == "SUCCESS"


def test_a_further_rule_gets_the_default_of_what_was_not_sent(page):
    class DefaultController(Controller):
        @action(check=lambda user, seat: seat != 13)
        def sit(self, seat: int = 13) -> str:
            return "in"

    with registered(DefaultController):
        assert page.code("default.sit") == "forbidden"
        assert page.code("default.sit", seat=1) == "SUCCESS"


def test_an_async_rule_is_awaited(page):
    async def says(user, answer):
        return answer == "yes"

    class AwaitedController(Controller):
        @action(check=says)
        def enter(self, answer: str) -> str:
            return "in"

        @action(check=partial(says), atomic=False)
        async def enter_natively(self, answer: str) -> str:
            return "in"

    with registered(AwaitedController):
        for name in ("awaited.enter", "awaited.enter_natively"):
            assert page.code(name, answer="no") == "forbidden"
            assert page.code(name, answer="yes") == "SUCCESS"


def test_a_rule_may_be_any_kind_of_method(page):
    class ClassController(Controller):
        @classmethod
        def check(cls, user, answer):
            return answer == "yes"

        @action
        def enter(self, answer: str) -> str:
            return "in"

    class StaticController(ClassController):
        @staticmethod
        def check(user, answer):
            return answer == "yes"

        @action
        def enter(self, answer: str) -> str:
            return "in"

    with registered(ClassController, StaticController):
        for name in ("class.enter", "static.enter"):
            assert page.code(name, answer="no") == "forbidden"
            assert page.code(name, answer="yes") == "SUCCESS"


def test_a_parameter_may_be_called_as_the_rule_calls_its_first(page):
    class NamedController(Controller):
        @action(check=lambda user, **others: str(user) == "ann" and "user" not in others)
        def enter(self, user: str) -> str:
            return user

    with registered(NamedController):
        assert page.call("named.enter", user="bob")["value"] == "bob"


def test_a_method_that_is_called_as_a_setting_opens_nothing(page):
    class OpenController(Controller):
        @action
        def public(self) -> str:
            return "in"

        @action
        def enter(self) -> str:
            return "in"

    class NeedyController(Controller):
        @action
        def permissions(self) -> str:
            return "in"

        @action
        def name(self) -> str:
            return "in"

    with registered(OpenController, NeedyController):
        assert refusal(Page().send(("open.enter", {}))) == (401, "login_required")
        assert page.code("needy.permissions") == "server_error"
        assert page.code("echo.echo", message="hi") == "SUCCESS"


def test_what_is_not_a_method_is_not_reached(page):
    class OddController(Controller):
        @staticmethod
        @action
        def static(this: object = None) -> str:
            return "in"

        @property
        def prop(self) -> str:
            return "in"

        class Inner(Controller):
            @action
            def enter(self) -> str:
                return "in"

    with registered(OddController):
        for name in ("odd.static", "odd.prop", "odd.inner.enter", "odd.Inner.enter", "inner.enter"):
            assert page.code(name) == "unknown_action"


def test_everybody_acts_as_themselves(ann):
    class WhoController(Controller):
        public = True

        @action
        def am_i(self) -> str:
            return str(self.user)

    with registered(WhoController):
        assert Page(ann).call("who.am_i")["value"] == "ann"
        assert Page().call("who.am_i")["value"] == "AnonymousUser"
