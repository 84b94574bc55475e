from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

import pytest
from pydantic import BaseModel, Field

from meanwhile.actions.parameters import signature_of
from meanwhile.exceptions import ParameterError, ResultNotStorable
from tests.shop.models import Seat

if TYPE_CHECKING:
    from nowhere import Ghost  # type: ignore[import-not-found]


class Passenger(BaseModel):
    name: str
    age: Annotated[int, Field(ge=0)]


@dataclass
class Point:
    x: int


def book(record: Ghost, name: str, amount: Decimal, day: date | None = None, *, cabin: str = "economy") -> Decimal:
    return amount


BOOK = signature_of(book, inject={"record", "step"}, name="shop.book")


def test_arguments_are_converted_to_the_annotations() -> None:
    assert BOOK.validate({"name": "Ada", "amount": "9.90", "day": "2026-05-01"}) == {
        "name": "Ada",
        "amount": Decimal("9.90"),
        "day": date(2026, 5, 1),
    }


def test_injected_parameters_are_not_given_and_their_types_not_needed() -> None:
    assert BOOK.names == ("name", "amount", "day", "cabin")
    assert BOOK.injected == ("record",)
    with pytest.raises(ParameterError):
        BOOK.validate({"name": "x", "amount": 1, "record": object()})


def test_missing_unknown_and_wrong_arguments_are_all_told() -> None:
    with pytest.raises(ParameterError, match=r"shop\.book") as caught:
        BOOK.validate({"amount": "much", "colour": "red", "cabin": 5})
    assert set(caught.value.fields) == {"name", "amount", "colour", "cabin"}
    assert "is missing" in caught.value.fields["name"]
    assert "name, amount, day, cabin" in caught.value.fields["colour"]


def test_models_and_their_limits_are_parameters_too() -> None:
    def board(passenger: Passenger, seats: list[int]) -> None: ...

    signature = signature_of(board)
    found = signature.validate({"passenger": {"name": "Ada", "age": 36}, "seats": ["1", 2]})
    assert found == {"passenger": Passenger(name="Ada", age=36), "seats": [1, 2]}
    with pytest.raises(ParameterError, match="passenger: age"):
        signature.validate({"passenger": {"name": "Ada", "age": -1}, "seats": []})


def test_a_class_that_pydantic_does_not_know_takes_its_instances() -> None:
    def move(seat: Seat) -> None: ...

    seat = Seat()
    assert signature_of(move).validate({"seat": seat}) == {"seat": seat}
    with pytest.raises(ParameterError):
        signature_of(move).validate({"seat": 5})


def test_parameters_without_annotation_take_anything() -> None:
    def loose(thing, other=1): ...  # type: ignore[no-untyped-def]

    assert signature_of(loose).validate({"thing": [1]}) == {"thing": [1]}


@pytest.mark.parametrize("function", [lambda *args: None, lambda **kwargs: None, lambda a, /: None])
def test_parameters_that_cannot_be_named_are_refused(function: Any) -> None:
    with pytest.raises(TypeError, match="by name"):
        signature_of(function)


def test_an_annotation_that_is_not_there_at_run_time_is_told() -> None:
    def haunted(ghost: Ghost) -> None: ...

    signature = signature_of(haunted, name="shop.haunted")
    with pytest.raises(TypeError, match=r"shop\.haunted.*Ghost.*import it for real"):
        signature.validate({"ghost": 1})


@pytest.mark.parametrize(
    ("annotation", "value", "stored"),
    [
        (Decimal, Decimal("1.50"), "1.50"),
        (date, date(2026, 5, 1), "2026-05-01"),
        (Passenger, Passenger(name="Ada", age=36), {"name": "Ada", "age": 36}),
        (Point, Point(1), {"x": 1}),
        (tuple[int, str], (1, "a"), [1, "a"]),
        (Any, {"a": date(2026, 5, 1)}, {"a": "2026-05-01"}),
        (Seat, Seat(pk=5), {"model": "shop.Seat", "pk": "5"}),
        (None, None, None),
        (Decimal, "1.50", "1.50"),
        (None, 5, 5),
        (Passenger, 5, 5),
    ],
)
def test_a_result_is_stored_by_its_annotation(annotation: Any, value: Any, stored: Any) -> None:
    def act() -> None: ...

    act.__annotations__["return"] = annotation
    assert signature_of(act).dump_result(value) == stored


@pytest.mark.parametrize(
    ("annotation", "value"),
    [
        (Any, object()),
        (Any, float("nan")),
        (Any, lambda: None),
        (Any, [object()]),
    ],
)
def test_a_result_that_cannot_be_stored_is_told(annotation: Any, value: Any) -> None:
    def act() -> None: ...

    act.__annotations__["return"] = annotation
    with pytest.raises(ResultNotStorable, match="act"):
        signature_of(act).dump_result(value)


def test_a_result_without_end_is_told() -> None:
    endless: list[Any] = []
    endless.append(endless)

    def act() -> Any: ...

    with pytest.raises(ResultNotStorable):
        signature_of(act).dump_result(endless)


def test_parameters_have_a_json_schema() -> None:
    schema = BOOK.json_schema()
    assert schema["required"] == ["name", "amount"]
    assert schema["additionalProperties"] is False
    assert schema["properties"]["name"] == {"type": "string"}
    assert schema["properties"]["cabin"] == {"type": "string", "default": "economy"}

    def move(seat: Seat) -> None: ...

    assert signature_of(move).json_schema()["properties"] == {"seat": {}}
