"""Translated texts for the pure parts, which may not import Django.

With Django running, a text goes through its gettext; without it (a document checked in a plain script, a unit test)
the English text is returned. Importing this as ``_`` lets ``makemessages`` find the texts.
"""

from __future__ import annotations

import sys


def gettext(message: str) -> str:
    """Return ``message`` in the active language, or as it is where no language can be known yet."""
    translation = sys.modules.get("django.utils.translation")
    if translation is None or not _translations_are_loadable():
        return message
    return str(translation.gettext(message))


def language() -> str:
    """Return the language that `gettext` would translate to now, empty where none can be known yet."""
    translation = sys.modules.get("django.utils.translation")
    if translation is None or not _translations_are_loadable():
        return ""
    return str(translation.get_language() or "")


def _translations_are_loadable() -> bool:
    conf, apps = sys.modules.get("django.conf"), sys.modules.get("django.apps")
    return apps is not None and apps.apps.apps_ready and conf is not None and bool(conf.settings.configured)
