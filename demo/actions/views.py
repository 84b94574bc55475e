"""The pages that call actions. All that happens on them happens in their modules and in `controllers.py`."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

from django.contrib.staticfiles import finders
from django.views.generic import TemplateView

from demo.actions import controllers
from demo.actions.texts import page_texts


class ActionsPage(TemplateView):
    """A page whose scripts find their texts in it."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(texts=page_texts(), **kwargs)


class Echo(ActionsPage):
    template_name = "actions/echo.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            python=inspect.getsource(controllers.EchoController),
            classic=_script("demo/actions/echo_classic.js"),
            promise=_script("demo/actions/echo_promise.js"),
            **kwargs,
        )


class Report(ActionsPage):
    template_name = "actions/report.html"


class Airports(ActionsPage):
    template_name = "actions/airports.html"


def _script(name: str) -> str:
    """Return the text of a static file, to be read on the page that runs it."""
    found = finders.find(name)
    assert isinstance(found, str), name
    return Path(found).read_text(encoding="utf-8")
