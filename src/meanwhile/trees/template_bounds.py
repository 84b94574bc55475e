"""The parts of Django's template language that could keep a server busy, with an end to what they make.

Filters such as ``add``, ``join`` and ``addslashes`` make texts longer, and may be used one upon the other; a ``for``
repeats all that stands in it. The limit is that of what a template may come to (``MAX_MAIL_BODY``), asked on the way and
not only at the end, when the memory is used up. `templating.engine` reads templates with these in the place of
Django's own.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.template import Library
from django.template.base import Node, NodeList
from django.template.defaultfilters import register as filters
from django.template.defaulttags import ForNode, do_for

from meanwhile import conf
from meanwhile.texts import gettext as _

register = Library()

SURELY_SHORT = 1_000
COSTS_OF_A_ROUND = 10
"""Characters that one round of a ``for`` counts as, so that one that makes nothing has an end, too."""

SPENT = "meanwhile_spent"


class TooLong(ValueError):
    """What a template comes to is longer than it may be."""

    def __init__(self) -> None:
        text = _("the result would have more than %(n)s characters (MAX_MAIL_BODY)")
        super().__init__(text % {"n": conf.get().max_mail_body})


def _bounded(function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def run(*args: Any, **options: Any) -> Any:
        result = function(*args, **options)
        if isinstance(result, (str, list)) and len(result) > SURELY_SHORT and len(result) > conf.get().max_mail_body:
            raise TooLong
        return result

    return run


register.filters.update({name: _bounded(function) for name, function in filters.filters.items()})


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
