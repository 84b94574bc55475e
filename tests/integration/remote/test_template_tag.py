"""`{% meanwhile_actions %}`: what stands in the head of a page, and that a strict policy lets it through."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import django
import pytest
from django.contrib.staticfiles import finders
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse
from django.template import Context, Template
from django.test import RequestFactory
from django.utils.functional import SimpleLazyObject

from meanwhile.remote import import_map_hash
from meanwhile.remote.import_map import MODULES

DJANGO_6 = django.VERSION >= (6, 0)
TAG = "{% load meanwhile_actions %}{% meanwhile_actions %}"
WITH_MAP = "{% load meanwhile_actions %}{% meanwhile_actions import_map=True %}"


class Head(HTMLParser):
    """The elements of a head: (name, attributes), and the texts of scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.elements and self.elements[-1][0] == "script" and data.strip():
            self.scripts.append(data)

    def metas(self) -> dict[str | None, str | None]:
        return {found["name"]: found["content"] for tag, found in self.elements if tag == "meta"}

    def links(self) -> list[str]:
        return [str(found["href"]) for tag, found in self.elements if tag == "link"]


def rendered(source: str = TAG, request: HttpRequest | None = None, **context: Any) -> Head:
    request = request or RequestFactory().get("/")
    from django.template import RequestContext

    return Head(Template(source).render(RequestContext(request, context)))


def test_it_tells_the_endpoint_the_token_and_the_limits(settings: Any) -> None:
    settings.MEANWHILE = {"REMOTE_MAX_ACTIONS": 7, "REMOTE_MAX_BODY": 5000}
    request = RequestFactory().get("/")
    metas = rendered(request=request).metas()
    token = metas.pop("meanwhile-csrf")
    assert metas == {
        "meanwhile-endpoint": "/meanwhile/actions/",
        "meanwhile-max-actions": "7",
        "meanwhile-max-body": "5000",
        "meanwhile-max-depth": "32",
    }
    assert len(token or "") == 64
    assert request.META["CSRF_COOKIE_NEEDS_UPDATE"]


def test_the_modules_of_a_page_are_loaded_at_once() -> None:
    links = rendered().links()
    assert links[0] == "/static/meanwhile/client.js"
    assert {"/static/meanwhile/queue.js", "/static/meanwhile/server.js"} <= set(links)
    assert "/static/meanwhile/classic.js" not in links
    assert len(links) == len(set(links))
    for link in links:
        assert finders.find(link.removeprefix("/static/")), link


def test_nothing_of_it_is_inline_where_a_page_has_no_nonce() -> None:
    head = rendered()
    assert {tag for tag, _ in head.elements} == {"meta", "link"}
    assert not any("style" in found or any(str(key).startswith("on") for key in found) for _, found in head.elements)


def map_of(head: Head) -> dict[str, str]:
    [text] = head.scripts
    found: dict[str, str] = json.loads(text)["imports"]
    return found


def test_with_an_import_map_scripts_import_by_name() -> None:
    head = rendered(WITH_MAP)
    names = map_of(head)
    assert names["meanwhile"] == "/static/meanwhile/client.js"
    assert names["meanwhile/"] == "/static/meanwhile/"
    assert {f"meanwhile/{module}" for module in MODULES} < set(names)
    assert head.elements[0] == ("script", {"type": "importmap"})  # before anything that loads a module


@pytest.mark.parametrize("module", MODULES)
def test_every_module_that_can_be_imported_by_name_is_there(module: str) -> None:
    assert finders.find(f"meanwhile/{module}")


def test_the_hash_is_that_of_the_import_map() -> None:
    [text] = rendered(WITH_MAP).scripts
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    assert import_map_hash() == f"'sha256-{digest}'"


def test_an_address_can_t_end_the_script(settings: Any) -> None:
    settings.STATIC_URL = "https://cdn.example/</script><script>alert(1)//"
    head = rendered(WITH_MAP)
    assert [found for tag, found in head.elements if tag == "script"] == [{"type": "importmap"}]
    assert len(head.scripts) == 1


def test_files_that_the_storage_renames_are_found(settings: Any, tmp_path: Path) -> None:
    from django.core.management import call_command

    settings.STATIC_ROOT = str(tmp_path)
    storage = "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": storage}}
    call_command("collectstatic", verbosity=0, interactive=False)
    head = rendered(WITH_MAP)
    assert re.fullmatch(r"/static/meanwhile/client\.\w{12}\.js", map_of(head)["meanwhile"])
    links = head.links()
    assert links[0] == map_of(head)["meanwhile"]
    for link in [*links, *map_of(head).values()]:
        assert (tmp_path / link.removeprefix("/static/")).exists(), link
    # A hashed classic.js imports "./client.js": by the map that is the very client that a page imports by name.
    assert map_of(head)["/static/meanwhile/client.js"] == map_of(head)["meanwhile"]
    # What the client itself asks for, it asks for by these names.
    client = (tmp_path / links[0].removeprefix("/static/")).read_text()
    assert 'from "./queue.js"' in client
    assert "/static/meanwhile/queue.js" in links


def test_django_csp_s_nonce_is_used() -> None:
    request = RequestFactory().get("/")
    request.csp_nonce = SimpleLazyObject(lambda: "of-django-csp")  # type: ignore[attr-defined]
    head = rendered(request=request)
    assert head.elements[0] == ("script", {"type": "importmap", "nonce": "of-django-csp"})
    assert all(found["nonce"] == "of-django-csp" for tag, found in head.elements if tag == "link")
    without = Template("{% load meanwhile_actions %}{% meanwhile_actions import_map=False %}")
    assert "importmap" not in without.render(Context({"request": request}))


@pytest.mark.skipif(not DJANGO_6, reason="Django's own policies came with 6.0")
@pytest.mark.parametrize("processor", [True, False], ids=["in the context", "on the request alone"])
@pytest.mark.parametrize(("sources", "inline"), [("with nonce", True), ("self alone", False)])
def test_django_s_nonce_is_used_where_the_policy_speaks_of_one(
    settings: Any, sources: str, inline: bool, processor: bool
) -> None:
    from django.middleware.csp import ContentSecurityPolicyMiddleware, get_nonce
    from django.utils.csp import CSP

    settings.SECURE_CSP = {"script-src": [CSP.SELF, CSP.NONCE] if sources == "with nonce" else [CSP.SELF]}
    heads: list[Head] = []

    def view(request: HttpRequest) -> HttpResponse:
        context = {"csp_nonce": get_nonce(request)} if processor else {}
        heads.append(rendered(request=request, **context))
        return HttpResponse()

    response = ContentSecurityPolicyMiddleware(view)(RequestFactory().get("/"))
    policy = response["Content-Security-Policy"]
    scripts = [found for tag, found in heads[0].elements if tag == "script"]
    assert bool(scripts) is inline
    assert ("'nonce-" in policy) is inline
    if inline:
        assert f"'nonce-{scripts[0]['nonce']}'" in policy


def test_a_page_without_a_request_has_no_token() -> None:
    assert '<meta name="meanwhile-csrf" content="">' in Template(TAG).render(Context())


def test_urls_without_those_of_meanwhile_are_named(settings: Any) -> None:
    settings.ROOT_URLCONF = "django.contrib.auth.urls"
    with pytest.raises(ImproperlyConfigured, match=r'include\("meanwhile\.urls"\)'):
        Template(TAG).render(Context())
