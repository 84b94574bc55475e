"""Hypothesis strategies for every part of a tree, up to whole trees."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from meanwhile.actions.call import Call
from meanwhile.actions.call_tree import CallTree, Query
from meanwhile.actions.call_webhook import CallWebhook
from meanwhile.actions.create_record import CreateRecord
from meanwhile.actions.delete_record import DeleteRecord
from meanwhile.actions.recipients import Addresses, Groups, Users
from meanwhile.actions.send_email import SendEmail
from meanwhile.actions.update_field import UpdateField
from meanwhile.actions.values import Actor, Field, Literal, Now, Param, Template
from meanwhile.queue.backoff import RetryPolicy
from meanwhile.trees.conditions import All, AnyOf, Changed, ChangedTo, Count, Is, IsNew, Not, Was
from meanwhile.trees.document import EventTree
from meanwhile.trees.event_parameters import PARAMETER_TYPES
from meanwhile.trees.events import Called, Created, Deleted, Saved, Submitted, Updated
from meanwhile.trees.moments import After, Before, DateField, DateTime, RightNow, StartOfNext
from meanwhile.trees.nodes import Background, Delay, If
from meanwhile.trees.received_event import Received
from meanwhile.trees.scheduled_event import UNITS, Scheduled, Span

patiently = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""For properties over whole trees: a busy machine is no failure."""

# What any database can store: no NUL, no half of a surrogate pair.
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
names = st.from_regex(r"[a-z_][a-z0-9_]{0,8}", fullmatch=True).filter(lambda name: name not in {"where"})
paths = st.lists(names, min_size=1, max_size=3).map(".".join)
labels = st.builds("{}.{}".format, names, names.map(str.capitalize).filter(str.isidentifier))

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=5,
)
python_literals = (
    json_values | st.decimals(allow_nan=False, allow_infinity=False) | st.dates() | st.datetimes() | st.uuids()
    | st.timedeltas() | st.times() | st.frozensets(st.integers(), max_size=3)
)  # fmt: skip

values = st.one_of(
    st.builds(Literal, python_literals),
    st.builds(Field, paths),
    st.builds(Template, texts),
    st.builds(Now, minutes=st.integers(-500, 500), days=st.integers(-500, 500)),
    st.just(Actor()),
    st.builds(Param, names),
)
fields = st.dictionaries(names, values, max_size=3)


@st.composite
def _comparisons(draw: st.DrawFn, kind: Any) -> Any:
    op = draw(st.sampled_from(["==", "!=", "<", ">=", "in", "contains", "between", "empty", "not_empty"]))
    field = draw(paths)
    return kind(field, op) if op in {"empty", "not_empty"} else kind(field, op, draw(values))


conditions = st.recursive(
    st.one_of(
        _comparisons(Is),
        _comparisons(Was),
        st.lists(names, min_size=1, max_size=3).map(lambda fields: Changed(*fields)),
        st.builds(ChangedTo, names, values),
        st.just(IsNew()),
        st.builds(Count, names | labels, st.sampled_from(["==", "<", ">="]), st.integers(0, 99), where=fields),
    ),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda several: All(*several)),
        st.lists(inner, min_size=1, max_size=3).map(lambda several: AnyOf(*several)),
        inner.map(Not),
    ),
    max_leaves=4,
)

_spans = st.dictionaries(
    st.sampled_from(["minutes", "hours", "days", "weeks", "months", "years"]), st.integers(1, 100), min_size=1
)
moments = st.recursive(
    st.one_of(
        st.just(RightNow()),
        st.builds(lambda when: DateTime(when=when), st.datetimes() | st.datetimes(timezones=st.timezones())),
        st.builds(lambda unit: StartOfNext(unit=unit), st.sampled_from(["day", "month", "year"])),
        st.builds(lambda path: DateField(field=path), paths),
    ),
    lambda inner: st.builds(
        lambda kind, base, span: kind(base=base, **span), st.sampled_from([Before, After]), inner, _spans
    ),
    max_leaves=3,
)

recipients = st.one_of(
    st.builds(Addresses, texts),
    st.lists(st.integers(1, 99) | texts, max_size=2).map(lambda users: Users(*users)),
    st.lists(texts, max_size=2).map(lambda groups: Groups(*groups)),
)

retries = st.none() | st.builds(
    RetryPolicy, max_attempts=st.integers(1, 9), first=st.floats(0, 9), jitter=st.floats(0, 1)
)
_node_options = {"label": texts, "disabled": st.booleans()}
_action_options = {
    **_node_options,
    "on_error": st.sampled_from(["stop", "continue"]),
    "retry": retries,
    "timeout": st.none() | st.floats(0.5, 900),
}
_no_path = st.just("")

actions = st.one_of(
    st.builds(UpdateField, set=fields, of=_no_path | paths, **_action_options),
    st.builds(CreateRecord, labels, set=fields, name=_no_path | names, **_action_options),
    st.builds(DeleteRecord, _no_path | paths, **_action_options),
    st.builds(
        SendEmail,
        to=st.lists(recipients, max_size=2),
        subject=texts,
        body=texts,
        html=texts,
        cc=st.lists(recipients, max_size=1),
        **_action_options,
    ),
    st.builds(
        CallWebhook,
        texts,
        method=st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE"]),
        headers=st.dictionaries(texts.filter(bool), texts, max_size=2),
        body=st.dictionaries(texts.filter(bool), values, max_size=2),
        sign_with=texts,
        authorize_with=texts,
        authorize_in=texts,
        **_action_options,
    ),
    st.builds(CallTree, texts.filter(bool), of=_no_path | paths, params=fields, **_action_options),
    st.builds(CallTree, texts.filter(bool), each=st.builds(Query, labels, where=fields), **_action_options),
    st.builds(Call, names, params=fields, result=_no_path | names, **_action_options),
)


def _an_if(condition: Any, then: list[Any], **rest: Any) -> If:
    return If(condition, *then, **rest)


def _containers(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    several = st.lists(inner, max_size=3)
    jobs = {"serial": st.booleans(), "priority": st.integers(-9, 9), **_node_options}
    return st.one_of(
        st.builds(_an_if, conditions, several, otherwise=several, **_node_options),
        st.builds(lambda do, **rest: Background(*do, **rest), several, **jobs),
        st.builds(lambda moment, do, **rest: Delay(moment, *do, **rest), moments, several, **jobs),
    )


nodes = st.recursive(actions, _containers, max_leaves=5)

places = st.lists(st.from_regex(r"[A-Za-z][\w-]{0,8}|[0-9]", fullmatch=True), min_size=1, max_size=3).map(".".join)

spans = st.dictionaries(st.sampled_from(UNITS), st.integers(1, 9), min_size=1, max_size=2).map(lambda one: Span(**one))
crons = st.sampled_from(["0 7 * * *", "*/5 8-17 * * mon-fri", "30 2 L * *", "0 0 1 jan,jul *", "15 6 * * 5#2"])
rules = st.dictionaries(names, st.builds(Now, days=st.integers(-9, 9)) | st.builds(Literal, texts), max_size=2)
scheduled = st.one_of(
    st.builds(lambda model, cron, where: Scheduled(model, cron=cron, where=where), labels, crons, rules),
    st.builds(lambda model, every: Scheduled(model, every=every), st.none() | labels, spans),
    st.builds(
        lambda every, starting: Scheduled(every=every, starting=starting),
        spans,
        st.datetimes(datetime.fromisoformat("2000-01-01"), datetime.fromisoformat("2100-01-01")),
    ),
)

events = st.one_of(
    st.builds(Saved, labels),
    st.builds(Created, labels),
    st.builds(lambda label, fields: Updated(label, *fields), labels, st.lists(names, max_size=2)),
    st.builds(Deleted, labels),
    st.builds(Submitted, labels),
    st.builds(
        Called, st.none() | labels, parameters=st.dictionaries(names, st.sampled_from(PARAMETER_TYPES), max_size=2)
    ),
    scheduled,
    st.builds(
        Received,
        labels,
        match=st.lists(names, max_size=2, unique=True),
        fields=st.dictionaries(names, places, max_size=3),
        create=st.booleans(),
        parameters=st.dictionaries(names, st.sampled_from(PARAMETER_TYPES), max_size=2),
        paths=st.dictionaries(names, places, max_size=2),
    ),
)

trees = st.builds(
    EventTree,
    texts.filter(str.strip),
    on=events,
    do=st.lists(nodes, max_size=4),
    key=st.from_regex(r"[a-z0-9][a-z0-9_-]{0,20}", fullmatch=True),
    description=texts,
    reentrant=st.booleans(),
    enabled=st.booleans(),
)
