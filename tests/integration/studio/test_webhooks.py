"""Call Webhook in the Studio: shown instead of sent, previewed, closed where fields are closed, and without secrets."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from meanwhile import Background, Called, CallTree, CallWebhook, Created, EventTree, Field, Template
from meanwhile.actions import webhook_wire
from meanwhile.queue.models import Job
from meanwhile.studio import drafts, preview
from meanwhile.studio.errors import EditProblem, Refused
from meanwhile.studio.forms import form_of
from meanwhile.studio.models import StudioTree
from meanwhile.studio.problems import problems_of
from meanwhile.testing import run_background, use_trees, webhooks
from meanwhile.trees.models import Run
from tests.integration.studio.calling import may_see_records, said
from tests.integration.studio.conftest import fill
from tests.integration.studio.trying import tried
from tests.shop.models import Booking

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.integration.studio.urls")]

HUSH = "hush-hush-hush"
URL = "https://crm.example/hooks"
NODE = CallWebhook(
    f"{URL}/{{{{ record.name }}}}?of={{{{ record.seat.number }}}}",
    headers={"X-Name": "{{ record.name }}"},
    body={"customer.email": Field("email"), "text": Template("Hi {{ record.name }}")},
    sign_with="crm",
    authorize_with="token",
)


@pytest.fixture(autouse=True)
def _nothing_is_sent(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = {"crm": HUSH, "token": {"secret": HUSH, "hosts": ["crm.example"]}}
    settings.MEANWHILE = {**settings.MEANWHILE, "WEBHOOK_SECRETS": secrets}
    monkeypatch.setattr(webhook_wire, "_resolved", lambda *_: pytest.fail("something was sent"))


def test_a_trial_shows_the_request_and_sends_nothing(booking: Booking) -> None:
    tree = EventTree("Told", on=Created(Booking), do=[NODE, Background(NODE)])
    result = tried(tree, booking)
    for step in (result.foreground[0], result.branches[0].steps[0]):
        assert step.state == "would"
        (request,) = step.requests
        assert (request.method, request.url) == ("POST", f"{URL}/Ada?of=12A")
        assert json.loads(request.body) == {"customer": {"email": "ada@example.com"}, "text": "Hi Ada"}
        headers = dict(request.headers)
        assert headers["X-Name"] == "Ada"
        assert headers["Authorization"] == headers["webhook-signature"] == "********"
    assert HUSH not in repr(result)


def test_a_trial_shows_a_request_that_cannot_be_made_as_a_failure(booking: Booking) -> None:
    tree = EventTree("Told", on=Created(Booking), do=[Background(CallWebhook(URL, sign_with="gone"))])
    (branch,) = tried(tree, booking).branches
    assert branch.failed
    assert "“gone”" in branch.ended


def test_a_trial_does_not_show_what_a_tree_in_python_sends_of_closed_fields(booking: Booking, settings: Any) -> None:
    settings.MEANWHILE = {**settings.MEANWHILE, "STUDIO_EXCLUDED_FIELDS": ["shop.Booking.email"]}
    with use_trees(EventTree("Inner", on=Called(Booking), do=[NODE])):
        (step,) = tried(EventTree("Outer", on=Created(Booking), do=[CallTree("inner")]), booking).foreground
    (inner,) = step.runs[0].steps
    assert (inner.state, inner.requests) == ("would", [])
    assert "ada@example.com" not in repr(step)


@pytest.mark.parametrize(
    "node",
    [
        CallWebhook(f"{URL}/{{{{ record.email }}}}"),
        CallWebhook(URL, headers={"X-A": "{{ record.email }}"}),
        CallWebhook(URL, body={"a": Field("email")}),
        CallWebhook(URL, body={"a.b": Template("{{ record.email }}")}),
    ],
)
def test_a_closed_field_is_sent_nowhere(node: CallWebhook, settings: Any) -> None:
    settings.MEANWHILE = {**settings.MEANWHILE, "STUDIO_EXCLUDED_FIELDS": ["shop.Booking.email"]}
    problems = problems_of(EventTree("T", on=Created(Booking), do=[Background(node)]).as_json())
    assert [one.id for one in problems] == ["studio.E02"]


def test_a_request_is_previewed_while_the_rest_of_the_draft_is_half_done(booking: Booking, tree: StudioTree) -> None:
    draft = {**drafts.draft_of(tree).document, "do": [{"kind": "if"}, {"kind": "background", "do": [NODE.as_json()]}]}
    request = preview.preview_webhook(draft, "1.0", booking, by=None)
    assert (request.method, request.url) == ("POST", f"{URL}/Ada?of=12A")
    assert HUSH not in repr(request)


def test_a_request_that_is_not_right_yet_is_not_previewed(booking: Booking, tree: StudioTree) -> None:
    document = drafts.draft_of(tree).document
    with pytest.raises(Refused):
        preview.preview_webhook({**document, "do": [CallWebhook().as_json()]}, "0", booking, by=None)
    with pytest.raises(EditProblem, match="no webhook"):
        preview.preview_webhook({**document, "do": [{"kind": "send_email"}]}, "0", booking, by=None)


def test_the_form_offers_the_names_of_secrets_and_keeps_one_that_is_gone() -> None:
    tree = EventTree("T", on=Created(Booking), do=[CallWebhook(URL, sign_with="gone")])
    fields = {one.key: one for one in form_of(tree.as_json(), "0").fields}
    assert [key for key, _label in fields["sign_with"].choices] == ["", "crm", "token", "gone"]
    assert [key for key, _label in fields["authorize_with"].choices] == ["", "crm", "token"]
    assert fields["method"].value == "POST"
    assert HUSH not in repr(fields)


def test_no_page_and_no_answer_of_the_studio_shows_a_secret(
    person: Callable[..., Any], tree: StudioTree, booking: Booking, client: Client
) -> None:
    fill(tree, NODE.as_json())
    client.force_login(may_see_records(person("view", "edit", "publish", "operate")))
    told = EventTree("Told", on=Created(Booking), do=[Background(NODE)])
    with use_trees(told), webhooks(answer=f"you said {HUSH}"):
        Booking.objects.create(name="Ada")
        run_background()
    run, job = Run.objects.get(), Job.objects.get()
    pages = [
        client.get(f"/studio/trees/{tree.key}/"),
        client.get(f"/studio/runs/{run.pk}/"),
        client.get(f"/studio/jobs/{job.pk}/"),
        client.post(f"/studio/trees/{tree.key}/try/", {"record": str(booking.pk)}),
    ]
    texts = [page.content.decode() for page in pages]
    texts += [said(client, name, tree=tree.key, path="0") for name in ("form", "open")]
    shown = said(client, "preview_webhook", tree=tree.key, path="0", record=str(booking.pk))
    assert f"{URL}/Ada?of=12A" in shown
    assert f"{URL}/Ada?of=12A" in texts[3]
    assert "POST crm.example/hooks/Ada: 200" in texts[1]
    assert not any(HUSH in text for text in [*texts, shown])
