"""Every page of the Studio in every state that a person can meet it in."""

from __future__ import annotations

import json
from collections.abc import Callable

from playwright.sync_api import Page, Route, expect

from tests.browser import studio, studio_seed
from tests.browser.studio_world import World

EVERY = "/studio/trees/every-kind/"

State = Callable[[Page, World], None]
"""Brings a page into a state that a person can meet."""


def at(path: str) -> State:
    """The page of an address, with all that can be opened on it open, but for menus."""

    def show(page: Page, world: World) -> None:
        page.goto(world.site.url(world.pages.get(path, path)))
        page.evaluate("for (const one of document.querySelectorAll('main details:not(.mw-menu)')) one.open = true")

    return show


def node(key: str, path: str) -> State:
    """The editor with a node selected and its form shown."""

    def show(page: Page, world: World) -> None:
        studio.open_tree(page, world.site, key)
        select(page, path)

    return show


def select(page: Page, path: str) -> None:
    """Click a node of the tree and wait for its form."""
    page.locator(f'.mw-row[data-path="{path}"] .mw-row__title').click()
    expect(page.locator(f".mw-row[data-path='{path}']")).to_have_attribute("aria-selected", "true")
    expect(page.locator('[data-part="form"]')).not_to_have_attribute("inert", "")
    expect(page.locator("#mw-form-title")).to_be_visible()
    expect(page.locator(".mw-picker:empty")).to_have_count(0)


def new_menu(*way: str) -> State:
    """The editor with the menu New open, and menus in it."""

    def show(page: Page, world: World) -> None:
        studio.open_tree(page, world.site, "every-kind")
        page.get_by_role("button", name="New", exact=True).click()
        for word in way:
            page.get_by_role("menuitem", name=word, exact=True).click()

    return show


def node_menu(*way: str) -> State:
    """The editor with the menu of a node open."""

    def show(page: Page, world: World) -> None:
        studio.open_tree(page, world.site, "every-kind")
        page.locator('.mw-row[data-path="7.1"]').click(button="right")
        for word in way:
            page.get_by_role("menuitem", name=word).click()
            page.get_by_role("menuitem").last.wait_for()

    return show


def publish_dialog(page: Page, world: World) -> None:
    studio.open_tree(page, world.site, "with-errors")
    page.get_by_role("button", name="Publish", exact=True).click()
    expect(page.get_by_role("dialog")).to_be_visible()


def retire_dialog(page: Page, world: World) -> None:
    more_menu(page, world)
    page.get_by_role("button", name="Retire the tree").click()
    expect(page.get_by_role("dialog")).to_be_visible()


def more_menu(page: Page, world: World) -> None:
    studio.open_tree(page, world.site, "every-kind")
    page.locator(".mw-head--editor summary").click()


def conflict(page: Page, world: World) -> None:
    """What this person wants to do does not fit what another one did."""
    studio.open_tree(page, world.site, "with-errors")
    select(page, "0")
    known = page.evaluate("JSON.parse(document.getElementById('mw-page').textContent)")
    revision = known["state"]["revision"]
    operation = json.dumps({"op": "rename", "path": "0", "label": f"Theirs, {revision}"})
    params = {"tree": "with-errors", "operation": operation, "revision": revision}
    page.route("**/studio/actions/", _without_news)
    said = page.request.post(  # the other person, who is faster
        world.site.url("/studio/actions/"),
        headers={"X-CSRFToken": known["csrf"], "Content-Type": "application/json", "Referer": world.site.url("/")},
        data=json.dumps({"lane": "foreground", "actions": [{"id": "1", "action": "studio.edit", "params": params}]}),
    )
    assert "SUCCESS" in said.text(), said.text()
    page.locator("#mw-f-label").fill("Mine")
    page.locator("#mw-f-label").blur()
    expect(page.locator('[data-part="conflict"] .mw-note')).to_be_visible()


def _without_news(route: Route) -> None:
    """Let the page not hear what others do before it sends something itself."""
    sent = route.request.post_data or ""
    route.abort() if "studio.news" in sent and "studio.edit" not in sent else route.continue_()


def offline(page: Page, world: World) -> None:
    """Something typed can't be sent."""
    node("every-kind", "0")(page, world)
    page.route("**/studio/actions/", lambda route: route.abort())
    page.locator("#mw-f-label").fill("Not sent")
    page.locator("#mw-f-label").blur()
    expect(page.locator('[data-part="unsaved"] .mw-note')).to_be_visible()


def tried(page: Page, world: World) -> None:
    page.goto(world.site.url(f"{EVERY}try/"))
    page.get_by_label("Booking to try it on").select_option("1")
    page.get_by_role("button", name="Try it", exact=True).click()
    expect(page.get_by_role("heading", name="Before the next page")).to_be_visible()


def tried_with_errors(page: Page, world: World) -> None:
    page.goto(world.site.url("/studio/trees/with-errors/try/"))
    page.get_by_role("button", name="Try it", exact=True).click()
    expect(page.get_by_role("alert")).to_be_visible()


def refused_import(page: Page, world: World) -> None:
    page.goto(world.site.url("/studio/import/"))
    page.get_by_label("Or its text").fill('{"name": "Nothing", "do": [{"kind": "unheard-of-and-quite-long-a-word"}]}')
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_role("alert")).to_be_visible()


def import_with_a_taken_key(page: Page, world: World) -> None:
    taken = {
        "meanwhile": 1,
        "name": "Every kind",
        "key": "every-kind",
        "on": {"event": "saved", "model": "bookings.Booking"},
        "do": [],
    }
    page.goto(world.site.url("/studio/import/"))
    page.get_by_label("Or its text").fill(json.dumps(taken))
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_role("heading", name="Import as a new tree")).to_be_visible()


def refused_new_tree(page: Page, world: World) -> None:
    page.goto(world.site.url("/studio/trees/new/?model=bookings.Booking"))
    page.get_by_role("textbox", name="Name").fill("   ")
    page.get_by_role("button", name="Make the tree").click()
    expect(page.get_by_role("alert")).to_be_visible()


def mail_preview(page: Page, world: World) -> None:
    node("every-kind", "7.0")(page, world)
    form = page.locator(studio.FORM)
    form.locator("summary", has_text="Preview").click()
    form.locator("#mw-preview-record").click()
    form.locator("[role=option]").first.click()
    form.get_by_role("button", name="Show", exact=True).click()
    expect(form.locator(".mw-mail__body")).to_be_visible()


def webhook_preview(page: Page, world: World) -> None:
    node("every-kind", "7.2")(page, world)
    form = page.locator(studio.FORM)
    form.locator("summary", has_text="More").click()
    form.locator("summary", has_text="Preview").click()
    form.locator("#mw-preview-record").click()
    form.locator("[role=option]").first.click()
    form.get_by_role("button", name="Show", exact=True).click()
    expect(form.locator(".mw-request__line")).to_contain_text("https://crm.example/bookings/")
    form.locator(".mw-request summary").click()


def pause_menu(page: Page, world: World) -> None:
    page.goto(world.site.url("/studio/queue/"))
    page.locator("summary").filter(has_text="Pause").click()
    expect(page.get_by_role("button", name="Pause the queue")).to_be_visible()


def job_menu(page: Page, world: World) -> None:
    page.goto(world.site.url("/studio/queue/?list=later"))
    page.locator("tbody details.mw-menu summary").first.click()
    expect(page.get_by_role("button", name="Cancel", exact=True).first).to_be_visible()


def refused(page: Page, world: World) -> None:
    page.context.clear_cookies()
    studio.log_in(page, world.site, "passenger")
    page.goto(world.site.url("/studio/"))
    expect(page.get_by_role("heading", name="This is not open to you")).to_be_visible()


def reader(page: Page, world: World) -> None:
    page.context.clear_cookies()
    studio.log_in(page, world.site, "operator")
    node("every-kind", "5")(page, world)


NODES = ["", *(str(number) for number in range(9)), "5.then.0", "6.then.0", "7.0", "7.1", "7.2", "8.0", "8.1"]
RUNS = ("succeeded", "failed", "skipped", "sold out", "running", "waiting")
LISTS = ("due", "later", "running", "failed", "succeeded", "skipped")

STATES: dict[str, State] = {
    "record types": at("/studio/"),
    "record type": at("/studio/types/bookings.Booking/"),
    "record type without trees": at("/studio/types/bookings.Flight/"),
    "no record": at("/studio/types/-/"),
    "tree in Python": at(f"/studio/python/{studio_seed.PYTHON_TREE}/"),
    "scheduled tree in Python": at("/studio/python/next-flights/"),
    **{f"node {path or 'event'}": node("every-kind", path) for path in NODES},
    **{f"wrong node {path or 'event'}": node("with-errors", path) for path in ("", "0", "1", "2")},
    "event called": node("by-name", ""),
    "event scheduled": node("reminders", ""),
    "retired tree": node("gone", "0"),
    "copied tree": node(f"{studio_seed.PYTHON_TREE}-copy", "1.0"),
    "tree to read": reader,
    "New": new_menu(),
    "New, Action": new_menu("Action"),
    "New, Execution": new_menu("Execution"),
    "menu of a node": node_menu(),
    "Move to": node_menu("Move to…"),
    "more menu": more_menu,
    "publish": publish_dialog,
    "retire": retire_dialog,
    "conflict": conflict,
    "offline": offline,
    "e-mail preview": mail_preview,
    "webhook preview": webhook_preview,
    "new tree": at("/studio/trees/new/?model=bookings.Booking"),
    "new tree refused": refused_new_tree,
    "copy of a tree": at(f"/studio/trees/new/?from={studio_seed.PYTHON_TREE}"),
    "history": at(f"{EVERY}history/"),
    "history of nothing": at("/studio/trees/with-errors/history/"),
    "history of a copy": at(f"/studio/trees/{studio_seed.PYTHON_TREE}-copy/history/"),
    "version": at(f"{EVERY}versions/1/"),
    "try it": at(f"{EVERY}try/"),
    "try it without a record": at("/studio/trees/by-name/try/"),
    "tried": tried,
    "tried with errors": tried_with_errors,
    "import": at("/studio/import/"),
    "import into a tree": at("/studio/import/?into=every-kind"),
    "import refused": refused_import,
    "import with a taken key": import_with_a_taken_key,
    "runs": at("/studio/runs/"),
    "runs, filtered": at("/studio/runs/?tree=booking-received&state=failed&since=day"),
    "no runs": at("/studio/runs/?state=cancelled"),
    **{f"run {name}": at(f"run {name}") for name in RUNS},
    "queue": at("/studio/queue/"),
    **{f"queue, {name}": at(f"/studio/queue/?list={name}") for name in LISTS},
    "pause": pause_menu,
    "menu of a job": job_menu,
    "plots": at("/studio/queue/plots/?span=day"),
    "job failed": at("job failed"),
    "job cancelled": at("job cancelled"),
    "record's runs": at("/studio/runs/?model=bookings.Booking&record=1"),
    "refused": refused,
    "not found": at("/studio/trees/nothing-of-this-name/"),
    "no such run": at("/studio/runs/01a20000-0000-7000-8000-000000000000/"),
}  # fmt: skip
