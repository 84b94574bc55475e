"""Trees as files: export a draft, a version or a tree in Python, and import one, unchanged, as the same document."""

from __future__ import annotations

import json
from typing import Any

from django.utils.translation import gettext as _

from meanwhile import conf
from meanwhile.exceptions import TreeDocumentError, UnknownTree
from meanwhile.studio import drafts, loading
from meanwhile.studio.errors import EditProblem, KeyIsTaken
from meanwhile.studio.models import StudioTree
from meanwhile.studio.permissions import EDIT, require
from meanwhile.studio.problems import readable_or_none
from meanwhile.trees import registry
from meanwhile.trees.document import EventTree
from meanwhile.trees.limits import Limits


def export_draft(tree: StudioTree) -> str:
    """Return the draft of a tree as text; one that is half done as it is."""
    return _as_text(drafts.draft_of(tree).document)


def export_version(tree: StudioTree, number: int) -> str:
    """Return a published version as text. Raises `EditProblem` if there is none of this number."""
    version = tree.versions.filter(number=number).first()
    if version is None:
        raise EditProblem(_("There is no version %(number)s of this tree.") % {"number": number})
    return _as_text(version.document)


def export_python(key: str) -> str:
    """Return a tree that is written in Python as text. Raises `UnknownTree`."""
    tree = loading.python_tree(key)
    if tree is None:
        raise UnknownTree(key, [one.key for one in registry.current().all()])
    return tree.to_json()


def import_tree(
    text: str | bytes,
    *,
    by: Any,
    into: StudioTree | None = None,
    revision: int | None = None,
    apart: bool = False,
    name: str = "",
) -> StudioTree:
    """Make a tree of an exported document, or put it ``into`` the draft of one, where it can be undone.

    A new tree keeps the key of the document. If another tree has that, `KeyIsTaken` is raised, unless the new one is to
    be ``apart`` from it: then it gets a key of its own, and the ``name``, if one is given. Raises `TreeDocumentError`
    with all that is wrong with the text, `EditConflict`, `EditProblem`, `PermissionDenied`.
    """
    require(by, EDIT, into)
    document = read(text)
    if into is not None:
        drafts.save_document(
            into, document, revision=revision or 0, by=by, label=_("Import “%(name)s”") % {"name": document["name"]}
        )
        return into
    if not drafts.is_taken(key := document["key"]):
        return drafts.make(document, by=by)
    if not apart:
        raise KeyIsTaken(document)
    document = {**document, "key": "", "name": name or document["name"]}
    return drafts.make(document, by=by, copied_from="" if loading.python_tree(key) is None else key)


def read(text: str | bytes) -> dict[str, Any]:
    """Return the document of a text, as Python writes it. Raises `TreeDocumentError` with all that is wrong with it."""
    settings = conf.get()
    if len(text) > 4 * settings.studio_max_document:
        limit = settings.studio_max_document
        raise TreeDocumentError(
            [("", _("The document has more than %(limit)s bytes (STUDIO_MAX_DOCUMENT).") % {"limit": limit})]
        )
    return EventTree.from_json(text, Limits(settings.max_nodes, settings.max_nesting)).as_json()


def _as_text(document: dict[str, Any]) -> str:
    tree = readable_or_none(document)
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n" if tree is None else tree.to_json()
