"""Check tree documents before they are taken into a project."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from meanwhile import conf
from meanwhile.exceptions import TreeDocumentError
from meanwhile.management.problems import problem_line
from meanwhile.trees.check import check_tree
from meanwhile.trees.document import EventTree
from meanwhile.trees.limits import Limits


class Command(BaseCommand):
    """``manage.py meanwhile_check_document booking.json``: prints all problems, and fails if one is an error."""

    help = "Checks JSON documents of trees, alone and against the models of this project, and prints all problems."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the options."""
        parser.add_argument("files", nargs="+", metavar="FILE", help="A document, or an array of them; - is the input.")

    def handle(self, *args: Any, files: list[str], **options: Any) -> None:
        """Check them."""
        errors = 0
        for file in files:
            for name, text in _documents(file):
                problems = list(_problems(text))
                errors += sum(is_error for is_error, _line in problems)
                for _is_error, line in problems:
                    self.stdout.write(f"{name}: {line}")
                if not problems:
                    self.stdout.write(_("%(name)s: no problems.") % {"name": name})
        if errors:
            raise CommandError(_("Errors: %(n)s") % {"n": errors})


def _documents(file: str) -> Iterator[tuple[str, str | bytes]]:
    """Yield (name, text) of each document in a file."""
    try:
        text = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise CommandError(_("%(file)s can't be read: %(error)s") % {"file": file, "error": error.strerror}) from error
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        content = None  # the tree says what is wrong
    if not isinstance(content, list):
        yield file, text
        return
    for number, document in enumerate(content):
        yield f"{file}[{number}]", json.dumps(document)


def _problems(text: str | bytes) -> Iterator[tuple[bool, str]]:
    settings = conf.get()
    try:
        tree = EventTree.from_json(text, Limits(settings.max_nodes, settings.max_nesting))
    except TreeDocumentError as error:
        for path, message in error.problems:
            yield True, f"error: {path}: {message}" if path else f"error: {message}"
        return
    for problem in check_tree(tree):
        yield problem.level == "error", problem_line(problem)
