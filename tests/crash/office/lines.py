"""What the tree "Order placed" leaves in the log of each order: in this order, by the branches that have an order."""

from __future__ import annotations

LINES = {"f": ["f"], "a": ["a1", "a2", "a3", "a4"], "s": ["s1", "s2", "s3", "s4"]}
