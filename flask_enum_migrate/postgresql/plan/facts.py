"""What a plan has to know of a database."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace

from ...core.schema import Guard
from ...core.schema import Name
from ...core.schema import Place
from ...core.schema import TableSize
from ..objects.base import Dependent
from ..objects.base import Key
from ..objects.column import Column
from ..objects.column import EnumType
from ..objects.converted_column import ConvertedColumn
from ..sql import quoting
from ..sql.inside import Path


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


Inside = Mapping[tuple[int, Place], tuple[Path, ...]]
"""How columns hold enums inside of rows and ranges, by the key of the type."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the plan has to know of the database, apart from the changes.

    :param enums: the types as they are, by name.
    :param dependents: what PostgreSQL doesn't carry along when a type is replaced.
    :param routines: what open sessions may have compiled with a type that is replaced.
    :param columns: the columns that get another type, by table and name.
    :param sizes: the sizes of tables.
    :param lock_table: how many locks the server can hold.
    :param listings: CHECKs that list labels of types which get new ones.
    :param inside: how columns hold the types inside of others, of tables that hold rows.
    :param collisions: rows that unique indexes would reject with other labels.
    :param obstacles: what keeps rows from getting other labels where they are.
    :param former: by table and column the CHECKs that are gone and come back by their names.
    :param analyze: whether rewritten tables are analyzed.
    :param keep_expressions: whether lists of labels stay, and so keep labels from going.
    :param lock_timeout: ``lock_timeout`` for the statements that lock tables, or None.
    :param retire_pause: how long retirements rest between two batches of rows, in seconds.
    :param unqualified: the schema that is left out of names, or ``""``.
    :param role: the current role.
    :param version: ``server_version_num``.
    :param encoding: ``server_encoding``, as PostgreSQL names it.
    :param may_create: of the schemas that types are in or move to and that exist, whether the
        role may create types there.
    :param taken: what has a name that a type is to get, or one like :meth:`aside` gives.
    """

    enums: Mapping[Name, EnumType]
    dependents: tuple[Dependent, ...] = ()
    routines: tuple[Routine, ...] = ()
    columns: Mapping[Place, ConvertedColumn] = field(default_factory=dict)
    sizes: Mapping[Name, TableSize] = field(default_factory=dict)
    lock_table: LockTable = field(default_factory=LockTable)
    listings: tuple[Listing, ...] = ()
    inside: Inside = field(default_factory=dict)
    collisions: tuple[Collision, ...] = ()
    obstacles: tuple[Obstacle, ...] = ()
    former: Mapping[Place, tuple[Guard, ...]] = field(default_factory=dict)
    analyze: bool = True
    keep_expressions: bool = False
    lock_timeout: str | None = "10s"
    retire_pause: float = 0.0
    unqualified: str = ""
    role: str = ""
    version: int = 0
    encoding: str = "UTF8"
    may_create: Mapping[str, bool] | None = None
    taken: Mapping[Name, str] = field(default_factory=dict)

    def aside(self, name: Name) -> Name:
        """Return what a type is called while another one takes its place."""
        number, free = 1, quoting.shortened(name.name, quoting.ASIDE)
        while Name(name.schema or self.unqualified, free) in self.taken:
            number += 1
            free = quoting.shortened(name.name, f"{quoting.ASIDE}{number}")
        return Name(name.schema, free)

    def called(self, name: Name) -> str:
        """Return the shortest name by which an option can mean a type.

        One whose schema is left out stands for those of all schemas.
        """
        if self.unqualified and name.schema == self.unqualified:
            return name.name
        namesakes = sum(other.name == name.name for other in self.enums)
        return str(name) if namesakes > 1 else name.name

    def family(self, place: Place) -> Sequence[Column]:
        """Return a column that gets another type, and those of children and partitions."""
        return self.columns[place].family if place in self.columns else ()

    def shown(self, name: Name) -> Name:
        """Return a name as the revision writes it."""
        return Name("", name.name) if name.schema == self.unqualified else name

    def without(self, schema: str) -> Facts:
        """Return the same with names that leave a schema out."""
        return replace(self, unqualified=schema)

    def unsized(self) -> Facts:
        """Return the same without the sizes of tables."""
        return replace(self, sizes={})
