"""The app's tables, gathered for Django from the rooms that own them."""

from meanwhile.queue.models import Job, WorkerProcess
from meanwhile.trees.models import Run, TreeVersion

__all__ = ["Job", "Run", "TreeVersion", "WorkerProcess"]
