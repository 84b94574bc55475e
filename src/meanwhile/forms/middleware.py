"""Whose name a request's changes carry, whatever view makes them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction, sync_to_async
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from meanwhile.trees.actor import acting_as

Answer = HttpResponseBase | Awaitable[HttpResponseBase]


class ActorMiddleware:
    """Makes the logged-in person the actor of every tree that a request starts.

    Put it after Django's `AuthenticationMiddleware`. Without it only the views and admins of `meanwhile.forms` know
    who acts.
    """

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self.get_response = get_response
        self.is_async = iscoroutinefunction(get_response)
        if self.is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> Answer:
        if self.is_async:
            return self._answer_async(request)
        with acting_as(getattr(request, "user", None)):
            response: HttpResponseBase = self.get_response(request)
            return response

    async def _answer_async(self, request: HttpRequest) -> HttpResponseBase:
        user = getattr(request, "user", None)
        await sync_to_async(_load)(user)
        with acting_as(user):
            response: HttpResponseBase = await self.get_response(request)
            return response


def _load(user: object) -> None:
    """Read a lazy user here, where the database may be asked: code on the event loop may ask who acts."""
    getattr(user, "is_authenticated", False)
