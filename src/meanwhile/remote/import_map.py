"""Where a page finds the browser's modules: the import map, its hash for a policy, and what is best loaded at once."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from functools import lru_cache
from pathlib import Path
from urllib.parse import urljoin

from django.contrib.staticfiles.storage import staticfiles_storage
from django.templatetags.static import static

FOLDER = "meanwhile/"
CLIENT = "client.js"
MODULES = (CLIENT, "classic.js", "follow.js", "inspector.js", "queue.js", "server.js", "storage.js")
"""What a page may import by name (``meanwhile/queue.js``); ``meanwhile`` alone is the first of them."""

_SOURCES = Path(__file__).resolve().parent.parent / "static" / "meanwhile"
_IMPORTS = re.compile(r"""^(?:import|export)\b[^;"']*["']\./([\w.-]+\.js)["']""", re.MULTILINE)
_ESCAPES = {ord("<"): "\\u003C", ord(">"): "\\u003E", ord("&"): "\\u0026"}


def import_map() -> str:
    """Return the text of the import map, the same for all pages: by it a module imports ``meanwhile``."""
    names = {"meanwhile": static(FOLDER + CLIENT)}
    names |= {FOLDER + module: static(FOLDER + module) for module in MODULES}
    # Modules import one another by plain names, also where the storage renames files: to one name, one module.
    plain = {urljoin(static(FOLDER + CLIENT), path.name): static(FOLDER + path.name) for path in _SOURCES.glob("*.js")}
    names |= {was: now for was, now in sorted(plain.items()) if was != now}
    written = json.dumps({"imports": {**names, FOLDER: static(FOLDER)}}, separators=(",", ":"))
    return written.translate(_ESCAPES)


def import_map_hash() -> str:
    """Return what a Content-Security-Policy needs in ``script-src`` to let the import map through without a nonce.

    Then write ``{% meanwhile_actions import_map=True %}``. It changes with the addresses of the static files.

        SECURE_CSP = {"script-src": [CSP.SELF, import_map_hash()]}
    """
    digest = hashlib.sha256(import_map().encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def addresses() -> list[str]:
    """Return the addresses of the module that pages import and of all that it imports, as the browser asks for them."""
    client = static(FOLDER + CLIENT)
    if getattr(staticfiles_storage, "support_js_module_import_aggregation", False):
        return [client, *(static(FOLDER + module) for module in _imported())]
    # Inside modules the names stay as they are written, also where the storage renames files.
    return [client, *(urljoin(client, module) for module in _imported())]


@lru_cache(maxsize=1)
def _imported() -> tuple[str, ...]:
    """Return the modules that the client imports at once, directly or by another."""
    found: list[str] = []
    waiting = [CLIENT]
    while waiting:
        text = (_SOURCES / waiting.pop(0)).read_text(encoding="utf-8")
        new = [module for module in dict.fromkeys(_IMPORTS.findall(text)) if module not in found]
        found += new
        waiting += new
    return tuple(found)
