"""The Studio's addresses, at one line of a project's own ``urls.py``.

path("studio/", include("meanwhile.studio.urls")),
"""

from __future__ import annotations

from django.urls import path

from meanwhile.remote import registry
from meanwhile.remote.endpoint import endpoint
from meanwhile.studio.controllers import StudioController
from meanwhile.studio.views.history import HistoryView, VersionView
from meanwhile.studio.views.job import JobView
from meanwhile.studio.views.python_tree import PythonTreeView
from meanwhile.studio.views.queue import PlotsView, QueueView
from meanwhile.studio.views.receiving import ReceivingView
from meanwhile.studio.views.record_type import RecordTypeView
from meanwhile.studio.views.record_types import RecordTypesView
from meanwhile.studio.views.run import RunView
from meanwhile.studio.views.runs import RunsView
from meanwhile.studio.views.transfer import ExportView, ImportView, PythonExportView
from meanwhile.studio.views.tree import TreeView
from meanwhile.studio.views.tree_new import TreeNewView
from meanwhile.studio.views.try_it import TryView

app_name = "meanwhile_studio"

# Only a project that has the Studio can be called by its editor, at an address among the Studio's own.
registry.current().add(StudioController)

urlpatterns = [
    path("", RecordTypesView.as_view(), name="record-types"),
    path("types/<str:label>/", RecordTypeView.as_view(), name="record-type"),
    path("python/<slug:key>/", PythonTreeView.as_view(), name="python-tree"),
    path("trees/new/", TreeNewView.as_view(), name="tree-new"),
    path("trees/<slug:key>/", TreeView.as_view(), name="tree"),
    path("trees/<slug:key>/try/", TryView.as_view(), name="try"),
    path("receiving/<slug:key>/", ReceivingView.as_view(), name="receiving"),
    path("trees/<slug:key>/history/", HistoryView.as_view(), name="history"),
    path("trees/<slug:key>/versions/<int:number>/", VersionView.as_view(), name="version"),
    path("trees/<slug:key>/export.json", ExportView.as_view(), name="export"),
    path("python/<slug:key>/export.json", PythonExportView.as_view(), name="python-export"),
    path("import/", ImportView.as_view(), name="import"),
    path("actions/", endpoint, name="actions"),
    path("runs/", RunsView.as_view(), name="runs"),
    path("runs/<uuid:run>/", RunView.as_view(), name="run"),
    path("queue/", QueueView.as_view(), name="queue"),
    path("queue/plots/", PlotsView.as_view(), name="plots"),
    path("jobs/<int:job>/", JobView.as_view(), name="job"),
]
