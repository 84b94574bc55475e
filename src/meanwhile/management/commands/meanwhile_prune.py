"""Delete what the retention no longer keeps."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from meanwhile import conf
from meanwhile.queue.prune import count_old_jobs, prune_jobs
from meanwhile.received.remembered import prune_answers
from meanwhile.trees.prune import prune_runs, prune_versions


class Command(BaseCommand):
    """``manage.py meanwhile_prune``: what each worker does about once an hour, by hand."""

    help = "Deletes ended jobs and runs older than the setting RETENTION, and versions of trees that nothing refers to."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the options."""
        parser.add_argument("--dry-run", action="store_true", help="Only count what would be deleted.")
        parser.add_argument(
            "--days", type=float, help="Keep the last so many days, whatever the state and the setting."
        )

    def handle(self, *args: Any, dry_run: bool, days: float | None, **options: Any) -> None:
        """Prune."""
        if days is not None and days < 0:
            raise CommandError(_("--days takes a number of days from 0 on."))
        using, now, retention = conf.get().database, timezone.now(), conf.get().retention
        if days is not None:
            retention = dict.fromkeys(retention, days)
        jobs = (count_old_jobs if dry_run else prune_jobs)(retention, now=now, using=using)
        runs = prune_runs(retention, now=now, using=using, dry_run=dry_run)
        versions = prune_versions(retention, now=now, using=using, dry_run=dry_run)
        answers = prune_answers(now=now, using=using, dry_run=dry_run)
        text = (
            _("It would delete: jobs %(jobs)s, runs %(runs)s, tree versions %(versions)s")
            if dry_run
            else _("Deleted: jobs %(jobs)s, runs %(runs)s, tree versions %(versions)s")
        )
        self.stdout.write(text % {"jobs": jobs, "runs": runs, "versions": versions})
        if answers:
            self.stdout.write(_("Remembered answers deleted: %(n)s") % {"n": answers})
