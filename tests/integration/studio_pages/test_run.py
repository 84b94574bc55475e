from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.apps import apps
from django.db import transaction
from django.utils import timezone

from meanwhile import ActionFailed, Created, Delay, EventTree, TransitionError, Updated, UpdateField, before
from meanwhile.operations import BY_NAME
from meanwhile.queue.models import Job
from meanwhile.queue.pause import pause
from meanwhile.queue.states import State
from meanwhile.testing import run_background, use_trees
from meanwhile.trees.models import Run
from tests.integration.studio_pages.conftest import PRINTED, book
from tests.integration.studio_pages.pages import (
    LIVE,
    POLL,
    every_in,
    job_of,
    read,
    rows_of,
    run_of,
    tag_in,
    text_of,
    url,
)
from tests.shop.models import Booking
from tests.shop.models_capture import Leg

pytestmark = pytest.mark.django_db


def failed(name="Ada"):
    booking = book(name)
    run_background()
    return booking, job_of("printed", booking)


class TestTimeline:
    def test_the_foreground_stands_before_the_page_and_the_background_after_it(self, viewer):
        booking, job = failed()
        page = text_of(viewer.get(url("run", job.group)))
        before, _line, after = page.partition("The next page, after")
        _head, _title, before = before.partition("Before the next page")
        order = [before.index(text) for text in ("status", "The condition holds.", "At once", "Check the day")]
        assert order == sorted(order)
        for text in ("Assign a seat", "Print the ticket", "failed"):
            assert text in after
        assert "Assign a seat" not in before
        assert booking.pk

    def test_each_step_shows_its_input_outcome_and_error(self, viewer):
        _booking, job = failed()
        page = viewer.get(url("run", job.group)).text
        steps = {read(step).split(" Function")[0]: read(step) for step in page.split('<li class="mw-step ')[1:]}
        assert '{ "seat": "12A" }' in next(text for text in steps.values() if "Assign a seat" in text)
        assert "RuntimeError: the printer is <on> fire" in next(text for text in steps.values() if "Print the" in text)
        assert any("Status “received”" in text for text in steps.values())

    def test_what_a_failed_job_did_not_come_to_is_said_to_be_not_reached(self, viewer):
        _booking, job = failed()
        _before, _line, after = text_of(viewer.get(url("run", job.group))).partition("The next page, after")
        assert after.rindex("not reached") > after.index("Print the ticket")

    def test_a_waiting_job_says_why_and_its_steps_are_to_come(self, viewer):
        booking = book()
        text = text_of(viewer.get(url("run", run_of("remind", booking).pk)))
        assert "It is due at" in text
        assert "to come" in text
        pause()
        assert "The queue is paused." in text_of(viewer.get(url("run", run_of("printed", booking).pk)))

    def test_a_failed_foreground_says_that_nothing_was_kept_and_what_was_not_reached(self, viewer):
        with pytest.raises(ActionFailed):
            book("Sunday")
        apps.get_app_config("meanwhile").failed_runs.write()
        text = text_of(viewer.get(url("run", Run.objects.get(state="failed").pk)))
        assert "nothing of it was kept" in text
        assert "No flights on Sundays." in text
        assert "not reached" in text
        assert "(not saved)" in text

    def test_what_was_skipped_is_not_said_to_have_failed(self, viewer):
        booking = book()
        job = job_of("printed", booking)
        booking.delete()
        run_background()
        text = text_of(viewer.get(url("run", job.group)))
        assert "The record is gone" in text
        assert "Something in the background failed." not in text
        _booking, broken = failed()
        assert "Something in the background failed." in text_of(viewer.get(url("run", broken.group)))

    def test_the_changes_leave_out_what_is_closed_to_the_studio(self, viewer, settings):
        settings.MEANWHILE = {"STUDIO_EXCLUDED_FIELDS": ["shop.Booking.email"]}
        booking = book(email="ada@example.com")
        text = text_of(viewer.get(url("run", run_of("remind", booking).pk)))
        assert "Ada" in text
        assert "ada@example.com" not in text

    def test_the_record_is_named_to_whoever_may_see_it(self, viewer, operator):
        booking = book()
        address = url("run", run_of("remind", booking).pk)
        link = f"/admin/shop/booking/{booking.pk}/change/"
        assert link in operator.get(address).text
        assert link not in viewer.get(address).text


class TestOperations:
    def test_a_failed_job_is_retried_at_its_step(self, operator):
        booking, job = failed()
        type(booking).objects.filter(pk=booking.pk).update(notes="mended")
        response = operator.post(url("run", job.group), {"do": f"retry:{job.pk}"}, follow=True)
        assert "is tried again" in text_of(response)
        run_background()
        assert run_of("printed", booking).state == "succeeded"

    def test_a_failed_job_is_retried_from_an_earlier_step(self, operator):
        _booking, job = failed()
        page = operator.get(url("run", job.group)).text
        assert f'value="retry_from:{job.pk}:2.0"' in page
        operator.post(url("run", job.group), {"do": f"retry_from:{job.pk}:2.0"})
        job.refresh_from_db()
        assert (job.state, job.steps["done"]) == ("ready", {})

    @pytest.mark.parametrize(("name", "state"), [("skip", "skipped"), ("cancel", "cancelled")])
    def test_a_failed_job_is_skipped_or_cancelled(self, operator, name, state):
        _booking, job = failed()
        operator.post(url("run", job.group), {"do": f"{name}:{job.pk}"})
        job.refresh_from_db()
        assert job.state == state

    def test_a_delayed_job_is_run_now(self, operator):
        booking = book()
        job = job_of("remind", booking)
        operator.post(url("run", job.group), {"do": f"run_now:{job.pk}"})
        run_background()
        booking.refresh_from_db()
        assert booking.notes == "soon"

    def test_all_that_failed_is_retried_and_all_the_rest_cancelled_at_once(self, operator):
        _booking, job = failed()
        assert "Done for 1 job." in text_of(operator.post(url("run", job.group), {"do": "retry"}, follow=True))
        assert Job.objects.get(pk=job.pk).state == "ready"
        operator.post(url("run", job.group), {"do": "cancel"})
        assert Job.objects.get(pk=job.pk).state == "cancelled"

    @pytest.mark.parametrize("state", list(State))
    @pytest.mark.parametrize("is_due", [True, False])
    def test_what_can_be_done_to_a_job_is_offered_and_nothing_else(self, operator, state, is_due):
        _booking, job = failed()
        due = timezone.now() + timedelta(days=-1 if is_due else 1)
        Job.objects.filter(pk=job.pk).update(state=state, due=due)
        page = operator.get(url("run", job.group)).text
        for name in BY_NAME:
            with transaction.atomic():
                try:
                    now = BY_NAME[name].do(job.pk)
                    can = now.due != due or now.state != state
                except TransitionError:
                    can = False
                transaction.set_rollback(True)
            assert (f'name="do" value="{name}:{job.pk}"' in page) is can, name
        again = re.findall(rf'value="(?:retry|retry_from):{job.pk}(:[\d.]+)?"', page)
        assert again == (["", ":2.0"] if state == State.FAILED else [])

    def test_a_job_whose_tree_is_another_one_by_now_goes_on_with_its_own(self, operator):
        booking, job = failed()
        type(booking).objects.filter(pk=booking.pk).update(notes="mended")
        changed = EventTree("Printed", on=Created(Booking), do=[UpdateField(status="other")])
        with use_trees(changed):
            assert "Print the ticket" in text_of(operator.get(url("run", job.group)))
            operator.post(url("run", job.group), {"do": f"retry_from:{job.pk}:2.1"})
            run_background()
        booking.refresh_from_db()
        assert (booking.ready, booking.status) == (True, "received")
        assert run_of("printed", booking).state == "succeeded"

    @pytest.mark.parametrize("do", ["", "nonsense:1", "retry:x", "retry_from", "::::", "cancel:99999999999999999999"])
    def test_a_hand_made_request_for_nonsense_does_nothing_and_says_so(self, operator, do):
        _booking, job = failed()
        response = operator.post(url("run", job.group), {"do": do}, follow=True)
        assert response.status_code == 200
        assert Job.objects.get(pk=job.pk).state == "failed"

    def test_what_can_not_be_done_is_told(self, operator):
        booking = book()
        job = job_of("remind", booking)
        response = operator.post(url("run", job.group), {"do": f"retry:{job.pk}"}, follow=True)
        assert 'class="mw-note mw-note--error"' in response.text

    def test_the_pages_script_is_told_how_it_went_without_another_page(self, operator):
        _booking, job = failed()
        answer = operator.post(url("run", job.group), {"do": f"retry:{job.pk}"}, headers=LIVE).text
        part, _hx, toasts = answer.partition("<hx-partial")
        assert read("<" + toasts) == f"Job #{job.pk} is tried again."
        assert 'hx-target="#mw-toasts" hx-swap="beforeend"' in toasts
        assert 'data-level="success"' in toasts
        assert "waiting" in read(part)
        assert tag_in(part) == operator.get(url("run", job.group), headers=POLL)["HX-PTag"]


def set_off() -> EventTree:
    """What the run of a printed ticket sets off: another one, whose only job waits."""
    return EventTree(
        "Booking is ready",
        on=Updated(Booking, "ready"),
        do=[Delay(before("starts", days=2), UpdateField(notes="soon"))],
    )


def test_runs_set_off_by_a_run_are_called_by_name_and_say_where_they_stand(viewer):
    with use_trees(PRINTED, set_off()):
        booking = book(notes="mended")
        run_background()
    first, then = run_of("printed", booking), run_of("booking-is-ready", booking)
    assert then.parent_id == first.pk
    assert "Started in turn Booking is ready waiting" in text_of(viewer.get(url("run", first.pk)))
    assert "Started by Printed succeeded" in text_of(viewer.get(url("run", then.pk)))


def test_the_runs_around_a_run_are_followed_after_the_run_itself_has_ended(viewer):
    with use_trees(PRINTED, set_off()):
        booking = book(notes="mended")
        run_background()
        first, then = run_of("printed", booking), job_of("booking-is-ready", booking)
        seldom = viewer.get(url("run", first.pk), headers=POLL)
        assert every_in(seldom.text) == 15_000
        Job.objects.filter(pk=then.pk).update(due=timezone.now())
        soon = viewer.get(url("run", first.pk), headers={**POLL, "HX-PTag": seldom["HX-PTag"]})
        assert every_in(soon.text) == 1500
        run_background()
        ended = viewer.get(url("run", first.pk), headers={**POLL, "HX-PTag": soon["HX-PTag"]})
        assert "Started in turn Booking is ready succeeded" in read(ended.text)
        assert every_in(ended.text) == 0


def test_when_a_job_is_tried_again_is_said_once(viewer):
    booking, job = failed()
    again = {"state": "ready", "attempts": 1, "finished": None, "due": timezone.now() + timedelta(minutes=3)}
    Job.objects.filter(pk=job.pk).update(**again)
    text = text_of(viewer.get(url("run", job.group)))
    assert "Next try:" in text
    assert "the next one is at" not in text
    assert booking.pk


def test_a_job_whose_moment_is_past_says_since_when_it_is_due(viewer):
    booking = book()
    job = job_of("remind", booking)
    Job.objects.filter(pk=job.pk).update(due=timezone.now() - timedelta(minutes=3))
    pause()
    page = viewer.get(url("run", job.group)).text
    assert "The queue is paused. due" in read(page)
    assert "It is due at" not in read(page)


def test_what_is_under_way_has_a_bar_until_now(viewer):
    booking = book()
    job, began = job_of("printed", booking), timezone.now() - timedelta(minutes=1)
    Job.objects.filter(pk=job.pk).update(
        state="running", started=began, lease_owner="elsewhere", lease_until=began + timedelta(days=1)
    )
    Run.objects.filter(pk=job.group).update(created=began - timedelta(seconds=1), page_at=began)
    [bar] = re.findall(
        r'class="mw-bar--running" x="([\d.]+)" y="22" width="([\d.]+)"', viewer.get(url("run", job.group)).text
    )
    assert sum(map(float, bar)) == 1000


def test_steps_are_called_as_whoever_reads_says_it_and_not_as_the_worker_did(viewer):
    _booking, job = failed()
    job.steps["done"]["2.0"]["label"] = "As the worker said it"
    job.save()
    assert "As the worker said it" not in viewer.get(url("run", job.group)).text
    said = {}
    for language in ("en", "de"):
        page = viewer.get(url("run", job.group), headers={"accept-language": language}).text
        said[language] = re.findall(r'mw-step__label">([^<]*)<', page)
    assert len(said["en"]) == len(said["de"])
    assert said["en"] != said["de"]


class TestKeysOfTwoFields:
    def test_the_run_names_its_record_and_says_when_it_is_gone(self, client, person):
        client.force_login(person("view", "view_leg"))
        leg = Leg(flight=1, number=2)
        with use_trees(EventTree("Noted", on=Created(Leg), do=[UpdateField(note="seen")])):
            leg.save()
        run = Run.objects.get(tree="noted")
        assert run.record_pk == "(1, 2)"
        assert f"Leg {leg}" in text_of(client.get(url("run", run.pk)))
        assert len(rows_of(client.get(url("runs", model="shop.Leg", record="(1,%202)")))) == 1
        leg.delete()
        assert "Leg (1, 2) (gone)" in text_of(client.get(url("run", run.pk)))


@pytest.mark.parametrize(
    ("event", "before", "line", "took"),
    [
        ("called", "Before the caller goes on", "The caller went on after", "The caller waited"),
        ("received", "Before the answer", "The answer, after", "The sender waited"),
        ("scheduled", "When its time has come", "All of this was done after", "The first part took"),
    ],
)
def test_a_run_without_a_person_speaks_of_no_page(viewer, event, before, line, took):
    _booking, job = failed()
    Run.objects.filter(pk=job.group).update(event=event)
    page = text_of(viewer.get(url("run", job.group)))
    for words in (before, line, took):
        assert words in page
    for words in ("next page", "The person waited"):
        assert words not in page
