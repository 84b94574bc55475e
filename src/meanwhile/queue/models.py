"""The tables of the queue: jobs, the workers that said they are alive, and whether it is paused."""

from __future__ import annotations

from typing import ClassVar

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from meanwhile.queue.states import State


class Job(models.Model):
    """One durable piece of work: a background branch of a tree, a durable client action or a task.

    Written only through `meanwhile.queue`: every change of state passes the table in `states.py`, and every change
    made by a worker is fenced by ``lease_token``.
    """

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(_("kind"), max_length=40, help_text=_("Which handler runs the job."))
    name = models.CharField(_("name"), max_length=200, blank=True, default="")
    payload = models.JSONField(_("payload"), default=dict, encoder=DjangoJSONEncoder)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.READY)
    priority = models.SmallIntegerField(_("priority"), default=0, help_text=_("Higher starts earlier."))
    due = models.DateTimeField(_("due"))
    # 0 or 1 and no boolean: Django 5.2 and 6.1 write a boolean differently into the condition of a partial index, and
    # SQLite uses such an index only where a statement repeats its condition.
    held = models.SmallIntegerField(
        _("held back"), default=0, help_text=_("1 while it waits for an earlier job of its serial key.")
    )
    serial_key = models.CharField(_("serial key"), max_length=200, blank=True, default="")
    group = models.CharField(_("group"), max_length=64, blank=True, default="", help_text=_("What the job belongs to."))
    attempts = models.SmallIntegerField(_("failed tries"), default=0, help_text=_("Failed tries of the current step."))
    takeovers = models.SmallIntegerField(_("takeovers"), default=0, help_text=_("Workers lost over the current step."))
    steps = models.JSONField(_("steps"), default=dict, encoder=DjangoJSONEncoder)
    progress = models.FloatField(_("progress"), null=True, blank=True)
    progress_text = models.CharField(_("progress text"), max_length=200, blank=True, default="")
    lease_owner = models.CharField(_("lease owner"), max_length=200, blank=True, default="")
    lease_until = models.DateTimeField(_("lease until"), null=True, blank=True)
    lease_token = models.BigIntegerField(_("lease token"), default=0)
    created = models.DateTimeField(_("created"))
    started = models.DateTimeField(_("started"), null=True, blank=True)
    finished = models.DateTimeField(_("finished"), null=True, blank=True)
    error = models.TextField(_("error"), blank=True, default="")
    result = models.JSONField(_("result"), null=True, blank=True, encoder=DjangoJSONEncoder)

    class Meta:
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        ordering: ClassVar = ["-id"]
        default_permissions = ("view",)
        permissions: ClassVar = [("operate_job", "Can retry, skip, cancel and run jobs")]
        indexes: ClassVar = [
            # The claim's index: `claim.py` reads it and no other.
            models.Index(
                models.F("priority").desc(),
                "due",
                "id",
                name="meanwhile_job_claim",
                condition=Q(state="ready", held=0),
            ),
            models.Index(fields=["lease_until"], name="meanwhile_job_lease", condition=Q(state="running")),
            models.Index(
                fields=["serial_key", "id"],
                name="meanwhile_job_serial",
                condition=Q(state__in=["ready", "running"]) & ~Q(serial_key=""),
            ),
            models.Index(
                fields=["serial_key"],
                name="meanwhile_job_begun",
                condition=Q(state__in=["ready", "running"]) & Q(started__isnull=False) & ~Q(serial_key=""),
            ),
            # The jobs that a serial key holds back, which the claim's index leaves out: counted and listed by it.
            models.Index(fields=["due", "id"], name="meanwhile_job_held", condition=Q(state="ready", held=1)),
            models.Index(fields=["group"], name="meanwhile_job_group"),
            models.Index(fields=["state", "finished"], name="meanwhile_job_ended", condition=Q(finished__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.name or self.kind} #{self.pk}"


class WorkerProcess(models.Model):
    """A worker that is alive, or was: written when it starts and about three times a lease."""

    owner = models.CharField(_("owner"), max_length=200, primary_key=True)
    host = models.CharField(_("host"), max_length=200)
    pid = models.IntegerField(_("process id"))
    threads = models.SmallIntegerField(_("threads"))
    running = models.IntegerField(_("running jobs"), default=0)
    started = models.DateTimeField(_("started"))
    seen = models.DateTimeField(_("last seen"))

    class Meta:
        verbose_name = _("worker")
        verbose_name_plural = _("workers")
        ordering: ClassVar = ["-seen"]
        default_permissions = ("view",)

    def __str__(self) -> str:
        return f"{self.host}:{self.pid}"


class QueuePause(models.Model):
    """The one row, if there is one, says that no job is started (`pause.py`)."""

    id = models.SmallIntegerField(primary_key=True, default=1, editable=False)
    since = models.DateTimeField(_("paused since"))
    by = models.CharField(_("paused by"), max_length=200, blank=True, default="")
    reason = models.CharField(_("reason"), max_length=500, blank=True, default="")

    class Meta:
        verbose_name = _("pause of the queue")
        verbose_name_plural = _("pauses of the queue")
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.since:%Y-%m-%d %H:%M} {self.by}".strip()
