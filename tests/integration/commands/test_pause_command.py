from __future__ import annotations

import getpass

import pytest
from django.core.management import CommandError

from meanwhile.queue.models import Job, QueuePause
from meanwhile.queue.pause import pause, paused
from meanwhile.testing import run_background
from tests.integration.commands.test_job_commands import book

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("trees")]


def test_a_paused_queue_starts_nothing_and_says_why(run):
    assert "The queue is paused" in run("meanwhile_pause", "--reason", "Moving the disk", "--by", "Grace")
    found = paused()
    assert found is not None
    assert (found.by, found.reason) == ("Grace", "Moving the disk")
    book()
    assert "The queue is paused." in run("meanwhile_jobs", "--tree", "ready")


def test_it_goes_on_when_it_is_resumed(run):
    run("meanwhile_pause")
    book()
    run_background()
    assert not Job.objects.filter(state="succeeded").exists()
    assert run("meanwhile_pause", "--resume") == "The queue goes on.\n"
    run_background()
    assert Job.objects.filter(state="succeeded").exists()


def test_the_systems_user_is_who_pauses_it(run, monkeypatch):
    monkeypatch.setattr(getpass, "getuser", lambda: "deploy")
    run("meanwhile_pause")
    assert QueuePause.objects.get().by == "deploy"


@pytest.mark.parametrize("error", [KeyError, OSError])
def test_a_user_without_a_name_can_pause_it(run, monkeypatch, error):
    def nobody():
        raise error("no such user")

    monkeypatch.setattr(getpass, "getuser", nobody)
    run("meanwhile_pause")
    assert QueuePause.objects.get().by == ""


def test_a_pause_that_is_on_stays_as_it_is_and_is_shown(run):
    pause(by="Grace", reason="Moving the disk")
    text = run("meanwhile_pause", "--reason", "Another one", "--by", "Ada")
    assert "Grace" in text
    assert "Moving the disk" in text
    assert QueuePause.objects.get().reason == "Moving the disk"


def test_the_status_changes_nothing(run):
    assert run("meanwhile_pause", "--status") == "The queue is not paused.\n"
    assert paused() is None
    pause(by="Grace")
    assert "Grace" in run("meanwhile_pause", "--status")


def test_to_resume_what_is_not_paused_is_no_error(run):
    assert run("meanwhile_pause", "--resume") == "The queue is not paused.\n"


def test_a_reason_to_resume_is_refused(run):
    pause(by="Grace")
    with pytest.raises(CommandError, match="--resume takes no other option"):
        run("meanwhile_pause", "--resume", "--reason", "Done")
    assert paused() is not None
