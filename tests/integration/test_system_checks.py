from __future__ import annotations

import sqlite3

import django
import pytest
from django.core.checks import run_checks
from django.db import connection, models
from django.test.utils import isolate_apps, override_settings

from meanwhile import Background, Created, Deleted, EventTree, SendEmail, UpdateField, checks
from meanwhile.testing import use_trees
from tests.shop.models import Booking

pytestmark = pytest.mark.django_db(transaction=True)


def ids(**options) -> set[str]:
    return {message.id for message in run_checks(**options) if message.id.startswith("meanwhile.")}


def test_a_sound_project_has_nothing_to_say():
    with use_trees(EventTree("Fine", on=Created(Booking), do=[UpdateField(status="received")])):
        assert ids(databases=["default"]) == set()


def test_a_tree_with_a_mistake_is_named_with_its_place_and_a_way_out():
    tree = EventTree("Wrong", on=Created(Booking), do=[Background(UpdateField(statsu="received"))])
    with use_trees(tree):
        [message] = [one for one in run_checks() if one.id == "meanwhile.E102"]
    assert "Wrong" in message.msg
    assert "statsu" in message.msg
    assert "status" in message.hint


def test_an_effect_that_can_not_be_undone_in_the_foreground_is_warned_of():
    with use_trees(EventTree("Hasty", on=Created(Booking), do=[SendEmail(to="a@example.com", subject="x", body="y")])):
        assert "meanwhile.W101" in ids()


@override_settings(MEANWHILE={"THREDS": 3, "LEASE": "long"})
def test_a_setting_that_can_not_be_understood_is_named():
    [message] = [one for one in run_checks() if one.id == "meanwhile.E001"]
    assert "THREDS" in message.msg
    assert "LEASE" in message.msg


def test_a_project_without_time_zones_is_an_error(settings):
    settings.USE_TZ = False
    [message] = [one for one in run_checks() if one.id == "meanwhile.E005"]
    assert "USE_TZ = True" in message.msg
    assert "USE_TZ = True" in message.hint


@override_settings(MEANWHILE={"DATABASE": "nowhere"})
def test_a_database_that_is_not_there_is_named():
    assert "meanwhile.E001" in ids()


@pytest.mark.sqlite
def test_the_live_connection_is_read_not_the_settings(monkeypatch):
    assert ids(databases=["default"]) == set()
    connection.ensure_connection()
    monkeypatch.setattr(connection, "transaction_mode", None)
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout = 100")
        cursor.execute("PRAGMA journal_mode = DELETE")
    try:
        assert ids(databases=["default"]) == {"meanwhile.W001", "meanwhile.W002", "meanwhile.W003"}
    finally:
        connection.close()


@pytest.mark.sqlite
def test_an_old_sqlite_is_an_error(monkeypatch):
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 31, 0))
    assert "meanwhile.E003" in ids(databases=["default"])


def test_a_model_written_to_another_database_is_an_error(settings):
    class Elsewhere:
        def db_for_write(self, model, **hints):
            return "archive" if model is Booking else None

    settings.DATABASE_ROUTERS = [Elsewhere()]
    with use_trees(EventTree("Far", on=Created(Booking), do=[UpdateField(status="received")])):
        assert "meanwhile.E004" in ids()


@pytest.mark.skipif(django.VERSION < (6, 1), reason="DB_CASCADE is new in Django 6.1")
@isolate_apps("tests.shop")
def test_deletions_by_the_database_itself_are_warned_of():
    class Leg(models.Model):
        booking = models.ForeignKey("shop.Booking", models.DB_CASCADE)

        class Meta:
            app_label = "shop"

    [message] = checks._check_cascades(Leg)
    assert message.id == "meanwhile.W005"
    assert "update_and_fire" in message.hint


def test_a_deleted_tree_on_a_model_that_django_deletes_itself_is_fine():
    with use_trees(EventTree("Gone", on=Deleted(Booking), do=[Background(SendEmail("a@example.com"))])):
        assert ids() == set()
