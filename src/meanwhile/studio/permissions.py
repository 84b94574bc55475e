"""Who may do what in the Studio: four permissions, each of which opens exactly its own.

Only members of staff. To see is the condition of all else; object-level backends are asked with the `StudioTree`.
"""

from __future__ import annotations

from typing import Any, Final

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

from meanwhile.studio.models import StudioTree

VIEW: Final = "view"
EDIT: Final = "edit"
PUBLISH: Final = "publish"
OPERATE: Final = "operate"
ALL = (VIEW, EDIT, PUBLISH, OPERATE)


def may(user: Any, what: str, tree: StudioTree | None = None) -> bool:
    """Say whether a person may ``view``, ``edit``, ``publish`` or ``operate``, in general or one tree.

    >>> may(request.user, EDIT, tree)
    """
    if not (getattr(user, "is_active", False) and getattr(user, "is_staff", False)):
        return False
    return _has(user, VIEW, tree) and (what == VIEW or _has(user, what, tree))


def require(user: Any, what: str, tree: StudioTree | None = None) -> None:
    """Raise `PermissionDenied` if a person may not do something. None is trusted code, which may do everything."""
    if user is not None and not may(user, what, tree):
        raise PermissionDenied(_("You have no permission to do this in the Studio."))


def permissions_of(user: Any, tree: StudioTree | None = None) -> frozenset[str]:
    """Return all that a person may do."""
    return frozenset(what for what in ALL if may(user, what, tree))


def _has(user: Any, what: str, tree: StudioTree | None) -> bool:
    if what not in ALL:
        msg = f"{what!r} is no permission of the Studio; they are {', '.join(ALL)}."
        raise ValueError(msg)
    permission = f"meanwhile.{what}_studio"
    # Django's own backend says no to every question about an object, also where the permission holds for all.
    return bool(user.has_perm(permission) or (tree is not None and user.has_perm(permission, tree)))
