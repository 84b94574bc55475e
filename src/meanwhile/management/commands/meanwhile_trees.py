"""List the trees of the project with what is wrong with them."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from meanwhile.management.problems import problem_line
from meanwhile.trees import registry
from meanwhile.trees.check import check_tree
from meanwhile.trees.document import EventTree


class Command(BaseCommand):
    """``manage.py meanwhile_trees``: every tree, by key."""

    help = "Lists the trees of the project, and what `check` finds wrong with each."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the options."""
        parser.add_argument("--json", action="store_true", help="Print a JSON array instead of lines.")

    def handle(self, *args: Any, **options: Any) -> None:
        """List the trees."""
        trees = registry.current().all()
        if options["json"]:
            self.stdout.write(json.dumps([_facts(tree) for tree in trees], indent=2, ensure_ascii=False))
            return
        for tree in trees:
            self.stdout.write(_line(_facts(tree)))
            for problem in check_tree(tree):
                self.stdout.write(f"    {problem_line(problem)}")
        self.stderr.write(_("Trees: %(n)s") % {"n": len(trees)})


def _facts(tree: EventTree) -> dict[str, Any]:
    return {
        "key": tree.key,
        "name": tree.name,
        "event": tree.on.event,
        "model": tree.on.model or "",
        "module": registry.current().module_of(tree.key),
        "enabled": tree.enabled,
        "nodes": sum(1 for _node in tree.walk()),
        "version": tree.content_hash[:8],
        "problems": [problem_line(problem) for problem in check_tree(tree)],
    }


def _line(facts: dict[str, Any]) -> str:
    nodes = _("nodes: %(n)s") % {"n": facts["nodes"]}
    off = "" if facts["enabled"] else _("not enabled")
    parts = [facts["key"], f"“{facts['name']}”", facts["event"], facts["model"], nodes, facts["module"], off]
    return "  ".join(part for part in parts if part)
