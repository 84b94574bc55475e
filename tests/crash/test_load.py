"""Two web processes with their embedded workers and two worker processes on one database, under load."""

from __future__ import annotations

import http.client
import socket
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from urllib.parse import urlencode

from tests.crash.books import assert_letters_have_one_key_each, assert_orders_done
from tests.crash.processes import Office, until

CLIENTS = 8
POSTS = 60
WAITRESS = "tests.crash.office.wsgi:application"


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(port: int) -> bool:
    try:
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
            connection.request("GET", "/place/")
            return connection.getresponse().status == 200
    except OSError:
        return False


class Client(threading.Thread):
    """Posts orders and looks at each of them, as a browser does after its redirect."""

    def __init__(self, port: int, number: int) -> None:
        super().__init__()
        self.port, self.number = port, number
        self.statuses: Counter[int] = Counter()
        self.problem: BaseException | str | None = None

    def run(self) -> None:
        try:
            with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)) as connection:
                for count in range(POSTS):
                    self.place(connection, f"order {self.number}.{count}")
        except BaseException as problem:  # noqa: BLE001 - told by the test
            self.problem = problem

    def place(self, connection: http.client.HTTPConnection, name: str) -> None:
        form = urlencode({"name": name, "notes": "n"})
        connection.request("POST", "/place/", form, {"Content-Type": "application/x-www-form-urlencoded"})
        response = connection.getresponse()
        page = response.read().decode()
        self.statuses[response.status] += 1
        if response.status != 302:
            self.problem = page
            return
        connection.request("GET", response.headers["Location"])
        shown = connection.getresponse()
        shown.read()
        self.statuses[shown.status] += 1


def test_web_processes_and_workers_share_one_database_under_load(open_office: Callable[..., Office]) -> None:
    office = open_office(autostart=True, threads=2)
    ports = [free_port() for _ in range(2)]
    for port in ports:
        office.run("-m", "waitress", f"--listen=127.0.0.1:{port}", "--threads=4", WAITRESS)
    for _ in range(2):
        office.worker("--threads", "2")
    for port in ports:
        until(lambda port=port: answers(port), f"the server on port {port}")
    clients = [Client(ports[number % 2], number) for number in range(CLIENTS)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    assert [client.problem for client in clients] == [None] * CLIENTS, office.log()
    assert sum((client.statuses for client in clients), Counter()) == {302: CLIENTS * POSTS, 200: CLIENTS * POSTS}
    office.until_done()
    workers = office.number("SELECT COUNT(*) FROM meanwhile_workerprocess")
    assert workers == 4, "two in the web processes, two of their own"
    assert office.number("SELECT COUNT(*) FROM office_order") == CLIENTS * POSTS
    assert_orders_done(office)
    assert_letters_have_one_key_each(office)
    assert "locked" not in office.log_path.read_text()
