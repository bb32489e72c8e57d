"""What all objects that hang on an enum type have in common."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import field
from typing import Any

from ...core.schema import Name

Key = tuple[str, int]

Follow = Callable[[str], str]
"""Rewrites the labels in a deparsed expression."""


@dataclass(frozen=True)
class Dependent:
    """One object that hangs on an enum type.

    :param key: its catalog and OID.
    :param kind: what it is, as ``pg_identify_object`` says: ``view``, ``table constraint``…
    :param identity: its name as ``pg_identify_object`` prints it, quoted and qualified.
    :param names: the parts of its name, unquoted: schema, table, object.
    :param shown: its name as the revision writes it.
    :param roots: ``pg_type.oid`` of the enum types it hangs on.
    :param references: the objects of the same set that it needs.
    :param rebuilt: whether it has to be dropped and created again; else it only loses something.
    :param problem: why it can't be, or ``""``.
    :param detail: what its catalog says, by kind.
    """

    key: Key
    kind: str
    identity: str
    names: tuple[str, ...]
    shown: str = ""
    roots: frozenset[int] = frozenset()
    references: frozenset[Key] = frozenset()
    rebuilt: bool = True
    problem: str = ""
    detail: dict[str, Any] = field(default_factory=dict)

    @property
    def is_type(self) -> bool:
        """Whether it is a domain or composite type: a type that is made of the enum."""
        return self.key[0] == "pg_type"

    @property
    def is_generated(self) -> bool:
        """Whether it is the expression of a generated column."""
        return self.key[0] == "pg_attrdef" and bool(self.detail["generated"])

    @property
    def table(self) -> Name:
        """The table that it belongs to, if it belongs to one."""
        index = self.detail.get("index") if self.key[0] == "pg_class" else None
        if index:
            return Name(index["table_schema"], index["table"])
        return Name(*self.names[:2]) if len(self.names) > 2 else Name("", "")

    def __str__(self) -> str:
        return f"{self.detail.get('called', self.kind)} {self.identity}"
