"""Scheduled events in words."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import translation

from meanwhile.studio.wording import event_in_words
from meanwhile.trees.scheduled_wording import schedule_in_words


@pytest.mark.parametrize(
    ("cron", "words"),
    [
        ("0 7 * * *", "every day at 7 a.m."),
        ("30 14 * * mon-fri", "every weekday at 2:30 p.m."),
        ("30 14 * * 1-5", "every weekday at 2:30 p.m."),
        ("0 7 * * mon", "every Monday at 7 a.m."),
        ("0 7 * * SUN", "every Sunday at 7 a.m."),
        ("0 7 * * 7", "every Sunday at 7 a.m."),
        ("0 7 * * 0,3", "every Sunday and Wednesday at 7 a.m."),
        ("0 7 1 * *", "on day 1 of every month at 7 a.m."),
        ("0 7 L * *", "on the last day of every month at 7 a.m."),
        ("0 7 24 dec *", "every year on day 24 of December at 7 a.m."),
        ("0 7 24 12 *", "every year on day 24 of December at 7 a.m."),
        ("* * * * *", "every minute"),
        ("*/5 * * * *", "every 5 minutes"),
        ("15 * * * *", "every hour at minute 15"),
        ("*/7 * * * *", "at the times “*/7 * * * *”"),
        ("0 7 1 * mon", "at the times “0 7 1 * mon”"),
        ("0 8-17 * * *", "at the times “0 8-17 * * *”"),
        ("99 99 * * *", "at the times “99 99 * * *”"),
        ("nonsense", "at the times “nonsense”"),
    ],
)
def test_a_usual_cron_expression_is_told_in_words_and_another_one_as_it_is(cron: str, words: str) -> None:
    with translation.override("en"):
        assert schedule_in_words({"cron": cron}) == words


@pytest.mark.parametrize(
    ("event", "words"),
    [
        ({"every": {"hours": 2}}, "every 2 hours"),
        ({"every": {"days": 1}}, "every day"),
        ({"every": {"days": 1, "hours": 12}}, "every 1 day and 12 hours"),
        ({"every": {"weeks": 2}, "starting": "2026-05-04T07:00:00"}, "every 2 weeks, from May 4, 2026, 7 a.m. on"),
        ({"every": {"weeks": 2}, "starting": "soon"}, "every 2 weeks, from soon on"),
        ({"every": {}}, "every …"),
        ({}, "…"),
        ({"cron": ["no", "text"]}, "…"),
        ({"model": "shop.Booking", "cron": "0 7 * * *"}, "every day at 7 a.m., for each booking"),
        (
            {
                "model": "shop.Booking",
                "cron": "0 7 * * *",
                "where": {"status": {"value": "literal", "literal": "open"}, "starts__lt": {"value": "now", "days": 2}},
            },
            "every day at 7 a.m., for each booking (Status = “open”, Starts is less than 2 days from now)",
        ),
    ],
)
def test_an_event_is_told_in_words_also_a_half_done_one(event: dict[str, Any], words: str) -> None:
    with translation.override("en"):
        assert event_in_words({"event": "scheduled", **event}) == words
