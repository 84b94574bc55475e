"""Fill a template with plain data: Django's template language without loading, including or reaching anything live."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.template import Context, Engine, Template, TemplateSyntaxError

from meanwhile import conf
from meanwhile.exceptions import TemplateProblem


def render(text: str, data: dict[str, Any], *, html: bool = False) -> str:
    """Return a template text filled with data; ``html`` escapes what is filled in.

    Raises `TemplateProblem` if the template can't be read or filled, or its result is over ``MAX_MAIL_BODY``
    characters.
    """
    if "{" not in text:
        return text
    try:
        result = str(_compiled(text).render(Context(data, autoescape=html)))
    except TemplateProblem:
        raise
    except Exception as error:
        raise TemplateProblem(text, str(error)) from error
    limit = conf.get().max_mail_body
    if len(result) > limit:
        raise TemplateProblem(text, f"the result is {len(result)} characters long, {limit} are allowed")
    return result


@lru_cache(maxsize=256)
def _compiled(text: str) -> Template:
    try:
        return Template(text, engine=engine())
    except TemplateSyntaxError as error:
        raise TemplateProblem(text, str(error)) from error


@lru_cache(maxsize=1)
def engine() -> Engine:
    """Return the engine that reads templates: nothing to load, include or extend."""
    return Engine(
        dirs=[], app_dirs=False, debug=False, libraries={}, loaders=[("django.template.loaders.locmem.Loader", {})]
    )
