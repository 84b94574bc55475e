"""Make, list and revoke API keys of trees on Received."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from meanwhile import conf
from meanwhile.exceptions import UnknownTree
from meanwhile.received.keys import ApiKeyProblem, make_key, revoke
from meanwhile.received.models import ApiKey
from meanwhile.trees import registry
from meanwhile.trees.received_event import Received


class Command(BaseCommand):
    """``manage.py meanwhile_api_key make "Web shop" --tree order-received``; the key is written once, to the output."""

    help = "Makes, lists and revokes the API keys with which other systems send something to trees on Received."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the options."""
        parser.add_argument("do", choices=["make", "list", "revoke"], help="What is to be done.")
        parser.add_argument("name", nargs="?", default="", help="Of a new key, or what an old one begins with.")
        parser.add_argument("--tree", action="append", default=[], metavar="KEY", help="A tree that it may call.")
        parser.add_argument("--user", metavar="NAME", help="The user name of the person in whose name the runs are.")
        parser.add_argument("--days", type=float, help="After so many days it is good no more.")

    def handle(self, *args: Any, do: str, name: str, **options: Any) -> None:
        """Do it."""
        match do:
            case "make":
                self._make(name, options["tree"], options["user"], options["days"])
            case "revoke":
                self._revoke(name)
            case _:
                self._list()

    def _make(self, name: str, trees: list[str], user: str | None, days: float | None) -> None:
        for key in trees:
            _check_tree(key)
        now = timezone.now()
        try:
            expires = now + timedelta(days=days) if days is not None else None
            made = make_key(name, trees, now=now, user=_user(user), expires=expires)
        except ApiKeyProblem as problem:
            raise CommandError(str(problem)) from problem
        except (OverflowError, ValueError) as error:
            raise CommandError(_("--days takes a number of days.")) from error
        self.stderr.write(_("Keep it now: it is written this one time, and nobody can read it again."))
        self.stdout.write(made.token)

    def _revoke(self, begins: str) -> None:
        using, prefix = conf.get().database, begins.removeprefix("mw_").partition("_")[0]
        found = ApiKey.objects.using(using).filter(prefix=prefix).first()
        if found is None:
            raise CommandError(_("No API key begins with “%(text)s”.") % {"text": begins[:20]})
        revoke(found, now=timezone.now(), using=using)
        self.stdout.write(_("The API key “%(name)s” is revoked.") % {"name": found.name})

    def _list(self) -> None:
        now, keys = timezone.now(), ApiKey.objects.using(conf.get().database)
        for one in keys.select_related("user").prefetch_related("trees"):
            state = _("valid") if one.is_good(now) else _("revoked") if one.revoked else _("not valid")
            trees = ", ".join(sorted(tree.tree for tree in one.trees.all()))
            used = one.last_used.isoformat(timespec="minutes") if one.last_used else "–"
            self.stdout.write(f"{one.start}  {state}  {one.name}  {trees}  {used}")


def _check_tree(key: str) -> None:
    try:
        tree = registry.current().get(key)
    except UnknownTree as error:
        raise CommandError(str(error)) from error
    if not isinstance(tree.on, Received):
        raise CommandError(_("The tree “%(tree)s” receives nothing from other systems.") % {"tree": tree.name})


def _user(name: str | None) -> Any:
    if name is None:
        return None
    users = get_user_model()._default_manager
    found = users.filter(**{get_user_model().USERNAME_FIELD: name}).first()
    if found is None:
        raise CommandError(_("There is no user “%(name)s”.") % {"name": name[:100]})
    return found
