"""Jobs, runs, tree versions and workers in Django's admin: to look at, and to operate jobs (spec, "History").

Looking needs Django's own ``view_…`` permissions, operating ``meanwhile.operate_job``. Nothing can be added, changed
or deleted here.
"""

from __future__ import annotations

from meanwhile.admin.jobs import JobAdmin
from meanwhile.admin.runs import RunAdmin
from meanwhile.admin.versions import TreeVersionAdmin
from meanwhile.admin.workers import WorkerProcessAdmin

__all__ = ["JobAdmin", "RunAdmin", "TreeVersionAdmin", "WorkerProcessAdmin"]
