"""The steps of a run have the words of the tree's rows, however many jobs and nodes there are."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from meanwhile import Background, Delay, EventTree, Saved, UpdateField, before
from meanwhile.queue.models import Job
from meanwhile.queue.states import State
from meanwhile.studio import step_words, timeline
from meanwhile.studio.describe import naming_of
from meanwhile.studio.timeline import StepView, jobs_of
from meanwhile.trees.field_wording import Naming
from tests.shop.models import Booking

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def test_the_names_of_a_tree_are_worked_out_once_for_all_of_its_jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    update = UpdateField(set={"status": "seen"})
    branches = [Delay(before("starts", days=1), [update]) if at % 2 else Background([update]) for at in range(20)]
    tree = EventTree("Many", Saved(Booking), do=branches)
    jobs = [
        Job(pk=at, kind="tree", payload={"path": str(at)}, state=State.CANCELLED, due=NOW, created=NOW)
        for at in range(20)
    ]
    asked: list[object] = []

    def counted(document: Mapping[str, Any]) -> Naming:
        asked.append(document)
        return naming_of(document)

    for module in (timeline, step_words):
        monkeypatch.setattr(module, "naming_of", counted)
    views = jobs_of(jobs, tree, now=NOW, using="default")
    assert len(asked) == 1
    assert {step.label for view in views for step in view.steps} == {"Update Status"}
    assert views[1].when == "1 day before “Starts”"


def test_a_step_of_a_node_that_is_gone_stays_as_it_is() -> None:
    tree = EventTree("One", Saved(Booking), do=[UpdateField(set={"status": "seen"})])
    steps = [StepView(path=path, label="Was", kind="", state="done") for path in ("0", "0.then.0", "7", "", "x")]
    assert [step.label for step in step_words.in_words(steps, tree)] == ["Update Status", "Was", "Was", "Was", "Was"]
