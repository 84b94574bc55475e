"""The parts of Django's template language that could keep a server busy, with an end to what they make.

Filters such as ``add``, ``join`` and ``addslashes`` make texts longer, and may be used one upon the other; a ``for``
repeats all that stands in it. The limit is that of what a template may come to (``MAX_MAIL_BODY``), asked on the way
and not only at the end, when the memory is used up. `templating.engine` reads templates with these in the place of
Django's own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from django.template import Library
from django.template.base import Node, NodeList
from django.template.defaultfilters import register as filters
from django.template.defaulttags import ForNode, LoremNode, do_for, lorem

from meanwhile import conf
from meanwhile.texts import gettext as _

register = Library()

SURELY_SHORT = 1_000
COSTS_OF_A_ROUND = 10
"""Characters that one round of a ``for`` counts as, so that one that makes nothing has an end, too."""

SPENT = "meanwhile_spent"

DIGITS = re.compile(r"\d+")
CHARACTERS_OF = {"w": 5, "p": 200, "b": 200}
"""By the kind of what ``lorem`` makes: a little less than one of them has on average."""


class TooLong(ValueError):
    """What a template comes to is longer than it may be."""

    def __init__(self) -> None:
        text = _("the result would have more than %(n)s characters (MAX_MAIL_BODY)")
        super().__init__(text % {"n": conf.get().max_mail_body})


def _check_number(value: Any) -> None:
    """Raise `TooLong` for a number of characters to be made; what is no number is the filter's own concern."""
    try:
        number = int(value)
    except (TypeError, ValueError, OverflowError):
        return
    if number > conf.get().max_mail_body:
        raise TooLong


def _check_numbers(value: Any) -> None:
    for digits in DIGITS.findall(str(value)):
        _check_number(digits)


def _check_joined(values: Any, between: Any) -> None:
    if hasattr(values, "__len__") and len(values) * len(str(between)) > conf.get().max_mail_body:
        raise TooLong


BEFOREHAND: Mapping[str, Callable[..., None]] = {
    "ljust": lambda value, width: _check_number(width),
    "rjust": lambda value, width: _check_number(width),
    "center": lambda value, width: _check_number(width),
    "stringformat": lambda value, form: _check_numbers(form),
    "join": lambda values, between, **_: _check_joined(values, between),
}
"""Filters that make a text of any length at once, and what is looked at before they do."""


def _bounded(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    check = BEFOREHAND.get(name)

    @wraps(function)
    def run(*args: Any, **options: Any) -> Any:
        if check is not None:
            check(*args, **options)
        result = function(*args, **options)
        if isinstance(result, (str, list)) and len(result) > SURELY_SHORT and len(result) > conf.get().max_mail_body:
            raise TooLong
        return result

    return run


register.filters.update({name: _bounded(name, function) for name, function in filters.filters.items()})


class Round(Node):
    """What a ``for`` repeats: counts what it makes."""

    child_nodelists = ("nodelist",)

    def __init__(self, nodelist: NodeList) -> None:
        self.nodelist = nodelist

    def render(self, context: Any) -> Any:
        """Return what one round makes. Raises `TooLong`."""
        result = self.nodelist.render(context)
        spent = context.render_context.get(SPENT, 0) + len(result) + COSTS_OF_A_ROUND
        context.render_context[SPENT] = spent
        # What stands in several loops is counted in each of them.
        if spent > 3 * conf.get().max_mail_body:
            raise TooLong
        return result


@register.tag("for")
def bounded_for(parser: Any, token: Any) -> ForNode:
    """Read Django's ``for``, with a limit to what it makes."""
    node: Any = do_for(parser, token)
    rounds: Any = NodeList([Round(node.nodelist_loop)])
    rounds.contains_nontext = True
    node.nodelist_loop = rounds
    return node  # type: ignore[no-any-return]


class BoundedLorem(LoremNode):
    """Latin, as much as a template may come to."""

    def render(self, context: Any) -> Any:
        """Return it. Raises `TooLong`."""
        try:
            count = int(self.count.resolve(context))
        except (ValueError, TypeError):
            count = 1
        if count * CHARACTERS_OF[self.method] > conf.get().max_mail_body:
            raise TooLong
        return super().render(context)


@register.tag("lorem")
def bounded_lorem(parser: Any, token: Any) -> LoremNode:
    """Read Django's ``lorem``, with a limit to what it makes."""
    node: Any = lorem(parser, token)
    return BoundedLorem(node.count, node.method, node.common)
