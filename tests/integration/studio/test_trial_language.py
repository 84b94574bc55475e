"""In which language a trial speaks: its own words that of who tries, the tree's that in which it will really run."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.utils import translation

from meanwhile import Background, Called, CallTree, Created, EventTree, If, Is, Saved, SendEmail, UpdateField
from meanwhile.studio import preview
from meanwhile.testing import use_trees
from tests.integration.studio.trying import tried
from tests.shop.models import Booking

pytestmark = pytest.mark.django_db(transaction=True)

MAIL = SendEmail(to="a@example.com", subject="{{ record.starts|date:'F' }}", body="x")


@pytest.fixture
def in_may(booking: Booking) -> Booking:
    Booking.objects.filter(pk=booking.pk).update(starts=datetime(2026, 5, 4, 12, tzinfo=UTC))
    booking.refresh_from_db()
    return booking


def test_a_mail_before_the_page_is_in_the_language_of_the_person_and_one_after_it_in_that_of_the_site(
    in_may: Booking,
) -> None:
    with translation.override("de"):
        result = tried(EventTree("T", on=Saved(Booking), do=[MAIL, Background(MAIL)]), in_may)
        assert translation.get_language() == "de"
    (before,) = result.foreground[0].mails
    (after,) = result.branches[0].steps[0].mails
    assert (before.subject, after.subject) == ("Mai", "May")


def test_what_is_told_of_a_job_is_in_the_language_of_the_person(in_may: Booking) -> None:
    nodes = [If(Is("status", "never"), UpdateField(notes="x"), otherwise=[UpdateField(notes="y")]), MAIL]
    with translation.override("de"):
        (branch,) = tried(EventTree("T", on=Saved(Booking), do=[Background(*nodes)]), in_may).branches
    assert [step.title for step in branch.steps] == [
        "Wenn",
        "Notes ändern",
        "E-Mail „{{ record.starts|date:'F' }}“ senden",
    ]
    assert branch.steps[0].message == "Sie ist nicht erfüllt: der andere Weg."


def test_a_tree_that_a_job_calls_speaks_the_language_of_the_site_too(in_may: Booking) -> None:
    called = EventTree("Called", on=Called(Booking), do=[MAIL, UpdateField(notes="x")], key="called")
    with use_trees(called), translation.override("de"):
        result = tried(EventTree("T", on=Created(Booking), do=[Background(CallTree("called"))]), in_may)
    (run,) = result.branches[0].steps[0].runs
    assert run.steps[0].mails[0].subject == "May"
    assert run.steps[1].title == "Notes ändern"


@pytest.mark.parametrize(
    ("path", "subject"), [("0", "Mai"), ("1.0", "May"), ("2.then.0.0", "May"), ("3.then.0", "Mai")]
)
def test_a_preview_is_written_in_the_language_in_which_the_mail_will_be(
    in_may: Booking, path: str, subject: str
) -> None:
    under_if = If(Is("status", "x"), Background(MAIL))
    tree = EventTree("T", on=Saved(Booking), do=[MAIL, Background(MAIL), under_if, If(Is("status", "x"), MAIL)])
    with translation.override("de"):
        assert preview.preview_mail(tree.as_json(), path, in_may, by=None).subject == subject
