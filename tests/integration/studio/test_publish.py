"""Publishing: what runs then, in this process and in others, and what keeps running as it was."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.core.exceptions import PermissionDenied
from django.core.signals import request_started
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from meanwhile import Background, Created, EventTree, UpdateField
from meanwhile.clock import SystemClock
from meanwhile.queue.drain import drain
from meanwhile.queue.models import Job
from meanwhile.studio import drafts, loading, publish
from meanwhile.studio.errors import EditConflict, EditProblem, NothingToPublish, NotPublishable
from meanwhile.studio.in_use import in_use
from meanwhile.studio.models import StudioStamp, StudioTree, StudioVersion
from meanwhile.studio.problems import BOTH_RUN, KEY_TAKEN, problems_of
from meanwhile.testing import advance_to, clock_at, use_trees
from meanwhile.trees import registry
from meanwhile.trees.models import Run
from meanwhile.trees.scheduled import run_tree_now
from tests.integration.studio.conftest import MAIL, SET_STATUS, fill, published
from tests.shop.models import Booking, Customer, Ticket

pytestmark = pytest.mark.django_db(transaction=True)


def set_field(name: str, value: Any) -> dict[str, Any]:
    return {"kind": "update_field", "set": {name: {"value": "literal", "literal": value}}}


def later(*nodes: dict[str, Any]) -> dict[str, Any]:
    return {"kind": "delay", "moment": {"at": "after", "base": {"at": "now"}, "days": 30}, "do": list(nodes)}


def saved(**values: Any) -> Booking:
    booking = Booking.objects.create(name="Ada", **values)
    booking.refresh_from_db()
    return booking


def as_another_process() -> None:
    """Forget what this process has loaded, and look as one does whose request begins."""
    loading._register(apps.get_app_config("meanwhile"), [])
    studio: Any = apps.get_app_config("meanwhile").studio
    studio.stamp, studio.looked = 0, None


def test_a_published_tree_runs_for_the_next_event_of_a_model_that_had_no_tree(tree: StudioTree) -> None:
    assert saved().status == "draft"
    fill(tree, SET_STATUS)
    assert saved().status == "draft"
    publish.publish(tree, revision=2, by=None)
    assert saved().status == "received"
    assert Run.objects.get().version_id == tree.published.version_id


def test_a_tree_is_switched_off_and_on_retired_and_brought_back(tree: StudioTree) -> None:
    published(tree, SET_STATUS)
    for change, status in (
        (lambda: publish.set_enabled(tree, False, by=None), "draft"),
        (lambda: publish.set_enabled(tree, True, by=None), "received"),
        (lambda: publish.retire(tree, by=None), "draft"),
        (lambda: publish.bring_back(tree, by=None), "received"),
    ):
        change()
        assert saved().status == status


def test_a_retired_tree_is_not_edited(tree: StudioTree) -> None:
    publish.retire(tree, by=None)
    with pytest.raises(EditProblem, match="retired"):
        fill(tree, SET_STATUS)


def test_another_process_sees_it_when_its_next_request_begins(tree: StudioTree, settings: Any) -> None:
    settings.MEANWHILE = {**settings.MEANWHILE, "STUDIO_RELOAD": 0}
    published(tree, SET_STATUS)
    as_another_process()
    assert saved().status == "draft"
    request_started.send(sender=None)
    assert saved().status == "received"


def test_a_process_looks_at_the_stamp_at_most_once_in_a_while_with_one_cheap_query(
    tree: StudioTree, settings: Any
) -> None:
    settings.MEANWHILE = {**settings.MEANWHILE, "STUDIO_RELOAD": 1000}
    published(tree, SET_STATUS)
    as_another_process()
    loading.refresh()
    with CaptureQueriesContext(
        connection,
    ) as queries:
        for _ in range(5):
            request_started.send(sender=None)
    assert len(queries) == 0
    apps.get_app_config("meanwhile").studio.looked = None  # type: ignore[attr-defined]
    with CaptureQueriesContext(connection) as queries:
        loading.refresh()
    assert len(queries) == 1


def test_a_worker_sees_it_before_it_opens_a_job(tree: StudioTree, settings: Any) -> None:
    settings.MEANWHILE = {**settings.MEANWHILE, "STUDIO_RELOAD": 0}
    published(tree, {"kind": "background", "do": [set_field("ready", True)]})
    other = drafts.create_tree("On update", {"event": "updated", "model": "shop.Booking", "fields": ["ready"]}, by=None)
    booking = saved()
    published(other, set_field("notes", "seen"))
    as_another_process()
    drain()
    booking.refresh_from_db()
    assert (booking.ready, booking.notes) == (True, "seen")


def test_a_scheduled_tree_that_was_published_a_moment_ago_is_run_by_a_worker_elsewhere(settings: Any) -> None:
    made = drafts.create_tree("Mine", {"event": "scheduled", "cron": "0 0 29 2 *"}, by=None)
    publish.publish(made, revision=1, by=None)
    run_tree_now(made.key, clock=SystemClock(), using="default")
    as_another_process()
    settings.MEANWHILE = {**settings.MEANWHILE, "STUDIO_RELOAD": 1000}
    apps.get_app_config("meanwhile").studio.looked = time.monotonic()  # type: ignore[attr-defined]
    drain()
    assert Job.objects.get().state == "succeeded"


def test_jobs_and_requests_do_not_look_for_trees_before_it_is_time(settings: Any) -> None:
    settings.MEANWHILE = {**settings.MEANWHILE, "STUDIO_RELOAD": 1000}
    with use_trees(EventTree("Many", on=Created(Booking), do=[Background(UpdateField(ready=True))])):
        loading.refresh()
        known = registry.current()
        with CaptureQueriesContext(connection) as queries:
            for _ in range(3):
                request_started.send(sender=None)
                Booking.objects.create(name="Ada")
            assert drain() == 3
        assert [query["sql"] for query in queries if "studio" in query["sql"]] == []
        assert registry.current() is known


def test_where_nothing_was_ever_published_a_look_is_one_query_and_changes_nothing() -> None:
    with use_trees(EventTree("Python", on=Created(Booking))):
        known, capture = registry.current(), apps.get_app_config("meanwhile").capture  # type: ignore[attr-defined]
        with CaptureQueriesContext(connection) as queries:
            loading.refresh()
        assert len(queries) == 1
        assert registry.current() is known
        assert apps.get_app_config("meanwhile").capture is capture  # type: ignore[attr-defined]


def test_an_edit_between_the_start_of_a_run_and_its_delayed_branch_does_not_change_the_branch(tree: StudioTree) -> None:
    with clock_at(datetime(2026, 3, 1, 12, tzinfo=UTC)) as clock:
        published(tree, later(set_field("notes", "old")))
        first = saved()
        published(tree, later(set_field("notes", "new")))
        publish.retire(tree, by=None)
        advance_to(clock.now() + timedelta(days=40), raise_errors=True)
    first.refresh_from_db()
    assert first.notes == "old"


def test_deletions_of_a_model_are_met_from_the_moment_of_publication(tree: StudioTree) -> None:
    ticket = Ticket.objects.create(booking=Booking.objects.create(name="Ada"), passenger="Ada")
    create = {
        "kind": "create_record",
        "model": "shop.Customer",
        "set": {"name": {"value": "literal", "literal": "gone"}},
    }
    published(tree, create, on={"event": "deleted", "model": "shop.Ticket"})
    ticket.delete()
    assert Customer.objects.get().name == "gone"


def test_a_change_is_met_once_however_often_is_published(tree: StudioTree) -> None:
    for number in range(4):
        published(tree, set_field("notes", f"{number}"))
        other = drafts.create_tree(f"T{number}", {"event": "saved", "model": "shop.Ticket"}, by=None)
        published(other, set_field("passenger", "x"))
    saved()
    assert Run.objects.filter(tree=tree.key).count() == 1


def test_a_save_that_is_under_way_while_a_tree_is_published_is_neither_lost_nor_met_twice(
    tree: StudioTree, monkeypatch: pytest.MonkeyPatch
) -> None:
    published(tree, set_field("notes", "first"), on={"event": "saved", "model": "shop.Booking"})
    second = drafts.create_tree("Other", {"event": "saved", "model": "shop.Customer"}, by=None)
    insert = Booking._do_insert

    def publishes(booking: Booking, *args: Any, **options: Any) -> Any:
        published(second, set_field("name", "y"))
        return insert(booking, *args, **options)

    monkeypatch.setattr(Booking, "_do_insert", publishes)
    Booking(name="Ada").save()
    assert Run.objects.filter(tree=tree.key).count() == 1


def test_a_draft_with_errors_is_not_published_and_one_with_warnings_is(tree: StudioTree) -> None:
    revision = fill(tree, set_field("nothing", 1))
    with pytest.raises(NotPublishable) as caught:
        publish.publish(tree, revision=revision, by=None)
    assert [(one.path, one.place) for one in caught.value.problems] == [("0", "set.nothing")]
    assert not StudioVersion.objects.exists()
    revision = fill(tree, MAIL)
    assert publish.publish(tree, revision=revision, by=None).number == 1


def test_what_was_not_seen_is_not_published(tree: StudioTree) -> None:
    fill(tree, SET_STATUS)
    with pytest.raises(EditConflict):
        publish.publish(tree, revision=1, by=None)


def test_versions_are_numbered_commented_and_never_changed(tree: StudioTree, person: Callable[..., Any]) -> None:
    ada = person("view", "edit", "publish")
    version = publish.publish(tree, revision=fill(tree, SET_STATUS), by=ada, comment=" the first ")
    assert (version.number, version.comment, version.by) == (1, "the first", ada)
    with pytest.raises(NothingToPublish):
        publish.publish(tree, revision=2, by=ada)
    published(tree, MAIL)
    with pytest.raises(TypeError):
        version.save()
    assert [one.number for one in tree.versions.all()] == [2, 1]
    publish.restore(tree, 1, revision=3, by=ada)
    assert drafts.draft_of(tree).document == version.document
    assert publish.publish(tree, revision=4, by=ada).number == 3


def test_each_permission_opens_its_own(tree: StudioTree, person: Callable[..., Any]) -> None:
    editor, publisher = person("view", "edit"), person("view", "publish", name="bob")
    fill(tree, SET_STATUS)
    for change in (
        lambda: publish.publish(tree, revision=2, by=editor),
        lambda: publish.set_enabled(tree, False, by=editor),
        lambda: publish.retire(tree, by=editor),
        lambda: publish.bring_back(tree, by=editor),
        lambda: fill_as(tree, publisher),
    ):
        with pytest.raises(PermissionDenied):
            change()
    publish.publish(tree, revision=2, by=publisher)


def fill_as(tree: StudioTree, by: Any) -> None:
    drafts.save_document(tree, {"name": "x"}, revision=2, by=by)


def test_a_copy_and_its_source_in_python_both_run_and_a_warning_says_so() -> None:
    with use_trees(EventTree("Received", on=Created(Booking), do=[UpdateField(notes="python")])):
        copy = drafts.copy_tree("received", by=None)
        fill(copy, set_field("status", "studio"))
        problems = problems_of(drafts.draft_of(copy).document, copy)
        assert [(one.id, one.level) for one in problems] == [(BOTH_RUN, "warning")]
        publish.publish(copy, revision=2, by=None)
        booking = saved()
        assert (booking.notes, booking.status) == ("python", "studio")
        assert sorted(Run.objects.values_list("tree", flat=True)) == sorted(["received", copy.key])
        assert loading.is_from_studio(copy.key)
        assert not loading.is_from_studio("received")
    assert problems_of(drafts.draft_of(copy).document, copy) == []


def test_a_tree_with_the_key_of_one_in_python_is_not_published_and_never_replaces_it(tree: StudioTree) -> None:
    published(tree, set_field("notes", "studio"))
    with use_trees(EventTree("Mine", key=tree.key, on=Created(Booking), do=[UpdateField(notes="python")])):
        loading.refresh(force=True)
        assert saved().notes == "python"
        with pytest.raises(NotPublishable) as caught:
            publish.publish(tree, revision=fill(tree, SET_STATUS), by=None)
    assert [one.id for one in caught.value.problems] == [KEY_TAKEN]


def test_when_python_takes_the_key_of_a_published_tree_an_event_runs_once_and_pending_jobs_end_as_they_began(
    tree: StudioTree, caplog: pytest.LogCaptureFixture
) -> None:
    with clock_at(datetime(2026, 3, 1, 12, tzinfo=UTC)) as clock:
        published(tree, later(set_field("reference", "studio")))
        first = saved()
        with use_trees(EventTree("Mine", key=tree.key, on=Created(Booking), do=[UpdateField(notes="python")])):
            loading.refresh(force=True)
            assert "has the key of one in Python" in caplog.text
            second = saved()
            assert Run.objects.filter(record_pk=str(second.pk)).count() == 1
            advance_to(clock.now() + timedelta(days=40), raise_errors=True)
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.reference, first.notes) == ("studio", "")
    assert (second.reference, second.notes) == ("", "python")


def test_a_published_document_that_can_not_be_read_any_more_hinders_no_other(tree: StudioTree) -> None:
    other = drafts.copy_tree(tree.key, by=None)
    published(tree, SET_STATUS)
    published(other, set_field("notes", "other"))
    StudioVersion.objects.filter(tree=tree).update(document={"meanwhile": 99})
    loading.refresh(force=True)
    assert (saved().notes, saved().status) == ("other", "draft")


def test_nothing_is_loaded_when_the_publication_is_rolled_back(tree: StudioTree) -> None:
    with transaction.atomic():
        published(tree, SET_STATUS)
        transaction.set_rollback(True)
    assert saved().status == "draft"
    assert not StudioStamp.objects.exists()


def test_without_the_tables_nothing_is_loaded_and_nothing_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(StudioStamp._meta, "db_table", "not_there")
    before = registry.current()
    loading.refresh(force=True)
    assert registry.current() is before
    assert saved().status == "draft"


def test_pending_jobs_of_a_tree_are_told_by_version(tree: StudioTree) -> None:
    assert in_use(tree.key).text == ""
    with clock_at(datetime(2026, 3, 1, 12, tzinfo=UTC)):
        published(tree, later(set_field("notes", "old")))
        saved(), saved()
        published(tree, later(set_field("notes", "new")))
        saved()
    found = in_use(tree.key)
    assert (found.runs, found.jobs) == (3, 3)
    assert sorted((one.number, one.runs) for one in found.versions) == [(1, 2), (2, 1)]
    assert found.next_due == Job.objects.order_by("due")[0].due
    assert "3 jobs of this tree still wait" in found.text
    assert found.text.endswith(" p.m.")


@pytest.fixture(autouse=True)
def _nothing_is_left() -> Iterator[None]:
    yield
    loading._register(apps.get_app_config("meanwhile"), [])


def test_a_connection_that_is_made_in_the_middle_of_a_save_loses_no_event() -> None:
    connection.close()
    with use_trees(EventTree("Received", on=Created(Booking), do=[UpdateField(notes="python")])):
        booking = Booking(name="Ada")
        booking.save()
    booking.refresh_from_db()
    assert booking.notes == "python"


def test_no_save_is_missed_or_met_twice_while_others_publish(tree: StudioTree) -> None:
    published(tree, set_field("notes", "met"), on={"event": "created", "model": "shop.Booking"})
    others = [
        drafts.create_tree(label, {"event": event, "model": label}, by=None)
        for label, event in (("shop.Ticket", "saved"), ("shop.Customer", "deleted"), ("shop.Seat", "updated"))
    ]
    over = threading.Event()
    made: list[int] = []

    def save_many() -> None:
        try:
            while not over.wait(0.002):  # SQLite's lock is not fair: leave the publisher a turn
                made.append(Booking.objects.create(name="Ada").pk)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=save_many) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        for round_number in range(4):
            for other in others:
                publish.set_enabled(other, bool(round_number % 2), by=None)
                if not round_number:
                    published(other, {"kind": "create_record", "model": "shop.Booking", "set": {"name": ADA}})
    finally:
        over.set()
        for thread in threads:
            thread.join()
    assert made
    assert Run.objects.filter(tree=tree.key).count() == len(made)
    assert not Booking.objects.exclude(notes="met").exists()


ADA = {"value": "literal", "literal": "Ada"}


@pytest.mark.django_db
def test_requests_of_a_test_case_cost_no_queries_that_it_would_count(django_assert_num_queries):
    apps.get_app_config("meanwhile").studio.looked = None
    with django_assert_num_queries(0):
        request_started.send(sender=None)
