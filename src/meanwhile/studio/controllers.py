"""The tree editor's operations, as client actions: each checks what the person may do to the tree it names."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

from django.core.exceptions import PermissionDenied

from meanwhile import conf
from meanwhile.exceptions import MeanwhileError, UserError
from meanwhile.queue import sql
from meanwhile.remote import Controller, action
from meanwhile.studio import beside, drafts, find_records, publish
from meanwhile.studio.bounds import check_depth
from meanwhile.studio.edit import perform
from meanwhile.studio.editor_state import edited, field_choices, form_json, news, state_of
from meanwhile.studio.errors import EditConflict, EditProblem, NotPublishable, StudioError
from meanwhile.studio.in_use import in_use
from meanwhile.studio.matching import count_matching
from meanwhile.studio.models import StudioTree
from meanwhile.studio.moves import move_targets
from meanwhile.studio.naming import InWords, naming_of
from meanwhile.studio.permissions import EDIT, VIEW, may, require
from meanwhile.studio.preview import preview_mail, preview_webhook
from meanwhile.studio.rebase import document_at
from meanwhile.studio.scheduling import coming, would_fire
from meanwhile.texts import gettext as _
from meanwhile.trees.runner import current_clock
from meanwhile.trees.wording import literal_in_words, value_in_words

State = dict[str, Any]

MAIL = ("to", "cc", "bcc", "reply_to", "from_email", "subject", "body", "html")
"""What is shown of an e-mail."""


class StudioController(Controller):
    """What the editor's page calls. Operations and conditions come as JSON texts: they may be nested deep.

    A tree that there is not and one that the person may not see are refused alike. Methods that change the draft take
    the ``revision`` that they are meant for, and answer with ``{"state": …}``, or with ``{"conflict": …}`` where
    somebody else was faster: then nothing was changed.
    """

    name = "studio"

    def check(self, user: Any) -> bool:
        """Let in members of staff alone; what they may do is asked with each tree."""
        return bool(getattr(user, "is_active", False) and getattr(user, "is_staff", False))

    @action
    def open(self, tree: str, select: str = "") -> State:
        """Return all that the editor shows."""
        stored = self._tree(tree)
        return state_of(stored, drafts.draft_of(stored), select=select)

    @action
    def form(self, tree: str, path: str, revision: int = 0) -> State:
        """Return the form of a node, with the revision that it is of: the one that the page shows, if that is known."""
        stored = self._tree(tree)
        draft = drafts.draft_of(stored)
        shown = document_at(stored, revision) if revision and revision != draft.revision else None
        if shown is not None:
            return {"revision": revision, "form": form_json(shown, path)}
        return {"revision": draft.revision, "form": form_json(draft.document, path)}

    @action
    def news(self, tree: str, revision: int, select: str = "") -> State:
        """Return what others have done to the draft since a revision; empty if nothing."""
        stored = self._tree(tree)
        draft = drafts.draft_of(stored)
        if draft.revision == revision:
            return {}
        return {"done": news(draft, revision), "mine": self._is_mine(draft), **self._state(stored, draft, select)}

    @action
    def edit(
        self,
        tree: str,
        operation: str,
        revision: int,
        person: str = "",
        before: str = "",
        view: str = "",
        id: str = "",  # noqa: A002 - the name on the page
    ) -> State:
        """Do an operation of the editor to the draft; what the page showed then is as in `beside.MadeOn`.

        The answer ``{"wanted": "view"}`` asks for the same with ``view``: nothing was done.
        """
        stored = self._tree(tree, EDIT, person)
        wanted, made = _object(operation), _operations(before)
        with _told():
            for given in (wanted, made):
                check_depth(given)
            on = beside.MadeOn(revision, made, _object(view) if view else None)
            outcome = beside.make(stored, wanted, on, by=self.user, id=id)
        if outcome.kind == "wanted":
            return {"wanted": "view"}
        state = self._state(stored, outcome.draft, outcome.select, outcome.label)
        if outcome.kind == "done":
            return state
        return {outcome.kind: self._told_of(outcome, wanted, revision), **state}

    @action
    def undo(self, tree: str, revision: int, person: str = "", select: str = "") -> State:
        """Take the last edit back."""
        return self._change(tree, person, revision, select, drafts.undo)

    @action
    def redo(self, tree: str, revision: int, person: str = "", select: str = "") -> State:
        """Do the edit again that was undone last."""
        return self._change(tree, person, revision, select, drafts.redo)

    @action
    def discard(self, tree: str, revision: int, person: str = "") -> State:
        """Make the draft what is published; it can be undone."""
        return self._change(tree, person, revision, "", drafts.discard_draft)

    @action
    def move_targets(self, tree: str, path: str) -> list[tuple[str, str]]:
        """Return where a node can be moved to: places, with words."""
        draft = drafts.draft_of(self._tree(tree, EDIT))
        with _told():
            return move_targets(draft.document, path, InWords(naming_of(draft.document)))

    @action
    def fields(self, model: str) -> list[dict[str, Any]]:
        """Return the fields of a record type that are open to the Studio."""
        self._may_view()
        return field_choices(model)

    @action(atomic=False)
    def records(self, model: str, search: str = "") -> State:
        """Return records to choose from, by key and title, and a note where not all were searched."""
        self._may_view()
        with _told():
            return asdict(find_records.records(model, search, by=self.user))

    @action
    def record_names(self, model: str, keys: list[str]) -> dict[str, str]:
        """Return what people read for the records of these keys."""
        self._may_view()
        with _told():
            return find_records.names(model, keys, by=self.user)

    @action(atomic=False)
    def people(self, kind: str, search: str = "") -> State:
        """Return ``users`` or ``groups`` to write to, by name and title, and a note as above."""
        self._may_view()
        return asdict((find_records.groups if kind == "groups" else find_records.users)(search, by=self.user))

    @action(atomic=False)
    def matching(self, tree: str, condition: str) -> State:
        """Say how many records a condition would match."""
        stored = self._tree(tree, EDIT)
        try:
            count = count_matching(stored.model, _object(condition), by=self.user)
        except (EditProblem, PermissionDenied) as problem:
            return {"text": str(problem), "complete": False}
        return {"text": count.text, "complete": True}

    @action
    def coming(self, tree: str, times: str) -> State:
        """Say in words when a scheduled tree fires, and its next times."""
        self._tree(tree)
        with _told():
            return asdict(coming(_object(times), now=current_clock().now()))

    @action(atomic=False)
    def would_fire(self, tree: str, where: str) -> State:
        """Say for how many records a scheduled tree would fire now."""
        stored = self._tree(tree, EDIT)
        try:
            return {"text": would_fire(stored.model, _object(where), by=self.user), "complete": True}
        except (EditProblem, PermissionDenied) as problem:
            return {"text": str(problem), "complete": False}

    @action(atomic=False)
    def preview_mail(self, tree: str, path: str, record: str) -> State:
        """Return an e-mail as it would be written for a record; nothing is sent."""
        stored = self._tree(tree, EDIT)
        draft = drafts.draft_of(stored)
        with _told():
            chosen = find_records.record(stored.model, record, by=self.user)
            mail = preview_mail(draft.document, path, chosen, by=self.user, tree=stored)
        return {name: getattr(mail, name) for name in MAIL}

    @action(atomic=False)
    def preview_webhook(self, tree: str, path: str, record: str) -> State:
        """Return a request as it would be sent for a record, without secrets; nothing is called."""
        stored = self._tree(tree, EDIT)
        draft = drafts.draft_of(stored)
        with _told():
            chosen = find_records.record(stored.model, record, by=self.user)
            return asdict(preview_webhook(draft.document, path, chosen, by=self.user, tree=stored))

    @action
    def in_use(self, tree: str) -> str:
        """Return in words what still waits of the tree; empty if nothing."""
        return in_use(self._tree(tree).key).text

    @action
    def publish(self, tree: str, revision: int, comment: str = "", person: str = "", select: str = "") -> State:
        """Publish the draft of this revision."""
        stored = self._tree(tree, person=person)
        with _told():
            try:
                version = publish.publish(stored, revision=revision, by=self.user, comment=comment)
            except EditConflict as conflict:
                return self._conflict(stored, revision, conflict)
            except NotPublishable as refusal:
                return {"errors": len(refusal.problems), **self._state(stored, drafts.draft_of(stored))}
        stored.published = version
        label = _("Version %(number)s is published") % {"number": version.number}
        return self._state(stored, drafts.draft_of(stored), select=select, label=label)

    @action
    def set_enabled(self, tree: str, enabled: bool) -> State:
        """Switch the tree on or off."""
        stored = self._tree(tree)
        with _told():
            publish.set_enabled(stored, enabled, by=self.user)
        return self._state(stored, drafts.draft_of(stored))

    @action
    def set_retired(self, tree: str, retired: bool) -> State:
        """Take the tree out of use for good, or back into use."""
        stored = self._tree(tree)
        with _told():
            (publish.retire if retired else publish.bring_back)(stored, by=self.user)
        return self._state(stored, drafts.draft_of(stored))

    def _tree(self, key: str, what: str = VIEW, person: str = "") -> StudioTree:
        """Return a tree that the person may see, and do ``what`` to."""
        trees = StudioTree.objects.using(conf.get().database).select_related("published")
        stored = trees.filter(key=sql.text(key, 100)).first()
        if stored is None or not may(self.user, VIEW, stored):
            raise UserError(_("There is no such tree here."))
        require(self.user, what, stored)
        if person and person != str(self._person.pk):
            text = _("You are logged in as %(person)s now. Load the page again to go on as %(person)s.")
            raise UserError(text % {"person": self.user})
        return stored

    @property
    def _person(self) -> Any:
        return self.user

    def _may_view(self) -> None:
        """Refuse whoever may see no tree at all."""
        trees = StudioTree.objects.using(conf.get().database)
        if not (may(self.user, VIEW) or any(may(self.user, VIEW, tree) for tree in trees.all())):
            require(self.user, VIEW)

    def _change(self, key: str, person: str, revision: int, select: str, do: Callable[..., drafts.Change]) -> State:
        stored = self._tree(key, EDIT, person)
        with _told():
            try:
                change = do(stored, revision=revision, by=self.user)
            except EditConflict as conflict:
                return self._conflict(stored, revision, conflict)
        return self._state(stored, change.draft, select, change.label)

    def _told_of(self, outcome: beside.Outcome, wanted: Any, revision: int) -> State:
        """Return what others did meanwhile, and in a conflict what the person wanted to do."""
        theirs = outcome.theirs
        told = {"done": news(theirs, revision), "mine": self._is_mine(theirs), **edited(theirs)}
        if outcome.kind != "conflict":
            return told
        label = _label(wanted, outcome.again, outcome.draft.document)
        return {**told, "operation": json.dumps(outcome.again) if outcome.again else "", "label": label}

    def _conflict(self, tree: StudioTree, revision: int, conflict: EditConflict) -> State:
        """Return what somebody else made of the draft."""
        draft = drafts.draft_of(tree)
        told = {"done": news(draft, revision), "mine": self._is_mine(draft), **edited(draft)}
        text = {"message": str(conflict), "operation": "", "label": ""}
        return {"conflict": {**told, **text}, **self._state(tree, draft)}

    def _state(self, tree: StudioTree, draft: Any, select: str = "", label: str = "") -> State:
        return {"state": state_of(tree, draft, select=select, label=label)}

    def _is_mine(self, draft: Any) -> bool:
        return draft.edited_by_id is not None and draft.edited_by_id == self._person.pk


def _label(operation: Any, again: Any, document: Any) -> str:
    """Return in words what the person wanted to do, with what they typed."""
    words = InWords(naming_of(document))
    told = [perform(document, again, words).label] if again else []
    value = operation.get("label") if operation.get("op") == "rename" else operation.get("value")
    if value is not None:
        told.append(
            value_in_words(value, words.naming)
            if isinstance(value, dict) and "value" in value
            else literal_in_words(value)
        )
    return ": ".join(told)


def _operations(text: str) -> list[Any]:
    """Return the operations that a page did before; too many, or none that can be read, are refused."""
    try:
        found = json.loads(text) if text else []
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, list) or len(found) > drafts.MOST_EDITS:
        raise UserError(_("This is no operation of the editor."))
    return found


def _object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise UserError(_("This is no operation of the editor."))
    return found


@contextmanager
def _told() -> Iterator[None]:
    """Let the page read what is wrong."""
    try:
        yield
    except StudioError as error:
        raise UserError(str(error)) from error
    except UserError:
        raise
    except MeanwhileError as error:
        raise UserError(str(error)) from error
