"""A column that gets another type, and what refers to it."""

from __future__ import annotations

from dataclasses import dataclass

from .column import Column


@dataclass(frozen=True, slots=True)
class Reference:
    """Something that refers to a column which gets another type.

    :param kind: what it is, as ``pg_identify_object`` says.
    :param identity: its name as ``pg_identify_object`` prints it.
    :param what: of a constraint ``pg_constraint.contype``, or ``copy`` of a CHECK that comes and
        goes with that of a parent; of an index ``fits`` where PostgreSQL can build it over an enum
        and over a string alike, ``gin`` over arrays of both, ``class`` where its operator class or
        collation stands in the way; else ``""``.
    :param definition: of a check constraint, as SQL.
    :param name: of a check constraint of the column's own table, without a comment.
    """

    kind: str
    identity: str
    what: str = ""
    definition: str = ""
    name: str = ""

    def __str__(self) -> str:
        return f"{self.kind} {self.identity}"


@dataclass(frozen=True, slots=True)
class ConvertedColumn:
    """What is to be known of a column that gets another type.

    :param family: the column itself, then those of children and partitions.
    :param references: what refers to it.
    """

    family: tuple[Column, ...] = ()
    references: tuple[Reference, ...] = ()
