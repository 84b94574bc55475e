"""Run one action and say in one line how it ended. Whatever it raises is told in its line and nowhere else."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from asgiref.sync import async_to_sync, sync_to_async
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, InterfaceError, connections, transaction
from django.http import Http404, HttpRequest

from meanwhile import conf
from meanwhile.exceptions import ActionFailed, UserError, shortened
from meanwhile.queue.lazy import lazy_atomic
from meanwhile.remote import session, wire
from meanwhile.remote.access import CallRefused, admit, forbidden, not_found
from meanwhile.remote.bound import BoundAction
from meanwhile.remote.controller import Controller, Report
from meanwhile.texts import gettext as _
from meanwhile.trees.actor import acting_as

logger = logging.getLogger("meanwhile.remote")


def perform(bound: BoundAction, call: wire.Call, request: HttpRequest, report: Report | None) -> bytes:
    """Run an action in its own transaction and return its line (client actions, "The server's side").

    Whatever it raises ends it alone, also ``sys.exit()``, which would end a server with an event loop. Raises what
    people end the server with, `KeyboardInterrupt`.
    """
    try:
        controller = bound.controller(request=request, report=report)
        arguments = admit(bound, controller, call.params)
        if bound.durable:
            return wire.durable_line(call.id, _enqueued(bound, call, request))
        with acting_as(controller.user):
            line = wire.success_line(call.id, _value(bound, controller, arguments))
        session.save(request)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - told in its line
        return _failed(bound, call, request, error)
    return line


async def perform_natively(bound: BoundAction, call: wire.Call, request: HttpRequest, report: Report | None) -> bytes:
    """Run an ``async def`` action that needs no transaction on the event loop and return its line.

    Raises `KeyboardInterrupt`, and what ends the task that runs it.
    """
    try:
        controller, arguments = await sync_to_async(_admitted)(bound, call, request, report)
        with acting_as(controller.user):
            value = await bound.function(controller, **arguments)
        line = wire.success_line(call.id, bound.signature.result_as_json(value))
        await sync_to_async(session.save)(request)
    except (KeyboardInterrupt, GeneratorExit):
        raise
    except BaseException as error:
        task = asyncio.current_task()
        if isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling():
            raise  # it is not the action that was cancelled
        return await sync_to_async(_failed)(bound, call, request, error)
    return line


def is_native(bound: BoundAction) -> bool:
    """Say whether an action is awaited on the event loop of an ASGI server: Django has no async transactions."""
    return bound.is_async and not bound.atomic and not bound.durable


def _admitted(
    bound: BoundAction, call: wire.Call, request: HttpRequest, report: Report | None
) -> tuple[Controller, dict[str, Any]]:
    controller = bound.controller(request=request, report=report)
    if controller.user is not None:
        _ = controller.user.is_authenticated  # loads it here, where the database may be asked
    return controller, admit(bound, controller, call.params)


def _value(bound: BoundAction, controller: Controller, arguments: dict[str, Any]) -> bytes:
    """Return the result as JSON, written inside the transaction: what can't be told is not done."""
    function: Callable[..., Any] = async_to_sync(bound.function) if bound.is_async else bound.function
    if not bound.atomic:
        try:
            return bound.signature.result_as_json(function(controller, **arguments))
        finally:
            _end_what_was_left_open()
    using = conf.get().database
    value = b""
    committed: list[bool] = []
    try:
        with lazy_atomic(using):
            transaction.on_commit(lambda: committed.append(True), using=using)
            value = bound.signature.result_as_json(function(controller, **arguments))
    except BaseException as error:
        if not committed or isinstance(error, KeyboardInterrupt):
            raise
        # The action is done and committed; a callback of its on_commit is not part of it.
        logger.exception("A callback failed after an action was committed", extra={"action": bound.name})
    return value


def _enqueued(bound: BoundAction, call: wire.Call, request: HttpRequest) -> str:
    from meanwhile.remote.durable import enqueue_durable

    with transaction.atomic(using=conf.get().database):
        return enqueue_durable(bound, request, call.params)


def _failed(bound: BoundAction, call: wire.Call, request: HttpRequest, error: BaseException) -> bytes:
    session.forget(request)
    if isinstance(error, DatabaseError | InterfaceError):
        _drop_broken_connections()
    refusal = refusal_of(error)
    if refusal is None:
        logger.error("An action failed", exc_info=error, extra={"action": bound.name})
        refusal = CallRefused("server_error", unexpected(error))
    return wire.error_line(call.id, refusal.code, refusal.message, refusal.fields)


def refusal_of(error: BaseException) -> CallRefused | None:
    """Return how the page is told of an error that is meant for it; None for an unexpected one."""
    try:
        return _refusal_of(error)
    except Exception:  # noqa: BLE001 - a text that can't be told is an unexpected error, too
        return None


def _refusal_of(error: BaseException) -> CallRefused | None:
    match error:
        case CallRefused():
            return error
        case UserError():
            return CallRefused("user_error", str(error))
        case ActionFailed() if isinstance(error.reason, UserError):
            return CallRefused("user_error", error.user_message)
        case Http404():
            return not_found()
        case PermissionDenied():
            return forbidden()
        case _:
            return None


def unexpected(error: BaseException) -> str:
    """Return what the page may read of an error that is not meant for it: its text in DEBUG alone."""
    if not settings.DEBUG:
        return _("Something went wrong on the server. The action was not done.")
    try:
        text = str(error)
    except Exception:  # noqa: BLE001 - a broken __str__ must not hide that there was an error
        text = shortened(error)
    return f"{type(error).__name__}: {text}"


def _drop_broken_connections() -> None:
    """Close the connections that the database has closed, so that the next action of the request gets a new one."""
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:
            connection.close_if_unusable_or_obsolete()


def _end_what_was_left_open() -> None:
    """Close connections on which an action went out of autocommit and not back: the next one must not be part of it."""
    for connection in connections.all(initialized_only=True):
        if connection.connection is None or connection.in_atomic_block:
            continue
        if connection.autocommit != connection.settings_dict["AUTOCOMMIT"]:
            connection.close()
