from __future__ import annotations

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from meanwhile.exceptions import PayloadTooLarge
from meanwhile.queue.enqueue import enqueue
from meanwhile.queue.jobs import NewJob
from meanwhile.queue.models import Job
from tests.integration.queue.toys import job


@pytest.mark.django_db
def test_ids_come_in_the_order_of_the_jobs(clock):
    ids = enqueue([job(name=str(n)) for n in range(1200)], clock=clock)
    assert list(Job.objects.order_by("pk").values_list("pk", "name")) == [(ids[n], str(n)) for n in range(1200)]


@pytest.mark.django_db
def test_many_jobs_are_one_statement(clock):
    with CaptureQueriesContext(connection) as queries:
        enqueue([job() for _ in range(400)], clock=clock)
    assert len([query for query in queries if "INSERT" in query["sql"]]) == 1


@pytest.mark.django_db(transaction=True)
def test_jobs_vanish_with_the_transaction_that_queued_them(clock):
    with pytest.raises(ZeroDivisionError), transaction.atomic():  # noqa: PT012
        enqueue([job()], clock=clock)
        raise ZeroDivisionError
    assert not Job.objects.exists()


@pytest.mark.django_db
def test_a_payload_over_the_limit_is_refused_and_nothing_is_queued(clock, settings):
    settings.MEANWHILE = {"MAX_PAYLOAD": 1000}
    large = NewJob(kind="toy", name="Letter", payload={"text": "x" * 2000})
    with pytest.raises(PayloadTooLarge, match="Letter"):
        enqueue([job(), large], clock=clock)
    assert not Job.objects.exists()


@pytest.mark.django_db
def test_a_naive_due_moment_is_refused(clock):
    from datetime import datetime

    with pytest.raises(ValueError, match="must be aware"):
        enqueue([job(due=datetime(2026, 3, 2))], clock=clock)  # noqa: DTZ001
