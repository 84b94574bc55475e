"""Which runs of a tree still have work to do: told before it is published anew, switched off or retired."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from meanwhile import conf
from meanwhile.queue.models import Job
from meanwhile.queue.states import OPEN
from meanwhile.studio.models import StudioVersion
from meanwhile.trees.models import Run, RunState

MOST = 1000
"""Runs that are looked at; of more it is said that there are more."""


@dataclass(frozen=True, slots=True)
class VersionInUse:
    """One version of a tree that runs still go by; ``number`` is None for one that was not published in the Studio."""

    number: int | None
    hash: str
    runs: int


@dataclass(frozen=True, slots=True)
class InUse:
    """``runs`` of a tree have ``jobs`` that wait or run, the next one due at ``next_due``."""

    runs: int = 0
    jobs: int = 0
    next_due: datetime | None = None
    versions: tuple[VersionInUse, ...] = ()
    more: bool = False

    @property
    def text(self) -> str:
        """What a person reads; empty if nothing waits."""
        if not self.jobs:
            return ""
        if self.more:
            text = _("More than %(n)s jobs of this tree still wait or run, with the version they started with.")
        else:
            text = ngettext(
                "%(n)s job of this tree still waits or runs, with the version it started with.",
                "%(n)s jobs of this tree still wait or run, with the version they started with.",
                self.jobs,
            )
        told = text % {"n": self.jobs}
        if self.next_due is None:
            return told
        due = date_format(localtime(self.next_due), "DATETIME_FORMAT")
        text = f"{told} " + _("The next one is due at %(due)s.") % {"due": due}
        return text[:-1] if text.endswith("..") else text  # "9:47 p.m." has its full stop already


def in_use(key: str) -> InUse:
    """Return what of a tree, given by its key, still waits or runs."""
    using = conf.get().database
    runs = list(
        Run.objects.using(using)
        .filter(tree=key, state=RunState.RUNNING)
        .order_by("-id")
        .values_list("pk", "version_id")[: MOST + 1]
    )
    if not runs:
        return InUse()
    more, runs = len(runs) > MOST, runs[:MOST]
    jobs = Job.objects.using(using).filter(group__in=[str(pk) for pk, _version in runs], state__in=OPEN)
    found = jobs.aggregate(number=Count("pk"), due=Min("due"))
    by_version: dict[object, int] = {}
    for _pk, version in runs:
        by_version[version] = by_version.get(version, 0) + 1
    published = StudioVersion.objects.using(using).filter(tree__key=key, version_id__in=list(by_version))
    numbers = dict(published.order_by("number").values_list("version_id", "number"))
    versions = tuple(
        VersionInUse(numbers.get(version), str(version)[:8], number)  # type: ignore[call-overload]
        for version, number in by_version.items()
    )
    return InUse(len(runs), found["number"], found["due"], versions, more)
