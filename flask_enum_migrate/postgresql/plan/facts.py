"""What a plan has to know of a database, and the steps it is made of."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from typing import Any

from ...core.schema import LiveColumn
from ...core.schema import LiveEnum
from ...core.schema import Name
from ..sql import quoting

Key = tuple[str, int]

Follow = Callable[[str], str]
"""Rewrites the labels in a deparsed expression."""
Place = tuple[Name, str]


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

    def __str__(self) -> str:
        return f"{self.detail.get('called', self.kind)} {self.identity}"


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
class Reference:
    """Something that refers to a column which gets another type.

    :param kind: what it is, as ``pg_identify_object`` says.
    :param identity: its name as ``pg_identify_object`` prints it.
    :param what: of a constraint ``pg_constraint.contype``; of an index ``fits`` where PostgreSQL
        can build it over an enum and over a string alike, ``class`` where its operator class or
        collation stands in the way; else ``""``.
    :param definition: of a check constraint, as SQL.
    """

    kind: str
    identity: str
    what: str = ""
    definition: str = ""

    def __str__(self) -> str:
        return f"{self.kind} {self.identity}"


@dataclass(frozen=True, slots=True)
class ConvertedColumn:
    """What is to be known of a column that gets another type.

    :param family: the column itself, then those of children and partitions.
    :param references: what refers to it.
    """

    family: tuple[LiveColumn, ...] = ()
    references: tuple[Reference, ...] = ()


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
    column: LiveColumn
    columns: tuple[str, ...]
    label: str
    others: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TableSize:
    """How large a table is.

    :param total: bytes of the table with its indexes and TOAST.
    :param rows: the planner's estimate, or -1 where the table was never analyzed.
    """

    total: int
    rows: int


@dataclass(frozen=True, slots=True)
class Facts:
    """What the plan has to know of the database, apart from the changes.

    :param enums: the types as they are, by name.
    :param dependents: what PostgreSQL doesn't carry along when a type is replaced.
    :param routines: what open sessions may have compiled with a type that is replaced.
    :param columns: the columns that get another type, by table and name.
    :param sizes: the sizes of tables.
    :param collisions: rows that unique indexes would reject with other labels.
    :param analyze: whether rewritten tables are analyzed.
    :param lock_timeout: ``lock_timeout`` for the statements that lock tables, or None.
    :param unqualified: the schema that is left out of names, or ``""``.
    :param role: the current role.
    :param may_create: of the schemas that types are in or move to and that exist, whether the
        role may create types there.
    :param taken: what has a name that a type is to get, or one like :meth:`aside` gives.
    """

    enums: Mapping[Name, LiveEnum]
    dependents: tuple[Dependent, ...] = ()
    routines: tuple[Routine, ...] = ()
    columns: Mapping[Place, ConvertedColumn] = field(default_factory=dict)
    sizes: Mapping[Name, TableSize] = field(default_factory=dict)
    collisions: tuple[Collision, ...] = ()
    analyze: bool = True
    lock_timeout: str | None = "10s"
    unqualified: str = ""
    role: str = ""
    may_create: Mapping[str, bool] | None = None
    taken: Mapping[Name, str] = field(default_factory=dict)

    def aside(self, name: Name) -> Name:
        """Return what a type is called while another one takes its place."""
        number, free = 1, Name(name.schema, quoting.shortened(name.name, quoting.ASIDE))
        while free in self.taken:
            number += 1
            free = Name(name.schema, quoting.shortened(name.name, f"{quoting.ASIDE}{number}"))
        return free

    def called(self, name: Name) -> str:
        """Return the shortest name by which an option can mean a type.

        One whose schema is left out stands for those of all schemas.
        """
        if self.unqualified and name.schema == self.unqualified:
            return name.name
        namesakes = sum(other.name == name.name for other in self.enums)
        return str(name) if namesakes > 1 else name.name

    def shown(self, name: Name) -> Name:
        """Return a name as the revision writes it."""
        return Name("", name.name) if name.schema == self.unqualified else name

    def shown_sql(self, sql: str) -> str:
        """Return a name that PostgreSQL has quoted as the revision writes it."""
        if not self.unqualified:
            return sql
        return sql.removeprefix(f"{quoting.identifier(self.unqualified)}.")

    def place(self, schema: str, table: str) -> Name:
        """Return the qualified name of what may be written without."""
        return Name(schema or self.unqualified, table)


@dataclass(frozen=True, slots=True)
class Step:
    """Statements that belong together.

    :param comment: one line that says what for, or ``""``.
    :param statements: SQL, in order.
    """

    comment: str
    statements: tuple[str, ...]


def human_size(size: int) -> str:
    """Return bytes as ``pg_size_pretty`` would put them, in powers of 1,024."""
    value, unit = float(size), "bytes"
    for larger in ("kB", "MB", "GB", "TB"):
        if value < 1024:
            break
        value, unit = value / 1024, larger
    return f"{value:.0f} {unit}" if value >= 10 or unit == "bytes" else f"{value:.1f} {unit}"
