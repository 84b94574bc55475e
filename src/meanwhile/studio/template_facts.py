"""What a template uses: its variables with what each may stand for, its tags, its filters. Read once for each text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.template import TemplateSyntaxError
from django.template.base import FilterExpression, Lexer, Node, TokenType, Variable
from django.template.defaulttags import CycleNode, ForNode, RegroupNode, WithNode
from django.template.smartif import TokenBase

from meanwhile.trees.templating import read

Lookups = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class UsedFilter:
    """A filter with its argument: a literal, or None for one that is worked out or not there."""

    name: str
    literal: Any
    has_variable: bool


@dataclass(frozen=True, slots=True)
class TemplateFacts:
    """``aliases`` are (name, the variable it may stand for); ``loops`` are the variables that are gone through.

    ``deepest`` counts block tags within one another, ``deepest_loop`` the ``for`` among them. ``readable`` is False
    where Django's template language can't read the text; then no variables are known.
    """

    readable: bool
    tags: tuple[str, ...]
    deepest: int
    deepest_loop: int
    variables: frozenset[Lookups] = frozenset()
    aliases: frozenset[tuple[str, Lookups]] = frozenset()
    loops: frozenset[Lookups] = frozenset()
    filters: tuple[UsedFilter, ...] = ()


DEEPEST_READ = 30
"""Block tags within one another that are read at all: a deeper template would exhaust the stack."""


@lru_cache(maxsize=4096)
def facts_of(text: str) -> TemplateFacts:
    """Return what a template uses."""
    tags = _tags(text)
    deepest, loops = _depth(tags, OPENERS), _depth(tags, frozenset({"for"}))
    unreadable = TemplateFacts(False, tags, deepest, loops)
    if deepest > DEEPEST_READ:
        return unreadable
    try:
        nodes: list[Any] = read(text).nodelist.get_nodes_by_type(Node)
    except (TemplateSyntaxError, RecursionError):
        return unreadable
    expressions = [one for node in nodes for one in _expressions(vars(node))]
    return TemplateFacts(
        True,
        tags,
        deepest,
        loops,
        variables=frozenset(lookups for one in expressions for lookups in _variables(one)),
        aliases=frozenset(alias for node in nodes for alias in _aliases(node)),
        loops=frozenset(
            lookups for node in nodes if isinstance(node, ForNode) for lookups in _variables(node.sequence)
        ),
        filters=tuple(used for one in expressions for used in _filters(one)),
    )


def _expressions(content: Any) -> Iterator[Any]:
    """Yield the filter expressions and bare variables in a node's attributes, not those of nodes below it."""
    waiting = [content]
    while waiting:
        one = waiting.pop()
        match one:
            case FilterExpression() | Variable():
                yield one
            case Node():
                continue
            case dict():
                waiting += one.values()
            case TokenBase():
                waiting += vars(one).values()
            case list() | tuple() if not hasattr(one, "render"):
                waiting += one


def _variables(expression: Any) -> Iterator[Lookups]:
    if isinstance(expression, Variable):
        if expression.lookups:
            yield tuple(expression.lookups)
        return
    if not isinstance(expression, FilterExpression):
        return
    yield from _variables(expression.var)
    for _function, arguments in expression.filters:
        for is_variable, value in arguments:
            if is_variable:
                yield from _variables(value)


def _aliases(node: Any) -> Iterator[tuple[str, Lookups]]:
    """Yield the names that a tag makes; what they stand for may be changed by filters, or be any item of it."""
    match node:
        case ForNode():
            pairs = [(name, node.sequence) for name in node.loopvars]
        case WithNode():
            pairs = list(node.extra_context.items())
        case CycleNode() if node.variable_name:
            pairs = [(node.variable_name, one) for one in node.cyclevars]
        case RegroupNode():
            pairs = [(node.var_name, node.target)]
        case _:
            pairs = []
    for name, expression in pairs:
        for lookups in _variables(expression):
            yield name, lookups


def _filters(expression: Any) -> Iterator[UsedFilter]:
    for function, arguments in getattr(expression, "filters", ()):
        literal = next((value for is_variable, value in arguments if not is_variable), None)
        variable = any(is_variable and value.literal is None for is_variable, value in arguments)
        number = next((value.literal for is_variable, value in arguments if is_variable), None)
        name = str(getattr(function, "_filter_name", function.__name__))
        yield UsedFilter(name, literal if number is None else number, variable)


OPENERS = frozenset({"autoescape", "block", "filter", "for", "if", "ifchanged", "spaceless", "with", "partialdef"})


def _tags(text: str) -> tuple[str, ...]:
    tokens = Lexer(text).tokenize()
    return tuple(token.contents.split(None, 1)[0] for token in tokens if token.token_type is TokenType.BLOCK)


def _depth(tags: tuple[str, ...], openers: frozenset[str]) -> int:
    """Return how many tags of some kinds stand open at once, at most."""
    deepest = depth = 0
    for tag in tags:
        depth += (tag in openers) - (tag.removeprefix("end") in openers and tag.startswith("end"))
        deepest = max(deepest, depth)
    return deepest
