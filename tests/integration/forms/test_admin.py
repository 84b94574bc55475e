"""Django's admin as a submitting form."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from meanwhile import Deleted, EventTree, Submitted, Updated
from meanwhile.trees.models import Run
from tests.integration.forms.test_submit import count_tickets, refuse
from tests.shop.models import Booking, Ticket

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls("tests.integration.forms.site")]

ADD = "/office/shop/booking/add/"
LIST = "/office/shop/booking/"
TYPED = {
    "name": "Ada",
    "notes": "window, please",
    "tickets-TOTAL_FORMS": "1",
    "tickets-INITIAL_FORMS": "0",
    "tickets-0-passenger": "Bob",
}


def test_submitted_fires_once_after_the_inlines_in_the_admins_name(
    admin_client: Client, admin_user: Any, use_trees: Any
) -> None:
    use_trees(EventTree("On submit", on=Submitted(Booking), do=[count_tickets()]))
    assert admin_client.post(ADD, TYPED).status_code == 302
    assert Booking.objects.get().reference == "1 tickets"
    assert Run.objects.get().actor_pk == str(admin_user.pk)


def test_a_failed_action_shows_the_add_form_again_with_its_input(admin_client: Client, use_trees: Any) -> None:
    use_trees(EventTree("Refused", on=Submitted(Booking), do=[refuse()]))
    response = admin_client.post(ADD, TYPED)
    assert response.status_code == 200
    for shown in ("No flights on Sundays.", "Ada", "window, please", "Bob"):
        assert shown in response.text
    assert not Booking.objects.exists()
    assert not Ticket.objects.exists()
    assert Run.objects.get().state == "failed"


def test_a_failed_action_shows_the_change_form_again_and_changes_nothing(admin_client: Client, use_trees: Any) -> None:
    booking = Booking.objects.create(name="Ada")
    use_trees(EventTree("Refused", on=Updated(Booking), do=[refuse()]))
    response = admin_client.post(f"{LIST}{booking.pk}/change/", TYPED | {"name": "Eve"})
    assert "No flights on Sundays." in response.text
    assert 'value="Eve"' in response.text
    booking.refresh_from_db()
    assert booking.name == "Ada"


def test_a_failed_action_in_the_list_keeps_what_was_edited_there(admin_client: Client, use_trees: Any) -> None:
    booking = Booking.objects.create(name="Ada")
    use_trees(EventTree("Refused", on=Updated(Booking), do=[refuse()]))
    edited = {
        "form-TOTAL_FORMS": "1",
        "form-INITIAL_FORMS": "1",
        "form-0-id": booking.pk,
        "form-0-name": "Eve",
        "_save": "Save",
    }
    response = admin_client.post(LIST, edited)
    assert "No flights on Sundays." in response.text
    assert 'value="Eve"' in response.text
    booking.refresh_from_db()
    assert booking.name == "Ada"


@pytest.mark.parametrize("how", ["page", "action"])
def test_a_failed_action_of_a_deletion_keeps_the_record_and_says_why(
    admin_client: Client, use_trees: Any, how: str
) -> None:
    booking = Booking.objects.create(name="Ada")
    use_trees(EventTree("Refused", on=Deleted(Booking), do=[refuse()]))
    if how == "page":
        response = admin_client.post(f"{LIST}{booking.pk}/delete/", {"post": "yes"}, follow=True)
    else:
        chosen = {"action": "delete_selected", "_selected_action": [booking.pk], "post": "yes"}
        response = admin_client.post(LIST, chosen, follow=True)
    assert "No flights on Sundays." in response.text
    assert Booking.objects.filter(pk=booking.pk).exists()
