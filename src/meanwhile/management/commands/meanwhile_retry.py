"""Let failed jobs go on."""

from __future__ import annotations

from argparse import ArgumentParser
from functools import partial
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from meanwhile import conf
from meanwhile.management.many import do_for_each, ids_or_all
from meanwhile.queue import control
from meanwhile.queue.states import State


class Command(BaseCommand):
    """``manage.py meanwhile_retry 17 18`` or ``--all-failed``: at the step that failed, or at an earlier one."""

    help = "Lets failed jobs go on at the step that failed, at once and with all their tries."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the options."""
        parser.add_argument("ids", nargs="*", type=int, metavar="ID", help="Numbers of jobs.")
        parser.add_argument("--all-failed", action="store_true", help="Every job that has failed.")
        parser.add_argument("--tree", metavar="KEY", help="With --all-failed: of this tree alone.")
        parser.add_argument(
            "--from-step",
            metavar="PATH",
            help="Go on at this step (such as 1.0) instead: it and all behind it are done again.",
        )

    def handle(self, *args: Any, ids: list[int], all_failed: bool, from_step: str | None, **options: Any) -> None:
        """Retry them."""
        using = conf.get().database
        if all_failed and from_step:
            raise CommandError(_("--from-step goes with ids: jobs of different trees have different steps."))
        chosen = ids_or_all(ids, [State.FAILED] if all_failed else [], "--all-failed", options["tree"], using)
        retry = partial(control.retry_from, path=from_step) if from_step else control.retry
        do_for_each(self, chosen, partial(retry, using=using), _("Jobs that go on: %(n)s"))
