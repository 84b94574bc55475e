"""What a tree can hold that is not Python code is made with the editor's controls; none of it is typed as JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser import studio
from tests.browser.site import Site

YEAR = "#mw-f-condition-3-where .mw-picker select >> nth=2"
"""What is asked of the date that the rule leads to."""


@pytest.fixture
def tree(page: Page, quick_site: Site) -> str:
    """A new tree on Booking's Saved event, open in the editor of an admin."""
    studio.log_in(page, quick_site)
    return studio.new_tree(page, quick_site, "Clicked")


def nodes(page: Page, site: Site, key: str) -> list[dict[str, Any]]:
    """The nodes of the draft, as it is exported."""
    studio.saved(page)
    exported = page.request.get(site.url(f"/studio/trees/{key}/export.json"))
    found: list[dict[str, Any]] = json.loads(exported.text())["do"]
    return found


def choose(page: Page, control: str, value: str) -> None:
    page.locator(f"#mw-f-{control}").select_option(value)


def type_in(page: Page, control: str, value: str) -> None:
    page.locator(f"#mw-f-{control}").fill(value)


def press(page: Page, name: str, *, within: str = studio.FORM) -> None:
    page.locator(within).get_by_role("button", name=name, exact=True).first.click()


def open_more(page: Page) -> None:
    page.locator(studio.FORM).get_by_text("More", exact=True).click()


def test_a_record_is_chosen_by_a_part_of_its_name(page: Page, quick_site: Site, tree: str) -> None:
    studio.new(page, "Action", "Update Field")
    press(page, "Add a field …")
    page.get_by_role("menuitem", name="Seat", exact=True).click()
    box = page.locator("#mw-f-set-seat")
    expect(box).to_be_focused()
    page.keyboard.type("10C")
    offered = page.locator(".mw-combo").get_by_role("option")
    expect(offered.first).to_contain_text("10C")
    expect(offered.filter(has_not_text="10C")).to_have_count(0)
    page.keyboard.press("ArrowDown")
    expect(offered.first).to_have_class("mw-combo__option mw-combo__option--active")
    page.keyboard.press("Enter")
    expect(box).to_have_value("10C")
    [seat] = quick_site.rows("SELECT id FROM bookings_seat WHERE row = 10 AND letter = 'C' ORDER BY id DESC LIMIT 1")
    [node] = nodes(page, quick_site, tree)
    assert node == {"kind": "update_field", "set": {"seat": {"value": "literal", "literal": seat["id"]}}}
    page.reload()
    studio.ready(page)
    expect(page.locator("#mw-f-set-seat")).to_have_value("10C")


def test_a_record_behind_two_relations_is_the_one_that_is_set(page: Page, quick_site: Site, tree: str) -> None:
    studio.new(page, "Action", "Update Field")
    choose(page, "of", "seat")
    page.get_by_label("Field of “Seat”").select_option("flight")
    studio.saved(page)
    press(page, "Add a field …")
    page.get_by_role("menuitem", name="Places left", exact=True).click()
    type_in(page, "set-places", "12")
    assert nodes(page, quick_site, tree) == [
        {"kind": "update_field", "of": "seat.flight", "set": {"places": {"value": "literal", "literal": 12}}}
    ]


def test_a_moment_is_moved_twice_by_several_units(page: Page, quick_site: Site, tree: str) -> None:
    studio.new(page, "Execution", "Delay")
    choose(page, "moment", "field")
    choose(page, "moment-field", "starts")
    press(page, "and …")
    expect(page.locator("#mw-f-moment-0-span-1-number")).to_be_focused()
    type_in(page, "moment-0-span-1-number", "3")
    choose(page, "moment-0-span-1-unit", "months")
    press(page, "Earlier or later")
    type_in(page, "moment-0-span-0-number", "2")
    choose(page, "moment-0-span-0-unit", "hours")
    choose(page, "moment-0-side", "before")
    open_more(page)
    page.get_by_label("In turn").check()
    type_in(page, "priority", "7")
    page.locator("#mw-f-priority").blur()
    [node] = nodes(page, quick_site, tree)
    inner = {"at": "after", "base": {"at": "field", "field": "starts"}, "days": 1, "months": 3}
    assert node["moment"] == {"at": "before", "base": inner, "hours": 2}
    assert (node["serial"], node["priority"]) == (True, 7)
    expect(page.get_by_role("treeitem").last).to_contain_text("2 hours before 3 months and 1 day after “Departure”")


def test_a_condition_counts_records_by_rules_and_asks_for_lists(page: Page, quick_site: Site, tree: str) -> None:
    studio.new(page, "Condition", "If")
    choose(page, "condition-1", "changed")
    choose(page, "condition-1-fields-0", "price")
    press(page, "Or another field")
    choose(page, "condition-1-fields-1", "seat")
    press(page, "Add a condition")
    choose(page, "condition-2-field", "status")
    choose(page, "condition-2-op", "in")
    for number, word in enumerate(["paid", "a, b"]):
        press(page, "Add")
        type_in(page, f"condition-2-to-{number}", word)
    press(page, "Add a condition")
    choose(page, "condition-3", "count")
    choose(page, "condition-3-of", "bookings.AllAtOnceBooking")
    press(page, "Add a rule")
    choose(page, "condition-3-where-0-field", "flight")
    page.get_by_label("Field of “Flight”").select_option("starts")
    page.locator(YEAR).select_option("year")
    choose(page, "condition-3-where-0-ask", "range")
    type_in(page, "condition-3-where-0-value-0", "2026")
    type_in(page, "condition-3-where-0-value-1", "2028")
    press(page, "Add a rule")
    choose(page, "condition-3-where-1-field", "price")
    choose(page, "condition-3-where-1-ask", "gte")
    choose(page, "condition-3-where-1-value-kind", "field")
    choose(page, "condition-3-where-1-value", "price")
    press(page, "Add a rule")
    choose(page, "condition-3-where-2-field", "ready")
    choose(page, "condition-3-where-2-ask", "not_empty")
    page.locator("#mw-f-condition-3-not").check()
    [node] = nodes(page, quick_site, tree)
    count = {
        "test": "count",
        "of": "bookings.AllAtOnceBooking",
        "op": ">=",
        "number": 1,
        "where": {
            "flight__starts__year__range": {"value": "literal", "literal": [2026, 2028]},
            "price__gte": {"value": "field", "field": "price"},
            "ready__isnull": {"value": "literal", "literal": False},
        },
    }
    assert node["condition"] == {
        "test": "all",
        "of": [
            {"test": "changed", "fields": ["price", "seat"]},
            {"test": "is", "field": "status", "op": "in", "to": {"value": "literal", "literal": ["paid", "a, b"]}},
            {"test": "not", "of": count},
        ],
    }
    page.reload()
    studio.ready(page)
    expect(page.locator("#mw-f-condition-3-where-0-value-1")).to_have_value("2028")
    expect(page.locator(YEAR)).to_have_value("year")
    expect(page.locator(".mw-matching")).to_contain_text("records")


def test_another_tree_is_called_for_each_record_of_a_query(page: Page, quick_site: Site, tree: str) -> None:
    page.goto(quick_site.url("/studio/trees/new/?model=-"))
    page.get_by_role("textbox", name="Name").fill("Refund")
    expect(page.locator("[name=event]:visible")).to_have_count(2)  # Called and Scheduled come without a record
    page.get_by_role("button", name="Make the tree").click()
    studio.ready(page)
    page.get_by_role("button", name="Add a parameter").click()
    type_in(page, "on-parameters-0", "amount")
    choose(page, "on-parameters-0-type", "decimal")
    studio.new(page, "Action", "Send Email")
    press(page, "Add recipients")
    type_in(page, "to-0", "a@example.com")
    studio.publish(page)

    studio.open_tree(page, quick_site, tree)
    studio.row(page, "Clicked").click()
    studio.new(page, "Action", "Call Tree")
    page.locator("#mw-f-tree").select_option(label="Refund")
    expect(page.locator("#mw-f-params-amount")).to_be_visible()
    type_in(page, "params-amount", "12,50")
    choose(page, "each", "each")
    choose(page, "each-model", "bookings.AllAtOnceBooking")
    press(page, "Add a rule")
    choose(page, "each-where-0-field", "waited")
    choose(page, "each-where-0-ask", "gt")
    type_in(page, "each-where-0-value", "1.5")
    [node] = nodes(page, quick_site, tree)
    assert node == {
        "kind": "call_tree",
        "tree": "refund",
        "params": {"amount": {"value": "literal", "literal": "12.50"}},
        "each": {
            "model": "bookings.AllAtOnceBooking",
            "where": {"waited__gt": {"value": "literal", "literal": 1.5}},
        },
    }
    expect(page.locator("#mw-f-of")).to_have_count(0)


def test_an_e_mail_goes_to_users_and_groups_with_html_and_a_rule_for_its_tries(
    page: Page, quick_site: Site, tree: str
) -> None:
    studio.new(page, "Execution", "Background")
    studio.new(page, "Action", "Send Email")
    press(page, "Add recipients")
    choose(page, "to-0-kind", "users")
    page.locator("#mw-f-to-0-0").click()
    page.locator(".mw-combo").get_by_role("option", name="editor").click()
    open_more(page)
    type_in(page, "html", "<p>Hello</p>")
    page.locator(".mw-field--recipients").filter(has_text="Cc").first.get_by_role(
        "button", name="Add recipients"
    ).click()
    choose(page, "cc-0-kind", "groups")
    type_in(page, "cc-0-0", "Desk")
    choose(page, "on_error", "continue")
    choose(page, "retry", "own")
    type_in(page, "retry-longest", "60")
    type_in(page, "timeout", "2.5")
    page.locator("#mw-f-timeout").blur()
    [background] = nodes(page, quick_site, tree)
    [mail] = background["do"]
    assert mail == {
        "kind": "send_email",
        "to": [{"recipients": "users", "users": ["editor"]}],
        "html": "<p>Hello</p>",
        "cc": [{"recipients": "groups", "groups": ["Desk"]}],
        "on_error": "continue",
        "retry": {"longest": 60},
        "timeout": 2.5,
    }
    press(page, "Subject: Insert a field …")
    page.get_by_role("menuitem", name="The person", exact=True).click()
    page.get_by_role("menuitem", name="(itself)", exact=True).click()
    expect(page.locator("#mw-f-subject")).to_have_value("{{ actor }}")


def test_a_new_record_a_moment_of_now_and_what_otherwise_happens(page: Page, quick_site: Site, tree: str) -> None:
    studio.new(page, "Condition", "If")
    page.get_by_role("button", name="New", exact=True).click()
    page.get_by_role("menuitem", name="Where", exact=True).click()
    page.get_by_role("menuitemradio", name="Inside “If”, otherwise").click()
    page.get_by_role("menuitem", name="Action", exact=True).click()
    page.get_by_role("menuitem", name="Create Record", exact=True).click()
    expect(page.get_by_role("treeitem")).to_have_count(3)
    studio.saved(page)
    page.locator("#mw-f-model").select_option("bookings.Booking")
    type_in(page, "name", "copy")
    studio.saved(page)
    press(page, "Add a field …")
    page.get_by_role("menuitem", name="Booked at", exact=True).click()
    choose(page, "set-booked_at-kind", "now")
    choose(page, "set-booked_at", "-")
    press(page, "and …")
    type_in(page, "set-booked_at-span-1-number", "2")
    choose(page, "set-booked_at-span-1-unit", "weeks")
    studio.saved(page)
    [node] = nodes(page, quick_site, tree)
    [made] = node["otherwise"]
    assert (made["model"], made["name"]) == ("bookings.Booking", "copy")
    assert made["set"]["booked_at"] == {"value": "now", "days": -1, "weeks": -2}
