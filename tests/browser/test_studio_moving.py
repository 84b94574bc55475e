"""Nodes are moved by drag into parts and out of them, by menu, and between trees; by mouse, by keys and by touch."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser import studio
from tests.browser.site import Site


@pytest.fixture
def tree(page: Page, quick_site: Site) -> str:
    """A tree with three actions, a Background and an If."""
    studio.log_in(page, quick_site)
    key = studio.plan(page, quick_site)
    studio.row(page, "Plan").click()
    studio.new(page, "Condition", "If")
    return key


def drag(page: Page, title: str, onto: str, *, across: float = 0.4, down: float = 0.5) -> None:
    """Drag a row to a share of another one's width and height."""
    row, target = studio.row(page, title), studio.row(page, onto)
    box = target.bounding_box()
    assert box
    row.drag_to(target, target_position={"x": box["width"] * across, "y": box["height"] * down})
    studio.saved(page)


def test_a_node_is_dragged_into_background_and_out_of_it(page: Page, tree: str) -> None:
    drag(page, "One", "Background")
    expect(studio.row(page, "One")).to_have_attribute("data-path", "2.0")
    expect(studio.row(page, "One")).to_be_focused()
    drag(page, "One", "Three", down=0.85)
    expect(studio.row(page, "One")).to_have_attribute("data-path", "2")
    expect(studio.row(page, "One")).to_contain_text("before the next page")


def test_the_left_half_of_an_if_is_then_and_the_right_half_otherwise(page: Page, tree: str) -> None:
    drag(page, "One", "If", across=0.3)
    expect(studio.row(page, "One")).to_have_attribute("data-path", "3.then.0")
    drag(page, "Two", "If", across=0.8)
    expect(studio.row(page, "Two")).to_have_attribute("data-path", "2.otherwise.0")
    expect(studio.row(page, "Two")).to_contain_text("otherwise")


def test_a_node_goes_neither_onto_itself_nor_below_its_own_child(page: Page, tree: str) -> None:
    drag(page, "One", "If", across=0.3)
    expect(studio.row(page, "One")).to_have_attribute("data-path", "3.then.0")
    before = studio.rows(page)
    drag(page, "If", "If")
    drag(page, "If", "One", down=0.85)
    assert studio.rows(page) == before
    drag(page, "Three", "Two", down=0.15)  # what comes after it is done
    assert studio.rows(page)[1:3] == ["  Three", "  Two"]


def test_move_to_names_the_nodes_as_the_tree_does(page: Page, tree: str) -> None:
    studio.row(page, "Plan").click()
    studio.new(page, "Action", "Update Field")
    studio.add_field(page, "price", "12")
    page.set_viewport_size({"width": 390, "height": 844})
    studio.row(page, "One").locator("[data-menu]").click()
    page.get_by_role("menuitem", name="Move to…").click()
    page.get_by_role("menuitem", name="After “Update Price”").click()
    expect(studio.row(page, "One")).to_have_attribute("data-path", "5")
    studio.saved(page)
    expect(studio.row(page, "One")).to_be_focused()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_what_is_cut_is_pasted_into_another_tree_and_the_way_back_leads_to_the_same_node(
    page: Page, quick_site: Site, tree: str
) -> None:
    other = studio.new_tree(page, quick_site, "Other")
    studio.open_tree(page, quick_site, tree)
    studio.row(page, "Two").click()
    page.keyboard.press("Control+x")
    expect(page.get_by_role("treeitem")).to_have_count(5)
    studio.saved(page)
    expect(studio.row(page, "Three")).to_be_focused()
    studio.open_tree(page, quick_site, other)
    page.get_by_role("treeitem").first.click()
    page.keyboard.press("Control+v")
    expect(studio.row(page, "Two")).to_be_visible()
    studio.saved(page)
    page.locator("#mw-f-label").fill("Two of the other")
    page.go_back()
    studio.ready(page)
    assert studio.rows(page) == ["Plan", "  One", "  Three", "  Background", "  If"]
    expect(studio.row(page, "Three")).to_have_attribute("aria-selected", "true")
    page.go_forward()
    studio.ready(page)
    expect(studio.row(page, "Two of the other")).to_be_visible()
