"""Message catalogues as gettext writes them: the text form (.po) and the compiled one (.mo), read without gettext."""

from __future__ import annotations

import ast
import re
import struct
from dataclasses import dataclass, field
from pathlib import Path

LINE = re.compile(r'(msgctxt|msgid|msgid_plural|msgstr|msgstr\[(?P<form>\d+)\])?\s*(?P<text>".*")')
MAGIC = 0x950412DE


@dataclass
class Message:
    """One entry of a catalogue; ``texts`` holds one translation, or one for each plural form."""

    context: str = ""
    id: str = ""
    plural: str = ""
    texts: list[str] = field(default_factory=list)
    flags: set[str] = field(default_factory=set)
    obsolete: bool = False

    @property
    def key(self) -> str:
        """How the compiled catalogue names it."""
        name = f"{self.context}\4{self.id}" if self.context else self.id
        return f"{name}\0{self.plural}" if self.plural else name


def read_po(file: Path) -> list[Message]:
    """Return the entries of a catalogue in its text form, the header (whose id is empty) among them."""
    return [_message(block) for block in re.split(r"\n\s*\n", file.read_text(encoding="utf-8")) if block.strip()]


def read_mo(file: Path) -> dict[str, str]:
    """Return the compiled catalogue: its keys with their translations, plural forms with ``\\0`` between."""
    data = file.read_bytes()
    order = "<" if struct.unpack("<I", data[:4])[0] == MAGIC else ">"
    number, ids, texts = struct.unpack(f"{order}3I", data[8:20])

    def text(table: int, index: int) -> str:
        length, offset = struct.unpack_from(f"{order}2I", data, table + 8 * index)
        return data[offset : offset + length].decode()

    return {text(ids, index): text(texts, index) for index in range(number)}


def _message(block: str) -> Message:
    message, part = Message(), ""
    for line in block.splitlines():
        if line.startswith("#,"):
            message.flags |= {flag.strip() for flag in line[2:].split(",")}
        if line.startswith("#~"):
            message.obsolete = True
        if line.startswith("#"):
            continue
        found = LINE.fullmatch(line)
        assert found, line
        text = ast.literal_eval(found["text"])
        if found[1]:
            part = "texts" if found[1].startswith("msgstr") else found[1]
            if part == "texts":
                message.texts.append("")
        match part:
            case "msgctxt":
                message.context += text
            case "msgid":
                message.id += text
            case "msgid_plural":
                message.plural += text
            case _:
                message.texts[-1] += text
    return message
