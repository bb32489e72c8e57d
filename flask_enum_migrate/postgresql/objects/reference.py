"""What is to be known of columns that get another type, and of rows that get another label."""

from __future__ import annotations

from dataclasses import dataclass

from ...core.schema import Name
from .base import Key
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


@dataclass(frozen=True, slots=True)
class Listing:
    """A CHECK that lists the labels which rows may hold.

    :param enum: the key of the type.
    :param owner: its table, or its domain.
    :param column: the column, or ``""`` of a domain.
    :param constraint: its name.
    :param labels: the labels.
    """

    enum: int
    owner: Name
    column: str
    constraint: str
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Collision:
    """Rows that a unique index rejects once their labels are one.

    :param index: the index.
    :param column: the column that holds the labels.
    :param columns: the columns of the index.
    :param label: a label that goes.
    :param others: the labels of rows that are the same but for that.
    """

    index: Name
    column: Column
    columns: tuple[str, ...]
    label: str
    others: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Obstacle:
    """What keeps rows from getting another label where they are, or a trigger that then fires.

    A constraint only has a name that another one can't get.

    :param table: the table, or an ancestor of the one that has it.
    :param what: ``row security``, ``rule``, ``publication``, ``foreign key``, ``trigger`` or
        ``constraint``.
    :param name: its name and table, as SQL prints them.
    :param columns: the columns that a foreign key is of, or points to.
    """

    table: Name
    what: str
    name: str
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Routine:
    """A PL/pgSQL routine whose compiled form in open sessions may hold a type that is replaced.

    :param key: its catalog and OID.
    :param identity: its name with its argument types, as ``regprocedure`` prints it.
    :param security_definer: whether it runs with its owner's rights.
    :param may_alter: whether the current role may act as its owner.
    """

    key: Key
    identity: str
    security_definer: bool
    may_alter: bool


@dataclass(frozen=True, slots=True)
class LockTable:
    """How many locks the server can hold.

    :param most: ``max_locks_per_transaction``.
    :param processes: ``max_connections`` and ``max_prepared_transactions``.
    """

    most: int = 0
    processes: int = 0

    def short_of(self, locks: int) -> str:
        """Return how many locks there is room for, and what to do about it; ``""`` if enough."""
        room = self.most * self.processes
        if not room or locks <= room:
            return ""
        needed = self.most
        while needed * self.processes < locks:
            needed *= 2
        return (
            f"and this server may have room for {room:,} only: set max_locks_per_transaction = "
            f"{needed} there, and restart it"
        )
