"""`{% meanwhile_actions %}`: what a page needs in its head to call actions."""

from __future__ import annotations

from typing import Any

from django import template
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.template import Context
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from meanwhile import conf
from meanwhile.remote.import_map import addresses, import_map

register = template.Library()

NOT_PROVIDED = "NOTPROVIDED"
"""What Django's context processor says where there is no request."""

POLICIES = ("SECURE_CSP", "SECURE_CSP_REPORT_ONLY")
DIRECTIVES = ("script-src-elem", "script-src", "default-src")


@register.simple_tag(takes_context=True)
def meanwhile_actions(context: Context, *, import_map: bool | None = None) -> SafeString:
    """Write the endpoint, the token against forged requests, the limits and preloads of the modules, for the head.

    An import map, by which scripts import ``meanwhile``, is inline and therefore there only if the policy lets it
    through: where the page has a nonce, or with ``import_map=True`` (a page without a policy, or one with
    `import_map_hash`). Elsewhere scripts import the module by its address. Raises `ImproperlyConfigured` if the
    project's urls don't have those of Meanwhile.

        {% load meanwhile_actions %}{% meanwhile_actions %}
    """
    nonce = _nonce(context)
    parts = []
    if import_map or (import_map is None and nonce):
        parts.append(_map(nonce))
    parts += [_meta(), format_html('<meta name="meanwhile-csrf" content="{}">', _token(context)), _preloads(nonce)]
    return mark_safe("\n".join(parts))  # noqa: S308 - each part is escaped


def _map(nonce: str) -> SafeString:
    return format_html('<script type="importmap"{}>{}</script>', _attribute(nonce), mark_safe(import_map()))  # noqa: S308


def _meta() -> SafeString:
    limits = conf.get()
    told = {
        "endpoint": _endpoint(),
        "max-actions": limits.remote_max_actions,
        "max-body": limits.remote_max_body,
        "max-depth": limits.remote_max_depth,
    }
    return format_html_join("\n", '<meta name="meanwhile-{}" content="{}">', told.items())


def _preloads(nonce: str) -> SafeString:
    found = ((address, _attribute(nonce)) for address in addresses())
    return format_html_join("\n", '<link rel="modulepreload" href="{}"{}>', found)


def _attribute(nonce: str) -> SafeString:
    return format_html(' nonce="{}"', nonce) if nonce else mark_safe("")


def _endpoint() -> str:
    try:
        return reverse("meanwhile_remote:actions")
    except NoReverseMatch:
        msg = '{% meanwhile_actions %} needs path("meanwhile/", include("meanwhile.urls")) in the project\'s urls.'
        raise ImproperlyConfigured(msg) from None


def _token(context: Context) -> str:
    token = str(context.get("csrf_token", ""))
    return "" if token == NOT_PROVIDED else token


def _nonce(context: Context) -> str:
    """Return the nonce by which this page may have inline scripts, empty for none: Django's (6.0), or django-csp's."""
    request: Any = context.get("request")
    for nonce in (context.get("csp_nonce"), getattr(request, "_csp_nonce", None)):
        if nonce is not None:
            # Asking for it puts it into the header, if the policy speaks of one; if not, it would help nothing.
            return str(nonce) if _policy_has_nonces() else ""
    return str(getattr(request, "csp_nonce", "") or "")


def _policy_has_nonces() -> bool:
    from django.utils.csp import CSP  # Django 6.0

    for name in POLICIES:
        policy = getattr(settings, name, None) or {}
        sources = next((policy[key] for key in DIRECTIVES if policy.get(key)), ())
        if CSP.NONCE in ([sources] if isinstance(sources, str) else sources):
            return True
    return False
