"""Can a template be read, and does it name what there is?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from django.template import TemplateSyntaxError
from django.template.base import Lexer, Token, TokenType
from django.utils.translation import gettext as _

from meanwhile.trees.templating import read

if TYPE_CHECKING:
    from meanwhile.trees.check_info import Surroundings

ROOTS = frozenset({"record", "event", "actor", "params", "now", "run", "forloop", "block", "True", "False", "None"})

OF_ANY_DICT = frozenset({"items", "keys", "values"})

QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
DOTTED = re.compile(r"(?<![\w.])([^\W\d]\w*)((?:\.\w+)+)")
FILTERS = re.compile(r"\|\s*\w+:?")
MAKES_NAMES = re.compile(r"^for\s+([\w,\s]+?)\s+in\b|\bas\s+(\w+)|(\w+)=")


def template_problems(text: str, info: Surroundings) -> Iterator[tuple[str, str]]:
    """Yield (code, text) for what is wrong with a template at a place in a tree."""
    if "{" not in text:
        return
    try:
        read(text)
    except TemplateSyntaxError as error:
        yield "meanwhile.E106", _("The template can't be read: %(error)s") % {"error": error}
        return
    except RecursionError:
        yield "meanwhile.E106", _("The template can't be read: its tags are nested too deeply.")
        return
    tokens = [token for token in Lexer(text).tokenize() if token.token_type in {TokenType.VAR, TokenType.BLOCK}]
    local = _local_names(tokens)
    for token in tokens:
        yield from _problems_of(token, local, info)


def _problems_of(token: Token, local: frozenset[str], info: Surroundings) -> Iterator[tuple[str, str]]:
    content = QUOTED.sub("", token.contents)
    if token.token_type is TokenType.VAR:
        root = re.match(r"[^\W\d]\w*", content)
        if root and root[0] not in ROOTS | local | set(info.names):
            yield "meanwhile.E107", _("The template uses “%(name)s”, which is not there.") % {"name": root[0]}
    for found in DOTTED.finditer(FILTERS.sub(" ", content)):
        if found[1] not in local and (problem := _path_problem(found[1], found[2][1:], info)):
            yield "meanwhile.E107", problem


def _path_problem(root: str, path: str, info: Surroundings) -> str:
    whole = f"{root}.{path}"
    first, _dot, rest = path.partition(".")
    if root == "params" and first not in {*info.parameters, *OF_ANY_DICT}:
        return _("The template uses “%(path)s”, and the event declares no such parameter.") % {"path": whole}
    if root == "event" and first in {"old", "new"} and rest:
        name = rest.partition(".")[0]
        if name in OF_ANY_DICT:
            return ""
        facts = info.field_of(info.model, name)
        if facts is not None and facts.sensitive:
            return _secret(whole, info)
        return "" if facts is not None else _no_field(whole, info.naming.model_name(info.model))
    if root == "record" and not info.model:
        return _("The template uses “%(path)s”, and the event comes without a record.") % {"path": whole}
    if root == "record" or root in info.names:
        return _record_problem(whole, info.names.get(root, info.model), path, info)
    return ""


def _record_problem(whole: str, model: str, path: str, info: Surroundings) -> str:
    """Follow a path as far as it goes over relations; what comes behind a plain value is the value's own affair."""
    for name in path.split("."):
        facts = info.field_of(model, name)
        if facts is None or facts.many:
            return _no_field(whole, info.naming.model_name(model))
        if facts.sensitive:
            return _secret(whole, info)
        if not facts.relation:
            return ""
        model = facts.relation
    return ""


def _secret(whole: str, info: Surroundings) -> str:
    text = _("The template uses “%(path)s”, which is a secret.") % {"path": whole}
    return with_setting(text, info)


def with_setting(text: str, info: Surroundings) -> str:
    """Return a text about a secret, for who writes Python with the setting that makes it one."""
    return text if info.naming.in_words else f"{text} {_('Secrets are the fields that SENSITIVE_FIELDS names.')}"


def _no_field(whole: str, model: str) -> str:
    return _("The template uses “%(path)s”, and %(model)s has no such field.") % {"path": whole, "model": model}


def _local_names(tokens: list[Token]) -> frozenset[str]:
    """Return the names that tags such as ``for`` and ``with`` make."""
    names: set[str] = set()
    for token in tokens:
        if token.token_type is TokenType.BLOCK:
            for found in MAKES_NAMES.finditer(QUOTED.sub("", token.contents)):
                names |= {name.strip() for group in found.groups() if group for name in group.split(",")}
    return frozenset(names)
