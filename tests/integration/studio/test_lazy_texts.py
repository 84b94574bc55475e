"""A Studio of several languages: functions are named in the reader's, and trees are documents in one."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.utils.translation import gettext_lazy, override

from meanwhile import Background, Created, EventTree, SendEmail, TreeDocumentError, UpdateField, action
from meanwhile.actions.registry import actions
from meanwhile.studio.describe import rows
from meanwhile.studio.editor_state import choices
from tests.shop.models import Booking

LAZY: Any = gettext_lazy("yes")


@pytest.fixture
def node() -> Iterator[Any]:
    """A call of a function whose label is translated."""

    @action(name="lazy.translated", label=gettext_lazy("yes"))
    def translated(record: Booking) -> None:
        """Do nothing."""

    yield translated()
    actions.remove("lazy.translated")


def test_the_label_of_a_function_is_in_the_language_of_the_reader(node: Any) -> None:
    tree = EventTree("T", on=Created(Booking), do=[node])
    for language, word in (("en", "yes"), ("de", "ja"), ("en", "yes")):
        with override(language):
            offered = [one for group in json.loads(json.dumps(choices()["menu"])) for one in group["items"]]
            assert [one["title"] for one in offered if one["part"].get("function") == "lazy.translated"] == [word]
            assert [row.title for row in rows(tree.as_json())] == [word]
            titles = [node.title(), node.describe()]
            assert [type(one) for one in titles] == [str, str]
            assert titles == [word, word]


@pytest.mark.parametrize(
    ("make", "place"),
    [
        (lambda: EventTree(LAZY, on=Created(Booking)), "EventTree.name"),
        (lambda: EventTree("T", description=LAZY, on=Created(Booking)), "EventTree.description"),
        (lambda: Background(UpdateField(status="a"), label=LAZY), "Background.label"),
        (lambda: UpdateField(status=LAZY), "UpdateField.set.status"),
        (lambda: SendEmail(to="ada@example.com", subject=LAZY, body="x"), "SendEmail.subject"),
    ],
)
def test_a_lazy_translation_in_a_tree_is_refused_and_it_is_said_what_to_write(
    make: Callable[[], Any], place: str
) -> None:
    with pytest.raises(TreeDocumentError) as refused:
        make()
    told = (place, "is a lazy translation, and a document is in one language: write the text itself")
    assert told in refused.value.problems
