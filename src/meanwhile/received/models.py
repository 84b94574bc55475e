"""The tables behind the event Received: API keys, which trees each may call, and answers that are given again."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class ApiKey(models.Model):
    """What another system shows to send something to trees. The secret itself is nowhere: ``digest`` is its SHA-256.

    ``user`` is in whose name the runs are; without one, nobody's.
    """

    name = models.CharField(_("name"), max_length=200)
    prefix = models.CharField(_("prefix"), max_length=16, unique=True, help_text=_("What the key begins with."))
    digest = models.CharField(_("digest"), max_length=64, help_text=_("SHA-256 of the secret part."))
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("person"),
        help_text=_("In whose name the runs are."),
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
    expires = models.DateTimeField(_("expires"), null=True, blank=True)
    revoked = models.DateTimeField(_("revoked"), null=True, blank=True)
    last_used = models.DateTimeField(_("last used"), null=True, blank=True, help_text=_("To the minute."))

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")
        ordering: ClassVar = ["-created", "-pk"]
        default_permissions = ("change", "delete", "view")

    def __str__(self) -> str:
        return f"{self.name} ({self.start})"

    @property
    def start(self) -> str:
        """What people know the key by: its beginning, which is no secret."""
        return f"mw_{self.prefix}_…"

    def is_expired(self, now: datetime) -> bool:
        """Say whether its time is over."""
        return self.expires is not None and self.expires <= now

    def is_good(self, now: datetime) -> bool:
        """Say whether it opens anything: not revoked, not expired, and its person, if it has one, is active."""
        return self.revoked is None and not self.is_expired(now) and (self.user is None or self.user.is_active)


class ApiKeyTree(models.Model):
    """One tree that an API key may call, by the tree's key: trees in Python have no row."""

    api_key = models.ForeignKey(ApiKey, models.CASCADE, related_name="trees", verbose_name=_("API key"))
    tree = models.CharField(_("tree"), max_length=100)

    class Meta:
        verbose_name = _("tree of an API key")
        verbose_name_plural = _("trees of API keys")
        default_permissions = ()
        constraints: ClassVar = [models.UniqueConstraint(fields=["tree", "api_key"], name="meanwhile_tree_of_api_key")]

    def __str__(self) -> str:
        return self.tree


class ReceivedAnswer(models.Model):
    """The answer to a request with an ``Idempotency-Key``, to be given again when the request comes again."""

    api_key = models.ForeignKey(ApiKey, models.CASCADE, related_name="+", verbose_name=_("API key"))
    tree = models.CharField(_("tree"), max_length=100)
    key = models.CharField(_("key"), max_length=255, help_text=_("The Idempotency-Key of the request."))
    digest = models.CharField(_("digest"), max_length=64, help_text=_("SHA-256 of what was sent."))
    status = models.SmallIntegerField(_("HTTP status"))
    answer = models.JSONField(_("answer"))
    created = models.DateTimeField(_("created"))

    class Meta:
        verbose_name = _("remembered answer")
        verbose_name_plural = _("remembered answers")
        default_permissions = ()
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["api_key", "tree", "key"], name="meanwhile_answer_of_request")
        ]
        indexes: ClassVar = [models.Index(fields=["created"], name="meanwhile_answer_created")]

    def __str__(self) -> str:
        return f"{self.tree} {self.key}"
