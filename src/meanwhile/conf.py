"""The project's settings: the keys of ``settings.MEANWHILE``, their defaults and their limits.

A key in ``settings.MEANWHILE`` is the upper case of a field here: ``MEANWHILE = {"THREADS": 8}``.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from django.conf import settings as django_settings
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from meanwhile.queue.backoff import RetryPolicy
from meanwhile.webhook_settings import MayBePrivate, WebhookSecret

DEFAULT_RETENTION = {"succeeded": 7.0, "cancelled": 7.0, "skipped": 7.0, "failed": 90.0}
DEFAULT_SENSITIVE = ("password", "passwd", "secret", "token", "api_?key")


class Settings(BaseModel):
    """What ``settings.MEANWHILE`` says, validated; times are seconds unless a line says otherwise."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    database: str = Field(
        "default", description="Alias of the database that holds the jobs and the records with trees."
    )
    autostart: bool = Field(True, description="Start a worker inside each web process.")
    threads: int = Field(4, ge=1, le=64, description="Jobs that one worker process runs at a time.")
    lease: float = Field(30.0, ge=0.1, description="Seconds a running job stays its worker's without a renewal.")
    sweep: float = Field(5.0, ge=0.05, description="Seconds between two looks for lost jobs and missed wake-ups.")
    watch_interval: float = Field(
        0.003,
        ge=0.0005,
        le=1.0,
        description="Seconds between two looks at a SQLite file that another process may write.",
    )
    step_timeout: float = Field(
        300.0, gt=0, description="Seconds after which a background step that says nothing else is given up."
    )
    retry: RetryPolicy = Field(
        default_factory=RetryPolicy, description="How often and when a failed step is tried again."
    )
    max_takeovers: int = Field(
        10,
        ge=1,
        description="Workers that may die over one step before its job is failed, so that it can't kill them all.",
    )
    max_depth: int = Field(20, ge=1, description="Trees that may fire one another in a chain.")
    max_nodes: int = Field(1000, ge=1, description="Nodes in one tree document.")
    max_nesting: int = Field(50, ge=1, description="Levels in one tree document.")
    max_payload: int = Field(256_000, ge=1000, description="Bytes of JSON that one job may carry.")
    max_history_value: int = Field(
        2_000, ge=10, description="Bytes of one value in a run's history; longer ones are cut and marked."
    )
    max_mail_body: int = Field(1_000_000, ge=100, description="Characters of one rendered template.")
    retention: dict[str, float] = Field(
        default_factory=lambda: dict(DEFAULT_RETENTION),
        description="Days that finished jobs and runs are kept, by state.",
    )
    sensitive_fields: tuple[str, ...] = Field(
        DEFAULT_SENSITIVE,
        description="Regular expressions; fields whose name matches never enter history or templates.",
    )
    webhook_secrets: dict[str, WebhookSecret] = Field(
        default_factory=dict,
        description="Secrets that Call Webhook signs and authorizes with, by name: a text, or a dict with the secret "
        "and the hosts that it may be sent to.",
    )
    webhook_timeout: float = Field(
        10.0, gt=0, description="Seconds that one request of Call Webhook may take in all, where it says nothing else."
    )
    webhook_max_body: int = Field(256_000, ge=100, description="Bytes that one request of Call Webhook may send.")
    webhook_max_answer: int = Field(
        64_000, ge=100, description="Bytes of an answer that are read; then the connection is closed."
    )
    webhook_allow_private: tuple[str, ...] = Field(
        (),
        description="What Call Webhook may reach though it is not on the public internet: hosts (crm.internal, "
        "127.0.0.1:8000) and networks (10.1.0.0/16).",
    )
    mail_admins_on_failure: bool = Field(False, description="Mail ADMINS when a job has used up its tries.")
    mail_admins_interval: float = Field(
        900.0,
        ge=0,
        description="Seconds for which a process gathers further failures of the same kind into one mail to ADMINS; "
        "0 for a mail each.",
    )
    studio_models: tuple[str, ...] | None = Field(
        None,
        description="Labels of the models on which trees can be made in the Studio; "
        "None for all that have trees or are in the admin.",
    )
    studio_excluded_fields: tuple[str, ...] = Field(
        (),
        description="What trees of the Studio can't reach: fields as app_label.Model.field, models as app_label.Model.",
    )
    studio_try_seconds: float = Field(
        5.0, gt=0, description="Seconds that trying a draft, or a search of records, may take."
    )
    studio_matching_seconds: float = Field(
        0.5, gt=0, description="Seconds that counting the records which a condition matches may take."
    )
    studio_matching_rows: int = Field(
        10_000, ge=1, description="Records that are looked at for that count and for a search."
    )
    studio_max_document: int = Field(1_000_000, ge=1_000, description="Bytes of JSON of one draft.")
    studio_max_template: int = Field(20_000, ge=100, description="Characters of one template in a tree of the Studio.")
    studio_reload: float = Field(
        1.0, ge=0, description="Seconds between two looks for trees that another process has published."
    )
    shutdown_grace: float = Field(10.0, ge=0, description="Seconds that a stopping worker waits for the steps it runs.")
    remote_max_actions: int = Field(100, ge=1, le=10_000, description="Client actions in one request of a page.")
    remote_max_body: int = Field(1_000_000, ge=1000, description="Bytes in one request of a page.")
    remote_max_depth: int = Field(
        32, ge=5, le=200, description="Lists and objects inside one another in a request of a page; it needs 4 itself."
    )
    remote_background_slots: int = Field(
        3, ge=1, le=100, description="Background requests of one person that run at a time."
    )
    received_max_body: int = Field(
        1_000_000, ge=1000, description="Bytes in one request to the address of a tree on Received."
    )
    received_rate: int = Field(
        600, ge=0, description="Requests a minute with one API key, counted in Django's cache; 0 for any number."
    )
    received_remember_days: float = Field(
        7.0, gt=0, description="Days that the answer to a request with an Idempotency-Key is given again."
    )
    remote_durable_days: float = Field(7.0, gt=0, description="Days that the result of a durable action can be read.")

    @field_validator("sensitive_fields")
    @classmethod
    def _are_regexes(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for pattern in value:
            try:
                re.compile(pattern)
            except re.error as error:
                msg = f"{pattern!r} is not a regular expression: {error}"
                raise ValueError(msg) from error
        return value

    @field_validator("webhook_allow_private")
    @classmethod
    def _are_hosts_or_networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for text in value:
            MayBePrivate.read(text)
        return value

    @field_validator("retention")
    @classmethod
    def _completes_retention(cls, value: dict[str, float]) -> dict[str, float]:
        if unknown := set(value) - set(DEFAULT_RETENTION):
            msg = f"unknown state {', '.join(sorted(unknown))}; the states are {', '.join(sorted(DEFAULT_RETENTION))}"
            raise ValueError(msg)
        return {**DEFAULT_RETENTION, **value}


@lru_cache(maxsize=1)
def get() -> Settings:
    """Return the project's settings.

    Raises `ImproperlyConfigured`, naming each wrong key, if ``settings.MEANWHILE`` can't be understood.
    """
    given: Any = getattr(django_settings, "MEANWHILE", {})
    if not isinstance(given, dict):
        msg = f"settings.MEANWHILE must be a dict, it is a {type(given).__name__}."
        raise ImproperlyConfigured(msg)
    try:
        return Settings.model_validate({str(key).lower(): value for key, value in given.items()})
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(str(part) for part in e['loc']).upper()}: {e['msg']}" for e in error.errors())
        keys = ", ".join(key.upper() for key in Settings.model_fields)
        msg = f"settings.MEANWHILE is wrong. {wrong}. The keys are {keys}."
        raise ImproperlyConfigured(msg) from error


def _forget(*, setting: str, **_: object) -> None:
    if setting == "MEANWHILE":
        get.cache_clear()


setting_changed.connect(_forget, dispatch_uid="meanwhile.conf")
