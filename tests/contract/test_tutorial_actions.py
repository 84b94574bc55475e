"""The second tutorial works as it stands, as far as the server goes; `tests/browser` looks at its pages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.contract.tutorials import Project

pytestmark = pytest.mark.sqlite  # the reader's database, whatever the other tests use

PERSON = """
import json
from django.contrib.auth.models import User

client.force_login(User.objects.get_or_create(username="ada")[0])

def send(*calls, lane="foreground"):
    actions = [{"id": str(n), "action": f"checklist.{name}", "params": p} for n, (name, p) in enumerate(calls)]
    body = {"lane": lane, "actions": actions}
    response = client.post("/meanwhile/actions/", body, content_type="application/json")
    return [json.loads(line) for line in response.getvalue().splitlines()]
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path, "tutorial-actions.md", "airport.settings")


def test_the_page_is_there_and_its_script_can_read_and_write_the_list(project: Project) -> None:
    project.follow(until_server=1)
    said = project.browse(
        'assert client.get("/").url == "/admin/login/?next=/"'
        + PERSON
        + """
page = client.get("/").content.decode()
assert 'name="meanwhile-endpoint" content="/meanwhile/actions/"' in page, page
assert "checklist/page.js" in page
for line in send(("add", {"text": "Fuel"}), ("tick", {"task": 1, "done": True}), ("tasks", {})):
    print(line)
"""
    )
    fuel = "{'id': 1, 'text': 'Fuel', 'done': %s}"
    assert f"{{'id': '0', 'state': 'SUCCESS', 'value': {fuel % False}}}" in said
    assert f"{{'id': '2', 'state': 'SUCCESS', 'value': [{fuel % True}]}}" in said


def test_check_asks_who_may_tick_off_tasks_where_the_tutorial_says_so(project: Project) -> None:
    project.follow(until_server=1)
    controllers = project.folder / "checklist" / "controllers.py"
    controllers.write_text(controllers.read_text().replace("@action(permissions=())", "@action"))
    assert "meanwhile.W201" in project.run("python manage.py check")


def test_an_empty_task_is_refused_and_a_misspelt_parameter_named(project: Project) -> None:
    project.follow(until_server=2)
    said = project.browse(PERSON + 'print(send(("add", {"text": " "}), ("add", {"txet": "Fuel"}))[:2])')
    assert "Write what is to be done." in said
    assert "'code': 'invalid'" in said
    assert "'txet'" in said


def test_the_inspection_tells_its_progress(project: Project) -> None:
    project.follow(until_server=3)
    said = project.browse(PERSON + 'send(("add", {"text": "Fuel"}))\nprint(send(("inspect", {}), lane="background"))')
    assert "'progress': 0.0, 'text': 'Inspecting: Fuel'" in said
    assert "'value': '1 tasks inspected.'" in said


def test_the_durable_inspection_is_queued_and_found_again(project: Project) -> None:
    project.follow(until_server=4)
    look = 'print(client.get("/meanwhile/actions/durable/?action=checklist.inspect").json())'
    said = project.browse(
        PERSON + f'send(("add", {{"text": "Fuel"}}))\nsend(("inspect", {{}}), lane="background")\n{look}'
    )
    assert re.search(r"'state': '(WAITING|RUNNING)'", said)  # the process has a worker, which may be that quick
    project.run("python manage.py meanwhile_worker --drain")
    assert "'value': '1 tasks inspected.'" in project.browse(PERSON + look)
