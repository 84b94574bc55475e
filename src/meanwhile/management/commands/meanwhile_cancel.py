"""Cancel jobs."""

from __future__ import annotations

from argparse import ArgumentParser
from functools import partial
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from meanwhile import conf
from meanwhile.management.many import do_for_each, ids_or_all
from meanwhile.queue import control
from meanwhile.queue.states import State


class Command(BaseCommand):
    """``manage.py meanwhile_cancel 17 18``: those that wait, run or have failed."""

    help = "Cancels jobs that wait, run or have failed. Of a running job the step it is at is not kept."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the options."""
        parser.add_argument("ids", nargs="*", type=int, metavar="ID", help="Numbers of jobs.")
        parser.add_argument("--all-waiting", action="store_true", help="Every job that waits.")
        parser.add_argument("--all-failed", action="store_true", help="Every job that has failed.")
        parser.add_argument("--tree", metavar="KEY", help="With --all-…: of this tree alone.")

    def handle(self, *args: Any, ids: list[int], all_waiting: bool, all_failed: bool, **options: Any) -> None:
        """Cancel them."""
        using = conf.get().database
        states = [*([State.READY] if all_waiting else []), *([State.FAILED] if all_failed else [])]
        chosen = ids_or_all(ids, states, "--all-waiting, --all-failed", options["tree"], using)
        do_for_each(self, chosen, partial(control.cancel, using=using), _("Jobs cancelled: %(n)s"))
