from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.core.management import CommandError

from meanwhile import Created, EventTree, SendEmail, UpdateField
from meanwhile.testing import use_trees
from tests.integration.commands.conftest import BROKEN, READY, REMIND
from tests.shop.models import Booking

pytestmark = pytest.mark.usefixtures("trees")

DOUBTFUL = EventTree(
    "Doubtful", on=Created(Booking), do=[SendEmail(to="a@example.com", subject="…", body="…"), UpdateField(statsu="x")]
)


class TestTrees:
    def test_every_tree_is_listed(self, run):
        lines = run("meanwhile_trees").splitlines()
        assert [line.split()[0] for line in lines] == ["broken", "ready", "remind"]
        assert "created  shop.Booking  nodes: 2" in lines[1]

    def test_problems_stand_below_their_tree(self, run):
        with use_trees(DOUBTFUL):
            lines = run("meanwhile_trees").splitlines()
        assert lines[0].startswith("doubtful")
        assert any("error: 1" in line and "statsu" in line and "meanwhile.E102" in line for line in lines[1:])
        assert any("warning: 0" in line and "meanwhile.W101" in line for line in lines[1:])

    def test_they_can_be_had_as_json(self, run):
        assert [tree["key"] for tree in json.loads(run("meanwhile_trees", "--json"))] == ["broken", "ready", "remind"]


class TestExport:
    def test_one_tree_is_its_document(self, run):
        assert run("meanwhile_export", "ready") == READY.to_json()
        assert run("meanwhile_export", "Ready") == READY.to_json()

    def test_several_are_an_array_by_key(self, run):
        expected = [tree.as_json() for tree in (BROKEN, READY, REMIND)]
        assert json.loads(run("meanwhile_export")) == expected
        assert run("meanwhile_export", "remind", "ready", "broken") == run("meanwhile_export")

    def test_a_folder_gets_a_file_for_each(self, run, tmp_path):
        assert ": 3" in run("meanwhile_export", folder=tmp_path / "new" / "trees")
        files = sorted((tmp_path / "new" / "trees").iterdir())
        assert [file.name for file in files] == ["broken.json", "ready.json", "remind.json"]
        assert EventTree.from_json(files[1].read_text(encoding="utf-8")) == READY

    def test_an_unknown_tree_is_named(self, run):
        with pytest.raises(CommandError, match=r"no tree “redy”.*“ready”"):
            run("meanwhile_export", "redy")

    def test_a_folder_that_can_not_be_written_is_named(self, run, tmp_path):
        (tmp_path / "file").write_text("")
        with pytest.raises(CommandError, match="can't be written"):
            run("meanwhile_export", folder=tmp_path / "file")


class TestCheckDocument:
    def check(self, run, tmp_path: Path, text: str) -> str:
        file = tmp_path / "tree.json"
        file.write_text(text, encoding="utf-8")
        return run("meanwhile_check_document", file)

    def test_what_was_exported_has_no_problems(self, run, tmp_path):
        assert "no problems" in self.check(run, tmp_path, READY.to_json())
        several = self.check(run, tmp_path, run("meanwhile_export")).splitlines()
        assert [line.endswith("no problems.") for line in several] == [True] * 3

    def test_all_problems_are_printed_and_the_command_fails(self, run, tmp_path, capsys):
        from django.core.management import call_command

        file = tmp_path / "tree.json"
        wrong = READY.as_json() | {"name": "", "do": [{"kind": "nonsense"}, {"kind": "update_field", "set": 1}]}
        file.write_text(json.dumps(wrong))
        with pytest.raises(CommandError, match="Errors: 3"):
            call_command("meanwhile_check_document", str(file))
        printed = capsys.readouterr().out
        for part in ("name: ", "do.0", "nonsense", "do.1.set"):
            assert part in printed

    def test_it_is_checked_against_the_models_of_the_project(self, run, tmp_path):
        with pytest.raises(CommandError, match="Errors: 1"):
            self.check(run, tmp_path, DOUBTFUL.to_json())

    def test_warnings_alone_do_not_fail(self, run, tmp_path):
        mail = EventTree("Mail", on=Created(Booking), do=[SendEmail(to="a@example.com", subject="…", body="…")])
        assert "warning: 0" in self.check(run, tmp_path, mail.to_json())

    def test_the_limits_of_the_settings_count(self, run, tmp_path, settings):
        settings.MEANWHILE = {"MAX_NODES": 1}
        with pytest.raises(CommandError, match="Errors: 1"):
            self.check(run, tmp_path, READY.to_json())

    @pytest.mark.parametrize("text", ["", "{", "17", "[1]", "[" * 100_000])
    def test_what_is_no_document_is_an_error_and_no_crash(self, run, tmp_path, text):
        with pytest.raises(CommandError, match="Errors: 1"):
            self.check(run, tmp_path, text)

    def test_a_file_that_is_not_there_is_named(self, run, tmp_path):
        with pytest.raises(CommandError, match=r"nowhere\.json can't be read: No such file"):
            run("meanwhile_check_document", tmp_path / "nowhere.json")
