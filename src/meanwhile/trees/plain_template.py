"""Templates that read values and call nothing.

A template of Django calls whatever it meets that can be called: methods of texts and moments, and, worse, those that
change a list or a dict, which the steps below would then see changed.
"""

from __future__ import annotations

from typing import Any

from django.template import Template
from django.template.base import FilterExpression, Lexer, Parser, Variable, VariableDoesNotExist

from meanwhile.texts import gettext as _

OF_ANY_DICT = frozenset({"items", "keys", "values"})
_NOTHING = object()


class MethodNamed(Exception):
    """A template names a method; no ValueError, which some tags take for a number that is none."""

    def __init__(self, name: str) -> None:
        super().__init__(_("“%(name)s” is a method, and a template calls none") % {"name": name})


class PlainTemplate(Template):
    """A template whose variables are looked up in plain data."""

    def compile_nodelist(self) -> Any:
        """Read the template."""
        engine = self.engine
        tokens = Lexer(self.source).tokenize()
        parser = PlainParser(tokens, engine.template_libraries, engine.template_builtins, self.origin)
        nodelist = parser.parse()
        self.extra_data = getattr(parser, "extra_data", {})
        return nodelist


class PlainParser(Parser):
    """Reads templates; all variables of all tags come through `compile_filter`."""

    def compile_filter(self, token: str) -> FilterExpression:
        """Return an expression whose variables are `PlainVariable`."""
        expression: Any = super().compile_filter(token)
        expression.var = _plain(expression.var)
        expression.filters = [
            (function, [(is_variable, _plain(argument)) for is_variable, argument in arguments])
            for function, arguments in expression.filters
        ]
        return expression  # type: ignore[no-any-return]


class PlainVariable(Variable):
    """A variable that is looked up by key, by place in a list and by attribute, and never called.

    Raises `MethodNamed`; ``items``, ``keys`` and ``values`` of a dict are what a ``for`` goes through.
    """

    __slots__ = ()

    def _resolve_lookup(self, context: Any) -> Any:
        current = context
        for bit in self.lookups or ():
            current = self._step(context, current, bit)
        return current

    def _step(self, context: Any, current: Any, bit: str) -> Any:
        try:
            return current[bit]
        except (TypeError, AttributeError, KeyError, ValueError, IndexError):
            pass
        found = _NOTHING if current is context else getattr(current, bit, _NOTHING)
        if callable(found):
            if isinstance(current, dict) and bit in OF_ANY_DICT:
                return found()
            raise MethodNamed(str(self.var))
        if found is not _NOTHING:
            return found
        try:
            return current[int(bit)]
        except (IndexError, ValueError, KeyError, TypeError):
            raise VariableDoesNotExist("Failed lookup for key [%s] in %r", (bit, type(current).__name__)) from None


def _plain(thing: Any) -> Any:
    return PlainVariable(thing.var) if isinstance(thing, Variable) and thing.lookups else thing
