"""A page of a project's own that shows a record with its runs."""

from __future__ import annotations

from django.views.generic import DetailView

from benchmarks.shop.models import Order


class OrderView(DetailView):  # type: ignore[type-arg]
    """An order."""

    model = Order
