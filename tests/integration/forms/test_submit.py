"""Submitting a record: one transaction, one Submitted, and a form that comes back with its input when it fails."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError, transaction
from django.test import Client

from meanwhile import Created, EventTree, Submitted, Updated, UserError, action
from meanwhile.trees.models import Run
from tests.shop.models import Booking, Ticket

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls("tests.integration.forms.site")]

TYPED = {"name": "Ada", "email": "ada@example.com", "notes": "window, please"}
TWO_TICKETS = {
    "tickets-TOTAL_FORMS": "2",
    "tickets-INITIAL_FORMS": "0",
    "tickets-0-passenger": "Ada",
    "tickets-1-passenger": "Bob",
}


@action
def count_tickets(record: Booking) -> None:
    record.reference = f"{record.tickets.count()} tickets"
    record.save(update_fields=["reference"])


@action
def refuse(record: Booking) -> None:
    raise UserError("No flights on Sundays.")


@action
def database_is_locked(record: Booking) -> None:
    raise OperationalError("database is locked")


def test_a_submitted_record_is_saved_and_its_person_sent_to_the_waiting_page(client: Client) -> None:
    response = client.post("/book/", TYPED)
    booking = Booking.objects.get()
    assert (booking.name, booking.email) == ("Ada", "ada@example.com")
    assert (response.status_code, response["Location"]) == (302, f"/wait/{booking.pk}/")


def test_submitted_fires_once_after_the_inlines_are_saved(client: Client, use_trees: Any) -> None:
    use_trees(
        EventTree("On submit", on=Submitted(Booking), do=[count_tickets()]),
        EventTree("On creation", on=Created(Booking), do=[]),
    )
    client.post("/book-with-tickets/", TYPED | TWO_TICKETS)
    assert Booking.objects.get().reference == "2 tickets"
    assert sorted(Run.objects.values_list("event", flat=True)) == ["created", "submitted"]


def test_an_invalid_inline_saves_nothing_and_shows_the_form(client: Client) -> None:
    response = client.post("/book-with-tickets/", TYPED | TWO_TICKETS | {"tickets-1-passenger": "x" * 200})
    assert response.status_code == 200
    assert "at most 100 characters" in response.text
    assert not Booking.objects.exists()


def test_a_failed_foreground_action_shows_the_form_again_with_the_reason_and_the_input(
    client: Client, use_trees: Any
) -> None:
    use_trees(EventTree("Refused", on=Submitted(Booking), do=[refuse()]))
    response = client.post("/book-with-tickets/", TYPED | TWO_TICKETS)
    assert response.status_code == 200
    for shown in ("No flights on Sundays.", *TYPED.values(), 'value="Bob"'):
        assert shown in response.text
    form = response.context["form"]
    assert form.non_field_errors() == ["No flights on Sundays."]
    assert form.instance.pk is None
    assert form.instance._state.adding
    assert not Booking.objects.exists()
    assert not Ticket.objects.exists()


def test_the_failed_run_of_a_refused_form_is_in_the_history(client: Client, use_trees: Any) -> None:
    use_trees(EventTree("Refused", on=Submitted(Booking), do=[refuse()]))
    client.post("/book/", TYPED)
    run = Run.objects.get()
    assert run.state == "failed"
    assert "No flights on Sundays." in run.error


def test_a_refused_form_can_be_sent_again_as_it_came_back(client: Client, use_trees: Any) -> None:
    with use_trees(EventTree("Refused", on=Submitted(Booking), do=[refuse()])):
        client.post("/book-with-tickets/", TYPED | TWO_TICKETS)
    response = client.post("/book-with-tickets/", TYPED | TWO_TICKETS)
    assert response.status_code == 302
    assert Ticket.objects.count() == 2


def test_a_failed_change_leaves_the_record_as_it_was(client: Client, use_trees: Any) -> None:
    booking = Booking.objects.create(name="Ada", notes="as it was")
    use_trees(EventTree("Refused", on=Updated(Booking), do=[refuse()]))
    response = client.post(
        f"/change/{booking.pk}/",
        {"name": "Eve", "notes": "changed", "tickets-TOTAL_FORMS": "0", "tickets-INITIAL_FORMS": "0"},
    )
    assert "No flights on Sundays." in response.text
    assert "changed" in response.text
    booking.refresh_from_db()
    assert (booking.name, booking.notes) == ("Ada", "as it was")


def test_a_change_is_submitted_with_djangos_success_url(client: Client, use_trees: Any) -> None:
    booking = Booking.objects.create(name="Ada")
    use_trees(EventTree("On submit", on=Submitted(Booking), do=[count_tickets()]))
    response = client.post(f"/change/{booking.pk}/", {"name": "Eve"} | TWO_TICKETS)
    assert response["Location"] == f"/done/{booking.pk}/"
    booking.refresh_from_db()
    assert (booking.name, booking.reference) == ("Eve", "2 tickets")


def test_a_locked_database_shows_the_form_again_and_says_that_nothing_was_saved(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(*args: Any, **kwargs: Any) -> None:
        raise OperationalError("database is locked")

    monkeypatch.setattr(Booking, "save_base", locked)
    response = client.post("/book/", TYPED)
    assert "Nothing was saved" in response.text
    assert "window, please" in response.text
    assert "database is locked" not in response.text


def test_a_database_that_is_away_altogether_gets_a_page_that_keeps_the_input(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*args: Any, **kwargs: Any) -> None:
        raise OperationalError("server closed the connection")

    monkeypatch.setattr("tests.integration.forms.site.Book.get_form", away)
    response = client.post("/book/?from=home", TYPED | {"password": "hunter2", "notes": "\ntwo\nlines"})
    assert response.status_code == 503
    assert response["Retry-After"]
    assert 'action="/book/?from=home"' in response.text
    assert '<textarea name="name" hidden>\nAda</textarea>' in response.text
    # HTML drops the first line break of a textarea: the typed one must survive it.
    assert '<textarea name="notes" hidden>\n\ntwo\nlines</textarea>' in response.text
    assert "hunter2" not in response.text


def test_chosen_files_are_asked_for_again(client: Client, use_trees: Any) -> None:
    use_trees(EventTree("Refused", on=Submitted(Booking), do=[refuse()]))
    response = client.post("/book/", TYPED | {"photo": SimpleUploadedFile("me.png", b"png")})
    assert response.context["form"].errors["photo"] == ["Please choose the file again."]


def test_a_callback_that_fails_after_the_commit_does_not_turn_success_into_an_error(
    client: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> None:
        raise OperationalError("a callback of another app")

    save = Booking.save

    def save_and_register(self: Booking, *args: Any, **kwargs: Any) -> None:
        save(self, *args, **kwargs)
        transaction.on_commit(broken)

    monkeypatch.setattr(Booking, "save", save_and_register)
    response = client.post("/book/", TYPED)
    assert response.status_code == 302
    assert Booking.objects.count() == 1
    assert "after a submission was committed" in caplog.text


def test_the_person_who_submits_is_the_actor(client: Client, admin_user: Any, use_trees: Any) -> None:
    use_trees(EventTree("On submit", on=Submitted(Booking), do=[]))
    client.force_login(admin_user)
    client.post("/book/", TYPED)
    assert Run.objects.get().actor_pk == str(admin_user.pk)
