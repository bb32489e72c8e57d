"""What a plan has to know of a database."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace

from ...core.schema import Guard
from ...core.schema import Name
from ...core.schema import TableSize
from ..objects.base import Dependent
from ..objects.column import Column
from ..objects.column import EnumType
from ..objects.reference import Collision
from ..objects.reference import ConvertedColumn
from ..objects.reference import Listing
from ..objects.reference import LockTable
from ..objects.reference import Obstacle
from ..objects.reference import Routine
from ..sql import quoting

Place = tuple[Name, str]


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
    :param collisions: rows that unique indexes would reject with other labels.
    :param obstacles: what keeps rows from getting other labels where they are.
    :param former: by table and column the CHECKs that are gone and come back by their names.
    :param analyze: whether rewritten tables are analyzed.
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
    collisions: tuple[Collision, ...] = ()
    obstacles: tuple[Obstacle, ...] = ()
    former: Mapping[Place, tuple[Guard, ...]] = field(default_factory=dict)
    analyze: bool = True
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
