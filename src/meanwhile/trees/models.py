"""What is kept of trees: each version that ever ran, and each run."""

from __future__ import annotations

import os
import time
import uuid
from typing import ClassVar

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


def new_run_id() -> uuid.UUID:
    """Return a UUID of version 7 (RFC 9562, sections 5.7 and 6.2, method 3) that sorts by time, to a quarter of a
    microsecond.

    So a million runs are inserted at one end of the index, and the runs of one save are listed in their order.
    """
    milliseconds, nanoseconds = divmod(time.time_ns(), 1_000_000)
    fraction = (nanoseconds << 12) // 1_000_000
    random = int.from_bytes(os.urandom(8)) >> 2
    return uuid.UUID(int=milliseconds << 80 | 0x7 << 76 | fraction << 64 | 0x2 << 62 | random)


class TreeVersion(models.Model):
    """A tree as it was when it ran: never changed, named by its content (spec, "The tree as it was")."""

    id = models.UUIDField(primary_key=True, editable=False)
    key = models.CharField(_("key"), max_length=200)
    name = models.CharField(_("name"), max_length=200)
    content_hash = models.CharField(_("content hash"), max_length=64)
    document = models.JSONField(_("document"))
    created = models.DateTimeField(_("created"))

    class Meta:
        verbose_name = _("tree version")
        verbose_name_plural = _("tree versions")
        ordering: ClassVar = ["-created"]
        default_permissions = ("view",)
        constraints: ClassVar = [models.UniqueConstraint(fields=["key", "content_hash"], name="meanwhile_version_once")]

    def __str__(self) -> str:
        return f"{self.name} ({self.content_hash[:8]})"


class RunState(models.TextChoices):
    """Where a run stands: its foreground is always over when it is stored; ``running`` waits for its jobs."""

    RUNNING = "running", _("running")
    SUCCEEDED = "succeeded", _("succeeded")
    FAILED = "failed", _("failed")
    CANCELLED = "cancelled", _("cancelled")
    SKIPPED = "skipped", _("skipped")


class Run(models.Model):
    """One run of a tree for one event (spec, "History")."""

    id = models.UUIDField(primary_key=True, default=new_run_id, editable=False)
    version = models.ForeignKey(
        TreeVersion, models.PROTECT, related_name="runs", verbose_name=_("version"), db_index=False
    )
    tree = models.CharField(_("tree"), max_length=200)
    event = models.CharField(_("event"), max_length=20)
    model = models.CharField(_("record type"), max_length=200, blank=True, default="")
    record_pk = models.CharField(_("record"), max_length=200, blank=True, default="")
    actor_pk = models.CharField(_("person's key"), max_length=64, blank=True, default="")
    actor_name = models.CharField(_("person"), max_length=200, blank=True, default="")
    changes = models.JSONField(_("changes"), default=dict, encoder=DjangoJSONEncoder)
    parent_id = models.UUIDField(_("started by run"), null=True, blank=True)
    depth = models.SmallIntegerField(_("depth"), default=1)
    state = models.CharField(_("state"), max_length=10, choices=RunState.choices, default=RunState.RUNNING)
    open_jobs = models.IntegerField(_("open jobs"), default=0)
    foreground = models.JSONField(_("foreground steps"), default=list, encoder=DjangoJSONEncoder)
    error = models.TextField(_("error"), blank=True, default="")
    created = models.DateTimeField(_("started"))
    page_at = models.DateTimeField(_("foreground done"), null=True, blank=True)
    finished = models.DateTimeField(_("finished"), null=True, blank=True)

    class Meta:
        verbose_name = _("run")
        verbose_name_plural = _("runs")
        ordering: ClassVar = ["-id"]
        default_permissions = ("view",)
        indexes: ClassVar = [
            models.Index(fields=["model", "record_pk", "id"], name="meanwhile_run_record"),
            models.Index(fields=["tree", "id"], name="meanwhile_run_tree"),
            models.Index(fields=["state", "id"], name="meanwhile_run_state"),
            models.Index(fields=["actor_pk", "id"], name="meanwhile_run_actor", condition=~Q(actor_pk="")),
            models.Index(fields=["parent_id"], name="meanwhile_run_parent", condition=Q(parent_id__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.tree} · {self.event} · {self.model} {self.record_pk}".strip()
