"""Controllers and their decorators, and what of them pages can reach."""

from __future__ import annotations

import ast
import subprocess
import sys
from datetime import timedelta
from functools import wraps
from pathlib import Path

import pytest

from meanwhile import Retry, remote
from meanwhile.remote import Controller, action, background_action
from meanwhile.remote.bound import BoundAction
from meanwhile.remote.controller import methods_of, name_of


def named(name: str, /, **attributes) -> str:
    return name_of(type(name, (Controller,), attributes))


def test_a_controller_is_called_like_its_class():
    assert named("EchoController") == "echo"
    assert named("SeatMapController") == "seat_map"
    assert named("PDFReportController") == "pdf_report"
    assert named("Plain2D") == "plain2_d"
    assert named("Controller") == "controller"
    assert named("EchoController", name="other") == "other"


def test_a_decorated_method_stays_what_it_is():
    class EchoController(Controller):
        @action
        def echo(self, message: str) -> str:
            """Say it again."""
            return f"{message} to {self.user}"

    assert EchoController(user="Ann").echo("hi") == "hi to Ann"
    assert EchoController.echo.__doc__ == "Say it again."


def test_progress_goes_to_who_wants_it_and_stays_between_nothing_and_all():
    class CountingController(Controller):
        @action
        def count(self) -> None:
            for fraction in (-1, 0.5, 2, None):
                self.progress(fraction, "…")

    told = []
    CountingController(report=lambda fraction, text: told.append((fraction, text))).count()
    assert told == [(0.0, "…"), (0.5, "…"), (1.0, "…"), (None, "…")]
    CountingController().count()


def test_only_what_is_decorated_in_the_class_or_an_abstract_base_is_reached():
    class Mixin(Controller):
        abstract = True

        @action
        def mixed(self) -> None: ...

        @action
        def overwritten(self) -> None: ...

    class FirstController(Mixin):
        @action
        def first(self) -> None: ...

        def plain(self) -> None: ...

        @action
        def _private(self) -> None: ...

        def overwritten(self) -> None: ...

    class SecondController(FirstController):
        @background_action
        def second(self) -> None: ...

    class AgainController(FirstController):
        first = FirstController.first

    assert set(methods_of(FirstController)) == {"mixed", "first"}
    assert set(methods_of(SecondController)) == {"mixed", "second"}
    assert set(methods_of(AgainController)) == {"mixed", "first"}


@pytest.mark.parametrize("thing", [staticmethod(print), classmethod(print), property(print), print, int, 7, "x"])
def test_only_methods_can_be_decorated(thing):
    with pytest.raises(TypeError, match="not a method"):
        action(public=True)(thing)


def test_an_unknown_option_is_an_error():
    with pytest.raises(TypeError):
        action(durable=True, colour="red")


def test_what_the_decorators_say():
    class OfficeController(Controller):
        public = True
        permissions = "office.enter"

        @action(permissions=["a.b", "c.d"], public=False, atomic=False)
        async def one(self) -> None: ...

        @background_action(durable=True, retry=Retry(max_attempts=2), timeout=5, keep=timedelta(days=1))
        def two(self) -> None: ...

    one, two = BoundAction(OfficeController, "one"), BoundAction(OfficeController, "two")
    assert (one.name, one.public, one.permissions, one.atomic, one.is_async) == (
        "office.one",
        False,
        ("a.b", "c.d"),
        False,
        True,
    )
    assert (one.background, one.durable, one.atomic) == (False, False, False)
    assert (two.public, two.permissions, two.background, two.durable) == (True, ("office.enter",), True, True)
    assert (two.retry, two.timeout, two.keep) == (Retry(max_attempts=2), 5, timedelta(days=1))


def test_it_is_known_which_actions_report_their_progress():
    class ReportController(Controller):
        @action
        def silent(self) -> None: ...

        @action
        def loud(self) -> None:
            self.progress(0.5)

        @action
        def nested(self) -> None:
            def inner() -> None:
                self.progress(0.5)

            inner()

    assert [BoundAction(ReportController, name).reports for name in ("silent", "loud", "nested")] == [
        False,
        True,
        True,
    ]


def test_a_decorator_around_the_method_is_seen_through():
    def twice(method):
        @wraps(method)
        def wrapper(self, *args, **kwargs):
            return method(self, *args, **kwargs) * 2

        return wrapper

    class EchoController(Controller):
        @twice
        @action
        def outside(self, message: str) -> str:
            return message

        @action
        @twice
        def inside(self, message: str) -> str:
            return message

    for name in ("outside", "inside"):
        bound = BoundAction(EchoController, name)
        arguments = bound.signature.validate({"message": "a"})
        assert bound.function(EchoController(), **arguments) == "aa"


def test_the_first_parameter_is_the_controller_whatever_it_is_called():
    class OddController(Controller):
        @action
        def echo(this, message: str, self: int = 0) -> str:  # noqa: N805
            return message

    assert BoundAction(OddController, "echo").signature.names == ("message", "self")


def test_public_names_are_sorted_there_and_the_same_for_type_checkers():
    assert remote.__all__ == sorted(remote.__all__)
    for name in remote.__all__:
        assert getattr(remote, name) is not None
        assert name in dir(remote)
    tree = ast.parse(Path(remote.__file__).read_text(encoding="utf-8"))
    (checked,) = [node for node in tree.body if isinstance(node, ast.If)]
    imports = [node for node in checked.body if isinstance(node, ast.ImportFrom)]
    assert {alias.name: node.module for node in imports for alias in node.names} == remote._HOMES
    with pytest.raises(AttributeError, match="no attribute 'Contorller'"):
        _ = remote.Contorller


def test_importing_the_package_loads_no_django():
    script = "import sys, meanwhile.remote; print(*(m for m in sys.modules if m.startswith('django')))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
