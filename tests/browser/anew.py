"""A second try of a test (`scripts/second_try.py`) begins anew: with sites and a browser of its own.

What the first try did to a site that its module or the whole session shares is no part of it: a tree of the same name,
a job that is cancelled already, a queue that is paused.
"""

from __future__ import annotations

import pytest


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """End all fixtures that are still there before a test is tried again; they are made anew as they are asked for."""
    if getattr(item, "execution_count", 1) > 1:  # counted by pytest-rerunfailures
        import pytest_rerunfailures

        # It lays the fixtures of module and session aside, to hand them on to the second try.
        pytest_rerunfailures._restore_suspended_finalizers(item)
        item.session._setupstate.teardown_exact(None)
