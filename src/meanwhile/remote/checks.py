"""System checks of controllers (E2xx, W2xx). Each id has an entry in the docs' reference."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.core.checks import Warning as Warn
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from pydantic.errors import PydanticInvalidForJsonSchema

from meanwhile.remote import registry
from meanwhile.remote.bound import BoundAction
from meanwhile.remote.controller import MARK, ActionOptions, Controller, is_marked, methods_of, name_of

REMOTE_CHECKS = {
    "meanwhile.E201": "two controllers have the same name",
    "meanwhile.E202": "a controller's name can't be written in JavaScript",
    "meanwhile.E203": "a parameter of an action has no annotation",
    "meanwhile.E204": "a parameter of an action can't come from JSON",
    "meanwhile.E205": "a permission is not written as app_label.codename",
    "meanwhile.E206": "the object of a permission is no parameter that is a record",
    "meanwhile.E207": "a decorated method can't be reached",
    "meanwhile.E208": "a further rule asks for what the action does not take",
    "meanwhile.W201": "an action takes a record and does not say who may",
    "meanwhile.W202": "there are controllers, and no address to call them by",
    "meanwhile.W203": "actions need a login, and the middleware that knows of it is missing",
    "meanwhile.W204": "an action can't change a session that is kept in a cookie",
}
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
PERMISSION = re.compile(r"\w+\.\w+")
MIDDLEWARE = (
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
)
STUDIO = "meanwhile.studio."
COOKIE_SESSIONS = "django.contrib.sessions.backends.signed_cookies"


@register("meanwhile")
def check_controllers(**_options: Any) -> list[CheckMessage]:
    """Check every registered controller (E201–E208, W201)."""
    controllers = registry.current().controllers()
    return [
        *_check_names(controllers),
        *(message for one in controllers for message in _check_reach(one)),
        *(message for one in controllers for name in methods_of(one) for message in _check_action(one, name)),
    ]


@register("meanwhile")
def check_site(**_options: Any) -> list[CheckMessage]:
    """Check what a project needs around its controllers (W202–W204)."""
    # The Studio's own controller has an address among those of the Studio.
    actions = {name: one for name, one in registry.current().actions().items() if not one.place.startswith(STUDIO)}
    if not actions:
        return []
    return [*_check_address(), *_check_middleware(list(actions.values())), *_check_sessions()]


def _check_names(controllers: list[type[Controller]]) -> Iterator[CheckMessage]:
    first: dict[str, type[Controller]] = {}
    for controller in controllers:
        name = name_of(controller)
        other = first.setdefault(name, controller)
        if other is not controller:
            yield Error(
                _("The controllers %(first)s and %(second)s are both called “%(name)s”.")
                % {"first": _place(other), "second": _place(controller), "name": name},
                hint=_("Give one of them another name = “…”. Until then pages reach the first one alone."),
                obj=controller,
                id="meanwhile.E201",
            )
        if not NAME.fullmatch(name):
            yield Error(
                _("The controller %(place)s is called “%(name)s”, which pages can't write.")
                % {"place": _place(controller), "name": name},
                hint=_("Use letters, digits and underscores, a letter first."),
                obj=controller,
                id="meanwhile.E202",
            )


def _check_reach(controller: type[Controller]) -> Iterator[CheckMessage]:
    """Check that what is decorated in the class can be called."""
    for name, value in vars(controller).items():
        if not is_marked(value) and not is_marked(_inside(value)):
            continue
        if not is_marked(value):
            why = _("An action is a plain method. Take away what makes it something else, such as @staticmethod.")
        elif name.startswith("_"):
            why = _("Names that begin with an underscore are never reached. Rename it, or take the decorator away.")
        elif hasattr(Controller, name) or name in ("request", "user"):
            why = _("A controller has something else of this name. Rename it.")
        else:
            continue
        yield Error(
            _("%(place)s.%(name)s is decorated as an action and can't be one.")
            % {"place": _place(controller), "name": name},
            hint=why,
            obj=controller,
            id="meanwhile.E207",
        )


def _check_action(controller: type[Controller], name: str) -> Iterator[CheckMessage]:
    try:
        bound = BoundAction(controller, name)
        adapters = dict(bound.signature.types)
        records = bound.records
    except (TypeError, ValueError) as error:
        yield _error(controller, name, "E204", str(error), _("Write plain named parameters with types that exist."))
        return
    yield from _check_annotations(bound)
    for parameter, adapter in adapters.items():
        if not _comes_from_json(adapter.json_schema):
            yield _error(
                controller,
                name,
                "E204",
                _("JSON has nothing that could become its parameter “%(name)s”.") % {"name": parameter},
                _("Use text, numbers, dates, lists, dicts, pydantic models, or a model (its primary key is sent)."),
            )
    yield from _check_permissions(bound)
    yield from _check_rule(bound)
    if records and not _says_who_may(bound):
        yield Warn(
            _("%(name)s: whoever is logged in may call it for any %(model)s.")
            % {"name": bound.place, "model": next(iter(records.values()))._meta.verbose_name},
            hint=_("Say who may: permissions=…, on=“%(on)s”, or check=…; permissions=() says that all may.")
            % {"on": next(iter(records))},
            obj=controller,
            id="meanwhile.W201",
        )


def _check_annotations(bound: BoundAction) -> Iterator[CheckMessage]:
    annotations = inspect.get_annotations(inspect.unwrap(bound.function))
    for parameter in bound.signature.names:
        if parameter not in annotations:
            yield _error(
                bound.controller,
                bound.method,
                "E203",
                _("Its parameter “%(name)s” has no annotation, so anything would be let in.") % {"name": parameter},
                _("Write the type, for example “%(name)s: str”. “object” lets anything in on purpose.")
                % {"name": parameter},
            )


def _check_permissions(bound: BoundAction) -> Iterator[CheckMessage]:
    written: tuple[Any, ...]
    try:
        written = bound.permissions
    except TypeError:
        written = (bound.controller.permissions,)
    for permission in written:
        if not (isinstance(permission, str) and PERMISSION.fullmatch(permission)):
            yield _error(
                bound.controller,
                bound.method,
                "E205",
                _("“%(name)s” is not how a permission is written.") % {"name": permission},
                _("Write it as “app_label.codename”, for example “shop.change_booking”."),
            )
    if bound.on and bound.on not in bound.records:
        yield _error(
            bound.controller,
            bound.method,
            "E206",
            _("on=“%(name)s” is not one of its parameters that are records.") % {"name": bound.on},
            _("These are: %(names)s.") % {"names": ", ".join(bound.records) or _("none")},
        )


def _inside(value: object) -> object:
    """Return the function of what makes it something else than a method."""
    return getattr(value, "__func__", None) or getattr(value, "fget", None) or getattr(value, "func", None)


def _check_rule(bound: BoundAction) -> Iterator[CheckMessage]:
    try:
        asked_for = bound.check_asks_for
    except (TypeError, ValueError) as error:
        told = _("Its check can't be called: %(error)s.") % {"error": error}
        yield _error(bound.controller, bound.method, "E208", told, _("A check is a function: check(user, **params)."))
        return
    if unknown := sorted(asked_for - set(bound.signature.names)):
        yield _error(
            bound.controller,
            bound.method,
            "E208",
            _("Its check asks for %(names)s, which the action does not take.") % {"names": ", ".join(unknown)},
            _("A check takes the user, and parameters of the action by their names: %(names)s.")
            % {"names": ", ".join(bound.signature.names) or _("none")},
        )


def _check_address() -> Iterator[CheckMessage]:
    if not getattr(settings, "ROOT_URLCONF", None):
        return  # no site, as in a worker of its own
    try:
        reverse("meanwhile_remote:actions")
    except NoReverseMatch:
        yield Warn(
            _("There are controllers, and pages have no address to call them by."),
            hint=_("Add path(“meanwhile/”, include(“meanwhile.urls”)) to the urlpatterns of your site."),
            id="meanwhile.W202",
        )


def _check_middleware(actions: list[BoundAction]) -> Iterator[CheckMessage]:
    missing = [name for name in MIDDLEWARE if name not in settings.MIDDLEWARE]
    if missing and not all(bound.public for bound in actions) and not _has_middleware_like(missing):
        yield Warn(
            _("Actions need a login, and nobody can be logged in without %(names)s.") % {"names": ", ".join(missing)},
            hint=_("Add it to MIDDLEWARE, or say public = True where everybody may call."),
            id="meanwhile.W203",
        )


def _has_middleware_like(missing: list[str]) -> bool:
    """Say whether subclasses of the missing middleware are there, under names of a project's own."""
    from django.utils.module_loading import import_string

    wanted = tuple(map(import_string, missing))
    found: list[Any] = []
    for name in settings.MIDDLEWARE:
        try:
            found.append(import_string(name))
        except ImportError:
            continue
    classes = [one for one in found if isinstance(one, type)]
    return all(any(issubclass(one, base) for one in classes) for base in wanted)


def _check_sessions() -> Iterator[CheckMessage]:
    if settings.SESSION_ENGINE == COOKIE_SESSIONS:
        yield Warn(
            _("Sessions are kept in cookies, and what an action changes in one is lost."),
            hint=_("The answer's headers are sent before the actions run. Keep sessions in the database or a cache."),
            id="meanwhile.W204",
        )


def _comes_from_json(schema: Callable[[], Any]) -> bool:
    try:
        schema()
    except PydanticInvalidForJsonSchema:
        return False
    return True


def _says_who_may(bound: BoundAction) -> bool:
    options: ActionOptions = getattr(bound.function, MARK)
    if bound.check is not None or options.permissions is not None or options.public is not None:
        return True
    said = {"permissions", "public"}
    return any(said & vars(base).keys() for base in bound.controller.__mro__ if base not in (Controller, object))


def _error(controller: type[Controller], method: str, code: str, message: str, hint: str) -> CheckMessage:
    return Error(
        f"{_place(controller)}.{method}: {message}",
        hint=hint,
        obj=controller,
        id=f"meanwhile.{code}",
    )


def _place(controller: type[Controller]) -> str:
    return f"{controller.__module__}.{controller.__qualname__}"
