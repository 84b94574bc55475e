"""Who gets an e-mail: addresses, users, groups. Pure; the users are looked up when the mail is sent."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, ClassVar
from typing import Literal as OneOf
from uuid import UUID

from pydantic import Discriminator, StrictInt, StringConstraints

from meanwhile.parts import Part, python_only


class Addresses(Part):
    """A template that gives one address or several with commas between: ``"{{ record.email }}, desk@example.com"``."""

    tag: ClassVar[str] = "recipients"
    recipients: OneOf["addresses"] = "addresses"
    addresses: Annotated[str, StringConstraints(max_length=10_000)]

    @python_only
    def __init__(self, addresses: str, /) -> None:
        self._fill({"addresses": addresses})


class Users(Part):
    """Active users with an e-mail address: ``Users("anna", 7)``. Whole numbers and UUIDs are keys, other text is user
    names."""

    tag: ClassVar[str] = "recipients"
    recipients: OneOf["users"] = "users"
    users: tuple[StrictInt | str, ...]

    @python_only
    def __init__(self, /, *users: int | str | UUID) -> None:
        self._fill({"users": tuple(str(user) if isinstance(user, UUID) else user for user in users)})


class Groups(Part):
    """The active users of groups, by the groups' names: ``Groups("staff")``."""

    tag: ClassVar[str] = "recipients"
    recipients: OneOf["groups"] = "groups"
    groups: tuple[str, ...]

    @python_only
    def __init__(self, /, *groups: str) -> None:
        self._fill({"groups": groups})


Recipient = Annotated[Addresses | Users | Groups, Discriminator("recipients")]
"""Any of them, as a document holds it."""


def to_recipients(given: Any) -> Any:
    """Return what Python code gave for ``to``, ``cc`` …: text, recipients, or a list of these."""
    items: Iterable[Any] = given if isinstance(given, (list, tuple)) else [given]
    return tuple(Addresses(item) if isinstance(item, str) else item for item in items if item != "")
