"""Who acts in a request, under WSGI and under ASGI."""

from __future__ import annotations

from typing import Any

import pytest
from asgiref.sync import async_to_sync, iscoroutinefunction
from django.contrib.auth.models import AnonymousUser, User
from django.http import HttpRequest, HttpResponse
from django.test import AsyncClient, RequestFactory
from django.urls import path

from meanwhile.forms import ActorMiddleware
from meanwhile.trees.actor import current_actor

ADA = User(pk=7, username="ada")


def request_of(user: Any) -> HttpRequest:
    request = RequestFactory().get("/")
    request.user = user

    async def auser() -> Any:
        return user

    request.auser = auser
    return request


def answer(request: HttpRequest) -> HttpResponse:
    return HttpResponse(repr(current_actor()))


async def answer_async(request: HttpRequest) -> HttpResponse:
    return HttpResponse(repr(current_actor()))


@pytest.mark.parametrize(("user", "expected"), [(ADA, "<User: ada>"), (AnonymousUser(), "None")])
def test_a_view_acts_in_the_name_of_the_logged_in_person(user: Any, expected: str) -> None:
    assert ActorMiddleware(answer)(request_of(user)).text == expected
    assert current_actor() is None


@pytest.mark.parametrize(("user", "expected"), [(ADA, "<User: ada>"), (AnonymousUser(), "None")])
def test_an_async_view_acts_in_the_name_of_the_logged_in_person(user: Any, expected: str) -> None:
    middleware = ActorMiddleware(answer_async)
    assert iscoroutinefunction(middleware)
    assert async_to_sync(middleware)(request_of(user)).text == expected
    assert current_actor() is None


async def whoami(request: HttpRequest) -> HttpResponse:
    return HttpResponse(repr(current_actor()))


urlpatterns = [path("whoami/", whoami)]


@pytest.mark.django_db(transaction=True)
@pytest.mark.urls(__name__)
def test_under_asgi_the_session_is_read_without_blocking_the_loop(
    async_client: AsyncClient, admin_user: User, settings: Any
) -> None:
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "meanwhile.forms.middleware.ActorMiddleware"]
    async_client.force_login(admin_user)
    response = async_to_sync(async_client.get)("/whoami/")
    assert response.text == "<User: admin>"


def test_without_authentication_nobody_acts() -> None:
    assert ActorMiddleware(answer)(RequestFactory().get("/")).text == "None"
