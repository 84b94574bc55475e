"""The waiting page: for whom it is, what it says, when it moves on, and how cheaply it is asked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone

from meanwhile import Background, Created, Delay, EventTree, FixedClock, Retry, SendEmail, UpdateField, action, later
from meanwhile.queue.drain import drain
from meanwhile.trees.actor import acting_as
from tests.integration.forms.site import Wait
from tests.shop.models import Booking

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls("tests.integration.forms.site")]

JSON = {"Accept": "application/json"}


@action(label="Print the ticket")
def print_ticket(record: Booking) -> None:
    raise RuntimeError("printer 7 is on fire")


GOOD = EventTree(
    "Good",
    on=Created(Booking),
    do=[
        Background(UpdateField(price=20, label="Find the price"), UpdateField(ready=True, label="Set ready")),
        Delay(later(days=2), UpdateField(status="remembered", label="Far away")),
    ],
)


def failing(attempts: int) -> EventTree:
    step = print_ticket().options(retry=Retry(max_attempts=attempts, first=60, jitter=0))
    return EventTree("Bad", on=Created(Booking), do=[Background(UpdateField(price=20, label="Find the price"), step)])


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[FixedClock]:
    fixed = FixedClock(timezone.now())
    monkeypatch.setattr(Wait, "clock", fixed)
    return fixed


def submit(client: Client) -> tuple[Booking, str]:
    """Submit a booking in this client's session; return it and its waiting page."""
    response = client.post("/book/", {"name": "Ada"})
    booking = Booking.objects.latest("id")
    assert response["Location"] == f"/wait/{booking.pk}/"
    return booking, response["Location"]


def set_ready(booking: Booking) -> None:
    Booking.objects.filter(pk=booking.pk).update(ready=True)


# --- for whom


def test_the_session_that_submitted_may_watch(client: Client) -> None:
    _, page = submit(client)
    assert client.get(page).status_code == 200


def test_an_anonymous_stranger_is_sent_to_log_in_whether_the_record_exists_or_not(client: Client) -> None:
    booking, page = submit(client)
    stranger = Client()
    for address in (page, f"/wait/{booking.pk + 1}/"):
        response = stranger.get(address)
        assert response.status_code == 302
        assert response["Location"].endswith(f"?next={address}")
        assert stranger.get(address, headers=JSON).status_code == 403


def test_a_logged_in_stranger_finds_nothing(client: Client, django_user_model: type[User]) -> None:
    booking, page = submit(client)
    stranger = Client()
    stranger.force_login(django_user_model.objects.create_user("eve"))
    assert stranger.get(page).status_code == 404
    assert stranger.get(f"/wait/{booking.pk + 1}/").status_code == 404


def test_the_person_who_submitted_may_watch_from_another_browser(
    client: Client, use_trees: Any, django_user_model: type[User]
) -> None:
    use_trees(GOOD)
    ada = django_user_model.objects.create_user("ada")
    client.force_login(ada)
    _, page = submit(client)
    other_browser = Client()
    other_browser.force_login(ada)
    assert other_browser.get(page).status_code == 200


def test_who_may_see_the_record_may_watch(client: Client, django_user_model: type[User]) -> None:
    _, page = submit(client)
    clerk = django_user_model.objects.create_user("clerk")
    clerk.user_permissions.add(Permission.objects.get(codename="view_booking", content_type__app_label="shop"))
    office = Client()
    office.force_login(clerk)
    assert office.get(page).status_code == 200


def test_a_session_remembers_its_latest_fifty_submissions(client: Client) -> None:
    pages = [submit(client)[1] for _ in range(51)]
    assert client.get(pages[0]).status_code == 302
    assert client.get(pages[1]).status_code == 200


# --- moving on


def test_it_moves_on_at_once_when_the_flag_is_set_before_it_is_opened(client: Client) -> None:
    booking, page = submit(client)
    set_ready(booking)
    response = client.get(page)
    assert (response.status_code, response["Location"]) == (302, f"/done/{booking.pk}/")
    answer = client.get(page, headers=JSON).json()
    assert (answer["phase"], answer["url"], answer["live"]) == ("done", f"/done/{booking.pk}/", False)


def test_without_javascript_it_refreshes_until_the_time_is_over(client: Client, clock: FixedClock) -> None:
    _, page = submit(client)
    assert '<noscript><meta http-equiv="refresh" content="3"></noscript>' in client.get(page).text
    clock.advance(minutes=11)
    assert "http-equiv" not in client.get(page).text


def test_it_gives_up_after_the_stated_time_with_a_link_to_come_back_by(client: Client, clock: FixedClock) -> None:
    booking, page = submit(client)
    clock.advance(minutes=9)
    assert client.get(page, headers=JSON).json()["phase"] == "waiting"
    clock.advance(minutes=2)
    answer = client.get(page, headers=JSON).json()
    assert (answer["phase"], answer["live"]) == ("late", False)
    assert f'href="http://testserver{page}"' in answer["html"]
    set_ready(booking)
    assert client.get(page)["Location"] == f"/done/{booking.pk}/"


def test_for_others_the_time_counts_from_the_run(
    client: Client, clock: FixedClock, admin_client: Client, use_trees: Any
) -> None:
    use_trees(GOOD)
    _, page = submit(client)
    assert admin_client.get(page, headers=JSON).json()["phase"] == "waiting"
    clock.advance(minutes=11)
    assert admin_client.get(page, headers=JSON).json()["phase"] == "late"


# --- what it says


def test_it_shows_the_steps_but_not_those_put_off_to_another_day(client: Client, use_trees: Any) -> None:
    use_trees(GOOD)
    _, page = submit(client)
    text = client.get(page).text
    assert "Find the price" in text
    assert "Set ready" in text
    assert "Far away" not in text
    assert "0 of 2 steps done" in text


def test_a_step_that_is_tried_again_says_when(client: Client, use_trees: Any) -> None:
    use_trees(failing(attempts=3))
    _, page = submit(client)
    drain()
    text = client.get(page).text
    assert "1 of 2 steps done" in text
    assert "next try at" in text
    assert "printer 7" not in text


def test_a_failed_step_says_so_and_what_to_do_without_internals(client: Client, use_trees: Any) -> None:
    use_trees(failing(attempts=1))
    _, page = submit(client)
    drain()
    answer = client.get(page, headers=JSON).json()
    assert (answer["phase"], answer["live"]) == ("failed", True)
    assert "One step did not succeed" in answer["html"]
    assert "You don’t need to send it again" in answer["html"]
    assert f"http://testserver{page}" in answer["html"]
    assert "printer 7" not in answer["html"]


def test_it_says_why_nothing_goes_on_when_no_worker_is_alive(client: Client, use_trees: Any) -> None:
    use_trees(GOOD)
    _, page = submit(client)
    assert "Why it waits:" in client.get(page).text


def test_a_record_deleted_meanwhile_is_said_to_be_gone_to_its_person_alone(client: Client) -> None:
    booking, page = submit(client)
    booking.delete()
    response = client.get(page)
    assert response.status_code == 404
    assert "The booking you sent was deleted" in response.text
    assert Client().get(page).status_code == 302


def test_only_the_runs_of_this_submission_are_shown(client: Client, use_trees: Any) -> None:
    use_trees(GOOD)
    booking, page = submit(client)
    use_trees(EventTree("Later", on=Created(Booking), do=[Background(UpdateField(notes="x", label="Not mine"))]))
    with acting_as(None):
        Booking.objects.create(pk=booking.pk + 100, name="Eve")
    assert "Not mine" not in client.get(page).text


# --- how cheaply


def test_an_unchanged_state_costs_an_empty_304_and_a_change_is_sent(client: Client, use_trees: Any) -> None:
    use_trees(GOOD)
    booking, page = submit(client)
    first = client.get(page, headers=JSON)
    again = client.get(page, headers={**JSON, "If-None-Match": first["ETag"]})
    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")
    assert again["Cache-Control"] == "private, no-store"
    set_ready(booking)
    changed = client.get(page, headers={**JSON, "If-None-Match": first["ETag"]})
    assert changed.status_code == 200
    assert changed.json()["phase"] == "done"


def test_the_page_itself_carries_the_etag_its_script_begins_with(client: Client, use_trees: Any) -> None:
    use_trees(GOOD)
    _, page = submit(client)
    shown = client.get(page)
    asked = client.get(page, headers={**JSON, "If-None-Match": shown.context["etag"]})
    assert asked.status_code == 304


def test_no_cache_keeps_what_one_person_sees(client: Client) -> None:
    _, page = submit(client)
    response = client.get(page)
    assert response["Cache-Control"] == "private, no-store"
    assert {"Accept", "Cookie"} <= {name.strip() for name in response["Vary"].split(",")}


@pytest.mark.parametrize("label", ["", "Write to {{ record.name }}"])
def test_no_code_of_a_template_is_shown_to_a_person_who_waits(client: Client, use_trees: Any, label: str) -> None:
    mails = [
        SendEmail("{{ record.email }}", subject="Hi {{ record.name }}", body="Hi", label=label),
        SendEmail("{{ record.email }}", subject="See you soon", body="Hi"),
    ]
    use_trees(EventTree("Mails", on=Created(Booking), do=[Background(*mails)]))
    _booking, address = submit(client)
    page = client.get(address).text
    assert "{{" not in page
    assert page.index(">Send Email<") < page.index(">Send e-mail “See you soon”<")
