"""Pause the queue, or let it go on."""

from __future__ import annotations

import getpass
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from meanwhile import conf
from meanwhile.queue.models import QueuePause
from meanwhile.queue.pause import pause, paused, resume


class Command(BaseCommand):
    """``manage.py meanwhile_pause --reason "Moving the disk"``, and ``manage.py meanwhile_pause --resume``."""

    help = "Pauses the queue: no job is started, on any machine, until it is resumed. What runs goes on to its end."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the options."""
        parser.add_argument("--reason", default="", help="Why; shown to whoever asks why jobs wait.")
        parser.add_argument("--by", help="Who pauses it (default: the name of the system's user).")
        parser.add_argument("--resume", action="store_true", help="Let jobs start again.")
        parser.add_argument("--status", action="store_true", help="Only say whether the queue is paused.")

    def handle(self, *args: Any, reason: str, by: str | None, **options: Any) -> None:
        """Pause or resume; both may be asked for again."""
        using = conf.get().database
        if options["resume"] and (reason or by or options["status"]):
            raise CommandError(_("--resume takes no other option."))
        before = paused(using=using)
        if options["status"]:
            self.stdout.write(_in_words(before) if before else _("The queue is not paused."))
        elif options["resume"]:
            self.stdout.write(_("The queue goes on.") if resume(using=using) else _("The queue is not paused."))
        elif before is not None:
            self.stdout.write(_in_words(before))
        else:
            pause(by=_user() if by is None else by, reason=reason, using=using)
            self.stdout.write(_("The queue is paused. What runs goes on to its end."))


def _in_words(found: QueuePause) -> str:
    since = timezone.localtime(found.since) if timezone.is_aware(found.since) else found.since
    facts = [f"{since:%Y-%m-%d %H:%M:%S}", found.by, found.reason]
    return "  ".join([_("The queue is paused."), *(fact for fact in facts if fact)])


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        return ""
