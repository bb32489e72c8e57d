"""Operator classes, and what was added to operator families: only a superuser may."""

from __future__ import annotations

import json
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ...core.schema import Name
from ..sql import definitions
from .base import About
from .base import Dependent
from .base import Follow
from .base import Kept

_BY_SUPERUSER = "only a superuser can set it"


@dataclass(frozen=True)
class OperatorClass(Dependent):
    """An operator class.

    :param is_default: whether indexes use it where they name none.
    :param method: the access method of its indexes.
    :param type: the type of the columns, as SQL.
    :param storage: the type that an index keeps, as SQL, or ``""``.
    :param items: its operators and functions, as SQL.
    """

    class_name: Name
    is_default: bool
    method: str
    family: Name
    type: str
    storage: str
    items: tuple[str, ...]

    in_schema = False
    runs = False
    alone = False

    @property
    def what(self) -> str:
        return definitions.operator_class(self.class_name, self.method)

    def own_problem(self) -> str:
        return "" if self.about.by_superuser else _BY_SUPERUSER

    def drop(self) -> Sequence[str]:
        return [definitions.drop(self.what)]

    def create(self, follow: Follow) -> Sequence[str]:
        items = [*self.items]
        if self.storage or not items:  # it may have nothing of its own, but not say so
            items.append(definitions.storage(self.storage or self.type))
        return [
            definitions.create_operator_class(
                self.class_name,
                is_default=self.is_default,
                type_=self.type,
                method=self.method,
                family=self.family,
                items=items,
            )
        ]


@dataclass(frozen=True)
class FamilyMember(Dependent):
    """An operator or function of an operator family.

    :param member: what it is: ``operator`` or ``function``.
    :param number: its strategy or support number.
    :param left: its left argument's type, as SQL.
    :param right: its right argument's type, as SQL.
    :param item: itself, as SQL.
    :param method: the access method of the family.
    :param of_class: whether it came with an operator class, and comes along with that.
    """

    member: str
    number: int
    left: str
    right: str
    item: str
    method: str
    family: Name
    of_class: bool

    in_schema = False
    runs = False
    alone = False

    def own_problem(self) -> str:
        return "" if self.about.by_superuser else _BY_SUPERUSER

    @property
    def called(self) -> str:
        return self.member

    def drop(self) -> Sequence[str]:
        item = f"{self.member.upper()} {self.number} ({self.left}, {self.right})"
        return [definitions.alter_family(self.family, self.method, f"DROP {item}")]

    def create(self, follow: Follow) -> Sequence[str]:
        return [definitions.alter_family(self.family, self.method, f"ADD {self.item}")]

    def kept(self) -> Iterator[Kept]:
        yield from ()


def read(about: About, row: Any) -> OperatorClass:
    """Return an operator class from a row of ``operator_classes.sql``."""
    operators = [
        definitions.class_operator(number, operator, Name(schema, name) if name else None)
        for number, _, _, operator, schema, name in json.loads(row.operators or "[]")
    ]
    functions = [
        definitions.class_function(*function) for function in json.loads(row.functions or "[]")
    ]
    return OperatorClass(
        about,
        Name(row.schema, row.name),
        row.is_default,
        row.method,
        Name(row.family_schema, row.family),
        row.type,
        row.storage,
        (*operators, *functions),
    )


def read_member(about: About, row: Any) -> FamilyMember:
    """Return a member of a family from a row of ``operator_family_members.sql``."""
    if row.called == "operator":
        sort = Name(row.sort_schema, row.sort_family) if row.sort_family else None
        item = definitions.class_operator(row.number, row.what, sort)
    else:
        item = definitions.class_function(row.number, row.left, row.right, row.what)
    return FamilyMember(
        about,
        row.called,
        row.number,
        row.left,
        row.right,
        item,
        row.method,
        Name(row.family_schema, row.family),
        row.of_class,
    )
