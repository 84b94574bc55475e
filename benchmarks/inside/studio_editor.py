"""A tree of many nodes, and somebody who edits it."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model, login
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest

from meanwhile.studio import drafts

IN_A_BACKGROUND = 8


def prepare(nodes: int) -> dict[str, str]:
    """Make the tree and the person; return its key and that of the person's session."""
    user = get_user_model().objects.create_superuser("editor")
    request = HttpRequest()
    request.session = SessionStore()
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    request.session.save()
    tree = drafts.create_tree("Large", {"event": "saved", "model": "shop.Order"}, by=user)
    draft = drafts.draft_of(tree)
    drafts.save_document(tree, {**draft.document, "do": _nodes(nodes)}, revision=draft.revision, by=user)
    return {"tree": tree.key, "session": str(request.session.session_key)}


def _nodes(number: int) -> list[dict[str, Any]]:
    """Return so many nodes: an action, then a Background with eight nodes of all kinds in it, and so on."""
    found: list[dict[str, Any]] = []
    left = number
    while left:
        found.append(_action(left))
        left -= 1
        inner = min(IN_A_BACKGROUND, left - 1)
        if inner > 0:
            found.append({"kind": "background", "do": [_action(left - one) for one in range(inner)]})
            left -= inner + 1
    return found


def _action(number: int) -> dict[str, Any]:
    match number % 4:
        case 0:
            mail = {"recipients": "addresses", "addresses": "a@example.com"}
            body = "Dear {{ record.name }}, it is {{ record.status }}."
            return {"kind": "send_email", "to": [mail], "subject": f"Paper {number}", "body": body}
        case 1:
            later = {"value": "now", "days": number % 7 + 1}
            return {"kind": "update_field", "set": {"due": later, "status": {"value": "literal", "literal": "open"}}}
        case 2:
            template = {"value": "template", "template": "{{ record.name }}, copied"}
            return {"kind": "create_record", "model": "shop.Ticket", "set": {"name": template}, "name": f"t{number}"}
        case _:
            status = {"value": "literal", "literal": f"step {number}"}
            return {"kind": "update_field", "label": f"Step {number}", "set": {"status": status}}


def count(tree: str) -> int:
    """Count the nodes of the draft as it is stored."""
    from meanwhile.studio.models import StudioTree
    from meanwhile.studio.places import nodes_of

    return len(list(nodes_of(drafts.draft_of(StudioTree.objects.get(key=tree)).document)))
