"""Write the types of all controllers, for editors and for `tsc`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from meanwhile.remote import registry
from meanwhile.remote.types import JSON_SCHEMA, TYPESCRIPT, files


class Command(BaseCommand):
    """See ``help``."""

    help = (
        f"Write {TYPESCRIPT} and {JSON_SCHEMA}: what pages can call, from the annotations of all controllers. "
        f"Let your jsconfig.json or tsconfig.json include {TYPESCRIPT}, and `server` of the module client.js is typed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the folder, and whether to look only."""
        parser.add_argument(
            "--out", default=".", metavar="FOLDER", help="Where the files go (made if it is not there)."
        )
        parser.add_argument(
            "--check", action="store_true", help="Write nothing, and exit with an error if a file is out of date."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the files that changed, or name those that would. Raises `CommandError`."""
        folder = Path(options["out"])
        try:
            wanted = files(registry.current().actions().values())
        except TypeError as error:
            raise CommandError(str(error)) from error
        changed = {folder / name: text for name, text in wanted.items() if _read(folder / name) != text}
        if options["check"]:
            if changed:
                names = ", ".join(str(path) for path in changed)
                msg = f"Out of date: {names}. Run `manage.py meanwhile_types --out {folder}`."
                raise CommandError(msg)
            self.stdout.write(f"{TYPESCRIPT} and {JSON_SCHEMA} in {folder} are up to date.")
            return
        folder.mkdir(parents=True, exist_ok=True)
        for path, text in changed.items():
            path.write_text(text, encoding="utf-8")
        written = ", ".join(str(path) for path in changed) or "nothing, both are up to date"
        self.stdout.write(f"Wrote {written}.")


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None
