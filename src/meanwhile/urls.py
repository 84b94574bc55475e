"""Everything of Meanwhile that pages and other systems ask for, under one line of a project's own ``urls.py``.

path("meanwhile/", include("meanwhile.urls")),
"""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [
    path("actions/", include("meanwhile.remote.urls")),
    path("received/", include("meanwhile.received.urls")),
]
