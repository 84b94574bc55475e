"""Nothing that was typed or done in the editor is lost, and nothing is overwritten without a word.

Two people at one tree, a reload, the way back, an ended session, a lost connection.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.browser import studio
from tests.browser.site import Site

ACTIONS = "**/studio/actions/"
UNSAVED = '[data-part="unsaved"]'
CONFLICT = '[data-part="conflict"]'
NAME = "#mw-f-label"
PATIENCE = 40_000  # milliseconds: what waits is tried again after up to half a minute


@pytest.fixture
def tree(page: Page, quick_site: Site) -> str:
    """A tree with three actions and a Background, open in the editor of an admin."""
    studio.log_in(page, quick_site)
    return studio.plan(page, quick_site)


@pytest.fixture
def other(new_context: Callable[..., BrowserContext], quick_site: Site, tree: str) -> Page:
    """The same tree, open in the browser of an editor."""
    page = new_context().new_page()
    studio.log_in(page, quick_site, "editor")
    studio.open_tree(page, quick_site, tree)
    return page


def titles(page: Page) -> list[str]:
    return studio.rows(page)[1:]


def stored(page: Page, site: Site, key: str) -> list[str]:
    """The nodes of the draft on the server, by name, with those in them."""

    def names(nodes: list[dict[str, Any]], level: int) -> Iterator[str]:
        for node in nodes:
            yield "  " * level + (node.get("label") or node["kind"])
            for branch in ("do", "then", "otherwise"):
                yield from names(node.get(branch, []), level + 1)

    exported = page.request.get(site.url(f"/studio/trees/{key}/export.json"))
    return list(names(json.loads(exported.text())["do"], 0))


def type_name(page: Page, name: str, *, stays: bool = False) -> None:
    page.locator(NAME).fill(name)
    if not stays:
        page.locator(NAME).blur()


def select(page: Page, title: str) -> None:
    """Select a node and wait for its form."""
    studio.row(page, title).click()
    expect(page.locator("#mw-form-title")).to_contain_text(title)


@contextmanager
def unheard(page: Page, *calls: str) -> Iterator[None]:
    """Let these calls of the page, or all of them, go nowhere."""

    def answer(route: Route) -> None:
        said = route.request.post_data or ""
        route.abort() if not calls or any(f"studio.{call}" in said for call in calls) else route.continue_()

    page.route(ACTIONS, answer)
    yield
    page.unroute(ACTIONS)


@contextmanager
def answers_lost(page: Page) -> Iterator[list[str]]:
    """Let edits reach the server, and their answers get lost; yield what was sent."""
    sent: list[str] = []

    def answer(route: Route) -> None:
        said = route.request.post_data or ""
        if "studio.edit" in said:
            route.fetch()
            sent.append(said)
            route.abort()
        else:
            route.continue_()

    page.route(ACTIONS, answer)
    yield sent
    page.unroute(ACTIONS)


# Two editors at once


def test_two_people_at_one_place_are_told_and_nothing_is_overwritten(page: Page, other: Page) -> None:
    with unheard(page, "news"):
        select(other, "One")
        studio.label(other, "One of the editor")
        select(page, "One")
        type_name(page, "One of mine")
        banner = page.locator(CONFLICT)
        expect(banner).to_contain_text("editor has changed this tree meanwhile")
        expect(banner).to_contain_text("One of mine")
        expect(studio.row(page, "One of the editor")).to_be_visible()
        expect(banner.get_by_role("button").first).to_be_focused()
        banner.get_by_role("button", name="Make my change too").click()
        expect(studio.row(page, "One of mine")).to_be_visible()
        studio.saved(page)
    expect(studio.row(other, "One of mine")).to_be_visible()
    expect(other.locator("#mw-toasts")).to_contain_text("admin has changed this tree")


def test_two_people_at_different_places_are_told_and_both_changes_are_kept(page: Page, other: Page) -> None:
    with unheard(page, "news"):
        select(other, "Two")
        studio.row(other, "Two").click()
        other.keyboard.press("Delete")
        studio.saved(other)
        select(page, "Three")
        type_name(page, "Three of mine")
        expect(page.locator("#mw-toasts")).to_contain_text("Your change was made besides")
        studio.saved(page)
        assert titles(page) == ["  One", "  Three of mine", "  Background"]


def test_two_people_put_something_at_the_same_place_and_both_are_kept(
    page: Page, other: Page, quick_site: Site, tree: str
) -> None:
    with unheard(page, "news"):
        studio.row(other, "Background").click()
        studio.new(other, "Action", "Update Field")
        studio.label(other, "Of the editor")
        studio.row(page, "Background").click()
        page.get_by_role("button", name="New", exact=True).click()
        page.get_by_role("menuitem", name="Action", exact=True).click()
        page.get_by_role("menuitem", name="Send Email", exact=True).click()
        expect(page.locator("#mw-toasts")).to_contain_text("Your change was made besides")
        studio.saved(page)
    assert stored(page, quick_site, tree)[3:] == ["background", "  send_email", "  Of the editor"]


def test_what_was_typed_at_a_node_that_is_gone_is_still_there_to_be_copied(page: Page, other: Page) -> None:
    with unheard(page, "news"):
        select(page, "Two")
        studio.row(other, "Two").click()
        other.keyboard.press("Delete")
        studio.saved(other)
        type_name(page, "A long text for a node that is not there any more")
        banner = page.locator(CONFLICT)
        expect(banner).to_contain_text("not there any more")
        expect(banner.get_by_role("textbox")).to_have_value("A long text for a node that is not there any more")
        banner.get_by_role("button", name="Leave it out").click()
        expect(banner).to_be_empty()
        studio.saved(page)
        assert titles(page) == ["  One", "  Three", "  Background"]


def test_who_types_goes_on_typing_at_the_same_node_while_others_move_it(
    page: Page, other: Page, quick_site: Site, tree: str
) -> None:
    select(page, "Three")
    page.locator(NAME).press("End")
    studio.row(other, "One").click()
    other.keyboard.press("Delete")
    studio.saved(other)
    expect(page.locator("#mw-toasts")).to_contain_text("editor has changed this tree")
    expect(page.locator(NAME)).to_be_focused()
    page.keyboard.type(" and more")
    studio.saved(page)
    assert stored(page, quick_site, tree) == ["Two", "Three and more", "background"]


def test_who_typed_at_a_node_that_others_delete_does_not_type_into_another_one(page: Page, other: Page) -> None:
    select(page, "Two")
    page.locator(NAME).press("End")
    studio.row(other, "Two").click()
    other.keyboard.press("Delete")
    studio.saved(other)
    expect(page.locator("#mw-toasts")).to_contain_text("editor has changed this tree")
    expect(page.locator("#mw-form-title")).to_be_focused()
    expect(page.locator("#mw-form-title")).to_have_text("Plan")


def test_an_undecided_conflict_is_asked_again_after_a_reload(page: Page, other: Page) -> None:
    with unheard(page, "news"):
        select(other, "One")
        studio.label(other, "One of the editor")
        select(page, "One")
        type_name(page, "One of mine")
        expect(page.locator(CONFLICT)).to_contain_text("One of mine")
        page.reload()
        studio.ready(page)
        expect(page.locator(CONFLICT)).to_contain_text("One of mine")
        page.locator(CONFLICT).get_by_role("button", name="Make my change too").click()
        expect(studio.row(page, "One of mine")).to_be_visible()
        studio.saved(page)


# A reload, and the way back


def test_a_reload_in_the_middle_of_a_word_loses_none_of_it(page: Page, tree: str) -> None:
    select(page, "One")
    with unheard(page):
        type_name(page, "One, typed", stays=True)
    page.reload()
    studio.ready(page)
    expect(studio.row(page, "One, typed")).to_be_visible()
    expect(page.locator(NAME)).to_have_value("One, typed")
    expect(page.locator("#mw-toasts")).to_contain_text("is saved now")


def test_an_edit_whose_answer_got_lost_is_done_once(page: Page, quick_site: Site, tree: str) -> None:
    select(page, "One")
    with answers_lost(page) as sent:
        page.keyboard.press("Escape")
        studio.row(page, "One").click()
        page.keyboard.press("Control+d")
        expect(page.locator(UNSAVED)).to_contain_text("No connection")
        page.reload()
        studio.ready(page)
        expect(page.locator(UNSAVED)).to_contain_text("No connection")
    page.locator(UNSAVED).get_by_role("button", name="Try now").click()
    expect(page.locator(UNSAVED)).to_be_empty(timeout=PATIENCE)
    assert len(sent) >= 2
    assert stored(page, quick_site, tree) == ["One", "One", "Two", "Three", "background"]


def test_the_back_button_finds_everything_as_it_was(page: Page, quick_site: Site, tree: str) -> None:
    select(page, "Two")
    type_name(page, "Two, then away", stays=True)
    page.goto(quick_site.url("/studio/"))
    page.go_back()
    studio.ready(page)
    expect(studio.row(page, "Two, then away")).to_be_visible()
    expect(page.locator("#mw-form-title")).to_have_text("Two, then away")


def test_the_back_button_while_an_edit_is_on_its_way_does_it_once(page: Page, quick_site: Site, tree: str) -> None:
    select(page, "Two")
    studio.row(page, "Two").click()
    with answers_lost(page):
        page.keyboard.press("Control+d")
        page.goto(quick_site.url("/studio/"))
    page.go_back()
    studio.ready(page)
    expect(page.get_by_role("treeitem")).to_have_count(6)
    studio.saved(page)
    assert stored(page, quick_site, tree) == ["One", "Two", "Two", "Three", "background"]


def test_the_form_of_a_new_tree_is_still_filled_in_after_a_reload(page: Page, quick_site: Site) -> None:
    studio.log_in(page, quick_site)
    page.goto(quick_site.url("/studio/trees/new/?model=bookings.Booking"))
    page.get_by_role("textbox", name="Name").fill("Half a name")
    page.locator("[name=event][value=deleted]").check()
    page.reload()
    expect(page.get_by_role("textbox", name="Name")).to_have_value("Half a name")
    expect(page.locator("[name=event][value=deleted]")).to_be_checked()


def test_a_form_that_was_refused_is_kept_like_one_that_was_never_sent(page: Page, quick_site: Site, tree: str) -> None:
    new = quick_site.url("/studio/trees/new/?model=bookings.Booking")
    page.goto(new)
    page.get_by_role("textbox", name="Name").fill(" ")
    page.locator("[name=event][value=deleted]").check()
    page.get_by_role("button", name="Make the tree").click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_role("textbox", name="Description").fill("Half a description")
    studio.open_tree(page, quick_site, tree)
    page.goto(new)
    expect(page.get_by_role("textbox", name="Description")).to_have_value("Half a description")


# An ended session


def test_nothing_is_lost_when_the_session_ends_while_editing(page: Page, quick_site: Site, tree: str) -> None:
    select(page, "One")
    page.context.clear_cookies()
    type_name(page, "One, logged out")
    banner = page.locator(UNSAVED)
    expect(banner).to_contain_text("not logged in")
    expect(page.locator(NAME)).to_have_value("One, logged out")
    studio.row(page, "Three").click()
    page.keyboard.press("Alt+ArrowUp")
    again = page.context.new_page()
    studio.log_in(again, quick_site)
    again.close()
    page.bring_to_front()
    banner.get_by_role("button", name="Try now").click()
    expect(banner).to_be_empty(timeout=PATIENCE)
    studio.saved(page)
    assert stored(page, quick_site, tree)[0] == "One, logged out"


def test_who_logs_in_again_in_the_same_window_finds_what_was_typed(page: Page, quick_site: Site, tree: str) -> None:
    select(page, "One")
    page.context.clear_cookies()
    type_name(page, "One, logged out")
    expect(page.locator(UNSAVED)).to_contain_text("not logged in")
    studio.log_in(page, quick_site)
    studio.open_tree(page, quick_site, tree)
    expect(studio.row(page, "One, logged out")).to_be_visible()
    studio.saved(page)
    assert stored(page, quick_site, tree)[0] == "One, logged out"


def test_what_one_person_typed_is_not_saved_in_the_name_of_another(page: Page, quick_site: Site, tree: str) -> None:
    select(page, "One")
    page.context.clear_cookies()
    type_name(page, "One of the admin")
    expect(page.locator(UNSAVED)).to_contain_text("not logged in")
    studio.log_in(page, quick_site, "editor")
    studio.open_tree(page, quick_site, tree)
    expect(studio.row(page, "One")).to_be_visible()
    assert stored(page, quick_site, tree)[0] == "One"
    page.context.clear_cookies()
    studio.log_in(page, quick_site)
    studio.open_tree(page, quick_site, tree)
    expect(studio.row(page, "One of the admin")).to_be_visible()


# A lost connection


def test_typed_values_and_changes_of_the_tree_wait_for_the_connection(page: Page, quick_site: Site, tree: str) -> None:
    select(page, "One")
    page.context.set_offline(True)
    type_name(page, "One, offline")
    banner = page.locator(UNSAVED)
    expect(banner).to_contain_text("No connection")
    studio.row(page, "Three").click()
    page.keyboard.press("Alt+ArrowUp")
    page.keyboard.press("Alt+ArrowUp")
    expect(studio.row(page, "Three")).to_be_focused()
    studio.row(page, "Two").click()
    page.keyboard.press("Delete")
    studio.row(page, "Background").click()
    page.get_by_role("button", name="New", exact=True).click()
    page.get_by_role("menuitem", name="Action", exact=True).click()
    page.get_by_role("menuitem", name="Send Email", exact=True).click()
    expect(banner).to_contain_text("(5)")
    expect(page.locator(studio.FORM)).to_contain_text("shown when the connection is back")
    made = ["  Three", "  One, offline", "  Background", "    Send Email"]
    assert titles(page) == made
    page.context.set_offline(False)
    expect(banner).to_be_empty(timeout=PATIENCE)
    studio.saved(page)
    assert stored(page, quick_site, tree) == ["Three", "One, offline", "background", "  send_email"]
    expect(page.locator("#mw-f-subject")).to_be_visible()


def test_what_was_done_without_a_connection_survives_a_reload(page: Page, quick_site: Site, tree: str) -> None:
    studio.row(page, "One").click()
    with unheard(page):
        page.keyboard.press("Delete")
        expect(page.locator(UNSAVED)).to_contain_text("No connection")
        studio.row(page, "Three").click()
        page.keyboard.press("Control+d")
        page.reload()
        studio.ready(page)
        assert titles(page) == ["  Two", "  Three", "  Three", "  Background"]
    page.locator(UNSAVED).get_by_role("button", name="Try now").click()
    expect(page.locator(UNSAVED)).to_be_empty(timeout=PATIENCE)
    studio.saved(page)
    assert stored(page, quick_site, tree) == ["Two", "Three", "Three", "background"]


def test_what_was_done_without_a_connection_goes_where_it_was_meant_in_what_others_made_meanwhile(
    page: Page, other: Page, quick_site: Site, tree: str
) -> None:
    select(page, "Three")
    page.context.set_offline(True)
    type_name(page, "Three of mine")
    expect(page.locator(UNSAVED)).to_contain_text("No connection")
    studio.row(page, "Two").click()
    page.keyboard.press("Delete")
    studio.row(page, "Background").click()
    page.keyboard.press("Alt+ArrowUp")
    studio.row(other, "One").click()
    studio.new(other, "Action", "Send Email")
    studio.label(other, "Mail of the editor")
    page.context.set_offline(False)
    expect(page.locator(UNSAVED)).to_be_empty(timeout=PATIENCE)
    studio.saved(page)
    assert stored(page, quick_site, tree) == ["One", "Mail of the editor", "background", "Three of mine"]
    expect(page.locator("#mw-toasts")).to_contain_text("editor has changed this tree meanwhile")


def test_undo_without_a_connection_takes_back_what_was_not_sent_and_refuses_the_rest_clearly(
    page: Page, quick_site: Site, tree: str
) -> None:
    studio.row(page, "Two").click()
    page.context.set_offline(True)
    page.keyboard.press("Delete")
    expect(page.locator(UNSAVED)).to_contain_text("No connection")
    studio.row(page, "One").click()
    page.keyboard.press("Delete")
    assert titles(page) == ["  Three", "  Background"]
    page.keyboard.press("Control+z")
    assert titles(page) == ["  One", "  Three", "  Background"]
    page.keyboard.press("Control+Shift+z")
    assert titles(page) == ["  Three", "  Background"]
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    expect(page.locator("#mw-toasts")).to_contain_text("This can be done when it is back")
    assert titles(page) == ["  One", "  Three", "  Background"]
    page.context.set_offline(False)
    expect(page.locator(UNSAVED)).to_be_empty(timeout=PATIENCE)
    assert stored(page, quick_site, tree) == ["One", "Three", "background"]


def test_what_is_begun_in_a_form_outlives_an_answer_that_changes_the_form(
    page: Page, quick_site: Site, tree: str
) -> None:
    studio.new(page, "Action", "Call Tree")
    expect(page.locator("#mw-f-of")).to_be_visible()
    studio.saved(page)
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route(ACTIONS, hold)

    page.locator("#mw-f-each").select_option("each")
    page.locator("#mw-f-each-model").select_option("bookings.AllAtOnceBooking")
    page.locator("#mw-f-each-where-add").click()
    expect(page.locator(".mw-lookup")).to_have_count(1)
    page.unroute(ACTIONS)  # which lets go what was held

    expect(page.locator("#mw-f-of")).to_have_count(0)  # the query says whose tree is called
    page.locator("#mw-f-each-where-0-field").select_option("name")
    page.locator("#mw-f-each-where-0-value").fill("Ada")
    studio.saved(page)
    page.reload()
    studio.ready(page)
    expect(page.locator("#mw-f-each-where-0-value")).to_have_value("Ada")
