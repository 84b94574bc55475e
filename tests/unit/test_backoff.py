from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from meanwhile import conf
from meanwhile.exceptions import TreeDocumentError
from meanwhile.queue.backoff import RetryPolicy, delay
from tests import strategies

PLAIN = RetryPolicy(first=2, factor=3, longest=100, jitter=0)


def test_waits_grow_by_the_factor_up_to_the_longest() -> None:
    assert [delay(attempt, PLAIN, 0.9) for attempt in (1, 2, 3, 4, 5, 6)] == [2, 6, 18, 54, 100, 100]


def test_jitter_spreads_a_wait_around_its_middle() -> None:
    policy = PLAIN.model_copy(update={"jitter": 0.5})
    assert delay(1, policy, 0.0) == 1.0
    assert delay(1, policy, 0.5) == 2.0
    assert delay(1, policy, 0.999) == pytest.approx(3.0, abs=0.01)


@strategies.patiently
@given(
    attempt=st.integers(1, 10**6),
    policy=st.builds(
        RetryPolicy,
        first=st.floats(0, 1e6),
        factor=st.floats(1, 1e6),
        longest=st.floats(0, 1e9),
        jitter=st.floats(0, 1),
    ),
    random=st.floats(0, 1, exclude_max=True),
)
def test_a_wait_is_never_negative_nor_longer_than_the_longest(attempt: int, policy: RetryPolicy, random: float) -> None:
    assert 0 <= delay(attempt, policy, random) <= policy.longest


def test_there_is_no_try_before_the_first() -> None:
    with pytest.raises(ValueError, match="counts from 1"):
        delay(0, PLAIN, 0.5)


@pytest.mark.parametrize(
    "wrong", [{"max_attempts": 0}, {"first": -1}, {"factor": 0.5}, {"jitter": 1.1}, {"longest": float("inf")}, {"x": 1}]
)
def test_a_policy_that_makes_no_sense_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(TreeDocumentError) as caught:
        RetryPolicy(**wrong)
    ((place, text),) = caught.value.problems
    assert place == f"Retry.{next(iter(wrong))}"
    assert "pydantic" not in text


def test_a_policy_may_be_given_as_a_dict() -> None:
    assert conf.Settings(retry={"max_attempts": 2}).retry == RetryPolicy(max_attempts=2)
    with pytest.raises(ValidationError, match=r"retry\.max_attempts"):
        conf.Settings(retry={"max_attempts": 0})
