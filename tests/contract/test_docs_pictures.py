"""The guides' pictures are there, are all used, say in words what they show, and are not too large."""

from __future__ import annotations

import re
import struct
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PICTURES = DOCS / "_static" / "studio"
PAGES = [*sorted(DOCS.glob("**/*.md")), ROOT / "README.md"]
IMAGE = re.compile(r"!\[([^\]]*)\]\(([^)\s]+)\)")
LARGEST, TOGETHER, WIDEST = 150_000, 2_500_000, 1280


def shown() -> list[tuple[Path, str, Path]]:
    """Each picture on a page: the page, the words for those who can't see it, and the file."""
    return [
        (page, words, (page.parent / target).resolve())
        for page in PAGES
        if "_build" not in page.parts
        for words, target in IMAGE.findall(page.read_text(encoding="utf-8"))
    ]


def test_every_picture_that_a_page_shows_is_there_and_told_in_words() -> None:
    assert [(page.name, file.name) for page, _words, file in shown() if not file.is_file()] == []
    assert [(page.name, file.name) for page, words, file in shown() if len(words.split()) < 3] == []


def test_every_picture_that_is_there_is_shown() -> None:
    assert {file.name for file in PICTURES.glob("*")} - {file.name for _page, _words, file in shown()} == set()


@pytest.mark.parametrize("file", sorted(PICTURES.glob("*.png")), ids=lambda file: file.stem)
def test_a_picture_is_quick_to_load(file: Path) -> None:
    data = file.read_bytes()
    width, height = struct.unpack(">II", data[16:24])
    assert data.startswith(b"\x89PNG")
    assert (len(data) <= LARGEST, 200 <= width <= WIDEST, height >= 60) == (True, True, True)


def test_all_pictures_together_are_not_too_large() -> None:
    assert len(list(PICTURES.glob("*.png"))) >= 20
    assert sum(file.stat().st_size for file in PICTURES.glob("*")) <= TOGETHER
