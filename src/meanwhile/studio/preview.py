"""What a node would send for a chosen record, an e-mail or a request, while it is being written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from django.conf import settings
from django.db.models import Model
from django.utils import translation
from django.utils.translation import gettext as _

from meanwhile import conf
from meanwhile.actions import webhook_request
from meanwhile.actions.mailing import compose
from meanwhile.exceptions import MeanwhileError
from meanwhile.studio import access
from meanwhile.studio.errors import EditProblem, Refused
from meanwhile.studio.fields import names_before
from meanwhile.studio.models import StudioTree
from meanwhile.studio.permissions import EDIT, require
from meanwhile.studio.places import is_in_background, node_at
from meanwhile.studio.problems import errors_of, problems_of
from meanwhile.studio.taken_back import reading
from meanwhile.studio.time_limit import limited
from meanwhile.studio.tried import TriedMail, TriedRequest
from meanwhile.trees.context import EventData, RunContext
from meanwhile.trees.document import EventTree
from meanwhile.trees.models import new_run_id
from meanwhile.trees.runner import current_clock
from meanwhile.trees.scheduled_event import OCCURRENCE, Scheduled
from meanwhile.trees.snapshot import plain_values
from meanwhile.trees.stepping import RunStep
from meanwhile.trees.versions import version_id

Sent = TypeVar("Sent")


def preview_mail(
    document: Mapping[str, Any], path: str, record: Model, *, by: Any, tree: StudioTree | None = None
) -> TriedMail:
    """Return the message of the Send Email at a path, filled with a record's values; nothing is sent.

    The rest of the draft may be half done. Records that nodes above would make are empty ones.

    Raises `Refused` for a node that is not right yet, `EditProblem` where there is no e-mail or it can't be filled,
    `TimeIsUp`, `PermissionDenied`.
    """
    require(by, EDIT, tree)
    if node_at(document, path).get("kind") != "send_email":
        raise EditProblem(_("This node sends no e-mail."))
    return _filled(document, path, record, lambda node, step: TriedMail.of(compose(node, step)), by)


def preview_webhook(
    document: Mapping[str, Any], path: str, record: Model, *, by: Any, tree: StudioTree | None = None
) -> TriedRequest:
    """Return the request of the Call Webhook at a path, as `preview_mail` does for an e-mail; nothing is called."""
    require(by, EDIT, tree)
    if node_at(document, path).get("kind") != "call_webhook":
        raise EditProblem(_("This node calls no webhook."))
    return _filled(document, path, record, lambda node, step: TriedRequest.of(webhook_request.compose(node, step)), by)


def _filled(
    document: Mapping[str, Any], path: str, record: Model, fill: Callable[[Any, RunStep], Sent], by: Any
) -> Sent:
    """Return what ``fill`` makes of a node for a record."""
    node, made = node_at(document, path), names_before(document, path)
    alone = {**document, "do": [*({"kind": "create_record", "model": made[name], "name": name} for name in made), node]}
    if errors := [found for found in errors_of(problems_of(alone)) if found.path == str(len(made))]:
        raise Refused(errors)
    event_tree = EventTree.from_document(alone)
    using = conf.get().database
    # Before the page it is written in the language of who submits, and in the background in that of the site.
    language = settings.LANGUAGE_CODE if is_in_background(document, path) else translation.get_language()
    with reading(using), limited(conf.get().studio_try_seconds, using=using):
        try:
            with translation.override(language):
                return fill(event_tree.do[-1], _step(event_tree, record, _empty(made), by, using))
        except MeanwhileError as error:
            raise EditProblem(str(error)) from None


def _step(tree: EventTree, record: Model, names: dict[str, Model], by: Any, using: str) -> RunStep:
    values = plain_values(record)
    context = RunContext(
        run_id=new_run_id(),
        version_id=version_id(tree),
        tree=tree,
        event=EventData(tree.on.event, values, values),
        model=record._meta.label,
        record_pk=record.pk,
        params={OCCURRENCE: current_clock().now()} if isinstance(tree.on, Scheduled) else {},
        actor=by,
        parent_id=None,
        chain=(tree.key,),
        using=using,
    )
    return RunStep(context, "0", record, names, current_clock())


def _empty(made: Mapping[str, str]) -> dict[str, Model]:
    models = {name: access.find_model(label) for name, label in made.items()}
    return {name: model() for name, model in models.items() if model is not None}
