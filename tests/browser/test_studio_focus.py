"""After each operation of the editor the focus is where a person can go on, and what happened is said aloud."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser import studio
from tests.browser.studio_focus import focused, is_on_row, settled
from tests.browser.studio_seed import first
from tests.browser.studio_states import select
from tests.browser.studio_world import World

SAID = "#mw-said"

DOCUMENT = {
    "meanwhile": 1,
    "name": "Focus",
    "on": {"event": "saved", "model": "bookings.Booking"},
    "do": [first("One"), {**first("Two"), "set": {}}, {"kind": "background", "do": []}],
}


@pytest.fixture
def editor(world: World, new_context: Callable[..., BrowserContext]) -> Iterator[Page]:
    """A new tree with two actions and a Background, in an admin's editor."""
    page = new_context(storage_state=world.admin).new_page()
    page.goto(world.site.url("/studio/import/"))
    page.get_by_label("Or its text").fill(json.dumps({**DOCUMENT, "key": f"focus-{uuid4().hex}"}))
    page.get_by_role("button", name="Import", exact=True).click()
    studio.ready(page)
    select(page, "1")
    yield page
    page.close()


def press(*keys: str) -> Callable[[Page], None]:
    def do(page: Page) -> None:
        for key in keys:
            page.keyboard.press(key)

    return do


def tool(name: str) -> Callable[[Page], None]:
    """A button of the toolbar."""
    return lambda page: page.get_by_role("toolbar").get_by_role("button", name=name, exact=True).click()


def item(*way: str) -> Callable[[Page], None]:
    """An entry of the node's menu."""

    def do(page: Page) -> None:
        page.keyboard.press("Shift+F10")
        for word in way:
            page.get_by_role("menuitem", name=re.compile(f"^{word}")).click()

    return do


def choice(*way: str) -> Callable[[Page], None]:
    """An entry of the node's menu that is one of several."""

    def do(page: Page) -> None:
        item(*way[:-1])(page)
        page.get_by_role("menuitemradio", name=way[-1], exact=True).click()

    return do


def then(*parts: Callable[[Page], None]) -> Callable[[Page], None]:
    """One after the other, each when the last one is saved."""

    def do(page: Page) -> None:
        for part in parts[:-1]:
            part(page)
            settled(page)
        parts[-1](page)

    return do


DELETE, COPY = press("Delete"), press("Control+c")

OPERATIONS: dict[str, tuple[Callable[[Page], None], str]] = {
    "new, by menu": (item("New", "Action", "Send Email"), "Add “Send Email”"),
    "delete, by key": (DELETE, "Delete “Two”"),
    "delete, by menu": (item("Delete"), "Delete “Two”"),
    "delete, by button": (tool("Delete"), "Delete “Two”"),
    "cut, by key": (press("Control+x"), "Cut “Two”"),
    "cut, by button": (tool("Cut"), "Cut “Two”"),
    "copy, by key": (COPY, "is copied"),
    "copy, by button": (tool("Copy"), "is copied"),
    "paste, by key": (then(COPY, press("Control+v")), "Paste “Two”"),
    "paste, by button": (then(COPY, tool("Paste")), "Paste “Two”"),
    "paste, by menu": (then(COPY, item("Paste")), "Paste “Two”"),
    "duplicate, by key": (press("Control+d"), "Duplicate “Two”"),
    "duplicate, by menu": (item("Duplicate"), "Duplicate “Two”"),
    "up, by key": (press("Alt+ArrowUp"), "Move “Two”"),
    "into, by key": (then(press("Alt+ArrowDown"), press("Alt+ArrowRight")), "Move “Two”"),
    "up, by menu": (item("Move up"), "Move “Two”"),
    "move to": (item("Move to…", "In “Background”"), "Move “Two”"),
    "under Background": (item("Put it under", "Background"), "Put “Two” under Background"),
    "dissolve": (then(item("Put it under", "If"), item("Dissolve")), "Dissolve"),
    "switch off": (item("Switch off"), "Switch “Two” off"),
    "undo, by key": (then(DELETE, press("Control+z")), "Undone: Delete “Two”"),
    "undo, by button": (then(DELETE, tool("Undo")), "Undone: Delete “Two”"),
    "redo, by key": (then(DELETE, press("Control+z"), press("Control+Shift+z")), "Done again: Delete “Two”"),
    "redo, by button": (then(DELETE, tool("Undo"), tool("Redo")), "Done again: Delete “Two”"),
    "nothing to do again": (press("Control+Shift+z"), "nothing"),
    "another event": (then(press("Home"), choice("New", "Event", "Created")), "Change the event"),
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_leaves_the_focus_in_the_tree_or_on_its_button_and_is_announced(editor: Page, name: str) -> None:
    do, said = OPERATIONS[name]
    do(editor)
    is_repeated = name in {"copy, by button", "undo, by button", "redo, by button"}
    if not is_repeated:
        is_on_row(editor)
    expect(editor.locator(SAID)).to_contain_text(re.compile(said, re.IGNORECASE))
    settled(editor)
    if is_repeated:
        assert "BUTTON" in focused(editor)
    else:
        is_on_row(editor)


def test_a_new_node_is_made_by_a_button_and_has_the_focus(editor: Page) -> None:
    studio.new(editor, "Action", "Delete Record")
    is_on_row(editor)
    expect(editor.locator(SAID)).to_have_text("Add “Delete the record”")


def test_a_menu_that_is_closed_gives_the_focus_back(editor: Page) -> None:
    new = editor.get_by_role("button", name="New", exact=True)
    new.click()
    editor.keyboard.press("Escape")
    expect(new).to_be_focused()
    studio.row(editor, "Two").click()
    editor.keyboard.press("Shift+F10")
    editor.keyboard.press("Escape")
    is_on_row(editor)


def test_to_rename_leads_to_the_name_and_escape_leads_back(editor: Page) -> None:
    editor.keyboard.press("F2")
    expect(editor.locator("#mw-f-label")).to_be_focused()
    editor.keyboard.type("Second")
    settled(editor)
    expect(editor.locator("#mw-f-label")).to_be_focused()
    editor.keyboard.press("Escape")
    expect(studio.row(editor, "Second")).to_be_focused()


def test_adding_and_removing_a_field_keeps_the_focus_and_is_announced(editor: Page) -> None:
    studio.add_field(editor, "status", "x")
    expect(editor.locator("#mw-f-set-status")).to_be_visible()
    editor.locator("#mw-f-set-status").focus()
    editor.get_by_role("button", name="Remove “Status”").click()
    expect(editor.locator("#mw-f-set-status")).to_have_count(0)
    expect(editor.locator("#mw-f-set-add")).to_be_focused()
    settled(editor)
    expect(editor.locator("#mw-f-set-add")).to_be_focused()
    expect(editor.locator(SAID)).to_have_text("Remove “Status”")


def test_adding_and_removing_a_recipient_keeps_the_focus(editor: Page) -> None:
    studio.new(editor, "Action", "Send Email")
    editor.get_by_role("button", name="Add recipients").click()
    expect(editor.locator("#mw-f-to-0")).to_be_focused()
    settled(editor)
    expect(editor.locator("#mw-f-to-0")).to_be_focused()
    editor.get_by_role("button", name=re.compile("Remove “.* 1”")).click()
    expect(editor.locator("#mw-f-to-0")).to_have_count(0)
    settled(editor)
    assert "BUTTON" in focused(editor)
    expect(editor.locator(SAID)).to_contain_text("Remove “")


def test_adding_and_removing_a_condition_keeps_the_focus(editor: Page) -> None:
    studio.new(editor, "Condition", "If")
    select(editor, editor.locator(".mw-row[aria-selected=true]").get_attribute("data-path") or "")
    form = editor.locator(studio.FORM)
    rows = form.locator(".mw-condition__line").count()
    form.get_by_role("button", name="Add a condition").click()
    expect(form.locator(".mw-condition__line")).to_have_count(rows + 1)
    assert "SELECT" in focused(editor)
    form.get_by_role("button", name="Remove this condition").last.click()
    expect(form.locator(".mw-condition__line")).to_have_count(rows)
    settled(editor)
    assert "BUTTON" in focused(editor)
    expect(editor.locator(SAID)).to_have_text("Remove this condition")


def test_mending_a_problem_keeps_the_focus_in_the_form_and_from_the_list_leads_to_the_tree(editor: Page) -> None:
    for _time in range(2):
        studio.row(editor, "One").click()
        studio.new(editor, "Action", "Send Email")
        editor.get_by_role("button", name="Add recipients").click()
        editor.locator("#mw-f-to-0").fill("a@example.com")
        editor.locator("#mw-f-to-0").blur()
        settled(editor)
        if _time == 0:
            editor.locator(studio.FORM).get_by_role("button", name="Put it under Background").click()
            expect(editor.locator(SAID)).to_contain_text("under Background")
            expect(editor.locator("#mw-form-title")).to_be_focused()
            settled(editor)
    editor.get_by_role("region", name="Problems").get_by_role("button", name="Put it under Background").click()
    is_on_row(editor)
    expect(editor.locator(SAID)).to_contain_text("under Background")
    settled(editor)
    is_on_row(editor)


def test_publishing_and_not_publishing_lead_back_to_the_button(editor: Page) -> None:
    studio.add_field(editor, "status", "y")
    button = editor.locator('[data-do="publish"]')
    button.click()
    editor.get_by_role("button", name="Not yet").click()
    expect(button).to_be_focused()
    studio.publish(editor)
    expect(button).to_be_focused()
    expect(editor.locator(SAID)).to_contain_text("is published")
    more = editor.locator(".mw-head--editor summary")
    for said in ("Switch the tree off", "Switch the tree on", "Switch the tree off"):
        more.click()
        editor.get_by_role("button", name=said).click()
        expect(editor.locator(SAID)).to_have_text(said)
        expect(more).to_be_focused()
