"""Take pictures of parts of a page for the documentation: cut out, without what changes from one day to the next."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import FloatRect, Locator, Page

WIDTH, HEIGHT, TALL = 1280, 860, 1400
PHONE = 390
MARGIN = 16
"""Pixels around what is cut out."""

CALM = """() => {
  scrollTo(0, 0);
  for (const one of document.querySelectorAll(".mw-editor__foot")) one.style.visibility = "hidden";
  for (const one of document.querySelectorAll(".mw-worker strong")) one.textContent = "web-1";
}"""
"""The page from its beginning, as its head stays in sight; without the day, and without the name of this machine."""


class Camera:
    """Writes PNG files into a folder, and knows how many bytes they are."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.taken: dict[str, int] = {}

    def take(self, name: str, page: Page, *what: Locator | str, below: int = 0) -> None:
        """Take a picture of the smallest part of the page that holds all of ``what``; of the window for nothing.

        ``below`` cuts off what is lower than so many pixels from the top of that part.
        """
        page.evaluate(CALM)
        places = [page.locator(one) if isinstance(one, str) else one for one in what]
        box = _around([one.first for one in places], page) if places else _window(page)
        if below:
            box["height"] = min(box["height"], below)
        path = self._folder / f"{name}.png"
        page.screenshot(path=path, full_page=True, animations="disabled", caret="hide", scale="device", clip=box)
        self.taken[name] = path.stat().st_size


def tall(page: Page, *, is_tall: bool = True) -> None:
    """Make the window so tall that nothing in it has to be scrolled, or as it was."""
    page.set_viewport_size({"width": WIDTH, "height": TALL if is_tall else HEIGHT})


def _window(page: Page) -> FloatRect:
    size = page.viewport_size or {"width": WIDTH, "height": HEIGHT}
    return {"x": 0, "y": 0, "width": size["width"], "height": size["height"]}


def _around(places: list[Locator], page: Page) -> FloatRect:
    boxes: list[FloatRect] = []
    for one in places:
        box = one.evaluate(
            "e => { const b = e.getBoundingClientRect();"
            " return {x: b.x + scrollX, y: b.y + scrollY, width: b.width, height: b.height}; }"
        )
        boxes.append(box)
    width = (page.viewport_size or {"width": WIDTH})["width"]
    left = max(0, min(box["x"] for box in boxes) - MARGIN)
    top = max(0, min(box["y"] for box in boxes) - MARGIN)
    right = min(width, max(box["x"] + box["width"] for box in boxes) + MARGIN)
    bottom = max(box["y"] + box["height"] for box in boxes) + MARGIN
    return {"x": left, "y": top, "width": right - left, "height": bottom - top}
