"""What a form is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from meanwhile.studio.fields import FieldChoice


@dataclass(frozen=True, slots=True)
class FormField:
    """One parameter.

    ``type`` says which control: ``text``, ``textarea``, ``template``, ``template_area``, ``number``, ``yes_no``,
    ``choice``, ``target`` (the record itself, one made above, or a path of relations), ``fields`` (several names),
    ``value`` (of one of the ``kinds``), ``values`` (a mapping: an entry in ``rows`` for each name, ``options`` for
    those that can be added), ``condition``, ``moment``, ``recipients``, ``record_type``, ``tree``, ``function``,
    ``query``, ``where`` (its rules alone), ``schedule``, ``retry``, ``parameters``, ``body`` (named values),
    ``headers`` (named templates). ``relation`` is the label of the model whose records a fixed value is one of, or some
    of, if ``many``.
    """

    key: str
    label: str
    type: str
    value: Any = None
    help: str = ""
    required: bool = False
    advanced: bool = False
    choices: tuple[tuple[Any, str], ...] = ()
    kinds: tuple[tuple[str, str], ...] = ()
    model: str = ""
    data_type: str = ""
    relation: str = ""
    many: bool = False
    rows: tuple[FormField, ...] = ()
    options: tuple[FieldChoice, ...] = ()


@dataclass(frozen=True, slots=True)
class NodeForm:
    """The form of a node, or of the tree itself (``path`` is "" then)."""

    path: str
    kind: str
    title: str
    icon: str
    when: str
    fields: tuple[FormField, ...]
