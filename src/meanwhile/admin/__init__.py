"""Jobs, runs, schedules, versions, workers and API keys in Django's admin: to look at and to operate (spec, "History").

Looking needs Django's own ``view_…`` permissions, operating ``meanwhile.operate_job``, and revoking an API key
``meanwhile.change_apikey``. Nothing can be added or changed here, and nothing but an API key be deleted.
"""

from __future__ import annotations

from meanwhile.admin.api_keys import ApiKeyAdmin
from meanwhile.admin.jobs import JobAdmin
from meanwhile.admin.runs import RunAdmin
from meanwhile.admin.schedules import ScheduleAdmin
from meanwhile.admin.versions import TreeVersionAdmin
from meanwhile.admin.workers import WorkerProcessAdmin

__all__ = ["ApiKeyAdmin", "JobAdmin", "RunAdmin", "ScheduleAdmin", "TreeVersionAdmin", "WorkerProcessAdmin"]
