from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from meanwhile.actions.call import Call
from meanwhile.actions.function import FunctionAction, action, default_name
from meanwhile.actions.registry import ActionRegistry, actions
from meanwhile.actions.values import Field, Literal
from meanwhile.exceptions import DuplicateAction, ParameterError, ResultNotStorable, UnknownAction
from meanwhile.queue.backoff import RetryPolicy


@pytest.fixture(autouse=True)
def _forget_actions() -> Iterator[None]:
    before = {known.name for known in actions.all()}
    yield
    for known in actions.all():
        if known.name not in before:
            actions.remove(known.name)


def step(record: Any = "the record", **worth: Any) -> Any:
    def resolve(value: Any) -> Any:
        return value.literal if isinstance(value, Literal) else worth[value.field]

    return SimpleNamespace(record=record, resolve=resolve, path="0", background=False, target=lambda of: record)


def test_calling_the_function_makes_the_node() -> None:
    @action(name="shop.assign")
    def assign(record: Any, cabin: str = "economy", amount: Decimal = Decimal(0)) -> str:
        return cabin

    assert assign() == Call("shop.assign")
    assert assign("first", amount=Decimal("9.90")) == Call("shop.assign", params={"cabin": "first", "amount": "9.90"})
    assert assign(cabin=Field("cabin")) == Call("shop.assign", params={"cabin": Field("cabin")})
    assert assign(amount=Literal("1")) == Call("shop.assign", params={"amount": "1"})
    assert assign.function("record", "x") == "x"


def test_wrong_arguments_are_told_when_the_tree_is_built() -> None:
    @action(name="shop.pay")
    def pay(record: Any, amount: Decimal, note: str = "") -> None: ...

    with pytest.raises(ParameterError) as caught:
        pay(amount="much", colour="red")
    assert set(caught.value.fields) == {"amount", "colour"}
    with pytest.raises(ParameterError, match="amount: is missing"):
        pay()
    with pytest.raises(ParameterError, match="by position"):
        pay(1, "x", "y")
    with pytest.raises(ParameterError, match="record"):
        pay(amount=1, record=5)


def test_a_run_hands_in_the_record_and_the_step_and_converts_the_rest() -> None:
    seen: dict[str, Any] = {}

    @action(name="shop.see")
    def see(step: Any, record: Any, amount: Decimal, cabin: str = "economy") -> Decimal:
        seen.update(step=step, record=record, amount=amount, cabin=cabin)
        return amount

    running = step(price="9.90")
    assert see(amount=Field("price")).execute(running) == "9.90"
    assert seen == {"step": running, "record": "the record", "amount": Decimal("9.90"), "cabin": "economy"}


def test_a_wrong_argument_at_run_time_is_told() -> None:
    @action(name="shop.strict")
    def strict(amount: Decimal) -> None: ...

    with pytest.raises(ParameterError, match=r"shop\.strict.*amount"):
        strict(amount=Field("price")).execute(step(price="much"))


def test_a_result_that_cannot_be_stored_is_told() -> None:
    @action(name="shop.odd")
    def odd() -> Any:
        return object()

    with pytest.raises(ResultNotStorable, match=r"shop\.odd"):
        odd().execute(step())


def test_an_asynchronous_function_is_awaited() -> None:
    @action(name="shop.slow")
    async def slow(n: int) -> int:
        return n + 1

    assert slow(1).execute(step()) == 2


def test_the_options_of_the_function_hold_for_its_calls() -> None:
    @action(
        name="shop.webby", label="Ask the web", outside=True, atomic=False, retry=RetryPolicy(max_attempts=9), timeout=7
    )
    def webby() -> None:
        """Ask."""

    node = webby()
    assert (node.outside, node.atomic, node.time_limit, node.title()) == (True, False, 7, "Ask the web")
    assert node.retry_policy == RetryPolicy(max_attempts=9)
    own = node.options(retry=RetryPolicy(max_attempts=2), timeout=1, label="Mine")
    assert (own.retry_policy, own.time_limit, own.title()) == (RetryPolicy(max_attempts=2), 1, "Mine")
    assert webby.__doc__ == "Ask."


def test_an_unknown_function_is_told_when_it_runs_and_harmless_before() -> None:
    node = Call("shop.nobody")
    assert (node.outside, node.atomic, node.time_limit, node.retry_policy) == (False, True, None, None)
    with pytest.raises(UnknownAction, match=r"shop\.nobody"):
        node.execute(step())


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("bookings.trees", "bookings.act"),
        ("project.apps.bookings.trees", "bookings.act"),
        ("bookings.actions", "bookings.act"),
        ("bookings.actions.seats", "bookings.act"),
        ("bookings.services", "bookings.act"),
        ("bookings", "bookings.act"),
        ("trees", "trees.act"),
    ],
)
def test_a_function_is_named_after_its_app(module: str, name: str) -> None:
    def act() -> None: ...

    act.__module__ = module
    assert default_name(act) == name


def test_the_bare_decorator_names_the_function_after_its_app() -> None:
    @action
    def act_bare() -> None: ...

    assert act_bare.name == "unit.act_bare"
    assert actions.get("unit.act_bare") is act_bare


def _made(name: str, place: str) -> FunctionAction[Any]:
    def act() -> None: ...

    act.__module__, act.__qualname__ = place.rsplit(".", 1)
    return FunctionAction(act, name=name)


def test_two_functions_of_one_name_are_refused_and_both_named() -> None:
    registry = ActionRegistry()
    registry.add(_made("shop.act", "shop.trees.act"))
    with pytest.raises(DuplicateAction, match=r"shop\.trees\.act and other\.shop\.trees\.act"):
        registry.add(_made("shop.act", "other.shop.trees.act"))


def test_a_module_loaded_anew_takes_the_place_of_its_functions() -> None:
    registry = ActionRegistry()
    registry.add(_made("shop.act", "shop.trees.act"))
    again = _made("shop.act", "shop.trees.act")
    registry.add(again)
    assert registry.get("shop.act") is again
    assert registry.all() == [again]
