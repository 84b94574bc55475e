from __future__ import annotations

import pytest
from django.db import connection, transaction
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from meanwhile import (
    ActionFailed,
    Background,
    Created,
    Delay,
    Deleted,
    EventTree,
    If,
    Is,
    MeanwhileError,
    NotOnThisDatabase,
    Saved,
    SendEmail,
    UnknownField,
    Updated,
    UpdateField,
    UserError,
    Was,
    action,
    before,
)
from meanwhile.queue.models import Job
from meanwhile.testing import fired, run_background, use_trees
from meanwhile.trees.bulk import bulk_create_and_fire, fire_events, update_and_fire
from meanwhile.trees.models import Run
from tests.shop.models import Booking

pytestmark = pytest.mark.django_db

CLOSED = EventTree(
    "Closed",
    on=Updated(Booking, "status"),
    do=[
        If(Is("status", "closed"), Background(UpdateField(notes="closed in the background"))),
        Delay(before("starts", days=1), SendEmail(to="{{ record.email }}", subject="Closed", body="…")),
    ],
)
WAS_PAID = EventTree("Was paid", on=Saved(Booking), do=[If(Was("status", "paid"), Background(UpdateField(ready=True)))])
ANY_UPDATE = EventTree("Any update", on=Updated(Booking), do=[])
SAVED = EventTree("Saved", on=Saved(Booking), do=[])
CREATED = EventTree("Created", on=Created(Booking), do=[Background(UpdateField(ready=True))])
GONE = EventTree(
    "Gone", on=Deleted(Booking), do=[Background(SendEmail(to="a@example.com", subject="{{ record.name }}", body="…"))]
)


@action
def refuse_bob(record: Booking) -> None:
    if record.name == "Bob":
        raise UserError("not Bob")


CAREFUL = EventTree("Careful", on=Saved(Booking), do=[UpdateField(notes="seen"), refuse_bob()])


def make(*names, **values):
    return Booking.objects.bulk_create([Booking(name=name, starts="2030-01-01T12:00Z", **values) for name in names])


def statements(do):
    with CaptureQueriesContext(
        connection,
    ) as queries:
        do()
    return len(queries)


@pytest.mark.parametrize("many", [300, 500])
def test_the_number_of_queries_does_not_grow_with_the_records(many):
    own_fields = Is("status", "closed") & Was("status", "paid")
    tree = EventTree("Closed", on=Saved(Booking), do=[If(own_fields, Background(UpdateField(ready=True)))])
    with use_trees(tree):
        make("warm up", status="draft")
        fire_events(Booking.objects.all(), old={"status": "paid"})  # from now on the versions are stored

        def update():
            assert update_and_fire(Booking.objects.filter(reference="these"), status="closed")

        def fire():
            fire_events(Booking.objects.filter(reference="these"), changed=["status"], old={"status": "paid"})

        def counted(number):
            Booking.objects.all().delete()
            make(*map(str, range(number)), status="paid", reference="these")
            Run.objects.all().delete()
            Job.objects.all().delete()
            counts = statements(update), statements(fire)
            assert Run.objects.count() == Job.objects.count() == 2 * number
            return counts

        assert counted(many) == counted(3)


def test_updates_fire_with_right_old_and_new_values():
    make("Ada", status="paid")
    make("Bob", status="draft")
    with use_trees(CLOSED, WAS_PAID):
        assert update_and_fire(Booking.objects.all(), status="closed") == 2
        run_background(raise_errors=True)
    assert set(Booking.objects.values_list("name", "ready", "notes")) == {
        ("Ada", True, "closed in the background"),
        ("Bob", False, "closed in the background"),
    }
    run = Run.objects.get(tree="closed", record_pk=Booking.objects.get(name="Ada").pk)
    assert (run.changes["old"]["values"], run.changes["new"]["values"]) == ({"status": "paid"}, {"status": "closed"})


def test_only_what_really_changed_counts_as_changed():
    make("Ada", status="closed")
    make("Bob", status="draft")
    with use_trees(CLOSED, ANY_UPDATE), fired() as log:
        update_and_fire(Booking.objects.all(), status="closed")
        log.assert_fired(CLOSED, times=1, record=Booking.objects.get(name="Bob"))
        log.assert_fired(ANY_UPDATE, times=2)


def test_expressions_and_slices_can_be_updated():
    make("Ada", "Bob", "Eve", price=10)
    priced = EventTree("Priced", on=Updated(Booking, "price"), do=[])
    with use_trees(priced), fired() as log:
        assert update_and_fire(Booking.objects.order_by("name")[1:3], price=F("price") * 2) == 2
    runs = log.assert_fired(priced, times=2)
    assert [run.changes["new"]["values"]["price"] for run in runs] == ["20.00", "20.00"]
    assert sorted(Booking.objects.values_list("price", flat=True)) == [10, 20, 20]


def test_an_update_that_takes_records_out_of_the_queryset_fires_for_them():
    make("Ada", status="draft")
    with use_trees(CLOSED), fired() as log:
        update_and_fire(Booking.objects.filter(status="draft"), status="closed")
    log.assert_fired(CLOSED, times=1)


def test_an_old_value_that_nobody_gave_is_not_made_up():
    make("Ada", status="paid")
    with use_trees(WAS_PAID), pytest.raises(ActionFailed, match="old value of “status” is not known"):
        fire_events(Booking.objects.all(), changed=["status"])


def test_old_values_can_be_a_function_of_the_record():
    ada, bob = make("Ada", "Bob", status="closed")
    before = {ada.pk: "draft", bob.pk: "closed"}
    with use_trees(CLOSED), fired() as log:
        fire_events(Booking.objects.all(), changed=["status"], old=lambda record: {"status": before[record.pk]})
    log.assert_fired(CLOSED, times=1, record=ada)


def test_saved_fires_the_trees_of_saved_alone():
    make("Ada")
    with use_trees(SAVED, ANY_UPDATE, CREATED), fired() as log:
        fire_events(Booking.objects.all(), "saved")
    assert [run.tree for run in log.runs] == ["saved"]


def test_a_deletion_is_fired_before_it_happens_and_carries_the_last_values(mailoutbox):
    make("Ada")
    with use_trees(GONE):
        doomed = Booking.objects.all()
        with transaction.atomic():
            fire_events(doomed, "deleted")
            doomed._raw_delete("default")
        run_background(raise_errors=True)
    assert [mail.subject for mail in mailoutbox] == ["Ada"]


def test_created_records_fire_and_have_their_keys():
    with use_trees(CREATED, SAVED, ANY_UPDATE), fired() as log:
        created = bulk_create_and_fire(Booking, [Booking(name="Ada"), Booking(name="Bob")])
    assert [run.tree for run in log.runs] == ["created", "saved", "created", "saved"]
    log.assert_fired(CREATED, times=1, record=created[1])
    run = log.runs[0]
    assert run.changes["new"]["values"]["name"] == "Ada"
    assert run.changes["old"]["values"] == {}


def test_creating_costs_no_more_statements_for_more_records_than_bulk_create_does():
    def extra(number):
        plain = statements(lambda: make(*["x"] * number))
        return statements(lambda: bulk_create_and_fire(Booking, [Booking(name="x") for _ in range(number)])) - plain

    with use_trees(CREATED):
        extra(1)
        assert extra(3) == extra(300)


def test_a_created_record_is_changed_by_its_foreground():
    received = EventTree("Received", on=Created(Booking), do=[UpdateField(status="received")])
    with use_trees(received):
        (created,) = bulk_create_and_fire(Booking, [Booking(name="Ada")])
    assert created.status == Booking.objects.get().status == "received"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("how", ["update", "create", "fire"])
def test_one_bad_record_rolls_all_back_and_is_named(how):
    bob = make("Ada", "Bob", "Eve", status="draft")[1]

    def do():
        if how == "update":
            update_and_fire(Booking.objects.all(), status="closed")
        elif how == "fire":
            fire_events(Booking.objects.all(), changed=["status"])
        else:
            bulk_create_and_fire(Booking, [Booking(name="Una"), Booking(name="Bob")])

    with use_trees(CAREFUL), pytest.raises(ActionFailed, match=r"not Bob.*shop.Booking \d+: Bob") as caught:
        do()
    if how != "create":
        assert caught.value.record == f"shop.Booking {bob.pk}: Bob"
    assert set(Booking.objects.values_list("status", "notes")) == {("draft", "")}
    assert Booking.objects.count() == 3
    assert not Job.objects.exists()
    (run,) = Run.objects.all()
    assert (run.state, "not Bob" in run.error) == ("failed", True)


def test_what_can_not_be_meant_is_refused():
    with pytest.raises(MeanwhileError, match=r"“submitted” is no event .* created, updated, saved, deleted"):
        fire_events(Booking.objects.all(), "submitted")
    with pytest.raises(UnknownField, match="statsu"):
        fire_events(Booking.objects.all(), changed=["statsu"])
    with pytest.raises(NotOnThisDatabase, match="other"):
        fire_events(Booking.objects.using("other"))
    make("Ada")
    with pytest.raises(UnknownField, match="statsu"):
        fire_events(Booking.objects.all(), old={"statsu": 1})


def test_many_batches_are_one_call():
    make(*["x"] * 1001)
    with use_trees(CREATED):
        ids = fire_events(Booking.objects.all(), "created")
    assert len(set(ids)) == 1001
    assert Job.objects.count() == 1001
    assert Run.objects.filter(pk__in=ids[:10], open_jobs=1, state="running").count() == 10
