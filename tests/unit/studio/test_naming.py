"""Fields, record types and settings have one name for people everywhere in the Studio, and documents keep theirs."""

from __future__ import annotations

from typing import Any

import pytest
from django.db.models import CharField, IntegerField

from meanwhile import (
    Background,
    CallTree,
    Changed,
    CreateRecord,
    Delay,
    EventTree,
    Field,
    If,
    Is,
    Query,
    SendEmail,
    Template,
    Updated,
    UpdateField,
    before,
)
from meanwhile.studio import fields
from meanwhile.studio.describe import rows
from meanwhile.studio.diff import diff
from meanwhile.studio.edit import perform
from meanwhile.studio.fixes import fix_for
from meanwhile.studio.forms import form_of
from meanwhile.studio.moves import move_targets
from meanwhile.studio.naming import InWords, naming_of, place_in_words
from meanwhile.studio.outline import outline
from meanwhile.studio.problems import problems_of
from meanwhile.studio.wording import event_in_words
from meanwhile.trees.check import check_tree
from meanwhile.trees.condition_wording import lookups_in_words
from meanwhile.trees.field_wording import AS_WRITTEN, Naming, type_of
from meanwhile.trees.setting_wording import setting_in_words
from tests.shop.models import Booking

TREE = EventTree(
    "Named",
    on=Updated(Booking, "status"),
    do=[
        UpdateField(price=Field("seat.price")),
        If(Is("seat.price", ">", 100) | Changed("customer"), UpdateField(of="customer", name="x")),
        CreateRecord("shop.Ticket", booking=Field("pk"), name="ticket"),
        UpdateField(of="ticket", paid=True),
        Delay(before("starts", days=2), UpdateField(notes=Field("ticket.passenger"))),
        CallTree("named", each=Query("shop.Ticket", where={"booking__price__gte": 3, "paid": False})),
    ],
)
NAMING = naming_of(TREE.as_json())


def test_a_path_has_the_names_that_the_pickers_offer() -> None:
    labels = {one.name: one.label for one in fields.fields_of("shop.Booking")}
    assert NAMING.field("seat") == labels["seat"] == "Seat"
    assert NAMING.field("seat.price") == "Seat › Price"
    assert NAMING.field("ticket.booking.starts") == "ticket › Booking › Starts"
    assert NAMING.field("seat.gone") == "Seat › gone"
    assert Naming().field("seat.price") == AS_WRITTEN.field("seat.price") == "seat.price"
    assert NAMING.model_name("shop.Ticket") == "Ticket"
    assert AS_WRITTEN.model_name("shop.Ticket") == "shop.Ticket"


def test_what_is_gone_has_the_name_that_django_gives_to_what_says_none() -> None:
    assert NAMING.model_name("shop.FlightPlan") == "Flight plan"
    assert NAMING.model_name("nonsense") == "nonsense"
    gone = {"event": "updated", "model": "shop.FlightPlan", "fields": ["starts_at", "pilot.name"]}
    assert event_in_words(gone) == "when Starts at, Pilot › Name of a flight plan changes"
    assert event_in_words({"event": "saved", "model": "shop.Seat"}) == "when a seat is created or changed"


def test_rows_name_fields_for_people_and_keep_the_paths() -> None:
    found = {row.path: (row.title, row.details, row.raw) for row in rows(TREE.as_json())}
    assert found["0"] == ("Update Price", "Price = the field Seat › Price", "price = the field seat.price")
    assert found["1"][1:] == (
        "Seat › Price is more than 100 or Customer changed", "seat.price is more than 100 or customer changed",
    )  # fmt: skip
    assert found["1.then.0"][:2] == ("Update Name", "Name = “x”")
    assert found["2"][0] == "Create Ticket"
    assert found["3"][:2] == ("Update Paid", "Paid = yes")
    assert found["4"] == ("Delay", "2 days before “Starts”", "2 days before “starts”")
    assert found["4.0"][1] == "Notes = the field ticket › Passenger"


def test_queries_are_put_into_words() -> None:
    [_each, node] = TREE.do[5].as_json()["each"], TREE.do[5].as_json()
    assert setting_in_words("each", node["each"], NAMING) == "Ticket (Booking › Price is at least 3, Paid = no)"
    assert setting_in_words("each", node["each"]) == "shop.Ticket (booking__price__gte = 3, paid = no)"


def test_versions_and_differences_name_fields_for_people() -> None:
    assert outline(TREE)[0].settings == [("Price", "the field Seat › Price")]
    document = TREE.as_json()
    document["do"][0]["set"]["price"]["field"] = "seat.number"
    [change] = diff(TREE.as_json(), document)
    assert change.title == "Update Price"
    assert change.lines == (
        (
            "Price", "the field Seat › Price", "the field Seat › Number",
            "set.price: the field seat.price → the field seat.number",
        ),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("node", "message"),
    [
        (UpdateField(price="much"), "Booking › Price: "),
        (UpdateField(seat="x"), "Booking › Seat: "),
        (UpdateField(pk=1), "Booking › ID can't be set."),
        (UpdateField(price=Field("seat.gone")), "Booking has no field “seat.gone” that can be reached."),
        (If(Is("seat.price", "startswith", "x"), UpdateField(status="x")), "“starts with” does not fit Seat › Price"),
        (Delay(before("price", days=1), UpdateField(status="x")), "“Price” is a Decimal number, which holds no date."),
    ],
)
def test_problems_name_fields_for_people_in_the_studio_and_as_python_has_them_elsewhere(
    node: Any, message: str
) -> None:
    tree = EventTree("T", on=Updated(Booking), do=[node])
    [found] = [one for one in problems_of(tree.as_json()) if one.level == "error"]
    assert found.message.startswith(message)
    assert found.place
    [plain] = [one for one in check_tree(tree) if one.level == "error"]
    assert "›" not in plain.message


def test_what_is_not_chosen_yet_says_what_to_do() -> None:
    document = TREE.as_json()
    nodes: list[dict[str, Any]] = [
        {"kind": "call_tree", "tree": ""},
        {"kind": "call", "function": ""},
        {"kind": "create_record", "model": "", "set": {}},
        {"kind": "if", "condition": {"test": "is", "field": "", "to": {"value": "literal", "literal": 1}}, "then": []},
        {"kind": "background", "priority": "high", "do": []},
        {"kind": "update_field", "retry": {"max_attempts": 0}, "set": {"price": 5}},
    ]
    found = [one.message for one in problems_of({**document, "do": nodes}) if one.id == "studio.E06"]
    assert found == [
        "Choose a tree to call.",
        "Choose a function to call.",
        "Choose a record type.",
        "Choose a field.",
        "Priority: must be a whole number",
        "Tries › Max attempts: must be at least 1",
        "Fields › Price: must be an object",
    ]


@pytest.mark.parametrize(
    ("path", "key", "label"),
    [
        ("0", "set.price", "Change Price of “Update Price”"),
        ("0", "label", "Change Name of “Update Price”"),
        ("4", "moment", "Change Until of “Delay”"),
        ("5", "of", "Change For which record of “Call named”"),
        ("", "description", "Change Description of “the tree”"),
        ("", "on.model", "Change Record type of “the tree”"),
    ],
)
def test_an_edit_is_told_with_the_names_of_the_form(path: str, key: str, label: str) -> None:
    operation = {"op": "set_value", "path": path, "key": key, "value": "x"}
    assert perform(TREE.as_json(), operation, InWords(NAMING)).label == label


def test_places_to_move_to_and_fixes_have_the_titles_of_the_rows() -> None:
    words = dict(move_targets(TREE.as_json(), "2", InWords(NAMING)))
    assert words["1"] == "After “Update Price”"
    assert place_in_words(TREE.as_json()["do"][0], "set.price", NAMING) == "Fields › Price"
    fix = fix_for(TREE.as_json(), "0", "set.price", "meanwhile.E104", NAMING)
    assert fix is not None
    assert fix.label == "Remove “Price”"


def test_the_warning_of_an_effect_outside_does_not_say_the_title_again() -> None:
    mail = SendEmail(to="a@example.com", subject="Hi", label="The mail")
    [found] = check_tree(EventTree("T", on=Updated(Booking), do=[mail]))
    assert found.code == "meanwhile.W101"
    assert "The mail" not in found.message
    assert found.message.startswith("It has an effect outside")
    assert check_tree(EventTree("T", on=Updated(Booking), do=[Background(mail)])) == []


@pytest.mark.parametrize("model", ["shop.Ticket", "shop.Nothing", ""])
def test_a_lookup_of_a_field_that_is_unknown_stays_as_it_is(model: str) -> None:
    where = {"gone__gte": {"value": "literal", "literal": 1}}
    assert lookups_in_words(where, Naming("shop.Booking"), model) == "gone__gte = 1"


def test_the_type_of_a_field_may_have_a_percent_sign_in_its_words() -> None:
    share = IntegerField()
    share.description = "Share (%)"
    assert type_of(share) == "Share (%)"
    assert type_of(CharField(max_length=3)) == "String (up to 3)"


def test_what_a_setting_is_called_is_told_to_who_writes_python_alone(settings: Any) -> None:
    settings.MEANWHILE = {**settings.MEANWHILE, "SENSITIVE_FIELDS": ["password", "email"]}
    template = UpdateField(notes=Template("{{ record.email }}"))
    tree = EventTree("Curious", on=Updated(Booking, "status"), do=[UpdateField(notes=Field("email")), template])
    checked = [one.message for one in check_tree(tree)]
    assert [one.count("SENSITIVE_FIELDS") for one in checked] == [1, 1]
    told = [part for one in problems_of(tree.as_json()) for part in (one.message, one.hint)]
    assert "“email” is a secret." in told
    assert any("which is a secret" in one for one in told)
    assert not any("SENSITIVE_FIELDS" in one for one in told)


def test_a_record_type_that_is_not_offered_has_its_name_all_the_same_where_it_is_chosen(settings: Any) -> None:
    settings.MEANWHILE = {**settings.MEANWHILE, "STUDIO_MODELS": ["shop.Booking"]}
    count = {"test": "count", "of": "shop.Ticket", "number": 1}
    nodes = [
        {"kind": "if", "condition": {"test": "all", "of": [{"test": "not", "of": count}, {"test": "is_new"}]}},
        {"kind": "call_tree", "each": {"model": "shop.Ticket", "where": {}}},
        {"kind": "create_record", "model": "shop.FlightPlan"},
        {"kind": "if", "condition": {"test": "count", "of": "tickets"}},
    ]
    document = {**TREE.as_json(), "do": nodes}
    forms = [form_of(document, str(number)).fields for number in range(len(nodes))]
    choices = [next(one.choices for one in fields if ("shop.Booking", "Booking") in one.choices) for fields in forms]
    assert [one[1:] for one in choices] == [
        (("shop.Ticket", "Ticket"),), (("shop.Ticket", "Ticket"),), (("shop.FlightPlan", "Flight plan"),), (),
    ]  # fmt: skip
