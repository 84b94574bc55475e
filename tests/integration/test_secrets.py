"""What is in a field with a secret's name does not get into templates or into the texts of errors."""

from __future__ import annotations

import pytest

from meanwhile import (
    ActionFailed,
    Background,
    Count,
    Created,
    EventTree,
    Field,
    If,
    Is,
    Saved,
    Template,
    UpdateField,
)
from meanwhile.queue.models import Job
from meanwhile.testing import run_background, use_trees
from tests.shop.models import Parcel

pytestmark = pytest.mark.django_db(transaction=True)


def test_templates_do_not_see_the_secrets_of_the_event():
    seen = Template("[{{ event.new.password }}{{ event.old.password }}{{ event.new }}{{ record.password }}]")
    other = Template("{{ event.new.tag }}")
    tree = EventTree(
        "Shown",
        on=Saved(Parcel),
        do=[UpdateField(flags=seen, set={"label": other}), Background(UpdateField(flags=seen))],
    )
    with use_trees(tree):
        parcel = Parcel(tag="A1", password="hunter2")
        parcel.save()
        assert "hunter2" not in str(parcel.flags)
        assert parcel.label == "A1"
        parcel.password = "swordfish"
        parcel.save()
        assert "hunter2" not in str(parcel.flags)
        assert "swordfish" not in str(parcel.flags)
        run_background()
        parcel.refresh_from_db()
        assert "swordfish" not in str(parcel.flags)


@pytest.mark.parametrize(
    "node",
    [
        UpdateField(pieces=Field("password")),
        UpdateField(place=Field("password")),
        If(Is("password", ">", 3), UpdateField(pieces=3)),
        If(Is("pieces", "<", Field("password")), UpdateField(pieces=3)),
        If(Count("shop.Parcel", ">", 1, where={"pieces": Field("password")}), UpdateField(pieces=3)),
    ],
)
def test_the_errors_of_a_tree_do_not_show_a_secret(node):
    with use_trees(EventTree("Careless", on=Created(Parcel), do=[node])):
        with pytest.raises(ActionFailed) as caught:
            Parcel(tag="A1", password="hunter2").save()
        assert "hunter2" not in str(caught.value)
    with use_trees(EventTree("Careless", on=Created(Parcel), do=[Background(node)])):
        Parcel(tag="A1", password="hunter2").save()
        run_background()
        error = Job.objects.get().error
    assert error
    assert "hunter2" not in error


def test_the_errors_of_other_fields_show_their_value():
    tree = EventTree("Careless", on=Created(Parcel), do=[UpdateField(pieces=Field("tag"))])
    with use_trees(tree), pytest.raises(ActionFailed, match="A1"):
        Parcel(tag="A1").save()
