"""Who may call what: login, permissions, and rules about the object (client actions, "Access")."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from meanwhile.remote.bound import BoundAction
from meanwhile.remote.controller import Controller
from meanwhile.remote.parameters import BadParameters
from meanwhile.texts import gettext as _


class CallRefused(Exception):
    """One action is refused: ``code`` and ``message`` are its error, ``fields`` the texts for its parameters."""

    def __init__(self, code: str, message: str, fields: Mapping[str, Sequence[str]] | None = None) -> None:
        super().__init__(code, message, fields)
        self.code, self.message, self.fields = code, message, fields

    def __str__(self) -> str:
        return self.message


def is_logged_in(user: object) -> bool:
    """Say whether a request's user is somebody."""
    return bool(getattr(user, "is_authenticated", False))


def admit(bound: BoundAction, controller: Controller, params: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of a call that its caller, ``controller.user``, may make, checked and converted.

    Where a rule is about an object, a refusal and an object that does not exist look the same (code ``not_found``), so
    that nobody can find out which objects there are. Raises `CallRefused`.
    """
    user = controller.user
    if not bound.public and not is_logged_in(user):
        raise login_required()
    if bound.permissions and not bound.on and not _has_all(user, bound.permissions):
        raise forbidden() if is_logged_in(user) else login_required()
    arguments = _arguments(bound, params)
    if bound.permissions and bound.on and not _has_all(user, bound.permissions, arguments.get(bound.on)):
        raise not_found()
    if bound.check is not None and not bound.check(controller, user, arguments):
        raise not_found() if bound.is_about_objects else forbidden()
    return arguments


def login_required() -> CallRefused:
    """Return the refusal of somebody who is not logged in."""
    return CallRefused("login_required", _("Please log in to do this."))


def forbidden() -> CallRefused:
    """Return the refusal of somebody who may not."""
    return CallRefused("forbidden", _("You are not allowed to do this."))


def not_found() -> CallRefused:
    """Return the refusal of an object that is not there, or not for this person."""
    return CallRefused("not_found", _("There is nothing like this here."))


def unknown_action(name: str) -> CallRefused:
    """Return the refusal of an action that is not there."""
    return CallRefused("unknown_action", _("There is no action “%(name)s”.") % {"name": name[:100]})


def _arguments(bound: BoundAction, params: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return bound.signature.validate(params)
    except BadParameters as error:
        problems = error.fields
        if bound.is_about_objects:
            problems = {key: text for key, text in problems.items() if key not in error.absent}
            if not problems:
                raise not_found() from None
        fields = {key: [text] for key, text in problems.items()}
        raise CallRefused("invalid", _("Some of the values are missing or wrong."), fields) from None


def _has_all(user: Any, permissions: Sequence[str], obj: object = None) -> bool:
    """Say whether somebody has all permissions, by themselves or for an object: Django's own backend knows of none."""
    has_perm = getattr(user, "has_perm", None)
    if has_perm is None:
        return False
    return all(has_perm(name) or (obj is not None and has_perm(name, obj)) for name in permissions)
