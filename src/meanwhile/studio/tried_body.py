"""Try a tree on Received with a body that somebody pasted: the record that it finds or makes is taken back, too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.utils.translation import gettext as _

from meanwhile import conf
from meanwhile.received.endpoint import DEEPEST, check_storable
from meanwhile.received.problems import ReceivedRefused
from meanwhile.received.receive import occasion_of
from meanwhile.received.record import Taken, look_up, read, save
from meanwhile.remote import wire
from meanwhile.studio.errors import EditProblem
from meanwhile.studio.record_links import may_see
from meanwhile.studio.trial import TreeTrial
from meanwhile.studio.tried import FieldChange
from meanwhile.studio.watching import title_of
from meanwhile.trees.received_event import Received
from meanwhile.trees.runner import Occasion


@dataclass(frozen=True, slots=True)
class TriedBody:
    """What a body would do: the occasion for the tree, the fields that it sets, and in words which record it is."""

    occasion: Occasion
    typed: list[FieldChange]
    told: str


def happen(trial: TreeTrial, event: Received, text: str, model: type[Model], *, by: Any, of: str) -> TriedBody:
    """Let a body arrive. Raises `EditProblem` with what its sender would be told, `PermissionDenied` for a person who
    may not see records of the type."""
    settings = conf.get()
    using, limits = settings.database, wire.Limits(1, settings.received_max_body, DEEPEST)
    if by is not None and not may_see(by, model):
        refusal = _("You may not see records of the type “%(model)s”.")
        raise PermissionDenied(refusal % {"model": model._meta.verbose_name})
    try:
        document = wire.read_object(text.encode("utf-8", "surrogatepass"), limits, keys_once=True)
        check_storable(document)
        given = read(event, document, of=of)
        found = look_up(event, given.values, model, using=using)
        if found.record is not None:
            trial.watch.add(found.record)
        change = save(event, found, model, using=using)
    except (ReceivedRefused, wire.RequestRefused) as refusal:
        raise EditProblem(_("The sender would be told: %(text)s") % {"text": refusal}) from None
    except Taken as taken:
        raise EditProblem(_("The sender would be told: %(text)s") % {"text": taken.refusal}) from None
    if change.created:
        trial.watch.add(change.record, new=True)
        told = _("A new record would be made: %(record)s.") % {"record": title_of(change.record)}
    else:
        told = _("A record would be found and updated: %(record)s.") % {"record": title_of(change.record)}
    sent = event.sources()
    typed = [one for one in trial.watch.changes() if one.field in sent]
    trial.watch.also_written()
    return TriedBody(occasion_of(change, given.parameters), typed, told)
