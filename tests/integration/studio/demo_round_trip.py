"""Run by `test_transfer` with the demo's settings: each tree of the demo goes through the Studio."""

from __future__ import annotations

import django


def main() -> None:
    django.setup()
    from django.core.management import call_command

    from meanwhile.studio import drafts, loading, publish, transfer
    from meanwhile.trees import registry
    from meanwhile.trees.document import EventTree

    call_command("migrate", verbosity=0)
    for tree in registry.current().all():
        text = transfer.export_python(tree.key)
        copy = drafts.copy_tree(tree.key, by=None)
        publish.publish(copy, revision=drafts.draft_of(copy).revision, by=None)
        registry.current().remove(tree.key)
        stored = transfer.import_tree(text, by=None)
        publish.publish(stored, revision=drafts.draft_of(stored).revision, by=None)
        assert loading.is_from_studio(tree.key)
        assert registry.current().get(tree.key) == tree
        assert transfer.export_draft(stored) == transfer.export_version(stored, 1) == text
        assert EventTree.from_json(transfer.export_version(stored, 1)) == tree
        assert registry.current().get(copy.key).do == tree.do
        print(tree.key, "survived")


if __name__ == "__main__":
    main()
