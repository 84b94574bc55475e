from __future__ import annotations

import inspect
import pickle

import pytest

from meanwhile import exceptions
from meanwhile.exceptions import ActionFailed, MeanwhileError, TreeDocumentError, UnknownTree, UserError

EXAMPLES = {
    "ActionFailed": ("Booking received", "0", "Update status", "no"),
    "TreeDocumentError": ([("do.0", "is missing")],),
    "ValueProblem": ("price", "x", "a number"),
    "ParameterError": ({"amount": "is missing"},),
    "ChainTooDeep": (["a", "b"],),
    "TransitionError": (1, "ready", "failed"),
    "ResultNotStorable": ("shop.act", object),
}
ERRORS = [
    value
    for _name, value in inspect.getmembers(exceptions, inspect.isclass)
    if issubclass(value, MeanwhileError) and value.__module__ == exceptions.__name__
]


def _example(error: type[MeanwhileError]) -> MeanwhileError:
    if error.__name__ in EXAMPLES:
        return error(*EXAMPLES[error.__name__])
    if error.__init__ is MeanwhileError.__init__:
        return error("It is told what to do.")
    parameters = list(inspect.signature(error).parameters.values())
    return error(*["7" for parameter in parameters if parameter.default is parameter.empty])


@pytest.mark.parametrize("error", ERRORS)
def test_every_error_tells_what_to_do_and_survives_pickling(error: type[MeanwhileError]) -> None:
    assert error.__doc__
    assert error.__doc__.strip().endswith(".")
    example = _example(error)
    again = pickle.loads(pickle.dumps(example))
    assert type(again) is error
    assert str(again) == str(example)


def test_the_form_shows_the_text_of_a_user_error_and_no_internals_of_others() -> None:
    told = ActionFailed("Booking", "0", "Seat", UserError("This flight is full."))
    assert told.user_message == "This flight is full."
    hidden = ActionFailed("Booking", "0", "Seat", ValueError("password=hunter2"))
    assert "hunter2" not in hidden.user_message
    assert "Seat" in hidden.user_message
    assert "hunter2" in str(hidden)


def test_several_problems_of_a_document_are_all_told() -> None:
    error = TreeDocumentError([("name", "is missing"), ("do.0", "unknown kind")])
    assert str(error) == "2 problems:\nname: is missing\ndo.0: unknown kind"


def test_an_unknown_name_brings_the_one_that_is_nearly_the_same() -> None:
    assert "Did you mean “refund”?" in str(UnknownTree("refnud", ["refund", "booking"]))


def test_texts_are_in_the_language_of_the_moment_they_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    from django.utils import translation

    error = UnknownTree("x")
    monkeypatch.setattr(translation, "gettext", lambda text: "Kein Baum “%(key)s”." if "no tree" in text else text)
    assert str(error) == "Kein Baum “x”."
