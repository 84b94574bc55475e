"""One run: what was done before the page, and what its jobs did, do and will do after it."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cached_property
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from meanwhile.operations import BY_NAME, TO_WHOLE_RUNS, operate_each
from meanwhile.queue.models import Job
from meanwhile.queue.states import OPEN, State
from meanwhile.spans import span_text
from meanwhile.studio.awaited import awaited
from meanwhile.studio.changes import rows_of_changes
from meanwhile.studio.models import StudioVersion
from meanwhile.studio.operations import operate
from meanwhile.studio.record_links import record_link
from meanwhile.studio.standing import Standing, standing_of, standings
from meanwhile.studio.strip import strip_of
from meanwhile.studio.timeline import foreground_of, jobs_of, tree_of
from meanwhile.studio.views.live import LiveView
from meanwhile.trees import registry
from meanwhile.trees.find import jobs_of_run
from meanwhile.trees.models import Run, RunState

RELATIVES_SHOWN = 50
UNREAD = ("changes", "foreground", "error", "version__document")
SOON, LATER = 1.5, 15.0


class RunView(LiveView):
    """A run, followed while its jobs are open."""

    template_name = "meanwhile/studio/run.html"
    part_name = "meanwhile/studio/run_part.html"
    section = "runs"

    def may_enter(self) -> bool:
        """Whoever may see its tree may see a run."""
        return self.may_see(self.run.tree)

    @cached_property
    def run(self) -> Run:
        """The run of the address."""
        found = Run.objects.using(self.using).select_related("version").filter(pk=self.kwargs["run"]).first()
        if found is None:
            raise Http404(_("There is no such run; runs are deleted some days after they ended."))
        return found

    @cached_property
    def jobs(self) -> list[Job]:
        """Its jobs, in the order in which they were queued."""
        return list(jobs_of_run(self.run, using=self.using))

    @cached_property
    def parents(self) -> list[tuple[Run, Standing]]:
        """The run that this one comes from, if there is one."""
        return self._relatives(pk=self.run.parent_id) if self.run.parent_id else []

    @cached_property
    def children(self) -> list[tuple[Run, Standing]]:
        """The runs that this one has set off."""
        return self._relatives(parent_id=self.run.pk)

    def part(self) -> dict[str, Any]:
        """Return the run with its steps, jobs and what can be done."""
        now, tree = self.clock.now(), tree_of(self.run, self.using)
        states = {job.state for job in self.jobs}
        operates = self.may_operate(self.run.tree)
        jobs = jobs_of(self.jobs, tree, now=now, using=self.using)
        strip, words = strip_of(self.run, jobs, now), awaited(self.run.event)
        waited = _milliseconds(self.run, self.run.page_at)
        return {
            "run": self.run,
            "standing": standing_of(self.run, self.jobs, now),
            "tree": tree,
            "foreground": foreground_of(self.run, tree, self.jobs),
            "jobs": jobs,
            "strip": strip,
            "operates": operates,
            "may_retry_all": operates and not states.isdisjoint(TO_WHOLE_RUNS["retry"]),
            "may_cancel_all": operates and not states.isdisjoint(TO_WHOLE_RUNS["cancel"]),
            "awaited": words,
            "reached": "" if waited is None else words.reached % {"time": span_text(waited)},
            "took": words.took % {"first": span_text(waited), "all": span_text(strip.total_ms)}
            if strip and waited is not None
            else "",
            "total_ms": _milliseconds(self.run, self.run.finished),
            **self._side(),
        }

    def _side(self) -> dict[str, Any]:
        """Return what stands beside the timeline: what it was about, and the runs around it."""
        changes = rows_of_changes(self.run)
        return {
            "record": record_link(
                self.request, self.run.model, self.run.record_pk, was_saved=self.run.page_at is not None
            ),
            "changes": changes,
            "has_old": any(change.old for change in changes),
            "tree_page": self._tree_page(),
            "number": self._number(),
            "parent": next(iter(self.parents), None),
            "children": self.children,
        }

    def look_again(self) -> float:
        """Look often while a job or a run around this one runs or is about to, seldom while all wait for a later day,
        else never.

        A job that is due before the next seldom look is about to run: its page would be late by as much as that.
        """
        about_to = self.clock.now() + timedelta(seconds=LATER)
        soon = [job.state == State.RUNNING or job.due <= about_to for job in self.jobs if job.state in OPEN]
        soon += [
            stands.until is None or stands.until <= about_to
            for run, stands in (*self.parents, *self.children)
            if run.state == RunState.RUNNING
        ]
        if not soon:
            return 0
        return SOON if any(soon) else LATER

    def post(self, request: HttpRequest, run: UUID) -> HttpResponse:  # noqa: ARG002 - the address names it
        """Do what a button says: ``operation:job`` or ``retry_from:job:path``, or ``operation`` for all jobs."""
        if not self.may_operate(self.run.tree):
            raise PermissionDenied
        name, _colon, rest = request.POST.get("do", "").partition(":")
        number, _colon, path = rest.partition(":")
        if not rest and name in TO_WHOLE_RUNS:
            chosen = [job.pk for job in self.jobs if job.state in TO_WHOLE_RUNS[name]]
            operate_each(request, chosen, BY_NAME[name].do, using=self.using)
        elif (job := next((job for job in self.jobs if str(job.pk) == number), None)) is not None:
            operate(request, job, name, using=self.using, path=path)
        else:
            messages.error(request, _("This run has no such job any more."))
        for known in ("run", "jobs", "parents", "children"):
            self.__dict__.pop(known, None)
        return self.done(request)

    def _tree_page(self) -> str:
        """Return the name of the page that shows the tree, empty if the tree is gone."""
        if self.studio_tree(self.run.tree) is not None:
            return "tree"
        known = {tree.key for tree in registry.current().all()}
        return "python-tree" if self.run.tree in known and self.visible is None else ""

    def _number(self) -> int | None:
        """Return the number under which the run's version was published last before the run; None for a tree in Python.

        What was restored and published again is the same version under a second number.
        """
        published = StudioVersion.objects.using(self.using).filter(tree__key=self.run.tree, version=self.run.version_id)
        before = published.filter(at__lte=self.run.created).order_by("-number").values_list("number", flat=True)
        return before.first()

    def _relatives(self, **which: Any) -> list[tuple[Run, Standing]]:
        """Return runs that this one comes from or has set off, as far as the person may see them, and where they stand.

        What they are called is what their trees were called then.
        """
        found = Run.objects.using(self.using).filter(**which).select_related("version").defer(*UNREAD).order_by("pk")
        runs = [run for run in found[:RELATIVES_SHOWN] if self.may_see(run.tree)]
        known = standings(runs, now=self.clock.now(), using=self.using)
        return [(run, known[str(run.pk)]) for run in runs]


def _milliseconds(run: Run, until: datetime | None) -> float | None:
    return (until - run.created).total_seconds() * 1000 if until else None
