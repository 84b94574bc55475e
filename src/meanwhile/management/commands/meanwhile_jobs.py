"""List background jobs, and say why each one waits."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from meanwhile import conf
from meanwhile.queue.models import Job
from meanwhile.queue.pause import paused
from meanwhile.queue.reasons import any_worker_alive, why_waiting
from meanwhile.queue.states import State
from meanwhile.trees.find import jobs_of_record, jobs_of_tree, runs_of_jobs
from meanwhile.trees.models import Run


class Command(BaseCommand):
    """``manage.py meanwhile_jobs``: the latest jobs, or those that the options choose."""

    help = "Lists background jobs, the latest first, and says why each one waits."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the options."""
        parser.add_argument("--state", action="append", choices=State.values, help="May be given several times.")
        parser.add_argument("--kind", help="Such as “tree”.")
        parser.add_argument("--tree", metavar="KEY", help="Jobs of a tree, in all its versions.")
        parser.add_argument("--record", metavar="APP.MODEL:KEY", help="Jobs about a record, such as shop.Booking:17.")
        parser.add_argument("--limit", type=int, default=50, help="At most so many (default: 50).")
        parser.add_argument("--json", action="store_true", help="Print a JSON array instead of lines.")

    def handle(self, *args: Any, limit: int, **options: Any) -> None:
        """List the jobs."""
        using, now = conf.get().database, timezone.now()
        jobs = list(_chosen(options, using).order_by("-pk")[: max(limit, 0)])
        alive, is_paused = any_worker_alive(now=now, using=using), paused(using=using) is not None
        runs = runs_of_jobs(jobs, using=using)
        facts = [
            _facts(
                job, runs.get(job.group), why_waiting(job, now=now, using=using, alive=alive, is_paused=is_paused).text
            )
            for job in jobs
        ]
        if options["json"]:
            self.stdout.write(json.dumps(facts, indent=2, ensure_ascii=False, cls=DjangoJSONEncoder))
            return
        for one in facts:
            self.stdout.write(_line(one))
        self.stderr.write(_("Jobs: %(n)s") % {"n": len(facts)})


def _chosen(options: dict[str, Any], using: str) -> QuerySet[Job]:
    jobs = Job.objects.using(using).all()
    if options["record"]:
        jobs = _of_record(options["record"], using)
    if options["tree"]:
        jobs &= jobs_of_tree(options["tree"], using=using)
    if options["state"]:
        jobs = jobs.filter(state__in=options["state"])
    return jobs.filter(kind=options["kind"]) if options["kind"] else jobs


def _of_record(text: str, using: str) -> QuerySet[Job]:
    label, colon, key = text.partition(":")
    if not colon or not key:
        raise CommandError(_("--record takes a model and a key, such as shop.Booking:17; it got “%s”.") % text)
    try:
        return jobs_of_record(label, key, using=using)
    except (LookupError, ValueError) as error:
        raise CommandError(_("--record: there is no model “%(label)s”.") % {"label": label}) from error


def _facts(job: Job, run: Run | None, why: str) -> dict[str, Any]:
    return {
        "id": job.pk,
        "kind": job.kind,
        "name": job.name,
        "state": job.state,
        "why": why,
        "priority": job.priority,
        "due": job.due,
        "created": job.created,
        "started": job.started,
        "finished": job.finished,
        "failed_tries": job.attempts,
        "steps_done": list(job.steps.get("done", {})),
        "serial_key": job.serial_key,
        "group": job.group,
        "tree": run.tree if run else "",
        "record": f"{run.model}:{run.record_pk}" if run and run.model else "",
        "error": job.error,
    }


def _line(facts: dict[str, Any]) -> str:
    due = timezone.localtime(facts["due"]) if timezone.is_aware(facts["due"]) else facts["due"]
    parts = [f"#{facts['id']}", f"{facts['state']:<9}", f"{due:%Y-%m-%d %H:%M:%S}", facts["name"] or facts["kind"]]
    parts += [facts["record"], facts["why"], facts["error"].strip().partition("\n")[0][:200]]
    return "  ".join(part for part in parts if part)
