"""Why a request is refused: one kind of exception, with all that its answer says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


class ReceivedRefused(Exception):
    """A request is refused, and nothing of it remains: ``status`` is the HTTP status, ``code`` what senders go by.

    ``fields`` has the texts for each wrong value, by its path in the JSON that was sent.
    """

    def __init__(self, status: int, code: str, message: str, fields: Mapping[str, Sequence[str]] | None = None) -> None:
        super().__init__(status, code, message, fields)
        self.status, self.code, self.message = status, code, message
        self.fields = {path: list(texts) for path, texts in (fields or {}).items()}

    def __str__(self) -> str:
        if not self.fields:
            return self.message
        wrong = [f"{path}: {' '.join(texts)}" for path, texts in self.fields.items()]
        return f"{self.message} {'; '.join(wrong)}"
