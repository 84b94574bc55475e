"""A transaction that has not begun is one to all code inside it, and nothing is sent and nobody held up by it."""

from __future__ import annotations

import threading
from contextlib import contextmanager

import pytest
from django.db import DatabaseError, IntegrityError, OperationalError, connection, connections, transaction
from django.db.backends.signals import connection_created

from meanwhile.queue.lazy import beside, lazy_atomic
from tests.shop.models import Seat

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(params=["connected", "not connected"])
def start(request):
    """Both starts: with a connection that is kept, and without one."""
    if request.param == "connected":
        connection.ensure_connection()
    else:
        connection.close()
    yield request.param
    assert not connection.in_atomic_block
    assert connection.get_autocommit()
    assert (connection.atomic_blocks, connection.savepoint_ids, connection.run_on_commit) == ([], [], [])
    assert not connection.needs_rollback
    assert connection.execute_wrappers == []
    assert "connect" not in vars(connection)
    Seat.objects.create(number="after")  # and it is committed at once
    assert in_another_thread(Seat.objects.filter(number="after").count) == 1


@contextmanager
def ends_in(error, block):
    """Run the body in a block that has to end in this error."""
    has_ended = False
    try:
        with block:
            yield
    except error:
        has_ended = True
    assert has_ended


def in_another_thread(ask):
    """What another connection sees."""
    found = []

    def work():
        try:
            found.append(ask())
        except DatabaseError as error:
            found.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    return found[0]


def test_without_a_statement_nothing_is_sent_and_nothing_opened(start):
    was_open = connection.connection is not None
    connection.queries_log.clear()
    connection.force_debug_cursor = True
    try:
        with lazy_atomic("default"):
            if was_open and connection.vendor == "postgresql":
                assert connection.connection.info.transaction_status == 0  # idle
    finally:
        connection.force_debug_cursor = False
    # Django notes a BEGIN for what it only says to psycopg.
    assert {query["sql"] for query in connection.queries_log} <= {"BEGIN", "COMMIT"}
    assert connection.vendor == "postgresql" or not connection.queries_log
    assert (connection.connection is not None) == was_open


def test_all_of_it_is_committed_at_the_end(start):
    with lazy_atomic("default"):
        Seat.objects.create(number="1A")
        Seat.objects.create(number="2B")
        assert connection.in_atomic_block
        assert in_another_thread(Seat.objects.count) == 0
    assert in_another_thread(Seat.objects.count) == 2


def test_all_of_it_is_rolled_back_on_an_error(start):
    with ends_in(ZeroDivisionError, lazy_atomic("default")):
        Seat.objects.create(number="1A")
        Seat.objects.create(number="2B")
        _ = 1 / 0
    assert not Seat.objects.exists()


def test_an_error_without_a_statement_passes(start):
    with ends_in(ZeroDivisionError, lazy_atomic("default")):
        _ = 1 / 0


def test_a_block_inside_is_a_savepoint_also_as_the_first_statement(start):
    with lazy_atomic("default"):
        with ends_in(ZeroDivisionError, transaction.atomic()):
            Seat.objects.create(number="gone")
            _ = 1 / 0
        with transaction.atomic():
            Seat.objects.create(number="1A")
        assert in_another_thread(Seat.objects.count) == 0
    assert [seat.number for seat in Seat.objects.all()] == ["1A"]


def test_a_block_inside_without_a_savepoint_is_part_of_it(start):
    with ends_in(ZeroDivisionError, lazy_atomic("default")):
        with transaction.atomic(savepoint=False):
            Seat.objects.create(number="gone")
        _ = 1 / 0
    assert not Seat.objects.exists()


def test_a_durable_block_inside_is_refused(start):
    with lazy_atomic("default"), pytest.raises(RuntimeError), transaction.atomic(durable=True):
        pass


def test_a_failed_statement_that_is_caught_still_ends_in_a_rollback(start):
    seat = Seat.objects.create(number="1A")
    if start == "not connected":
        connection.close()
    with lazy_atomic("default"):
        Seat.objects.create(number="2B")
        with pytest.raises(IntegrityError):
            Seat(pk=seat.pk, number="3C").save(force_insert=True)
        with pytest.raises(transaction.TransactionManagementError):
            Seat.objects.count()
    assert Seat.objects.count() == 1


def test_a_rollback_can_be_asked_for_before_the_first_statement(start):
    with lazy_atomic("default"):
        transaction.set_rollback(True)
        assert transaction.get_rollback()
    with lazy_atomic("default"):
        transaction.set_rollback(True)
        transaction.set_rollback(False)
        Seat.objects.create(number="1A")
        transaction.set_rollback(True)
    assert not Seat.objects.exists()


@pytest.mark.parametrize("with_statement", [True, False])
def test_callbacks_run_after_the_commit_and_are_in_autocommit(start, with_statement):
    def after():
        assert not connection.in_atomic_block
        Seat.objects.create(number="callback")
        ran.append(in_another_thread(Seat.objects.filter(number="callback").count))

    ran: list[int] = []
    with lazy_atomic("default"):
        transaction.on_commit(after)
        if with_statement:
            Seat.objects.create(number="1A")
        assert ran == []
    assert ran == [1]


@pytest.mark.parametrize("with_statement", [True, False])
def test_callbacks_of_a_block_that_failed_never_run(start, with_statement):
    ran: list[bool] = []
    with ends_in(ZeroDivisionError, lazy_atomic("default")):
        transaction.on_commit(lambda: ran.append(True))
        if with_statement:
            Seat.objects.create(number="1A")
        _ = 1 / 0
    with lazy_atomic("default"):
        Seat.objects.create(number="2B")
    assert ran == []


def test_rows_can_be_locked(start):
    with lazy_atomic("default"):
        list(Seat.objects.select_for_update())


def test_statements_of_who_sets_a_new_connection_up_are_no_part_of_it():
    def set_up(*, connection, **_):
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        states.append((connection.in_atomic_block, connection.get_autocommit()))

    states: list[tuple[bool, bool]] = []
    connection.close()
    connection_created.connect(set_up)
    try:
        with lazy_atomic("default"):
            Seat.objects.create(number="1A")
    finally:
        connection_created.disconnect(set_up)
    assert states == [(False, True)]


def test_a_connection_that_is_closed_inside_ends_the_block_as_django_does():
    with ends_in(DatabaseError, lazy_atomic("default")):
        Seat.objects.create(number="1A")
        connection.close()
        Seat.objects.create(number="2B")
    connection.ensure_connection()
    with ends_in(DatabaseError, lazy_atomic("default")):
        connection.close()
        Seat.objects.create(number="2B")
    with lazy_atomic("default"):
        Seat.objects.create(number="3C")
    assert [seat.number for seat in Seat.objects.all()] == ["3C"]


def test_inside_another_transaction_it_is_a_savepoint():
    with transaction.atomic():
        Seat.objects.create(number="1A")
        with ends_in(ZeroDivisionError, lazy_atomic("default")):
            Seat.objects.create(number="gone")
            _ = 1 / 0
    assert [seat.number for seat in Seat.objects.all()] == ["1A"]


@pytest.mark.sqlite
def test_the_write_lock_is_free_until_the_first_statement():
    with lazy_atomic("default"):
        in_another_thread(lambda: Seat.objects.create(number="meanwhile"))
        assert Seat.objects.get().number == "meanwhile"
        assert isinstance(in_another_thread(impatiently), OperationalError)
    assert in_another_thread(impatiently) == 1


def impatiently():
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout = 0")
    Seat.objects.update(number="other")
    return Seat.objects.count()


@pytest.mark.sqlite
def test_a_busy_database_refuses_the_statement_and_the_next_one_begins_the_block():
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout = 0")
    holds, release = threading.Event(), threading.Event()

    def hold():
        try:
            with transaction.atomic():
                holds.set()
                release.wait(20)
        finally:
            connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    assert holds.wait(20)
    try:
        with ends_in(ZeroDivisionError, lazy_atomic("default")):
            with pytest.raises(OperationalError):
                Seat.objects.count()
            release.set()
            thread.join()
            Seat.objects.create(number="gone")
            _ = 1 / 0
    finally:
        release.set()
        thread.join()
        connection.close()
    assert not Seat.objects.exists()


def test_a_database_that_can_not_be_reached_fails_the_block_alone(monkeypatch):
    wrapper = connections["default"]
    wrapper.close()

    def unreachable(_parameters):
        raise wrapper.Database.OperationalError("nobody there")

    with ends_in(OperationalError, lazy_atomic("default")), monkeypatch.context() as patch:
        patch.setattr(wrapper, "get_new_connection", unreachable)
        Seat.objects.count()
    with lazy_atomic("default"):
        Seat.objects.create(number="1A")
    assert Seat.objects.count() == 1


def test_what_is_written_beside_is_as_if_no_block_were_there(start):
    ran: list[str] = []
    with ends_in(ZeroDivisionError, lazy_atomic("default")):
        transaction.on_commit(lambda: ran.append("inside"))
        with beside("default"):
            assert not connection.in_atomic_block
            with transaction.atomic(durable=True):
                Seat.objects.create(number="beside")
                transaction.on_commit(lambda: ran.append("beside"))
                with ends_in(ZeroDivisionError, transaction.atomic()):
                    Seat.objects.create(number="gone")
                    _ = 1 / 0
            assert in_another_thread(Seat.objects.count) == 1
        assert connection.in_atomic_block
        Seat.objects.create(number="inside")
        _ = 1 / 0
    assert ran == ["beside"]
    assert [seat.number for seat in Seat.objects.all()] == ["beside"]


def test_a_rollback_that_was_asked_for_does_not_concern_what_is_written_beside(start):
    with lazy_atomic("default"):
        transaction.set_rollback(True)
        with beside("default"):
            Seat.objects.create(number="beside")
        assert transaction.get_rollback()
        with pytest.raises(transaction.TransactionManagementError):
            Seat.objects.count()
    assert [seat.number for seat in Seat.objects.all()] == ["beside"]


def test_a_connection_that_is_closed_beside_is_opened_again_for_the_block(start):
    with ends_in(ZeroDivisionError, lazy_atomic("default")):
        with beside("default"):
            Seat.objects.create(number="beside")
            connection.close()
        Seat.objects.create(number="inside")
        _ = 1 / 0
    assert [seat.number for seat in Seat.objects.all()] == ["beside"]


def test_wrappers_of_others_come_and_go_as_they_like(start):
    def count(execute, *statement):
        counted.append(statement[0])
        return execute(*statement)

    counted: list[str] = []
    with lazy_atomic("default"), connection.execute_wrapper(count):
        with beside("default"):
            Seat.objects.count()
        Seat.objects.create(number="1A")
    Seat.objects.create(number="2B")
    assert len([statement for statement in counted if "COUNT" in statement]) == 1
    assert len([statement for statement in counted if "INSERT" in statement]) == 1


def test_a_kept_connection_that_is_found_broken_is_opened_anew_and_blocks_inside_are_savepoints(monkeypatch):
    wrapper = connections["default"]
    wrapper.ensure_connection()
    with monkeypatch.context() as patch:
        patch.setattr(wrapper, "health_check_enabled", True)
        patch.setattr(wrapper, "health_check_done", False)
        patch.setattr(wrapper, "is_usable", lambda: False)
        with lazy_atomic("default"):
            Seat.objects.create(number="1A")
            with ends_in(ZeroDivisionError, transaction.atomic()):
                Seat.objects.create(number="gone")
                _ = 1 / 0
    assert [seat.number for seat in Seat.objects.all()] == ["1A"]


@pytest.mark.sqlite
def test_a_turn_is_left_when_the_block_could_not_begin_and_taken_again_by_the_next_statement(monkeypatch):
    connection.ensure_connection()
    turns: list[str] = []

    @contextmanager
    def turn():
        turns.append("in")
        try:
            yield
        finally:
            turns.append("out")

    def refuse():
        raise OperationalError("database is locked")

    with lazy_atomic("default", turn):
        with monkeypatch.context() as patch:
            patch.setattr(connections["default"], "_start_transaction_under_autocommit", refuse)
            with pytest.raises(OperationalError):
                Seat.objects.count()
        assert turns == ["in", "out"]
        Seat.objects.create(number="1A")
    assert turns == ["in", "out", "in", "out"]
    assert Seat.objects.count() == 1
