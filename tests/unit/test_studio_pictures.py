from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from meanwhile.queue.rates import Slot
from meanwhile.spans import span_text
from meanwhile.studio.plots import HEIGHT, WIDTH, throughput, waits

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def slots(*values):
    return [
        Slot(start=NOON + index * MINUTE, end=NOON + (index + 1) * MINUTE, **given)
        for index, given in enumerate(values)
    ]


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [
        (0, "0 ms"),
        (0.4, "< 1 ms"),
        (12.4, "12 ms"),
        (999, "999 ms"),
        (3400, "3.4 s"),
        (60_000, "1 min"),
        (245_000, "4 min 5 s"),
        (7_800_000, "2 h 10 min"),
        (273_600_000, "3 d 4 h"),
    ],
)
def test_spans_read_as_people_say_them(milliseconds, text):
    assert span_text(milliseconds) == text


class TestThroughput:
    def test_failed_jobs_stand_on_those_that_succeeded(self):
        plot = throughput(slots({"succeeded": 6, "failed": 3}, {}))
        [full, empty] = plot.bars
        assert plot.top == 10
        assert (full.good, full.bad) == (pytest.approx(0.6 * HEIGHT), pytest.approx(0.3 * HEIGHT))
        assert full.bad_y + full.bad == pytest.approx(full.good_y)
        assert (empty.good, empty.bad) == (0, 0)

    def test_the_bars_fill_the_width_and_none_leaves_it(self):
        plot = throughput(slots(*[{"succeeded": number} for number in range(60)]))
        assert plot.bars[0].x >= 0
        assert plot.bars[-1].x + plot.bars[-1].width <= WIDTH

    def test_a_single_job_among_many_can_still_be_seen(self):
        plot = throughput(slots({"succeeded": 100_000}, {"succeeded": 1}))
        assert plot.bars[1].good >= 1

    @pytest.mark.parametrize(("most", "top"), [(1, 1), (3, 5), (10, 10), (11, 20), (4999, 5000)])
    def test_the_scale_ends_at_a_round_number(self, most, top):
        assert throughput(slots({"succeeded": most})).top == top

    def test_nothing_is_said_to_be_nothing(self):
        assert throughput(slots({}, {})).is_empty


class TestWaits:
    @pytest.mark.parametrize(
        ("longest", "top"),
        [(0.012, 0.02), (3, 5), (9, 10), (40, 60), (61, 120), (2400, 3600), (8000, 18_000), (80_000, 86_400),
         (100_000, 172_800)],
    )  # fmt: skip
    def test_the_scale_of_a_wait_ends_at_a_time_that_people_would_choose(self, longest, top):
        assert waits(slots({"succeeded": 1, "wait": 0.01, "longest": longest})).top == top

    def test_the_line_is_broken_where_nothing_was_started(self):
        plot = waits(slots({"wait": 1, "longest": 2}, {"wait": 1, "longest": 2}, {}, {"wait": 1, "longest": 2}))
        assert len(plot.lines) == 2
        assert len(plot.dots) == 3

    def test_the_longest_wait_is_never_below_the_mean(self):
        plot = waits(slots({"wait": 0.5, "longest": 4}))
        [(_x, y, _slot)] = plot.dots
        mean = float(plot.lines[0].split(",")[1].split()[0])
        assert y < mean
