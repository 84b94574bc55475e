from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import path

from meanwhile import Background, Created, Delay, EventTree, If, Is, Retry, UpdateField, action, before
from meanwhile.models import ApiKey, Job, Run, Schedule, TreeVersion, WorkerProcess
from meanwhile.testing import use_trees
from tests.shop.models import Booking


@action(retry=Retry(max_attempts=1), label="Print the ticket")
def print_ticket(record: Booking) -> str:
    if record.notes != "mended":
        raise RuntimeError("the printer is <on> fire")
    return "printed"


@action(label="Assign a seat")
def assign_seat(record: Booking) -> dict[str, Any]:
    return {"seat": "12A", "booking": record.pk}


PRINTED = EventTree(
    "Printed",
    description="What happens to a booking",
    on=Created(Booking),
    do=[
        UpdateField(status="received"),
        If(Is("name", "Ada"), UpdateField(reference="R1"), otherwise=[UpdateField(reference="R2")]),
        Background(assign_seat(), print_ticket(), UpdateField(ready=True)),
    ],
)
REMIND = EventTree("Remind", on=Created(Booking), do=[Delay(before("starts", days=2), UpdateField(notes="soon"))])


# A site of its own, as a record's model must be registered before the addresses are made.
site = admin.AdminSite(name="admin")
for model in (ApiKey, Job, Run, Schedule, TreeVersion, WorkerProcess):
    site.register(model, type(admin.site.get_model_admin(model)))
site.register(Booking)
urlpatterns = [path("admin/", site.urls)]


@pytest.fixture(autouse=True)
def _trees() -> Iterator[None]:
    with use_trees(PRINTED, REMIND):
        yield


@pytest.fixture(autouse=True)
def _urls(settings: Any) -> None:
    settings.ROOT_URLCONF = "tests.integration.admin.conftest"


@pytest.fixture
def person(db: None) -> Callable[..., Any]:
    """A member of staff with these permissions."""

    def make(*permissions: str) -> Any:
        user = get_user_model().objects.create_user("staff", is_staff=True)
        found = Permission.objects.filter(codename__in=permissions)
        assert len(found) == len(permissions)
        user.user_permissions.set(found)
        return user

    return make


@pytest.fixture
def operator(person: Callable[..., Any], client: Client) -> Client:
    """A client for somebody who may see everything and operate jobs."""
    client.force_login(
        person("view_job", "view_run", "view_treeversion", "view_workerprocess", "operate_job", "view_booking")
    )
    return client


@pytest.fixture
def viewer(person: Callable[..., Any], client: Client) -> Client:
    """A client for somebody who may look at jobs and runs."""
    client.force_login(person("view_job", "view_run", "view_treeversion", "view_workerprocess"))
    return client
