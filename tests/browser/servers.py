"""The demo behind real web servers, and a proxy that keeps every answer back until it is whole."""

from __future__ import annotations

import http.client
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.browser.site import REPOSITORY, environment
from tests.servers.running import PATIENCE, running

SERVERS = ("granian wsgi", "uvicorn")
NOT_HANDED_ON = {"connection", "content-length", "date", "keep-alive", "server", "transfer-encoding"}


@contextmanager
def served(name: str, data: Path, pace: float) -> Iterator[str]:
    """Serve the demo with its database in ``data``; yield its address."""
    known = environment(data, pace)
    migrate = [sys.executable, "-m", "django", "migrate", "--verbosity", "0"]
    subprocess.run(migrate, cwd=REPOSITORY, env=known, check=True)
    with running(
        name, wsgi="demo.wsgi:application", asgi="tests.servers.demo_asgi:application", environment=known
    ) as port:
        yield f"http://127.0.0.1:{port}"


@contextmanager
def buffering_proxy(address: str) -> Iterator[str]:
    """Stand before a site and hand on each answer when all of it is there; yield the proxy's address."""
    behind = address.removeprefix("http://")

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            with closing(http.client.HTTPConnection(behind, timeout=PATIENCE)) as client:
                client.request(self.command, self.path, body, dict(self.headers.items()))
                response = client.getresponse()
                whole = response.read()
            self.send_response(response.status)
            for name, value in response.getheaders():
                if name.lower() not in NOT_HANDED_ON:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(whole)))
            self.end_headers()
            self.wfile.write(whole)

        do_GET = do_POST = answer  # noqa: N815 - the names that the standard library asks for

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the standard library's name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
