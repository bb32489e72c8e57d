"""What a comparison of models and databases gives: every enum type, from both sides."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from .app.database import Database
from .core.alter_enum import AlterEnum
from .core.fleets import Fleet
from .core.hints import sync_command
from .core.pairing import WrongColumn
from .core.rows import Stray
from .core.schema import DeclaredColumn
from .core.schema import DeclaredEnum
from .core.schema import LiveEnum
from .core.schema import Name
from .core.schema import UnlookedColumn
from .core.tables import TableDifference

IN_SYNC = "in sync"
DIFFERS = "differs"
WRONG_COLUMNS = "columns of another type"
NEW = "not in the database"
UNDECLARED = "not in the models"
UNUSED = "unused"


@dataclass(frozen=True)
class EnumState:
    """One enum type of one bind, from both sides.

    :param bind: the bind's name, ``""`` for the default one.
    :param state: one of the constants of this module.
    :param declared: the models' side, if they have it.
    :param live: the database's side, if it has it.
    :param change: what would have to change, where labels or names differ.
    :param wrong_columns: columns that exist, but with another type.
    :param missing_columns: columns that only the models have.
    :param from_migrations: whether the database's side is what the migrations make: what only the
        models have is drift then, as no migration makes it.
    """

    bind: str
    state: str
    declared: DeclaredEnum | None = None
    live: LiveEnum | None = None
    change: AlterEnum | None = None
    wrong_columns: tuple[WrongColumn, ...] = ()
    missing_columns: tuple[DeclaredColumn, ...] = ()
    from_migrations: bool = False

    @property
    def named(self) -> DeclaredEnum | LiveEnum:
        """The side that the database has, or else the models'."""
        named = self.live or self.declared
        if named is None:
            raise ValueError("An enum type is known to one side at least.")
        return named

    @property
    def is_string(self) -> bool:
        """Whether the models keep it as a string."""
        return self.declared is not None and self.declared.is_string

    @property
    def is_unmade(self) -> bool:
        """Whether the models have something of it that no migration makes."""
        return self.from_migrations and (bool(self.missing_columns) or self.state == NEW)

    @property
    def is_drift(self) -> bool:
        """Whether models and database, or migrations, do not agree."""
        return self.change is not None or bool(self.wrong_columns) or self.is_unmade

    @property
    def rewritten(self) -> tuple[str, ...]:
        """The tables that are to be rewritten, as far as it can be told without a plan."""
        tables: list[str] = []
        if self.change and self.live and self.change.replaces_type:
            columns = [c for c in self.live.columns if not c.inherited and c.holds_rows]
            tables += [str(column.table) for column in columns]
        conversions = [wrong.conversion for wrong in self.wrong_columns if wrong.conversion]
        tables += [str(one.table) for one in conversions if not one.only_adds_check]
        return tuple(dict.fromkeys(tables))


@dataclass(frozen=True)
class Comparison:
    """What a look at all binds gave.

    :param enums: every enum type of the models and of the databases.
    :param databases: the binds that were looked at.
    :param skipped: bind and dialect of those that were not, because nothing is to be done there.
    :param command: the name of Flask-Migrate's command group, for the next action.
    :param from_migrations: whether the databases are what the migrations make of empty ones,
        instead of the app's own.
    :param heads: the revisions that the databases should be at.
    :param unmatched: the names in the setting ``include_types`` that no type has.
    :param unlooked: the columns of enums whose labels nobody compares.
    :param unseen: the PostgreSQL binds whose models have enums, but that env.py leaves out.
    :param tables: what else differs about tables, or None where that wasn't asked for.
    :param strays: values of rows that are no label, or None where that wasn't asked for.
    """

    enums: tuple[EnumState, ...]
    databases: tuple[Database, ...]
    skipped: tuple[tuple[str, str], ...]
    command: str = "db"
    from_migrations: bool = False
    heads: tuple[str, ...] = ()
    unmatched: tuple[str, ...] = ()
    unlooked: tuple[UnlookedColumn, ...] = ()
    unseen: tuple[str, ...] = ()
    tables: tuple[TableDifference, ...] | None = None
    strays: tuple[Stray, ...] | None = None

    @cached_property
    def fleet(self) -> Fleet:
        """The schemas of tenants."""
        return Fleet.of((one.bind, one.live.default_schema) for one in self.databases if one.live)

    def tenant(self, state: EnumState) -> str:
        """Return the tenant's schema that a type is in, or ``""``."""
        return self.fleet.tenant(state.bind, state.named.name.schema)

    @property
    def drift(self) -> tuple[EnumState, ...]:
        """The types on which models and databases differ."""
        return tuple(enum for enum in self.enums if enum.is_drift)

    @property
    def compared(self) -> tuple[EnumState, ...]:
        """The types of the models that were looked for, and found unless they should be there."""
        absent = (NEW, UNUSED)
        return tuple(s for s in self.enums if s.declared and (s.state not in absent or s.is_unmade))

    @property
    def undeclared(self) -> tuple[EnumState, ...]:
        """The types that migrations make and columns of tables use, but no model declares."""
        return tuple(
            state
            for state in self.enums
            if self.from_migrations
            and state.state == UNDECLARED
            and state.live
            and any(column.holds_rows for column in state.live.columns)
        )

    @property
    def in_sync(self) -> bool:
        """Whether there is no drift."""
        return not self.drift and not self.tables and not self.strays_by_place

    @property
    def compares_nothing(self) -> bool:
        """Whether there was nothing to compare, or nobody could."""
        if self.compared or self.tables is not None or self.undeclared:
            return False
        if self.strays is not None and not self.unread:
            return False
        return not self.databases or bool(self.unlooked)

    @property
    def strays_by_place(self) -> dict[str, tuple[Stray, ...]]:
        """The values of rows that are no label, by column."""
        found: dict[str, tuple[Stray, ...]] = {}
        for one in self.strays or ():
            if one.rows is not None:
                found[one.place] = (*found.get(one.place, ()), one)
        return found

    @property
    def unread(self) -> tuple[str, ...]:
        """The columns whose rows nobody could look at."""
        return tuple(one.place for one in self.strays or () if one.rows is None)

    @property
    def sync(self) -> str:
        """The command that writes what is missing: into the migrations, if these were compared."""
        return sync_command(self.command, from_migrations=self.from_migrations)

    @property
    def by_table(self) -> dict[tuple[str, Name], tuple[TableDifference, ...]]:
        """What else differs about tables, by bind and table."""
        found: dict[tuple[str, Name], tuple[TableDifference, ...]] = {}
        for one in self.tables or ():
            key = (one.bind, one.table)
            found[key] = (*found.get(key, ()), one)
        return found

    @property
    def behind(self) -> tuple[Database, ...]:
        """The databases that aren't at the migrations' head."""
        return tuple(database for database in self.databases if not database.at_head)
