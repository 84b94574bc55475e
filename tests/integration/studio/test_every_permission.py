"""Every page and every call of the Studio, by everybody: each permission opens exactly its own.

A new page or a new call has to be named here, with what it needs: otherwise a test fails.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from meanwhile import Called, EventTree, Scheduled
from meanwhile.queue.models import Job
from meanwhile.remote.controller import methods_of
from meanwhile.studio import drafts, publish, urls
from meanwhile.studio.controllers import StudioController
from meanwhile.studio.models import StudioTree
from meanwhile.studio.permissions import ALL, EDIT, OPERATE, PUBLISH, VIEW
from meanwhile.trees import registry
from meanwhile.trees.models import Run, TreeVersion, new_run_id
from tests.integration.studio.calling import REFUSED, call, everything, may_see_records
from tests.integration.studio.conftest import MAIL, SET_STATUS, fill
from tests.shop.models import Booking, Seat

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.integration.studio.urls")]

OPERATION = json.dumps({"op": "insert", "at": "0", "node": SET_STATUS})
ON_TREE = {"tree": "plan"}
WEBHOOK = {"kind": "call_webhook", "url": "https://crm.example/"}
IMPORTED = EventTree("Imported", on=Called(), do=[]).to_json()

CALLS: dict[str, tuple[str, dict[str, Any]]] = {
    "open": (VIEW, ON_TREE),
    "form": (VIEW, {**ON_TREE, "path": "0"}),
    "news": (VIEW, {**ON_TREE, "revision": 1}),
    "in_use": (VIEW, ON_TREE),
    "fields": (VIEW, {"model": "shop.Booking"}),
    "records": (VIEW, {"model": "shop.Booking"}),
    "record_names": (VIEW, {"model": "shop.Booking", "keys": ["1"]}),
    "people": (VIEW, {"kind": "users"}),
    "edit": (EDIT, {**ON_TREE, "operation": OPERATION, "revision": 2}),
    "undo": (EDIT, {**ON_TREE, "revision": 2}),
    "redo": (EDIT, {**ON_TREE, "revision": 2}),
    "discard": (EDIT, {**ON_TREE, "revision": 2}),
    "move_targets": (EDIT, {**ON_TREE, "path": "0"}),
    "matching": (EDIT, {**ON_TREE, "condition": json.dumps({"test": "is_new"})}),
    "coming": (VIEW, {**ON_TREE, "times": json.dumps({"cron": "0 7 * * *"})}),
    "would_fire": (EDIT, {**ON_TREE, "where": "{}"}),
    "preview_mail": (EDIT, {**ON_TREE, "path": "1", "record": "PK"}),
    "preview_webhook": (EDIT, {**ON_TREE, "path": "2", "record": "PK"}),
    "publish": (PUBLISH, {**ON_TREE, "revision": 2}),
    "set_enabled": (PUBLISH, {**ON_TREE, "enabled": False}),
    "set_retired": (PUBLISH, {**ON_TREE, "retired": True}),
}
CHANGING = {"edit", "undo", "redo", "discard", "publish", "set_enabled", "set_retired"}
OF_NO_TREE = {"fields", "records", "record_names", "people"}

PAGES: dict[str, tuple[str, str, dict[str, str]]] = {
    "record-types": ("/studio/", VIEW, {}),
    "record-type": ("/studio/types/shop.Booking/", VIEW, {}),
    "python-tree": ("/studio/python/printed/", VIEW, {"do": "run-now"}),
    "python-export": ("/studio/python/printed/export.json", VIEW, {}),
    "tree-new": ("/studio/trees/new/", EDIT, {"name": "New", "model": "shop.Booking", "event": "saved"}),
    "tree": ("/studio/trees/plan/", VIEW, {"do": "run-now"}),
    "receiving": ("/studio/receiving/plan-in/", VIEW, {"name": "A key"}),
    "try": ("/studio/trees/plan/try/", EDIT, {"record": "PK"}),
    "history": ("/studio/trees/plan/history/", VIEW, {}),
    "version": ("/studio/trees/plan/versions/1/", VIEW, {"revision": "2"}),
    "export": ("/studio/trees/plan/export.json", VIEW, {}),
    "import": ("/studio/import/", EDIT, {"text": IMPORTED}),
    "runs": ("/studio/runs/", VIEW, {}),
    "run": ("/studio/runs/RUN/", VIEW, {"do": "cancel"}),
    "queue": ("/studio/queue/", VIEW, {"do": "pause"}),
    "plots": ("/studio/queue/plots/", VIEW, {}),
    "job": ("/studio/jobs/JOB/", VIEW, {"do": "skip:JOB"}),
}
"""Address, what a look at it needs, and what is posted to it, if anything can be."""

POSTS = {
    "tree-new": EDIT,
    "receiving": PUBLISH,
    "try": EDIT,
    "version": EDIT,
    "import": EDIT,
    "python-tree": OPERATE,
    "tree": OPERATE,
    "run": OPERATE,
    "queue": OPERATE,
    "job": OPERATE,
}
OF_ONE_TREE = {"tree", "try", "history", "version", "export", "run"}
OF_ALL_TREES = {"python-tree", "python-export", "tree-new", "import", "queue", "plots", "job"}
"""What needs a permission for all trees."""

KEEPS_NOTHING = {"try", "tree"}
PEOPLE = [(), *((what,) for what in ALL), *((VIEW, what) for what in ALL[1:]), (EDIT, PUBLISH, OPERATE)]


class OneTree:
    """A backend that gives every right on the trees “plan” and “plan-in”, and none else."""

    def authenticate(self, request: Any, **credentials: Any) -> None:
        return None

    def has_perm(self, user: Any, permission: str, obj: Any = None) -> bool:
        return isinstance(obj, StudioTree) and obj.key in {"plan", "plan-in"}


@pytest.fixture
def known(tree: StudioTree, booking: Booking) -> dict[str, str]:
    """A published tree, one in Python, a run and a job of none; by the words that stand for them in addresses."""
    registry.current().add(EventTree("Printed", on=Scheduled(Seat, cron="0 0 29 2 *"), do=[]))
    StudioTree.objects.filter(pk=tree.pk).update(key="plan")
    tree.refresh_from_db()
    _has_version_and_draft(tree)
    _takes_in("plan-in")
    now = timezone.now()
    version = TreeVersion.objects.create(
        id=new_run_id(), key="plan", name="Plan", content_hash="x", document=_document(tree), created=now
    )
    run = Run.objects.create(version=version, tree="plan", event="saved", created=now, page_at=now, open_jobs=1)
    Job.objects.create(kind="tree", group=str(run.pk), due=now, created=now, payload={"path": "0"})
    job = Job.objects.create(kind="other", state="failed", due=now, created=now, finished=now)
    return {"RUN": str(run.pk), "JOB": str(job.pk), "PK": str(booking.pk)}


def _has_version_and_draft(tree: StudioTree) -> None:
    on = {"event": "saved", "model": "shop.Booking"}
    publish.publish(tree, revision=fill(tree, SET_STATUS, on=on), by=None)
    fill(tree, SET_STATUS, MAIL, WEBHOOK)
    fill(tree, SET_STATUS, MAIL, WEBHOOK, SET_STATUS)
    # There is something to do again, and whatever was done before, the calls here name this revision.
    drafts.undo(tree, revision=drafts.draft_of(tree).revision, by=None)
    type(drafts.draft_of(tree)).objects.filter(tree=tree).update(revision=2)


def _takes_in(key: str) -> None:
    """Make a tree on Received."""
    made = drafts.create_tree(f"Takes {key}", {"event": "received", "model": "shop.Order"}, by=None)
    StudioTree.objects.filter(pk=made.pk).update(key=key)


def _document(tree: StudioTree) -> Any:
    assert tree.published is not None
    return tree.published.document


def _filled(text: str, known: dict[str, str]) -> str:
    for word, value in known.items():
        text = text.replace(word, value)
    return text


def _client(user: Any) -> Client:
    client = Client()
    client.force_login(may_see_records(user), backend="django.contrib.auth.backends.ModelBackend")
    return client


def _may(held: tuple[str, ...], needed: str) -> bool:
    return VIEW in held and needed in held


def test_every_call_and_every_page_is_named_here() -> None:
    assert set(methods_of(StudioController)) == set(CALLS)
    assert {pattern.name for pattern in urls.urlpatterns} - {"actions"} == set(PAGES)


@pytest.mark.parametrize("held", PEOPLE, ids=str)
@pytest.mark.parametrize("name", sorted(methods_of(StudioController)))
def test_a_call_is_open_to_its_permission_alone(
    person: Callable[..., Any], known: dict[str, str], name: str, held: tuple[str, ...]
) -> None:
    needed, params = CALLS[name]
    params = {key: _filled(value, known) if isinstance(value, str) else value for key, value in params.items()}
    before = everything()
    answer = call(_client(person(*held)), name, **params)
    if _may(held, needed):
        assert not isinstance(answer, str) or answer not in REFUSED, answer
    else:
        assert isinstance(answer, str)
        assert answer in REFUSED
    if not _may(held, needed) or name not in CHANGING:
        assert everything() == before


@pytest.mark.parametrize("held", PEOPLE, ids=str)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_open_to_its_permission_alone_and_a_look_at_it_changes_nothing(
    person: Callable[..., Any], known: dict[str, str], name: str, held: tuple[str, ...]
) -> None:
    path, needed, _post = PAGES[name]
    client, before = _client(person(*held)), everything()
    response = client.get(_filled(path, known))
    opened = response.status_code in {200, 302}
    assert opened is _may(held, needed), response.status_code
    assert opened or response.status_code in {403, 404}
    assert client.head(_filled(path, known)).status_code == response.status_code
    assert everything() == before


@pytest.mark.parametrize("held", PEOPLE, ids=str)
@pytest.mark.parametrize("name", PAGES)
def test_a_post_needs_its_permission_too_and_what_takes_none_changes_nothing(
    person: Callable[..., Any], known: dict[str, str], name: str, held: tuple[str, ...]
) -> None:
    path, _needed, given = PAGES[name]
    posted = {key: _filled(value, known) for key, value in given.items()}
    client, before = _client(person(*held)), everything()
    for method in (client.post, client.put, client.patch, client.delete):
        is_post = method == client.post
        response = method(_filled(path, known), posted) if is_post else method(_filled(path, known))  # type: ignore[operator]
        if is_post and name in POSTS and _may(held, POSTS[name]):
            assert response.status_code in {200, 302}, response.content
            assert (everything() == before) is (name in KEEPS_NOTHING)
            before = everything()
        else:
            assert response.status_code in {403, 404, 405}
            assert everything() == before


@pytest.fixture
def guest(person: Callable[..., Any], known: dict[str, str], settings: Any) -> Client:
    """Somebody with all rights on one tree, who has no permission else."""
    settings.AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend", f"{__name__}.OneTree"]
    return _client(person(name="guest"))


@pytest.fixture
def other(known: dict[str, str]) -> StudioTree:
    """A tree that the guest has no right on."""
    made = drafts.create_tree("Of somebody else", {"event": "saved", "model": "shop.Booking"}, by=None)
    StudioTree.objects.filter(pk=made.pk).update(key="other")
    made.refresh_from_db()
    _has_version_and_draft(made)
    _takes_in("other-in")
    return made


@pytest.mark.parametrize("name", sorted(methods_of(StudioController)))
def test_a_right_on_one_tree_opens_the_calls_of_that_tree_and_of_no_other(
    guest: Client, known: dict[str, str], other: StudioTree, name: str
) -> None:
    _needed, params = CALLS[name]
    params = {key: _filled(value, known) if isinstance(value, str) else value for key, value in params.items()}
    before = everything()
    if "tree" in params:
        answer = call(guest, name, **{**params, "tree": other.key})
        assert isinstance(answer, str)
        assert answer in REFUSED
        assert everything() == before
    answer = call(guest, name, **params)
    assert not isinstance(answer, str) or answer not in REFUSED, answer


@pytest.mark.parametrize("name", PAGES)
def test_a_right_on_one_tree_opens_the_pages_of_that_tree_and_of_no_other(
    guest: Client, known: dict[str, str], other: StudioTree, name: str
) -> None:
    path, _needed, given = PAGES[name]
    posted = {key: _filled(value, known) for key, value in given.items()}
    response = guest.get(_filled(path, known))
    assert (response.status_code == 200) is (name not in OF_ALL_TREES), response.status_code
    if name not in OF_ALL_TREES:
        assert "Of somebody else" not in response.text
    if name in OF_ALL_TREES or "plan" in path:
        before, address = everything(), _filled(path, known).replace("plan", other.key)
        for answer in (guest.get(address), guest.post(address, posted)):
            assert answer.status_code in {403, 404, 405}
        assert everything() == before


def test_a_right_on_one_tree_takes_an_import_into_that_tree_alone(guest: Client, other: StudioTree) -> None:
    before = everything()
    assert guest.post("/studio/import/", {"text": IMPORTED, "into": other.key, "revision": "2"}).status_code == 404
    assert everything() == before
    assert guest.post("/studio/import/", {"text": IMPORTED, "into": "plan", "revision": "2"}).status_code == 302


@pytest.mark.parametrize("name", PAGES)
def test_staff_without_any_permission_is_told_so_in_words(
    person: Callable[..., Any], known: dict[str, str], name: str
) -> None:
    response = _client(person()).get(_filled(PAGES[name][0], known))
    assert response.status_code in {403, 404}
    assert "This is not open to you" in response.text or "There is nothing here" in response.text


@pytest.mark.parametrize("name", PAGES)
def test_whoever_is_not_logged_in_is_sent_to_log_in_and_changes_nothing(known: dict[str, str], name: str) -> None:
    path, _needed, given = PAGES[name]
    before = everything()
    for response in (Client().get(_filled(path, known)), Client().post(_filled(path, known), given)):
        assert response.status_code == 302
        assert "login" in response["Location"]
    assert everything() == before
