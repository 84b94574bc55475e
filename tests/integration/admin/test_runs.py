from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.formats import date_format

from meanwhile import ActionFailed, Called, CallTree, Created, EventTree, Updated, UpdateField, UserError, action
from meanwhile.queue.models import Job
from meanwhile.testing import run_background, use_trees
from meanwhile.trees.actor import acting_as
from meanwhile.trees.models import Run
from meanwhile.trees.prune import first_id
from tests.integration.admin.pages import job_of, list_of, page_of, rows_of, run_of, text_of
from tests.shop.models import Airport, Booking, Customer, FamousPlace, Place

pytestmark = pytest.mark.django_db


@action(label="Check the day")
def refuse(record: Booking) -> None:
    raise UserError("No flights on Sundays.")


def book(name="Ada", **values):
    return Booking.objects.create(name=name, starts=timezone.now() + timedelta(days=30), **values)


class TestList:
    def test_a_run_shows_its_tree_record_person_and_times(self, operator):
        with acting_as(get_user_model().objects.get()):
            booking = book()
        remind, printed = rows_of(operator.get(list_of("run")))
        assert remind.startswith("remind Created")
        for shown in ("printed", "Created", f"shop.Booking {booking.pk}", "staff", "▶ running", "ms"):
            assert shown in printed
        assert f'href="/admin/shop/booking/{booking.pk}/change/"' in operator.get(list_of("run")).text

    def test_the_record_is_no_link_for_somebody_who_may_not_see_it(self, viewer):
        booking = book()
        assert f"/admin/shop/booking/{booking.pk}/" not in viewer.get(list_of("run")).text

    @pytest.mark.parametrize(
        ("query", "trees"),
        [
            ({"tree": "printed"}, {"printed"}),
            ({"state__exact": "failed"}, {"printed"}),
            ({"event": "created"}, {"printed", "remind"}),
            ({"event": "updated"}, {"renamed"}),
            ({"model": "shop.Customer"}, {"renamed"}),
            ({"started": "hour"}, {"printed", "remind", "renamed"}),
            ({"q": "staff"}, {"renamed"}),
            ({"q": "nobody"}, set()),
        ],
    )
    def test_runs_are_found_by_filters_and_search(self, operator, query, trees):
        book()
        run_background()
        with use_trees(EventTree("Renamed", on=Updated(Customer), do=[])), acting_as(get_user_model().objects.get()):
            customer = Customer.objects.create(name="Eve")
            customer.save()
        assert {row.split()[0] for row in rows_of(operator.get(list_of("run", **query)))} == trees

    def test_old_runs_are_not_started_in_the_last_hour(self, operator):
        book()
        for run in Run.objects.all():
            Run.objects.filter(pk=run.pk).update(id=first_id(timezone.now() - timedelta(minutes=61, seconds=run.depth)))
            break
        assert len(rows_of(operator.get(list_of("run", started="hour")))) == 1
        assert len(rows_of(operator.get(list_of("run", started="day")))) == 2

    def test_runs_are_found_by_whichever_class_a_record_was_met_as(self, operator):
        with use_trees(EventTree("Renamed", on=Updated(Place), do=[])):
            airport = Airport.objects.create(name="Tempelhof")
            FamousPlace.objects.get(pk=airport.pk).save()
        assert len(rows_of(operator.get(list_of("run", q=f"shop.airport:{airport.pk}")))) == 1

    def test_runs_are_found_by_record_and_id(self, operator):
        booking, other = book(), book()
        run = run_of("printed", booking)
        assert other.pk != booking.pk
        assert len(rows_of(operator.get(list_of("run", q=booking.pk)))) == 2
        assert len(rows_of(operator.get(list_of("run", q=f"shop.booking:{booking.pk}")))) == 2
        assert len(rows_of(operator.get(list_of("run", q=run.pk)))) == 1

    def test_the_number_of_queries_does_not_grow_with_the_runs(self, operator, django_assert_num_queries):
        book()
        with CaptureQueriesContext(connection) as few:
            operator.get(list_of("run"))
        for _ in range(10):
            book()
        with django_assert_num_queries(len(few)):
            operator.get(list_of("run"))


class TestPage:
    def test_the_timeline_has_the_next_page_between_foreground_and_background(self, operator):
        booking = book()
        run_background()
        text = text_of(operator.get(page_of(run_of("printed", booking))))
        places = [
            text.index(part)
            for part in (
                "0 Update status ✓ done",
                "1 If ✓ done",
                "the condition holds",
                "1.then.0 Update reference ✓ done",
                "Next page, after",
                f"Background #{job_of('printed', booking).pk}",
                "2.0 Assign a seat ✓ done",
                "2.1 Print the ticket ✗ failed",
                "2.2 Update ready ○ to come",
                "Changes",
            )
        ]
        assert places == sorted(places)

    def test_when_a_job_is_due_is_said_once(self, operator):
        job = job_of("remind", book())
        when = date_format(timezone.localtime(job.due), "DATETIME_FORMAT")
        text = text_of(operator.get(page_of(Run.objects.get(pk=job.group))))
        assert text.count(when) == 1
        assert f"It is due at {when}" in text

    def test_the_changes_are_shown_from_old_to_new(self, operator):
        with use_trees(EventTree("Noted", on=Updated(Booking, "notes"), do=[])):
            booking = book(notes="short")
            booking.notes, booking.email = "long " * 1000, "ada@example.com"
            booking.save()
        text = text_of(operator.get(page_of(Run.objects.get())))
        assert "email (empty) ada@example.com" in text
        assert "notes short (too long to be kept)" in text

    def test_a_failed_foreground_shows_its_reason_and_no_next_page(self, operator):
        refused = EventTree("Refused", on=Created(Booking), do=[UpdateField(status="x"), refuse()])
        with use_trees(refused), pytest.raises(ActionFailed):
            book()
        text = text_of(operator.get(page_of(Run.objects.get())))
        assert "1 Check the day ✗ failed" in text
        assert "No flights on Sundays." in text
        assert "Next page" not in text

    def test_parents_and_children_are_linked(self, operator):
        child = EventTree("Child", on=Called(Booking), do=[UpdateField(notes="called")])
        with use_trees(EventTree("Parent", on=Created(Booking), do=[CallTree("child")]), child):
            booking = book()
        parent, called = run_of("parent", booking), run_of("child", booking)
        assert f'href="{page_of(called)}"' in operator.get(page_of(parent)).text
        assert f'href="{page_of(parent)}"' in operator.get(page_of(called)).text

    def test_the_version_is_linked(self, operator):
        run = run_of("printed", book())
        assert f'href="{page_of(run.version)}"' in operator.get(page_of(run)).text


class TestOperations:
    def test_failed_jobs_of_runs_are_retried(self, operator):
        booking = book()
        run_background()
        data = {"action": "retry", "_selected_action": [str(run.pk) for run in Run.objects.all()]}
        assert "Done for 1 job." in text_of(operator.post(list_of("run"), data, follow=True))
        assert job_of("printed", booking).state == "ready"

    def test_the_jobs_of_a_run_are_cancelled(self, operator):
        booking = book()
        operator.post(page_of(run_of("printed", booking)), {"operation": "cancel"})
        assert (job_of("printed", booking).state, job_of("remind", booking).state) == ("cancelled", "ready")
        assert run_of("printed", booking).state == "cancelled"

    def test_a_run_with_nothing_to_do_says_so(self, operator):
        data = {"action": "retry", "_selected_action": [str(run_of("printed", book()).pk)]}
        assert "There was no job" in text_of(operator.post(list_of("run"), data, follow=True))

    def test_only_what_fits_is_offered(self, operator):
        run = run_of("printed", book())
        page = operator.get(page_of(run)).text
        assert ('value="retry"' in page, 'value="cancel"' in page) == (False, True)
        Job.objects.update(state="succeeded")
        page = operator.get(page_of(run)).text
        assert ('value="retry"' in page, 'value="cancel"' in page) == (False, False)
