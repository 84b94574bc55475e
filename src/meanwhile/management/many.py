"""What the commands share that do something to many jobs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from meanwhile.exceptions import MeanwhileError
from meanwhile.queue.models import Job
from meanwhile.queue.states import State
from meanwhile.trees.find import jobs_of_tree


def ids_or_all(ids: list[int], states: Sequence[State], option: str, tree: str | None, using: str) -> list[int]:
    """Return the jobs that are named, or all in these states; exactly one of both must be asked for."""
    if bool(ids) == bool(states):
        raise CommandError(_("Name jobs by their numbers, or give %(option)s.") % {"option": option})
    if ids:
        if tree:
            raise CommandError(_("--tree goes with %(option)s.") % {"option": option})
        return ids
    jobs = jobs_of_tree(tree, using=using) if tree else Job.objects.using(using).all()
    return list(jobs.filter(state__in=states).order_by("pk").values_list("pk", flat=True))


def do_for_each(command: BaseCommand, ids: Iterable[int], do: Callable[[int], Any], done_text: str) -> None:
    """Do something to each job, go on behind those that can't be, and end with an error that lists these."""
    done, problems = 0, []
    for job_id in ids:
        try:
            do(job_id)
            done += 1
        except Job.DoesNotExist:
            problems.append(_("There is no job %(id)s.") % {"id": job_id})
        except MeanwhileError as error:
            problems.append(str(error))
    command.stdout.write(done_text % {"n": done})
    if problems:
        raise CommandError("\n".join(problems))
