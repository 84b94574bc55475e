"""Run by `test_round_trip` with the settings of a project: each of its trees goes through the Studio and back."""

from __future__ import annotations

import json

import django


def main() -> None:
    django.setup()
    from django.core.management import call_command

    from meanwhile.studio import drafts, loading, publish, transfer
    from meanwhile.trees import registry
    from meanwhile.trees.document import EventTree
    from tests.touching import operations

    call_command("migrate", run_syncdb=True, verbosity=0)
    for tree in registry.current().all():
        text = transfer.export_python(tree.key)
        copy = drafts.copy_tree(tree.key, by=None)
        copied = transfer.export_draft(copy)
        for operation in list(operations(drafts.draft_of(copy).document)):
            told = json.loads(json.dumps(operation))
            drafts.edit_draft(copy, told, revision=drafts.draft_of(copy).revision, by=None)
        assert transfer.export_draft(copy) == copied
        assert {**json.loads(copied), "name": tree.name, "key": tree.key} == json.loads(text)
        publish.publish(copy, revision=drafts.draft_of(copy).revision, by=None)
        assert registry.current().get(copy.key).do == tree.do
        registry.current().remove(tree.key)
        stored = transfer.import_tree(text, by=None)
        publish.publish(stored, revision=drafts.draft_of(stored).revision, by=None)
        assert loading.is_from_studio(tree.key)
        assert registry.current().get(tree.key) == tree
        assert transfer.export_draft(stored) == transfer.export_version(stored, 1) == text
        assert EventTree.from_json(transfer.export_version(stored, 1)) == tree
        print(tree.key, "survived")


if __name__ == "__main__":
    main()
