"""What the editor saves and what Python writes are the same document, also after every value was set anew.

Every tree that a test of this suite makes is looked at by `tests.touching`, where the test makes it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from meanwhile import EventTree
from meanwhile.studio import drafts, transfer
from meanwhile.studio.models import StudioTree
from tests import strategies, touching

ROOT = Path(__file__).resolve().parents[3]
PROJECTS = {
    "demo.settings": {"booking-received", "booking-all-at-once"},
    "tests.crash.settings": {"order-placed", "take", "hold", "hang-in-sql", "plain"},
}


@pytest.mark.django_db
@settings(strategies.patiently, suppress_health_check=list(HealthCheck), max_examples=40)
@given(strategies.trees)
def test_any_tree_survives_the_studio_with_every_value_set_anew(tree: EventTree) -> None:
    text = tree.to_json()
    stored = transfer.import_tree(text, by=None)
    document = touching.touched(drafts.draft_of(stored).document)
    drafts.save_document(stored, document, revision=1, by=None)
    exported = transfer.export_draft(StudioTree.objects.get(pk=stored.pk))
    assert exported == text
    assert EventTree.from_json(exported).content_hash == tree.content_hash
    stored.delete()


@pytest.mark.parametrize(("project", "keys"), PROJECTS.items(), ids=PROJECTS)
def test_every_tree_of_a_project_is_edited_and_published_in_the_studio_and_comes_back_unchanged(
    tmp_path: Path, project: str, keys: set[str]
) -> None:
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": project,
        "DEMO_DATA": str(tmp_path),
        "DEMO_PACE": "0",
        "OFFICE_FOLDER": str(tmp_path),
        "MEANWHILE_TEST_DB": "sqlite",
        "MEANWHILE_TEST_DB_NAME": str(tmp_path / "office.sqlite3"),
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "src")]),
    }
    command = [sys.executable, "-m", "tests.integration.studio.project_round_trip"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    assert {f"{key} survived" for key in keys} <= set(done.stdout.splitlines())
