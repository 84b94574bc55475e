"""The app's tables, gathered for Django from the rooms that own them."""

from meanwhile.queue.models import Job, QueuePause, WorkerProcess
from meanwhile.remote.models import BackgroundSlot
from meanwhile.studio.models import StudioDraft, StudioEdit, StudioStamp, StudioTree, StudioVersion
from meanwhile.trees.models import Run, TreeVersion

__all__ = [
    "BackgroundSlot",
    "Job",
    "QueuePause",
    "Run",
    "StudioDraft",
    "StudioEdit",
    "StudioStamp",
    "StudioTree",
    "StudioVersion",
    "TreeVersion",
    "WorkerProcess",
]
