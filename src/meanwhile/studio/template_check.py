"""May a template of the Studio be filled? It must not reach what is closed, nor keep the server busy.

Templates of the Studio are written by people who are no programmers of the project, and are filled while somebody
waits. So they have fewer tags and filters than Django's, and bounds for what may grow.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from django.db.models import Model
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from meanwhile import conf
from meanwhile.sensitive import is_sensitive
from meanwhile.studio import access
from meanwhile.studio.access import Closed
from meanwhile.studio.template_facts import Lookups, TemplateFacts, UsedFilter, facts_of

TOO_MUCH: Final = "studio.E04"

TAGS = frozenset({
    "autoescape", "comment", "cycle", "else", "elif", "empty", "endautoescape", "endcomment", "endfilter", "endfor",
    "endif", "endifchanged", "endspaceless", "endverbatim", "endwith", "filter", "firstof", "for", "if", "ifchanged",
    "now", "regroup", "resetcycle", "spaceless", "templatetag", "verbatim", "widthratio", "with",
})  # fmt: skip

GROWING = frozenset({"add", "center", "join", "ljust", "rjust", "stringformat"})
"""Filters whose result may be much longer than what they are given."""

PADDING = frozenset({"floatformat"})
"""Filters whose argument alone says how long the result is."""

MOST_GROWING = 6
LONGEST_ARGUMENT = 20
WIDEST = 200
DEEPEST = 10
DEEPEST_LOOP = 2
MOST_TAGS = 300

LISTS = frozenset({"JSONField", "ArrayField"})
"""Fields whose values can be gone through; texts are no lists, although Django would go through their letters."""


@dataclass(frozen=True, slots=True)
class _Record:
    model: type[Model] | None


@dataclass(frozen=True, slots=True)
class _Values:
    """The old or new values of a record, or (``event``) the event that has both."""

    model: type[Model] | None
    event: bool = False


@dataclass(frozen=True, slots=True)
class _Plain:
    listable: bool = False


_Thing = _Record | _Values | _Plain


def template_problems(text: str, model: type[Model] | None, made: Mapping[str, type[Model] | None]) -> Sequence[Closed]:
    """Return what forbids a template of a tree on ``model``, whose Create Records have made records of these names."""
    settings = conf.get()
    if len(text) <= settings.studio_max_template and "{" not in text:
        return ()
    closed = (settings.sensitive_fields, settings.studio_excluded_fields, settings.studio_models)
    return _problems(text, model, tuple(made.items()), settings.studio_max_template, closed, get_language())


@lru_cache(maxsize=4096)
def _problems(
    text: str,
    model: type[Model] | None,
    made: tuple[tuple[str, type[Model] | None], ...],
    longest: int,
    _settings: object,
    _language: str | None,
) -> tuple[Closed, ...]:
    """Look at a template once: with each edit of a tree all its templates are asked for again."""
    if len(text) > longest:
        return (Closed(TOO_MUCH, _("The template has more than %(n)s characters.") % {"n": longest}),)
    return tuple(_all_problems(text, model, dict(made)))


def _all_problems(text: str, model: type[Model] | None, made: Mapping[str, type[Model] | None]) -> Iterator[Closed]:
    facts = facts_of(text)
    yield from _too_much(facts)
    if facts.readable:
        yield from dict.fromkeys(_reached(facts, _roots(model, made)))


def _too_much(facts: TemplateFacts) -> Iterator[Closed]:
    for tag in sorted(set(facts.tags) - TAGS):
        yield Closed(TOO_MUCH, _("The tag “%(tag)s” is not open to the Studio.") % {"tag": tag})
    if len(facts.tags) > MOST_TAGS:
        yield Closed(TOO_MUCH, _("The template has more than %(n)s tags.") % {"n": MOST_TAGS})
    if facts.deepest > DEEPEST:
        yield Closed(TOO_MUCH, _("The tags are nested deeper than %(n)s levels.") % {"n": DEEPEST})
    if facts.deepest_loop > DEEPEST_LOOP:
        yield Closed(TOO_MUCH, _("There are more than %(n)s “for” within one another.") % {"n": DEEPEST_LOOP})
    growing = [used for used in facts.filters if used.name in GROWING]
    if len(growing) > MOST_GROWING:
        names = ", ".join(sorted(GROWING))
        text = _("Filters that make texts longer (%(names)s) are used more than %(n)s times.")
        yield Closed(TOO_MUCH, text % {"names": names, "n": MOST_GROWING})
    for used in facts.filters:
        if (used.name in GROWING or used.name in PADDING) and _grows_too_much(used):
            text = _("The filter “%(name)s” has an argument that may make the text very long.")
            yield Closed(TOO_MUCH, text % {"name": used.name})


def _grows_too_much(used: UsedFilter) -> bool:
    match used.name:
        case "add":
            return False  # their number is bounded
        case "center" | "ljust" | "rjust":
            width = str(used.literal)
            return used.has_variable or not width.isdecimal() or len(width) > 4 or int(width) > WIDEST
        case "stringformat" | "floatformat":
            digits = [part for part in _numbers(str(used.literal)) if len(part) > 4 or int(part) > WIDEST]
            return used.has_variable or bool(digits) or "*" in str(used.literal)
        case _:
            return used.has_variable or len(str(used.literal)) > LONGEST_ARGUMENT


def _numbers(text: str) -> list[str]:
    return "".join(letter if letter.isdecimal() else " " for letter in text).split()


def _roots(model: type[Model] | None, made: Mapping[str, type[Model] | None]) -> dict[str, set[_Thing]]:
    roots: dict[str, set[_Thing]] = {name: {_Record(found)} for name, found in made.items()}
    roots["record"] = {_Record(model)}
    roots["event"] = {_Values(model, event=True)}
    roots["actor"] = {_Record(access.user_model())}
    roots["params"] = {_Values(None)}
    return roots


def _reached(facts: TemplateFacts, roots: dict[str, set[_Thing]]) -> Iterator[Closed]:
    """Yield what is closed of all that the template's variables may stand for."""
    names = {name: set(things) for name, things in roots.items()}
    for _round in range(len(facts.aliases) + 1):
        before = sum(map(len, names.values()))
        for name, lookups in facts.aliases:
            names.setdefault(name, set()).update(thing for _closed, thing in _ends(lookups, names) if thing)
        if sum(map(len, names.values())) == before:
            break
    for lookups in sorted(facts.variables):
        for closed, thing in _ends(lookups, names):
            if closed:
                yield closed
            elif isinstance(thing, _Values) and thing.model and access.has_excluded(thing.model):
                text = _("“%(name)s” holds all fields, and some are not open to the Studio: name the one you mean.")
                yield Closed(access.EXCLUDED_FIELD, text % {"name": ".".join(lookups)})
    for lookups in sorted(facts.loops):
        if any(not _can_be_gone_through(thing) for _closed, thing in _ends(lookups, names)):
            text = _("“%(name)s” is no list that a template of the Studio can go through.")
            yield Closed(TOO_MUCH, text % {"name": ".".join(lookups)})


def _can_be_gone_through(thing: _Thing | None) -> bool:
    return thing is None or isinstance(thing, _Values) or (isinstance(thing, _Plain) and thing.listable)


def _ends(lookups: Lookups, names: Mapping[str, set[_Thing]]) -> Iterator[tuple[Closed | None, _Thing | None]]:
    first, *rest = lookups
    for start in names.get(first, set()):
        yield _end(start, rest)


def _end(thing: _Thing, rest: list[str]) -> tuple[Closed | None, _Thing | None]:
    """Follow a variable's path: return what is closed on it, and what it ends at (None for nothing)."""
    for name in rest:
        match thing:
            case _Record(model=model) if model is not None:
                closed, behind = access.follow(model, [name])
                if closed:
                    return closed, None
                thing = _Record(behind) if behind else _Plain(_is_list(model, name))
            case _Values(model=model, event=True):
                thing = _Values(model) if name in {"old", "new"} else _Plain(listable=name == "changed")
            case _Values(model=model) if name in {"items", "keys", "values"}:
                return None, _Values(model)
            case _Values(model=model) if model is not None:
                if closed := access.closed_on_path(model, [name]):
                    return closed, None
                thing = _Plain(_is_list(model, name))
            case _Plain() if is_sensitive(name):
                return access.closed_secret(name), None
            case _Plain():
                continue  # what is in a JSON value is as much a list as the value
            case _:
                return None, _Plain()
    return None, thing


def _is_list(model: type[Model], name: str) -> bool:
    field = access.field_named(model, name)
    return field is not None and any(base.__name__ in LISTS for base in type(field).__mro__)
