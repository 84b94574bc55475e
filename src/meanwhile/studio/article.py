"""The English article before a record type's name: ``an invoice``, but ``a user``."""

from __future__ import annotations

import re

from django.utils.translation import get_language

SPOKEN_AS_A_VOWEL = re.compile(r"\ba (?=(?!eu|one\b|once\b)[aeio]|u(?:m|p|n(?!i)))", re.IGNORECASE)


def with_article(text: str) -> str:
    """Return the sentence with ``an`` for ``a`` where English wants it; other languages as they are.

    A sentence is translated with a place for the name, so the article can't know what follows it. Languages whose
    articles depend on more than a sound say it with another noun, such as "a record of type …".
    """
    if not (get_language() or "en").startswith("en"):
        return text
    return SPOKEN_AS_A_VOWEL.sub(lambda found: found[0].replace("a", "an").replace("A", "An"), text)
