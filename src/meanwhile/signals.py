"""What Meanwhile announces, for a project's own receivers.

Receivers run inside the worker, after the commit of what they are told about; one that raises is logged and harms
nothing.
"""

from __future__ import annotations

from django.dispatch import Signal

job_failed = Signal()
"""A job has used up its tries. Arguments: ``job`` (the `Job` as stored)."""

job_finished = Signal()
"""A job ended in any state. Arguments: ``job_id``, ``kind``, ``state``."""

run_failed = Signal()
"""A foreground action failed and all of its run was rolled back. Arguments: ``run`` (the `Run` kept for the
history)."""
