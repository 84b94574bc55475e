"""List what is scheduled, or have one of it run now."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from meanwhile import conf
from meanwhile.clock import SystemClock
from meanwhile.exceptions import UnknownTree
from meanwhile.queue import schedule
from meanwhile.queue.schedule_models import Schedule
from meanwhile.trees import registry
from meanwhile.trees.scheduled import ScheduledTree, run_tree_now
from meanwhile.trees.scheduled_wording import schedule_in_words


class Command(BaseCommand):
    """``manage.py meanwhile_schedules``: every scheduled tree, when it comes next and when it came last."""

    help = "Lists the scheduled trees with their next and last times, or queues one of them now."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the options."""
        parser.add_argument("--run", metavar="KEY", help="Queue this tree, given by key or name, for this moment.")
        parser.add_argument("--json", action="store_true", help="Print a JSON array instead of lines.")

    def handle(self, *args: Any, **options: Any) -> None:
        """List them, or queue one."""
        using = conf.get().database
        if options["run"]:
            try:
                job = run_tree_now(registry.current().find(options["run"]).key, clock=SystemClock(), using=using)
            except UnknownTree as error:
                raise CommandError(str(error)) from error
            self.stdout.write(_("Queued as job %(id)s.") % {"id": job})
            return
        trees = [ScheduledTree(one.tree, one.on) for one in schedule.periodics() if isinstance(one, ScheduledTree)]
        rows = Schedule.objects.using(using).in_bulk([one.key for one in trees])
        found = [_facts(one, rows.get(one.key)) for one in trees]
        if options["json"]:
            self.stdout.write(json.dumps(found, indent=2, ensure_ascii=False))
            return
        for facts in found:
            self.stdout.write(_line(facts))
        self.stderr.write(_("Scheduled trees: %(n)s") % {"n": len(found)})


def _facts(one: ScheduledTree, row: Schedule | None) -> dict[str, Any]:
    return {
        "key": one.tree.key,
        "name": one.tree.name,
        "when": schedule_in_words(one.on.as_json()),
        "model": one.on.model or "",
        "next": _moment(row.next_at if row else None),
        "last": _moment(row.last_at if row else None),
        "skipped": _moment(row.skipped_at if row else None),
    }


def _line(facts: dict[str, Any]) -> str:
    shown = [facts["key"], f"“{facts['name']}”", facts["when"], facts["model"]]
    shown.append(_("next: %(moment)s") % {"moment": facts["next"] or _("not known before a worker runs")})
    if facts["last"]:
        shown.append(_("last: %(moment)s") % {"moment": facts["last"]})
    if facts["skipped"]:
        shown.append(_("skipped: %(moment)s") % {"moment": facts["skipped"]})
    return "  ".join(part for part in shown if part)


def _moment(moment: datetime | None) -> str:
    return "" if moment is None else timezone.localtime(moment, timezone.get_default_timezone()).isoformat()
