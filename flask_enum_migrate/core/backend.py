"""What a kind of enum has to know how to do: PostgreSQL's enum types are the first.

The rooms around ask a backend and never look inside what it gives them: its :class:`Facts` go from
its :meth:`Backend.inspect` to its :meth:`Backend.plan`. Which backends there are for a database is
said in one place, :mod:`flask_enum_migrate.backends`.
"""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from typing import Protocol

from .alter_column_type import AlterColumnType
from .alter_enum import AlterEnum
from .changes import CreateType
from .changes import DropType
from .errors import Refusal
from .pairing import Pairing
from .plan import Plan
from .rehearsal import Functions
from .rehearsal import Rehearsal
from .rehearsal import Terms
from .rows import Held
from .rows import Strange
from .rows import Stray
from .schema import DeclaredCheck
from .schema import DeclaredColumn
from .schema import LiveColumn
from .schema import LiveEnum
from .schema import LiveSchema
from .schema import Name
from .schema import Place
from .schema import TableSize


@dataclass(frozen=True, slots=True)
class Options:
    """What of the settings a backend has to know.

    :param compare_order: whether another order of labels alone is a difference.
    :param lock_timeout: how long table locks are waited for, as PostgreSQL reads it, or None.
    :param analyze: whether rewritten tables are analyzed.
    :param drop_unused: whether types that nothing uses are dropped.
    :param keep_expressions: whether expressions keep the labels that they list.
    :param qualify: whether names are written with their schema.
    :param retire_pause: how long retirements rest between two batches of rows, in seconds.
    """

    compare_order: bool = True
    lock_timeout: str | None = "10s"
    analyze: bool = True
    drop_unused: bool = False
    keep_expressions: bool = False
    qualify: bool = True
    retire_pause: float = 0.0


class Facts(Protocol):
    """What a plan has to know of a database; all but this is its backend's own affair."""

    @property
    def enums(self) -> Mapping[Name, LiveEnum]:
        """The enums as they are, by name, without the columns that get another type."""

    @property
    def sizes(self) -> Mapping[Name, TableSize]:
        """The sizes of the tables that may be rewritten."""

    def called(self, name: Name) -> str:
        """Return the shortest name by which an option can mean an enum."""

    def shown(self, name: Name) -> Name:
        """Return a name as the revision writes it."""

    def without(self, schema: str) -> Facts:
        """Return the same with names that leave a schema out."""

    def unsized(self) -> Facts:
        """Return the same without the sizes of tables."""

    def family(self, place: Place) -> Sequence[LiveColumn]:
        """Return a column that gets another type, and those of children and partitions."""


@dataclass(frozen=True)
class Inspection:
    """What a close look found: what a plan and its questions need, beyond the enums.

    :param held: rows that hold labels that the models lack.
    :param strange: rows that hold no label of the enum which their column is to become.
    :param orphans: the keys of the enums that nothing uses once columns are converted, where those
        that nothing uses are dropped.
    :param facts: what the plan has to know.
    """

    held: tuple[Held, ...]
    strange: tuple[Strange, ...]
    orphans: frozenset[int]
    facts: Facts


@dataclass(frozen=True)
class Differences:
    """All that is to be done about the enums of one bind.

    :param changes: what changes about each enum.
    :param conversions: columns that get another type.
    :param creates: types that only these columns need.
    :param drops: types that go because nothing uses them.
    """

    changes: tuple[AlterEnum, ...] = ()
    conversions: tuple[AlterColumnType, ...] = ()
    creates: tuple[CreateType, ...] = ()
    drops: tuple[DropType, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing is to be done."""
        return not self.changes and not self.conversions and not self.drops


@dataclass(frozen=True, slots=True)
class NewColumn:
    """A column that comes, of an enum of which labels are retired.

    :param column: the column.
    :param enum: the enum's name, as it is written.
    :param labels: the labels that no row may hold.
    """

    column: DeclaredColumn
    enum: Name
    labels: tuple[str, ...]


class Backend(Protocol):
    """One kind of enum in one kind of database.

    A ``connection`` is a ``sqlalchemy.Connection`` whose search path is the app's.
    """

    def read(
        self,
        connection: Any,
        wanted: Collection[DeclaredColumn],
        strings: Collection[DeclaredColumn] = (),
        checked: Collection[DeclaredCheck] = (),
    ) -> LiveSchema:
        """Read all enums, and what the database has where models declare enums or strings.

        :param checked: the enums that models keep as strings.

        A fixed number of queries, which need no right but to connect.
        """

    def inspect(
        self, connection: Any, live: LiveSchema, pairing: Pairing, options: Options
    ) -> Inspection:
        """Look closely at what differs: rows, sizes, rights, and what hangs on it."""

    def strays(self, connection: Any, live: LiveSchema) -> Sequence[Stray]:
        """Look which values rows of strings hold that are no label of their model."""

    def plan(self, differences: Differences, facts: Facts) -> Plan:
        """Return the statements of both directions, or why they can't be."""

    def rehearse(
        self,
        connection: Any,
        plan: Plan,
        differences: Differences,
        terms: Terms,
    ) -> Rehearsal:
        """Run both directions of a plan, read again after each, and roll all of it back.

        One that can't be undone says so in ``left_out`` and runs nothing.
        """

    def rehearse_functions(self, connection: Any, functions: Functions, terms: Terms) -> Rehearsal:
        """Run all that both functions of a revision do, and roll it back.

        What becomes of tables is their author's: only enums are looked at afterwards, and the
        limit is one for all of the tables that it works on.
        """

    def users(
        self,
        connection: Any,
        keys: Collection[int],
        tables: Collection[Name],
        columns: Collection[Place],
    ) -> dict[int, list[str]]:
        """Return what still uses some enums when tables and columns are gone, in words."""

    def creation_refusals(
        self, connection: Any, creates: Sequence[CreateType], facts: Facts | None
    ) -> tuple[Refusal, ...]:
        """Return why types that new columns need can't be created."""

    def creation(self, creates: Iterable[CreateType]) -> tuple[list[str], list[str]]:
        """Return the statements that create types that new columns need, and that drop them.

        One that may be there already is created where it is missing, and never dropped.
        """

    def keep_out(self, columns: Iterable[NewColumn]) -> list[str]:
        """Return the statements that keep retired labels out of new columns."""

    def keep_out_again(
        self, live: LiveSchema, columns: Collection[Place], facts: Facts
    ) -> list[str]:
        """Return the statements that keep labels out of columns that go, once they are back."""

    def affected_defaults(
        self, changes: Sequence[AlterEnum], live: LiveSchema
    ) -> Iterator[LiveColumn]:
        """Yield the columns whose default means something else before and after some changes."""

    def created_again(
        self, change: AlterEnum, facts: Facts, tables: Collection[Name]
    ) -> Iterator[str]:
        """Yield what of some tables is dropped and created again with an enum, in words."""

    def default_texts(self, change: AlterColumnType, column: LiveColumn) -> Sequence[str]:
        """Return the values that a column's default gives, where it is a constant."""

    def all_values(self, change: AlterColumnType) -> str:
        """Return a query for all values of a column, for a person to paste."""
