"""Write trees as JSON documents."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from meanwhile.exceptions import UnknownTree
from meanwhile.trees import registry
from meanwhile.trees.document import EventTree


class Command(BaseCommand):
    """``manage.py meanwhile_export booking-received``: the document; several trees are one JSON array, by key."""

    help = "Writes trees as JSON, in a stable order, so that two exports of the same trees are the same text."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the options."""
        parser.add_argument("trees", nargs="*", metavar="TREE", help="Keys or names; all trees if none is given.")
        parser.add_argument("--folder", type=Path, help="Write KEY.json files there instead of to the standard output.")

    def handle(self, *args: Any, trees: list[str], folder: Path | None, **options: Any) -> None:
        """Export."""
        chosen = _chosen(trees)
        if folder is None:
            self.stdout.write(_as_text(chosen, one=len(trees) == 1), ending="")
            return
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for tree in chosen:
                (folder / f"{tree.key}.json").write_text(tree.to_json(), encoding="utf-8")
        except OSError as error:
            raise CommandError(
                _("The trees can't be written to %(folder)s: %(error)s") % {"folder": folder, "error": error}
            ) from error
        self.stdout.write(_("Trees written to %(folder)s: %(n)s") % {"n": len(chosen), "folder": folder})


def _chosen(names: list[str]) -> list[EventTree]:
    if not names:
        return registry.current().all()
    try:
        found = {tree.key: tree for tree in map(registry.current().find, names)}
    except UnknownTree as error:
        raise CommandError(str(error)) from error
    return [found[key] for key in sorted(found)]


def _as_text(trees: list[EventTree], *, one: bool) -> str:
    if one:
        return trees[0].to_json()
    return json.dumps([tree.as_json() for tree in trees], indent=2, ensure_ascii=False) + "\n"
