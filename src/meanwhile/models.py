"""The app's tables, gathered for Django from the rooms that own them."""

from meanwhile.queue.models import Job, QueuePause, WorkerProcess
from meanwhile.queue.schedule_models import Schedule
from meanwhile.received.models import ApiKey, ApiKeyTree, ReceivedAnswer
from meanwhile.remote.models import BackgroundSlot
from meanwhile.studio.models import StudioDraft, StudioEdit, StudioStamp, StudioTree, StudioVersion
from meanwhile.trees.models import Run, TreeVersion

__all__ = [
    "ApiKey",
    "ApiKeyTree",
    "BackgroundSlot",
    "Job",
    "QueuePause",
    "ReceivedAnswer",
    "Run",
    "Schedule",
    "StudioDraft",
    "StudioEdit",
    "StudioStamp",
    "StudioTree",
    "StudioVersion",
    "TreeVersion",
    "WorkerProcess",
]
