"""Requests handed to Django itself, without a web server: what a client action and a plain JSON view cost there."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from functools import lru_cache
from statistics import median
from time import perf_counter
from typing import Any

from django.core.handlers.wsgi import WSGIHandler

from benchmarks.client import CSRF
from benchmarks.requests import ENDPOINT, PLAIN, actions, plain


def one_batch(session: str, n: int, times: int) -> float:
    """Return the median seconds of a request with so many actions."""
    return _median(session, ENDPOINT, actions(n), (b'"SUCCESS"', n), times)


def one_plain(session: str, times: int) -> float:
    """Return the median seconds of a request to the plain view."""
    return _median(session, PLAIN, plain(), (b'"value"', 1), times)


@lru_cache(maxsize=1)
def _application() -> WSGIHandler:
    return WSGIHandler()


def _median(session: str, path: str, content: Any, wanted: tuple[bytes, int], times: int) -> float:
    body = json.dumps(content).encode()
    return median([_seconds(_application(), _environ(session, path, body), wanted) for _ in range(times)])


def _seconds(application: WSGIHandler, environ: dict[str, Any], wanted: tuple[bytes, int]) -> float:
    heads = []
    start: Callable[..., Any] = lambda status, headers, _error=None: heads.append((status, headers))  # noqa: E731
    began = perf_counter()
    response = application(environ, start)
    answer = b"".join(response)
    response.close()
    took = perf_counter() - began
    piece, often = wanted
    if heads[0][0] != "200 OK" or answer.count(piece) != often:
        raise RuntimeError(f"not the wanted answer: {heads} {answer[:500]!r}")
    return took


def _environ(session: str, path: str, body: bytes) -> dict[str, Any]:
    return {
        "REQUEST_METHOD": "POST",
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_HOST": "127.0.0.1",
        "HTTP_COOKIE": f"csrftoken={CSRF}; sessionid={session}",
        "HTTP_X_CSRFTOKEN": CSRF,
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
