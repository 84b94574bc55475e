"""What a process of the office does in the Studio: publish, switch and retire a tree on orders that others place."""

from __future__ import annotations

from typing import Any

KEY = "from-the-studio"
READY = "when-ready"


def make_trees() -> None:
    """Make the trees, none of which is published yet."""
    from meanwhile.studio import drafts

    order = {"model": "office.Order"}
    drafts.create_tree("From the Studio", {"event": "created", **order}, by=None, key=KEY)
    drafts.create_tree("When ready", {"event": "updated", "fields": ["ready"], **order}, by=None, key=READY)


def publish_notes(text: str) -> None:
    """Publish a tree that says its version in the foreground, and in a background which waits for the test's sign."""
    lines = [_call("office.write", f"{text} begins"), {"kind": "call", "function": "office.hold"}]
    branch = {"kind": "background", "do": [*lines, _call("office.write", f"{text} ends")]}
    _publish(KEY, [_set(notes=text), branch])


def publish_when_ready() -> None:
    """Publish a tree that the background of the tree in Python sets off."""
    _publish(READY, [_call("office.write", "seen to be ready")])


def switch(how: str) -> None:
    """Call a function of `studio.publish` that takes the tree alone."""
    from meanwhile.studio import drafts, publish

    tree = _tree(KEY)
    match how:
        case "off" | "on":
            publish.set_enabled(tree, how == "on", by=None)
        case "retire":
            publish.retire(tree, by=None)
        case "bring back":
            publish.bring_back(tree, by=None)
        case _:
            revision = publish.restore(tree, 1, revision=drafts.draft_of(tree).revision, by=None).draft.revision
            publish.publish(tree, revision=revision, by=None)


def check_in_use(number: int) -> None:
    """See that one run of a version of the tree is told to be under way, and no other."""
    from meanwhile.studio.in_use import in_use

    told = in_use(KEY)
    assert [(one.number, one.runs) for one in told.versions] == [(number, 1)], told
    assert told.jobs == 1
    assert "1 job" in told.text


def _publish(key: str, nodes: list[dict[str, Any]]) -> None:
    from meanwhile.studio import drafts, publish

    tree = _tree(key)
    draft = drafts.draft_of(tree)
    document = {**draft.document, "do": nodes}
    saved = drafts.save_document(tree, document, revision=draft.revision, by=None)
    publish.publish(tree, revision=saved.draft.revision, by=None)


def _tree(key: str) -> Any:
    from meanwhile.studio.models import StudioTree

    return StudioTree.objects.get(key=key)


def _call(function: str, text: str) -> dict[str, Any]:
    return {"kind": "call", "function": function, "params": {"text": {"value": "literal", "literal": text}}}


def _set(**values: Any) -> dict[str, Any]:
    return {"kind": "update_field", "set": {name: {"value": "literal", "literal": one} for name, one in values.items()}}
