"""What the Studio keeps: trees, their drafts with every edit, and the versions that were published."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from meanwhile.studio.document_field import DocumentField
from meanwhile.trees.models import TreeVersion


class StudioTree(models.Model):
    """A tree that is made in the Studio. ``model`` and ``event`` repeat what its draft says, for lists."""

    key = models.CharField(_("key"), max_length=100, unique=True)
    name = models.CharField(_("name"), max_length=200)
    model = models.CharField(_("record type"), max_length=200, blank=True, default="")
    event = models.CharField(_("event"), max_length=20)
    enabled = models.BooleanField(_("enabled"), default=True)
    retired = models.BooleanField(_("retired"), default=False)
    published = models.ForeignKey(
        "StudioVersion", models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("published version")
    )
    created = models.DateTimeField(_("created"))
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("created by"),
    )
    copied_from = models.CharField(_("copied from"), max_length=100, blank=True, default="")

    class Meta:
        verbose_name = _("studio tree")
        verbose_name_plural = _("studio trees")
        ordering: ClassVar = ["key"]
        default_permissions = ()
        permissions: ClassVar = [
            ("view_studio", "Can see trees, runs and the queue in the Studio"),
            ("edit_studio", "Can change drafts of trees in the Studio"),
            ("publish_studio", "Can publish, switch off and retire trees in the Studio"),
            ("operate_studio", "Can retry, skip, cancel and run jobs in the Studio"),
        ]
        indexes: ClassVar = [models.Index(fields=["model"], name="meanwhile_studio_model")]

    def __str__(self) -> str:
        return self.name


class StudioDraft(models.Model):
    """What a tree is going to be: any JSON object, perhaps half done. ``revision`` goes up with every change."""

    tree = models.OneToOneField(StudioTree, models.CASCADE, related_name="draft", verbose_name=_("tree"))
    document = DocumentField(_("document"))
    revision = models.IntegerField(_("revision"), default=1)
    position = models.IntegerField(_("edits done"), default=0, help_text=_("Those behind it were undone."))
    edited = models.DateTimeField(_("edited"))
    edited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("edited by")
    )

    class Meta:
        verbose_name = _("studio draft")
        verbose_name_plural = _("studio drafts")
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.tree_id} · {self.revision}"


class StudioEdit(models.Model):
    """A state that a draft was in, for undo and redo: the document after the edit that ``label`` names."""

    draft = models.ForeignKey(StudioDraft, models.CASCADE, related_name="edits", verbose_name=_("draft"))
    position = models.IntegerField(_("position"))
    revision = models.IntegerField(_("revision"))
    document = DocumentField(_("document"))
    label = models.CharField(_("what was done"), max_length=200, blank=True, default="")
    about = models.CharField(_("place that was edited"), max_length=200, blank=True, default="")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("by")
    )
    at = models.DateTimeField(_("time"))

    class Meta:
        verbose_name = _("studio edit")
        verbose_name_plural = _("studio edits")
        ordering: ClassVar = ["draft", "position"]
        default_permissions = ()
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["draft", "position"], name="meanwhile_studio_edit_once")
        ]

    def __str__(self) -> str:
        return f"{self.draft_id} · {self.position}"


class StudioVersion(models.Model):
    """What was published: never changed (spec, "The tree as it was").

    ``version`` is the version that runs refer to. It has no constraint in the database, because a version that nobody
    runs any more is pruned, and stored anew under the same id when the tree runs again.
    """

    tree = models.ForeignKey(StudioTree, models.CASCADE, related_name="versions", verbose_name=_("tree"))
    number = models.IntegerField(_("number"))
    document = DocumentField(_("document"))
    version = models.ForeignKey(
        TreeVersion, models.DO_NOTHING, db_constraint=False, related_name="+", verbose_name=_("version of the runs")
    )
    comment = models.CharField(_("comment"), max_length=500, blank=True, default="")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("by")
    )
    at = models.DateTimeField(_("time"))

    class Meta:
        verbose_name = _("studio version")
        verbose_name_plural = _("studio versions")
        ordering: ClassVar = ["tree", "-number"]
        default_permissions = ()
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tree", "number"], name="meanwhile_studio_version_once")
        ]

    def __str__(self) -> str:
        return f"{self.tree_id} · {self.number}"

    def save(self, *args: Any, **options: Any) -> None:
        """Store a new version. Raises `TypeError` for one that is stored already."""
        if not self._state.adding:
            msg = "A published version is never changed; publish another one."
            raise TypeError(msg)
        super().save(*args, **options)


class StudioStamp(models.Model):
    """One row, whose number goes up whenever other processes have to read the published trees anew."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    number = models.BigIntegerField(_("number"), default=0)

    class Meta:
        verbose_name = _("studio stamp")
        verbose_name_plural = _("studio stamps")
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.number)
