"""The Studio's addresses, at one line of a project's own ``urls.py``.

path("studio/", include("meanwhile.studio.urls")),
"""

from __future__ import annotations

from django.urls import path

from meanwhile.studio.views.job import JobView
from meanwhile.studio.views.python_tree import PythonTreeView
from meanwhile.studio.views.queue import PlotsView, QueueView
from meanwhile.studio.views.record_type import RecordTypeView
from meanwhile.studio.views.record_types import RecordTypesView
from meanwhile.studio.views.run import RunView
from meanwhile.studio.views.runs import RunsView

app_name = "meanwhile_studio"

urlpatterns = [
    path("", RecordTypesView.as_view(), name="record-types"),
    path("types/<str:label>/", RecordTypeView.as_view(), name="record-type"),
    path("python/<slug:key>/", PythonTreeView.as_view(), name="python-tree"),
    path("runs/", RunsView.as_view(), name="runs"),
    path("runs/<uuid:run>/", RunView.as_view(), name="run"),
    path("queue/", QueueView.as_view(), name="queue"),
    path("queue/plots/", PlotsView.as_view(), name="plots"),
    path("jobs/<int:job>/", JobView.as_view(), name="job"),
]
