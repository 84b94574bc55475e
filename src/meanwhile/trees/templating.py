"""Fill a template with plain data: Django's template language without loading, including, calling or reaching anything
live, and with an end to what it makes."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.conf import settings
from django.template import Context, Engine, Template, TemplateSyntaxError
from django.template.base import TextNode, Variable, VariableNode
from django.utils.html import escape

from meanwhile import conf
from meanwhile.exceptions import TemplateProblem
from meanwhile.texts import gettext as _
from meanwhile.trees.plain_template import PlainTemplate


def render(text: str, data: dict[str, Any], *, html: bool = False) -> str:
    """Return a template text filled with data; ``html`` escapes what is filled in.

    Raises `TemplateProblem` if the template can't be read or filled, or its result is over ``MAX_MAIL_BODY``
    characters.
    """
    if "{" not in text:
        return text
    try:
        compiled = _compiled(text)
        result = compiled.filled(data, html=html)
        if result is None:
            result = str(compiled.template.render(Context(data, autoescape=html)))
    except TemplateProblem:
        raise
    except Exception as error:
        raise TemplateProblem(text, str(error)) from error
    limit = conf.get().max_mail_body
    if len(result) > limit:
        problem = _("the result would have more than %(n)s characters (MAX_MAIL_BODY)") % {"n": limit}
        raise TemplateProblem(text, problem)
    return result


class _Compiled:
    """A template, and its parts if it is nothing but text and names of values, as most are."""

    def __init__(self, template: Template) -> None:
        self.template = template
        parts = [_part(node) for node in template.nodelist]
        self._parts = None if None in parts else parts

    def filled(self, data: dict[str, Any], *, html: bool) -> str | None:
        """Return what Django would make of the parts, None where only Django knows: of a value that is missing, or
        that has to be put into words."""
        if self._parts is None:
            return None
        filled: list[str] = []
        for part in self._parts:
            if isinstance(part, str):
                filled.append(part)
                continue
            value: Any = data
            try:
                for name in part or ():
                    value = value[name]
            except (TypeError, AttributeError, KeyError, ValueError, IndexError):  # those that Django passes over
                return None
            if type(value) is str:
                filled.append(escape(value) if html else value)
            elif type(value) is int and not settings.USE_THOUSAND_SEPARATOR:
                filled.append(str(value))
            else:
                return None
        return "".join(filled)


def _part(node: Any) -> str | tuple[str, ...] | None:
    if isinstance(node, TextNode):
        return node.s
    if type(node) is not VariableNode or node.filter_expression.filters:
        return None
    variable = node.filter_expression.var
    if not isinstance(variable, Variable) or variable.translate:
        return None
    names: tuple[str, ...] | None = variable.lookups
    return names


@lru_cache(maxsize=256)
def _compiled(text: str) -> _Compiled:
    try:
        return _Compiled(read(text))
    except TemplateSyntaxError as error:
        raise TemplateProblem(text, str(error)) from error


def read(text: str) -> Template:
    """Return a template that can be filled. Raises Django's `TemplateSyntaxError`, and RecursionError."""
    return PlainTemplate(text, engine=engine())


@lru_cache(maxsize=1)
def engine() -> Engine:
    """Return the engine that reads templates: nothing to load, include or extend."""
    return Engine(
        dirs=[],
        app_dirs=False,
        debug=False,
        libraries={},
        builtins=["meanwhile.trees.template_bounds"],
        loaders=[("django.template.loaders.locmem.Loader", {})],
    )
