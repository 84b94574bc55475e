from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from meanwhile.queue.models import WorkerProcess
from meanwhile.queue.owner import machine, new_owner
from meanwhile.testing import use_trees
from meanwhile.trees.models import TreeVersion
from tests.integration.admin.pages import list_of, page_of, rows_of, run_of, text_of
from tests.shop.models import Booking

pytestmark = pytest.mark.django_db


@pytest.fixture
def version():
    booking = Booking.objects.create(name="Ada", starts=timezone.now())
    return run_of("printed", booking).version


class TestVersions:
    def test_the_document_is_an_outline_that_people_read(self, operator, version):
        text = text_of(operator.get(page_of(version)))
        places = [
            text.index(part)
            for part in (
                "When a booking is created",
                "What happens to a booking",
                "New runs get this version.",
                "0 Update status Update Fields",
                "status “received”",
                "1 If Condition",
                "Condition name is “Ada”",
                "then 1.then.0 Update reference",
                "otherwise 1.otherwise.0 Update reference",
                "2 Background Background",
                "2.0 Assign a seat Function",
                '"meanwhile": 1',
            )
        ]
        assert places == sorted(places)

    def test_a_version_that_is_not_the_registered_one_says_so(self, operator, version):
        with use_trees():
            assert "do not get this version" in text_of(operator.get(page_of(version)))
            assert not any("for new runs" in row for row in rows_of(operator.get(list_of("treeversion"))))
        assert all("for new runs" in row for row in rows_of(operator.get(list_of("treeversion"))))

    def test_one_that_can_not_be_read_any_more_shows_why_and_its_json(self, operator, version):
        TreeVersion.objects.filter(pk=version.pk).update(document={"meanwhile": 99, "odd": "one"})
        text = text_of(operator.get(page_of(version)))
        assert "can't be read any more" in text
        assert '"odd": "one"' in text


class TestWorkers:
    def make(self, owner, ago=0):
        seen = timezone.now() - timedelta(seconds=ago)
        return WorkerProcess.objects.create(owner=owner, host="web1", pid=7, threads=4, started=seen, seen=seen)

    def test_workers_are_alive_silent_or_gone(self, operator):
        self.make(new_owner())
        self.make("elsewhere/1/1/1/1", ago=300)
        self.make(f"{machine()}/999999/123/abc", ago=600)
        rows = rows_of(operator.get(list_of("workerprocess")))
        assert [sign in row for sign, row in zip(("✓ alive", "? silent", "✗ gone"), rows, strict=True)] == [True] * 3

    def test_a_worker_has_a_page(self, operator):
        assert "web1" in text_of(operator.get(page_of_worker(self.make(new_owner()))))


def page_of_worker(worker):
    from django.contrib.admin.utils import quote
    from django.urls import reverse

    return reverse("admin:meanwhile_workerprocess_change", args=[quote(worker.pk)])
