"""Every error that Meanwhile raises. Each carries its facts as attributes and says what to do next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches

from meanwhile.texts import gettext as _


class MeanwhileError(Exception):
    """Catch this to catch every error of Meanwhile."""

    permanent = False
    """True where another try of a background step cannot help, so that its job fails at once."""

    retry_after = 0.0
    """Seconds to wait at least before another try, within the longest pause of the step's policy."""


class SkipJob(MeanwhileError):
    """Raise it in a background step to end its job as skipped, for the reason given: nothing is left to be done."""

    def __init__(self, reason: str = "") -> None:
        super().__init__(reason)
        self.reason = reason

    def __str__(self) -> str:
        return str(self.reason)


class UserError(MeanwhileError):
    """Raise it in an action to stop with a text that the person who submitted the form, or called it, shall read."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    def __str__(self) -> str:
        return str(self.message)


class ActionFailed(MeanwhileError):
    """A foreground action failed and all of the save was undone: show ``user_message`` and let the person retry."""

    def __init__(self, tree: str, path: str, label: str, reason: BaseException | str) -> None:
        super().__init__(tree, path, label, reason)
        self.tree, self.path, self.label, self.reason = tree, path, label, reason
        self.record = ""
        """Which record it happened to, where one call was for many."""

    @property
    def user_message(self) -> str:
        """What the form shows: the text of a `UserError` as it is, and no internals of any other error."""
        if isinstance(self.reason, UserError):
            return str(self.reason)
        return _("Nothing was saved, because the step “%(label)s” did not succeed. Please try again.") % {
            "label": self.label or self.path
        }

    def __str__(self) -> str:
        text = _("Step %(path)s (%(label)s) of the tree “%(tree)s” failed, and nothing was saved: %(reason)s") % {
            "path": self.path,
            "label": self.label,
            "tree": self.tree,
            "reason": _told(self.reason),
        }
        return (
            _("%(text)s (The record is %(record)s.)") % {"text": text, "record": self.record} if self.record else text
        )


class TreeDocumentError(MeanwhileError):
    """Correct every problem it lists, (path in the document, text), and read the document again."""

    def __init__(self, problems: Sequence[tuple[str, str]]) -> None:
        super().__init__(problems)
        self.problems = [(str(path), str(message)) for path, message in problems]

    def __str__(self) -> str:
        lines = [f"{path}: {message}" if path else message for path, message in self.problems]
        return lines[0] if len(lines) == 1 else "\n".join([_("%(n)s problems:") % {"n": len(lines)}, *lines])


class DuplicateTree(MeanwhileError):
    """Give one of the two trees another ``key``: a key names one tree in the whole project."""

    def __init__(self, key: str, first: str, second: str) -> None:
        super().__init__(key, first, second)
        self.key, self.first, self.second = key, first, second

    def __str__(self) -> str:
        return _(
            "Two trees have the key “%(key)s”, one in %(first)s and one in %(second)s. Give one of them another key=…"
        ) % {"key": self.key, "first": self.first, "second": self.second}


class DuplicateAction(MeanwhileError):
    """Give one of the two functions another name with ``@action(name=…)``: a name calls one function."""

    def __init__(self, name: str, first: str, second: str) -> None:
        super().__init__(name, first, second)
        self.name, self.first, self.second = name, first, second

    def __str__(self) -> str:
        return _(
            "Two actions are called “%(name)s”, %(first)s and %(second)s. Give one of them another @action(name=…)"
        ) % {"name": self.name, "first": self.first, "second": self.second}


class TreesImportedTooEarly(MeanwhileError):
    """Import a trees module only from other trees modules, so that its trees are registered when apps are ready."""

    def __init__(self, module: str) -> None:
        super().__init__(module)
        self.module = module

    def __str__(self) -> str:
        return _(
            "%(module)s was imported before the apps were ready, so its trees could not be registered. "
            "Do not import it from models or settings; put functions that both need into another module."
        ) % {"module": self.module}


class ConditionError(MeanwhileError):
    """A condition compares things that cannot be compared: correct the field, the operator or the value it names."""


class MomentError(MeanwhileError):
    """A moment cannot be worked out: fill the date field it names, or test the field with an If before the Delay."""


class ValueProblem(MeanwhileError):
    """A value does not fit the field it is meant for: correct the value, or the field it is taken from."""

    def __init__(self, field: str, value: object, expected: str, model: str = "") -> None:
        super().__init__(field, value, expected, model)
        self.field, self.value, self.expected, self.model = field, value, expected, model

    def __str__(self) -> str:
        return _("%(field)s cannot be set to %(value)s: %(expected)s") % {
            "field": f"{self.model}.{self.field}" if self.model else self.field,
            "value": shortened(self.value),
            "expected": self.expected,
        }


class TargetMissing(MeanwhileError):
    """The record that a step is for does not exist: test the relation with an If before the step."""

    def __init__(self, of: str, step: str = "", deleted: bool = False) -> None:
        super().__init__(of, step, deleted)
        self.of, self.step, self.deleted = of, step, deleted
        self.permanent = deleted

    def __str__(self) -> str:
        if self.deleted:
            return _(
                "The record is gone, and its deletion is the event: there is nothing left to change or delete. "
                "Say in “of” which other record is meant."
            )
        if not self.of:
            return _("There is no record for this step: its event came without one.")
        return _("There is no record behind “%(of)s”: it is empty. Test it with an If before this step.") % {
            "of": self.of
        }


class ParameterError(MeanwhileError):
    """Parameters are missing, unknown or of the wrong type: ``fields`` says for each parameter what it expects."""

    def __init__(self, fields: Mapping[str, str], of: str = "") -> None:
        super().__init__(fields, of)
        self.fields, self.of = dict(fields), of

    def __str__(self) -> str:
        problems = "; ".join(f"{name}: {text}" for name, text in self.fields.items())
        if not self.of:
            return problems
        return _("Wrong parameters for %(of)s: %(problems)s") % {"of": self.of, "problems": problems}


class WebhookFailed(MeanwhileError):
    """Another system could not be called, or refused: look at ``status`` (None where no answer came) and its words."""

    def __init__(
        self,
        address: str,
        problem: str,
        *,
        status: int | None = None,
        permanent: bool = False,
        retry_after: float = 0.0,
    ) -> None:
        super().__init__(address, problem)
        self.address, self.problem, self.status = address, problem, status
        self.permanent, self.retry_after = permanent, retry_after

    def __str__(self) -> str:
        return f"{self.address}: {self.problem}" if self.address else str(self.problem)


class ResultNotStorable(MeanwhileError):
    """Return text, numbers, dates, lists, dicts, records or pydantic models from an action: others have no JSON."""

    permanent = True

    def __init__(self, action: str, value: object, reason: str = "") -> None:
        super().__init__(action, value, reason)
        self.action, self.value, self.reason = action, value, reason

    def __str__(self) -> str:
        text = _(
            "The result of %(action)s, %(value)s of type %(type)s, cannot be stored as JSON. "
            "Return text, numbers, dates, lists, dicts, a record or a pydantic model."
        ) % {"action": self.action, "value": shortened(self.value), "type": type(self.value).__name__}
        return f"{text} ({self.reason})" if self.reason else text


class PayloadTooLarge(MeanwhileError):
    """Pass keys of records instead of their content to a job, or raise ``MAX_PAYLOAD``."""

    permanent = True

    def __init__(self, job: str, size: int, limit: int) -> None:
        super().__init__(job, size, limit)
        self.job, self.size, self.limit = job, size, limit

    def __str__(self) -> str:
        return _(
            "The job %(job)s carries %(size)s bytes, and %(limit)s are allowed. Pass keys of records instead of their "
            "content, or raise MEANWHILE[“MAX_PAYLOAD”]."
        ) % {"job": self.job, "size": self.size, "limit": self.limit}


class UnknownKind(MeanwhileError):
    """No installed app handles this kind of job: install the app that queued it in the worker's process, too."""

    def __init__(self, kind: str, known: Sequence[str] = ()) -> None:
        super().__init__(kind, known)
        self.kind, self.known = kind, list(known)

    def __str__(self) -> str:
        return _("Nothing installed here handles jobs of the kind “%(kind)s”.") % {"kind": self.kind} + _perhaps(
            self.kind, self.known
        )


class LeaseLost(MeanwhileError):
    """Another worker took the job over, so this one may not commit for it; nothing needs to be done."""

    def __init__(self, job: object = "") -> None:
        super().__init__(job)
        self.job = job

    def __str__(self) -> str:
        return _("The lease of job %(job)s was lost: another worker has taken it over.") % {"job": self.job}


class StepTimeout(MeanwhileError):
    """A step ran longer than its ``timeout``: make it faster, split it, or give it more time."""

    def __init__(self, seconds: float = 0.0) -> None:
        super().__init__(seconds)
        self.seconds = seconds

    def __str__(self) -> str:
        return _("The step took longer than %(seconds)g seconds. Split it, or give it a longer timeout=…") % {
            "seconds": self.seconds
        }


class ChainTooDeep(MeanwhileError):
    """Trees fire one another in a loop: break the chain it names with an If, or raise ``MAX_DEPTH``."""

    permanent = True

    def __init__(self, chain: Sequence[str]) -> None:
        super().__init__(chain)
        self.chain = list(chain)

    def __str__(self) -> str:
        return _(
            "Trees fire one another in a chain of %(depth)s: %(chain)s. Break the loop with an If, "
            "or raise MEANWHILE[“MAX_DEPTH”]."
        ) % {"depth": len(self.chain), "chain": " → ".join(self.chain)}


class UnknownTree(MeanwhileError):
    """No tree has this key or name: correct it, or define the tree in the ``trees.py`` of an installed app."""

    def __init__(self, key: str, known: Sequence[str] = ()) -> None:
        super().__init__(key, known)
        self.key, self.known = key, list(known)

    def __str__(self) -> str:
        return _("There is no tree “%(key)s”.") % {"key": self.key} + _perhaps(self.key, self.known)


class UnknownNode(MeanwhileError):
    """The tree has no node at this path: look at the paths of the version that the run started with."""

    def __init__(self, tree: str, path: str) -> None:
        super().__init__(tree, path)
        self.tree, self.path = tree, path

    def __str__(self) -> str:
        return _("The tree “%(tree)s” has no node at %(path)s.") % {"tree": self.tree, "path": self.path}


class UnknownAction(MeanwhileError):
    """No function is registered under this name: correct it, or import the module that has the ``@action``."""

    def __init__(self, name: str, known: Sequence[str] = ()) -> None:
        super().__init__(name, known)
        self.name, self.known = name, list(known)

    def __str__(self) -> str:
        return _("There is no @action function “%(name)s”.") % {"name": self.name} + _perhaps(self.name, self.known)


class NotOnThisDatabase(MeanwhileError):
    """The record and Meanwhile's tables are in different databases, so they cannot share a transaction: use one."""

    def __init__(self, model: str, database: str, expected: str) -> None:
        super().__init__(model, database, expected)
        self.model, self.database, self.expected = model, database, expected

    def __str__(self) -> str:
        return _(
            "%(model)s was saved in the database “%(database)s”, but Meanwhile's jobs are in “%(expected)s”, and one "
            "transaction cannot span both. Save it there, or set MEANWHILE[“DATABASE”]."
        ) % {"model": self.model, "database": self.database, "expected": self.expected}


class TransitionError(MeanwhileError):
    """The job is in a state that does not allow this: look at its state first."""

    def __init__(self, job: object, from_state: str, to_state: str) -> None:
        super().__init__(job, from_state, to_state)
        self.job, self.from_state, self.to_state = job, from_state, to_state

    def __str__(self) -> str:
        return _("Job %(job)s is %(from)s and cannot become %(to)s.") % {
            "job": self.job,
            "from": _state(self.from_state),
            "to": _state(self.to_state),
        }


class UnknownField(MeanwhileError):
    """Correct the path: it must lead from the record over fields and single relations, not over lists or methods."""

    permanent = True

    def __init__(self, model: str, path: str) -> None:
        super().__init__(model, path)
        self.model, self.path = model, path

    def __str__(self) -> str:
        return _("%(model)s has no field “%(path)s” that a tree could read.") % {"model": self.model, "path": self.path}


class TemplateProblem(MeanwhileError):
    """Correct the template: ``reason`` says what Django's template language makes of it."""

    permanent = True

    def __init__(self, template: str, reason: str) -> None:
        super().__init__(template, reason)
        self.template, self.reason = template, reason

    def __str__(self) -> str:
        return _("The template “%(template)s” cannot be filled: %(reason)s") % {
            "template": shortened(self.template),
            "reason": self.reason,
        }


def shortened(value: object, length: int = 100) -> str:
    """Return ``repr(value)``, cut to ``length`` characters, for the text of an error; never raises."""
    try:
        text = repr(value)
    except Exception:  # noqa: BLE001 - a broken __repr__ must not hide the error that is being told
        text = f"<{type(value).__name__}>"
    return text if len(text) <= length else text[: length - 1] + "…"


def _state(name: str) -> str:
    """Return a state of a job as its label has it (`queue.states.State`)."""
    return _("waiting") if name == "ready" else _(name)


def _told(reason: object) -> str:
    """Return a reason's text, or what it is where it has none; never raises."""
    try:
        return str(reason) or repr(reason)
    except Exception:  # noqa: BLE001 - a broken __str__ must not hide that there was an error
        return f"<{type(reason).__name__}>"


def _perhaps(name: str, known: Sequence[str]) -> str:
    close = get_close_matches(name, known, n=1)
    return " " + _("Did you mean “%(name)s”?") % {"name": close[0]} if close else ""
