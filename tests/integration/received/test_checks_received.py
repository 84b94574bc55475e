"""``manage.py check`` finds trees on Received that nobody can reach."""

from __future__ import annotations

import pytest
from django.core.checks import run_checks
from django.test import override_settings

from meanwhile.received.checks import RECEIVED_CHECKS, check_addresses
from meanwhile.testing import use_trees
from tests.integration.received.sending import orders

urlpatterns: list[object] = []


def test_a_tree_needs_its_address():
    with use_trees(orders()):
        assert check_addresses() == []
        with override_settings(ROOT_URLCONF="tests.integration.received.test_checks_received"):
            [found] = check_addresses()
            assert found.id in RECEIVED_CHECKS
            assert "Orders" in found.msg
            assert "meanwhile.urls" in (found.hint or "")
            assert found in run_checks(tags=["meanwhile"])


def test_a_tree_that_is_off_and_a_project_without_any_need_none():
    with override_settings(ROOT_URLCONF="tests.integration.received.test_checks_received"):
        with use_trees(orders(enabled=False)):
            assert check_addresses() == []
        with use_trees():
            assert check_addresses() == []


class Elsewhere:
    def db_for_write(self, model, **_hints):
        return "elsewhere" if model.__name__ == "Order" else None


@pytest.mark.parametrize(("routers", "ids"), [([], []), ([Elsewhere()], ["meanwhile.E004"])])
def test_the_records_must_be_where_the_jobs_are(routers, ids):
    with use_trees(orders()), override_settings(DATABASE_ROUTERS=routers):
        assert [one.id for one in check_addresses()] == ids
