from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import include, path
from django.utils import timezone

from meanwhile import Background, Created, Delay, EventTree, If, Is, Retry, UpdateField, UserError, action, before
from meanwhile.studio.admin import RecordRunsAdminMixin
from meanwhile.testing import use_trees
from tests.shop.models import Booking, Seat


@action(retry=Retry(max_attempts=1), label="Print the ticket")
def print_ticket_for_studio(record: Booking) -> str:
    if record.notes != "mended":
        raise RuntimeError("the printer is <on> fire")
    return "printed"


@action(label="Assign a seat")
def assign_seat_for_studio(record: Booking) -> dict[str, Any]:
    return {"seat": "12A"}


@action(label="Check the day")
def check_day_for_studio(record: Booking) -> None:
    if record.name == "Sunday":
        raise UserError("No flights on Sundays.")


PRINTED = EventTree(
    "Printed",
    description="What happens to a booking",
    on=Created(Booking),
    do=[
        UpdateField(status="received"),
        If(Is("name", "Ada"), UpdateField(reference="R1"), otherwise=[UpdateField(reference="R2")]),
        Background(assign_seat_for_studio(), print_ticket_for_studio(), UpdateField(ready=True), label="At once"),
        check_day_for_studio(),
    ],
)
REMIND = EventTree(
    "Remind", on=Created(Booking), do=[Delay(before("starts", days=2), UpdateField(notes="soon"), label="Two days")]
)


class BookingAdmin(RecordRunsAdminMixin, admin.ModelAdmin):
    pass


site = admin.AdminSite(name="admin")
site.register(Booking, BookingAdmin)
site.register(Seat)
urlpatterns = [path("studio/", include("meanwhile.studio.urls")), path("admin/", site.urls)]


@pytest.fixture(autouse=True)
def _trees() -> Iterator[None]:
    with use_trees(PRINTED, REMIND):
        yield


@pytest.fixture(autouse=True)
def _urls(settings: Any) -> None:
    settings.ROOT_URLCONF = "tests.integration.studio_pages.conftest"


@pytest.fixture
def person(db: None) -> Callable[..., Any]:
    """A member of staff with these permissions, ``view`` for ``meanwhile.view_studio``."""

    def make(*what: str, name: str = "staff", is_staff: bool = True) -> Any:
        user = get_user_model().objects.create_user(name, is_staff=is_staff)
        names = [one if "_" in one else f"{one}_studio" for one in what]
        found = Permission.objects.filter(codename__in=names)
        assert len(found) == len(names)
        user.user_permissions.set(found)
        return user

    return make


@pytest.fixture
def viewer(person: Callable[..., Any]) -> Client:
    client = Client()
    client.force_login(person("view", name="viewer"))
    return client


@pytest.fixture
def operator(person: Callable[..., Any]) -> Client:
    client = Client()
    client.force_login(person("view", "operate", "view_booking", name="operator"))
    return client


def book(name: str = "Ada", **values: Any) -> Booking:
    return Booking.objects.create(name=name, starts=timezone.now() + timedelta(days=30), **values)
