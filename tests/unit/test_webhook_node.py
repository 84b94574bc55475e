"""Call Webhook as a part of a document, as words, and under the checks."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from meanwhile import Background, CallWebhook, EventTree, Field, Literal, Saved, Template, TreeDocumentError
from meanwhile.studio.describe import menu, naming_of
from meanwhile.studio.diff import diff
from meanwhile.studio.naming import place_in_words
from meanwhile.studio.problems import problems_of
from meanwhile.trees.check import check_tree
from meanwhile.trees.setting_wording import settings_in_words

URL = "https://crm.example/hooks"
SECRETS = {"crm": "abc", "token": {"secret": "t0ken", "hosts": ["crm.example"]}, "loose": "t0ken"}


@pytest.fixture(autouse=True)
def _secrets(settings: Any) -> None:
    settings.MEANWHILE = {**settings.MEANWHILE, "WEBHOOK_SECRETS": SECRETS, "WEBHOOK_ALLOW_PRIVATE": ["10.1.0.0/16"]}


def found(*nodes: Any) -> list[tuple[str, str]]:
    tree = EventTree("Checked", on=Saved("shop.Booking"), do=[Background(*nodes)])
    return [(one.code.removeprefix("meanwhile."), one.path.removeprefix("0.0.")) for one in check_tree(tree)]


def test_a_bare_value_of_the_body_is_a_literal() -> None:
    node = CallWebhook(URL, body={"number": Field("pk"), "a.b": Decimal("1.50"), "c": None})
    assert node.body == {"number": Field("pk"), "a.b": Literal("1.50"), "c": Literal(None)}
    assert node.outside
    assert (node.method, node.headers) == ("POST", {})
    assert CallWebhook(url=URL) == CallWebhook(URL)


def test_it_is_stored_with_what_differs_from_the_defaults() -> None:
    node = CallWebhook(URL, method="PUT", headers={"X-A": "{{ record.name }}"}, body={"a.b": True}, sign_with="crm")
    assert node.as_json() == {
        "kind": "call_webhook",
        "url": URL,
        "method": "PUT",
        "headers": {"X-A": "{{ record.name }}"},
        "body": {"a.b": {"value": "literal", "literal": True}},
        "sign_with": "crm",
    }


@pytest.mark.parametrize(
    "wrong", [{"method": "TRACE"}, {"method": "post"}, {"headers": {"": "x"}}, {"body": {"": 1}}, {"x": 1}]
)
def test_what_no_document_can_hold_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(TreeDocumentError):
        CallWebhook(URL, **wrong)


def test_it_is_named_by_host_and_path_never_by_the_query() -> None:
    assert CallWebhook("https://crm.example/hooks?key=secret").title() == "Call crm.example/hooks"
    assert CallWebhook().title() == "Call Webhook"
    assert CallWebhook("https://crm.example/{{ record.pk }}").title_for_person() == "Call Webhook"


def test_a_webhook_that_is_right_has_no_problems() -> None:
    assert not found(
        CallWebhook(
            "https://{{ record.status }}.crm.example:8443/{{ record.name }}?of={{ record.pk }}",
            headers={"X-Number": "{{ record.reference }}", "Content-Type": "application/vnd.api+json"},
            body={"customer.email": Field("email"), "customer.name": Template("{{ record.name }}"), "n": 5},
            sign_with="crm",
        ),
        CallWebhook(URL, method="GET", authorize_with="token"),
        CallWebhook(URL, method="DELETE", authorize_with="token", authorize_in="X-Key"),
        CallWebhook(f"{URL}/{{{{ record.name }}}}", authorize_with="token", authorize_in="Authorization"),
        CallWebhook("http://10.1.2.3/hooks"),
    )


@pytest.mark.parametrize(
    ("node", "problems"),
    [
        (CallWebhook(), [("E141", "url")]),
        (CallWebhook("crm.example"), [("E141", "url")]),
        (CallWebhook("https://crm.example/{% now 'Y' %}"), [("E141", "url")]),
        (CallWebhook("https://ada:x@crm.example/"), [("E141", "url")]),
        (CallWebhook("https://crm.example/{{ record.nothing }}"), [("E107", "url")]),
        (CallWebhook("https://crm.example/{{ record."), [("E141", "url")]),
        (CallWebhook("https://crm.example/{{ record|nope }}"), [("E106", "url")]),
        (CallWebhook(URL, headers={"Bad Name": "x"}), [("E142", "headers.Bad Name")]),
        (CallWebhook(URL, headers={"Authorization": "x"}), [("E142", "headers.Authorization")]),
        (CallWebhook(URL, headers={"host": "x"}), [("E142", "headers.host")]),
        (CallWebhook(URL, headers={"Webhook-Id": "x"}), [("E142", "headers.Webhook-Id")]),
        (CallWebhook(URL, headers={"X-A": "1", "x-a": "2"}), [("E142", "headers.X-A"), ("E142", "headers.x-a")]),
        (CallWebhook(URL, headers={"X-A": "{{ nope }}"}), [("E107", "headers.X-A")]),
        (CallWebhook(URL, headers={"X-Api-Key": "abc"}), [("W141", "headers.X-Api-Key")]),
        (CallWebhook(URL, authorize_with="token", authorize_in="Host"), [("E142", "authorize_in")]),
        (CallWebhook(URL, authorize_in="X-Key"), [("E144", "authorize_with")]),
        (CallWebhook(URL, method="GET", body={"a": 1}), [("E143", "body")]),
        (CallWebhook(URL, body={"a": 1, "a.b": 1}), [("E143", "body.a")]),
        (CallWebhook(URL, body={"a..b": 1}), [("E143", "body.a..b")]),
        (CallWebhook(URL, body={"a": Field("nothing")}), [("E102", "body.a")]),
        (CallWebhook(URL, body={"a": "{{ record.name }}"}), [("W103", "body.a")]),
        (CallWebhook(URL, sign_with="gone"), [("E144", "sign_with")]),
        (CallWebhook(URL, authorize_with="gone"), [("E144", "authorize_with")]),
        (CallWebhook(URL, authorize_with="loose"), [("E144", "authorize_with")]),
        (CallWebhook("https://evil.example/", authorize_with="token"), [("E144", "authorize_with")]),
        (CallWebhook("http://crm.example/", authorize_with="token"), [("E144", "authorize_with")]),
        (CallWebhook("https://crm.example/{{ record.pk }}/%2e%2E/x"), [("E141", "url")]),
        (CallWebhook("https://crm.example.evil.example/", sign_with="token"), [("E144", "sign_with")]),
        (CallWebhook("http://127.0.0.1:8000/"), [("E145", "url")]),
        (CallWebhook("http://localhost/{{ record.pk }}"), [("E145", "url")]),
        (CallWebhook("http://[::ffff:10.2.0.1]/"), [("E145", "url")]),
    ],
)
def test_each_fault_is_found_where_it_is(node: CallWebhook, problems: list[tuple[str, str]]) -> None:
    assert found(node) == problems


def test_before_the_page_it_is_warned_of() -> None:
    tree = EventTree("T", on=Saved("shop.Booking"), do=[CallWebhook(URL)])
    (problem,) = problems_of(tree.as_json())
    assert (problem.id, problem.fix) == ("meanwhile.W101", {"op": "wrap", "path": "0", "in": "background"})


def test_no_problem_and_no_word_of_the_settings_shows_a_secret(settings: Any) -> None:
    from meanwhile import conf

    problems = [
        problem
        for name in (*SECRETS, "gone")
        for problem in check_tree(
            EventTree("T", on=Saved("shop.Booking"), do=[CallWebhook("https://x.example", authorize_with=name)])
        )
    ]
    assert problems
    text = repr(problems) + repr(conf.get()) + str(conf.get().webhook_secrets)
    assert "t0ken" not in text
    assert "abc" not in text


@pytest.mark.parametrize(
    "wrong",
    [
        {"WEBHOOK_SECRETS": {"crm": "hushé"}},
        {"WEBHOOK_SECRETS": {"crm": "hush\nX: y"}},
        {"WEBHOOK_SECRETS": {"crm": "whsec_hush!"}},
        {"WEBHOOK_SECRETS": {"crm": {"secret": "hush", "hosts": ["no host"]}}},
        {"WEBHOOK_SECRETS": {"crm": {"secrets": "hush"}}},
        {"WEBHOOK_SECRETS": {"crm": ["hush"]}},
        {"WEBHOOK_SECRETS": "hush"},
        {"WEBHOOK_ALLOW_PRIVATE": ["no host"]},
        {"WEBHOOK_TIMEOUT": 0},
    ],
)
def test_settings_that_make_no_sense_are_told_without_the_secret(settings: Any, wrong: dict[str, Any]) -> None:
    import traceback

    from django.core.exceptions import ImproperlyConfigured

    from meanwhile import conf

    settings.MEANWHILE = wrong
    with pytest.raises(ImproperlyConfigured) as caught:
        conf.get()
    assert "hush" not in "".join(traceback.format_exception(caught.value))


def test_the_studio_offers_it_and_names_its_settings() -> None:
    (action,) = [
        kind for group in menu() if group.key == "action" for kind in group.items if kind.key == "call_webhook"
    ]
    assert (action.title, action.part) == ("Call Webhook", {"kind": "call_webhook", "url": ""})
    node = CallWebhook(URL, headers={"X-A": "{{ x }}"}, body={"a": Field("name")}, sign_with="crm").as_json()
    assert settings_in_words(node) == [
        ("Address", f"“{URL}”"),
        ("X-A", "{{ x }}"),
        ("a", "the field name"),
        ("Secret to sign with", "“crm”"),
    ]
    naming = naming_of(EventTree("T", on=Saved("shop.Booking"), do=[]).as_json())
    assert place_in_words(node, "body.a", naming).startswith("What is sent")
    assert place_in_words({"kind": "send_email"}, "body", naming) == "Text"


def test_a_difference_names_each_value_that_is_sent_and_each_header() -> None:
    def document(**options: Any) -> dict[str, Any]:
        return EventTree("T", on=Saved("shop.Booking"), do=[CallWebhook(URL, **options)]).as_json()

    (one,) = diff(
        document(body={"a": 1, "b.c": "x"}, headers={"X-A": "1"}), document(body={"a": 2}, headers={"X-A": "2"})
    )
    assert [(line.label, line.before, line.after) for line in one.lines] == [
        ("X-A", "1", "2"),
        ("a", "1", "2"),
        ("b.c", "“x”", ""),
    ]


@pytest.mark.parametrize(
    ("options", "fix"),
    [
        ({"method": "GET", "body": {"a": 1}}, {"op": "set_value", "path": "0.0", "key": "body", "value": None}),
        ({"headers": {"Host": "x"}}, {"op": "set_value", "path": "0.0", "key": "headers.Host", "value": None}),
        (
            {"body": {"a": "{{ record.name }}"}},
            {"op": "set_value", "path": "0.0", "key": "body.a", "value": Template("{{ record.name }}").as_json()},
        ),
        ({"body": {"a": Field("nope")}}, {"op": "set_value", "path": "0.0", "key": "body.a", "value": None}),
    ],
)
def test_one_click_mends_what_can_be_mended(options: dict[str, Any], fix: dict[str, Any]) -> None:
    tree = EventTree("T", on=Saved("shop.Booking"), do=[Background(CallWebhook(URL, **options))])
    fixes = [problem.fix for problem in problems_of(tree.as_json())]
    assert fix in fixes
