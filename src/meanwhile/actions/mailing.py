"""Compose the message of a Send Email: templates filled, users looked up, addresses and headers made safe."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from email.utils import getaddresses, parseaddr, quote
from typing import TYPE_CHECKING, Any, assert_never
from uuid import UUID

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.core.mail import EmailMultiAlternatives
from django.core.validators import validate_email
from django.db.models import Q, UUIDField
from django.utils.html import strip_tags
from django.utils.translation import gettext as _

from meanwhile.actions.base import Step
from meanwhile.actions.recipients import Addresses, Groups, Users
from meanwhile.exceptions import ValueProblem

if TYPE_CHECKING:
    from meanwhile.actions.send_email import SendEmail


def compose(mail: SendEmail, step: Step) -> EmailMultiAlternatives:
    """Return the message that a Send Email sends in this step. Raises `ValueProblem`."""
    taken: set[str] = set()
    to, cc, bcc = (
        _once(_addresses(recipients, name, step), taken)
        for name, recipients in (("to", mail.to), ("cc", mail.cc), ("bcc", mail.bcc))
    )
    if not (to or cc or bcc):
        raise ValueProblem("to", "", _("the e-mail would go to nobody; name a recipient with an address"))
    sender = _one_line("from_email", step.render(mail.from_email)) if mail.from_email else ""
    html = step.render(mail.html, html=True) if mail.html else ""
    message = EmailMultiAlternatives(
        subject=_one_line("subject", step.render(mail.subject)),
        body=step.render(mail.body) if mail.body or not html else strip_tags(html).strip(),
        from_email=_valid("from_email", sender) if sender else None,
        to=to,
        cc=cc,
        bcc=bcc,
        reply_to=list(_addresses(mail.reply_to, "reply_to", step)),
    )
    message.extra_headers = _headers(step.idempotency_key, message.from_email)
    if html:
        message.attach_alternative(html, "text/html")
    return message


def _addresses(recipients: Iterable[Addresses | Users | Groups], place: str, step: Step) -> Iterator[str]:
    for recipient in recipients:
        match recipient:
            case Addresses():
                yield from _split(place, step.render(recipient.addresses))
            case Users():
                yield from _of_users(place, _named(recipient))
            case Groups():
                if not has_groups(_user_model()):
                    text = _("%(model)s has no groups; name users or addresses instead")
                    names = ", ".join(recipient.groups)
                    raise ValueProblem(place, names, text % {"model": _user_model()._meta.label})
                yield from _of_users(place, Q(groups__name__in=recipient.groups))
            case _:
                assert_never(recipient)


def _split(place: str, text: str) -> list[str]:
    parsed = getaddresses([_one_line(place, text)])
    given = [(name, address) for name, address in parsed if name or address]
    if not given and text.strip().strip(","):
        raise _no_address(place, text)
    return [_with_name(name, _valid(place, address)) for name, address in given]


def _with_name(name: str, address: str) -> str:
    return f'"{quote(name)}" <{address}>' if name else address


def has_groups(user_model: Any) -> bool:
    """Say whether persons of this project's user model are in Django's groups."""
    try:
        field = user_model._meta.get_field("groups")
    except FieldDoesNotExist:
        return False
    return bool(field.many_to_many) and any(one.name == "name" for one in field.related_model._meta.fields)


def _named(recipient: Users) -> Q:
    """Choose users by key (whole numbers, UUIDs) and by user name (other text)."""
    model = _user_model()
    names = [user for user in recipient.users if isinstance(user, str)]
    keys: list[Any] = [user for user in recipient.users if not isinstance(user, str)]
    if isinstance(model._meta.pk, UUIDField):
        keys = list(filter(None, map(_as_uuid, names)))
    return Q(pk__in=keys) | Q(**{f"{model.USERNAME_FIELD}__in": names})


def _as_uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _of_users(place: str, chosen: Q) -> list[str]:
    model = _user_model()
    email = model.get_email_field_name()
    users = model._default_manager.filter(chosen).order_by("pk").distinct()
    # Both may be attributes of the class and no columns, where the project has a user model of its own.
    given = [str(getattr(user, email, None) or "") for user in users if getattr(user, "is_active", True)]
    return [_valid(place, _one_line(place, address)) for address in given if address]


def _user_model() -> Any:
    from django.contrib.auth import get_user_model

    return get_user_model()


def _one_line(place: str, text: str) -> str:
    """Refuse what would smuggle further headers into the message."""
    text = text.strip()
    if re.search(r"[\r\n\0]", text):
        raise ValueProblem(place, text, _("it has to fit on one line"))
    return text


def _valid(place: str, address: str) -> str:
    try:
        validate_email(parseaddr(address)[1])
    except ValidationError:
        raise _no_address(place, address) from None
    return address


def _no_address(place: str, text: str) -> ValueProblem:
    return ValueProblem(place, text, _("it is no e-mail address"))


def _once(addresses: Iterable[str], taken: set[str]) -> list[str]:
    """Leave out whoever gets the message already."""
    chosen = []
    for address in addresses:
        key = parseaddr(address)[1].lower()
        if key not in taken:
            taken.add(key)
            chosen.append(address)
    return chosen


def _headers(idempotency_key: str, sender: str) -> dict[str, str]:
    """Name the message by its key, so that whoever gets it twice can tell."""
    digest = hashlib.sha256(idempotency_key.encode()).hexdigest()
    domain = parseaddr(sender)[1].rpartition("@")[2] or "localhost"
    fits_a_header = re.fullmatch(r"[!-~]{1,200}", idempotency_key)
    return {
        "Message-ID": f"<{digest[:40]}@{domain}>",
        "X-Idempotency-Key": idempotency_key if fits_a_header else digest,
    }
