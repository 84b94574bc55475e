"""Projects have user models of their own: other keys, no groups, no column that says who is active."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.test.utils import isolate_apps

from meanwhile import Background, Created, EventTree, Groups, SendEmail, UpdateField, Users
from meanwhile.actions import mailing
from meanwhile.queue.models import Job
from meanwhile.queue.states import State
from meanwhile.testing import run_background, use_trees
from meanwhile.trees.actor import acting_as
from meanwhile.trees.models import Run
from tests.shop.models import Booking
from tests.shop.models_capture import Token

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def person(monkeypatch: pytest.MonkeyPatch):
    with isolate_apps("tests.shop"):

        class Person(Token):
            USERNAME_FIELD = "name"

            class Meta:
                app_label = "shop"
                proxy = True

            @property
            def is_active(self) -> bool:
                return self.name != "gone"

            @property
            def email(self) -> str:
                return f"{self.name}@example.com"

            @classmethod
            def get_email_field_name(cls) -> str:
                return "email"

        monkeypatch.setattr(mailing, "_user_model", lambda: Person)
        yield Person


def told(*recipients) -> list[str]:
    tree = EventTree("Told", on=Created(Booking), do=[Background(SendEmail(list(recipients), "x", "y"))])
    with use_trees(tree):
        Booking.objects.create(name="Ada")
        run_background()
    return sorted(mail.outbox[-1].to) if mail.outbox else []


def test_active_and_address_need_not_be_columns(person):
    for name in ("ada", "bo", "gone"):
        person.objects.create(name=name)
    assert told(Users("ada", "gone")) == ["ada@example.com"]


def test_users_are_found_by_uuid(person):
    ada = person.objects.create(name="ada")
    person.objects.create(name="bo")
    assert told(Users(ada.pk, "bo", uuid4())) == ["ada@example.com", "bo@example.com"]


def test_groups_that_are_not_there_are_told(person):
    assert told(Groups("staff")) == []
    assert "has no groups" in Job.objects.get(state=State.READY).error


def test_a_long_key_of_the_person_is_cut_in_the_history():
    class Member:
        pk = "k" * 100
        is_authenticated = True

        def __str__(self) -> str:
            return "Ada"

    with use_trees(EventTree("Kept", on=Created(Booking), do=[UpdateField(ready=True)])), acting_as(Member()):
        Booking.objects.create(name="Ada")
    assert Run.objects.get().actor_pk == "k" * 64


def test_users_of_django_are_found_by_key_and_by_a_name_that_looks_like_one():
    number = User.objects.create(username="number", email="number@example.com")
    User.objects.create(username=str(number.pk), email="name@example.com")
    assert told(Users(number.pk)) == ["number@example.com"]
    assert told(Users(str(number.pk))) == ["name@example.com"]
