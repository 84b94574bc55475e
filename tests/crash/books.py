"""Look at what the office's orders came to."""

from __future__ import annotations

from collections import defaultdict
from itertools import groupby

from tests.crash.processes import Office

LINES = {"f": ["f"], "a": ["a1", "a2", "a3", "a4"], "s": ["s1", "s2", "s3", "s4"]}
"""What the tree "Order placed" leaves in the log of each order: in this order, by the branches that have an order."""

JOBS_AN_ORDER = 3


def lines_by_order(office: Office) -> dict[int, list[str]]:
    """The log in the order in which it was written, by order."""
    rows = office.rows('SELECT "order", text FROM office_line ORDER BY "order", id')
    return {order: [text for _, text in group] for order, group in groupby(rows, key=lambda row: row[0])}


def assert_orders_done(office: Office) -> None:
    orders = [pk for (pk,) in office.rows("SELECT id FROM office_order")]
    jobs = office.rows("SELECT state, COUNT(*) FROM meanwhile_job GROUP BY state")
    assert jobs == [("succeeded", JOBS_AN_ORDER * len(orders))], office.story()
    assert office.rows("SELECT state, open_jobs, COUNT(*) FROM meanwhile_run GROUP BY 1, 2") == [
        ("succeeded", 0, len(orders))
    ]
    written = lines_by_order(office)
    for order in orders:
        branches = {name: [text for text in written[order] if text[0] == name] for name in LINES}
        assert branches == LINES, f"order {order}: {written[order]}"
        assert len(written[order]) == sum(map(len, LINES.values()))
    assert office.number("SELECT COUNT(*) FROM office_order WHERE ready AND status = 'counted'") == len(orders)


def assert_letters_have_one_key_each(office: Office) -> None:
    keys = defaultdict(set)
    for line in (office.folder / "letters").read_text().splitlines():
        order, key = line.split()
        keys[int(order)].add(key)
    orders = {pk for (pk,) in office.rows("SELECT id FROM office_order")}
    assert set(keys) == orders, "an effect outside happens at least once"
    assert {len(of_order) for of_order in keys.values()} == {1}, "with one key over all tries"
    assert len(set.union(*keys.values())) == len(orders), "and another key for each step"
