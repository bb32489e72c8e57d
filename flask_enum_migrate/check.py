"""Compare the models with the databases and report drift; nothing is written anywhere."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import replace
from os import PathLike

from .app import binds
from .app.database import Database
from .app.database import survey
from .app.environment import Environment
from .core.changes import AlterEnum
from .core.diff import alter
from .core.pairing import WrongColumn
from .core.schema import DeclaredColumn
from .core.schema import DeclaredEnum
from .core.schema import LiveEnum
from .from_migrations import run
from .settings import Settings

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
    """

    bind: str
    state: str
    declared: DeclaredEnum | None = None
    live: LiveEnum | None = None
    change: AlterEnum | None = None
    wrong_columns: tuple[WrongColumn, ...] = ()
    missing_columns: tuple[DeclaredColumn, ...] = ()

    @property
    def is_drift(self) -> bool:
        """Whether models and database differ in what ``sync`` looks after."""
        return self.change is not None or bool(self.wrong_columns)


@dataclass(frozen=True)
class CheckResult:
    """What a look at all binds gave.

    :param enums: every enum type of the models and of the databases.
    :param databases: the binds that were looked at.
    :param skipped: bind and dialect of those that were not, because nothing is to be done there.
    :param command: the name of Flask-Migrate's command group, for the next action.
    :param from_migrations: whether the databases are what the migrations make of empty ones,
        instead of the app's own.
    :param heads: the revisions that the databases should be at.
    :param unmatched: the names in the setting ``include_types`` that no type has.
    :param unseen: the PostgreSQL binds whose models have enums, but that env.py leaves out.
    """

    enums: tuple[EnumState, ...]
    databases: tuple[Database, ...]
    skipped: tuple[tuple[str, str], ...]
    command: str = "db"
    from_migrations: bool = False
    heads: tuple[str, ...] = ()
    unmatched: tuple[str, ...] = ()
    unseen: tuple[str, ...] = ()

    @property
    def drift(self) -> tuple[EnumState, ...]:
        """The types on which models and databases differ."""
        return tuple(enum for enum in self.enums if enum.is_drift)

    @property
    def in_sync(self) -> bool:
        """Whether there is no drift."""
        return not self.drift

    @property
    def behind(self) -> tuple[Database, ...]:
        """The databases that aren't at the migrations' head."""
        return tuple(database for database in self.databases if not database.at_head)


def check(environment: Environment, settings: Settings, *, head: str | None = None) -> CheckResult:
    """Compare all enum types of the models with those of the databases.

    :param head: the revision that they should be at, or None for all heads.
    :raises EnumMigrateError: if a database can't be looked at, or models contradict each other.
    """
    databases = survey(environment, settings, thorough=False, head=head)
    looked_at = tuple(database for database in databases if database.live is not None)
    states = [state for database in looked_at for state in _states(database, settings)]
    return CheckResult(
        enums=tuple(_once(states)),
        databases=looked_at,
        skipped=tuple((d.bind, d.dialect) for d in databases if d.live is None),
        command=environment.command,
        heads=environment.heads(head or "heads"),
        unmatched=tuple(_unmatched(looked_at, settings)),
        unseen=tuple(binds.unseen(frozenset().union(*(d.tables for d in databases)))),
    )


def check_migrations(
    environment: Environment,
    settings: Settings,
    *,
    server: str | None = None,
    init_sql: str | PathLike[str] | None = None,
    progress: Callable[[run.Progress], None] | None = None,
) -> CheckResult:
    """Compare the enum types of the models with those that all migrations make together.

    They run in empty databases that are removed afterwards, whatever happens; the app's own are
    neither touched nor needed.

    :param server: URL of the server to make them on, by default a throwaway one.
    :param init_sql: a file of SQL to prepare them with.
    :param progress: called before each revision, and after the last one.
    :raises ChainFailed: if the migrations don't run.
    :raises ForeignConnection: if env.py wants to connect to another database.
    :raises EnumMigrateError: if it can't be told for another reason.
    """
    from .from_migrations import databases

    with databases.databases(environment, server=server, init_sql=init_sql) as made:
        run.upgrade(environment, progress or (lambda _: None), made.describe)
        result = check(environment, settings)
    skipped = tuple((bind, made.skipped.get(bind, dialect)) for bind, dialect in result.skipped)
    return replace(result, skipped=skipped, from_migrations=True)


def _once(states: Iterable[EnumState]) -> Iterator[EnumState]:
    """Yield each state once, where env.py looks at one database several times, for its tenants.

    A type that one of them declares is not in the models of the others.
    """
    states = list(states)
    seen = {
        (state.bind, state.live.key, state.live.name)
        for state in states
        if state.declared and state.live
    }
    for state in states:
        if state.declared is None and state.live is not None:
            key = (state.bind, state.live.key, state.live.name)
            if key in seen:
                continue
            seen.add(key)
        yield state


def _unmatched(databases: Iterable[Database], settings: Settings) -> Iterator[str]:
    """Yield the names that say which types are ours, and are in no database's or model's."""
    known: set[str] = set()
    for database in databases:
        live, pairing = database.live, database.pairing
        if live is None:
            continue
        declared = [*(pair.declared for pair in pairing.pairs), *pairing.new]
        declared += [c.declared for c in pairing.wrong_columns if not isinstance(c.declared, str)]
        for name in (*live.by_name, *(enum.name for enum in declared)):
            known |= {name.name, f"{name.schema or live.default_schema}.{name.name}"}
    if known and settings.include_types is not None and not callable(settings.include_types):
        yield from (name for name in settings.include_types if name not in known)


def _states(database: Database, settings: Settings) -> list[EnumState]:
    pairing, bind = database.pairing, database.bind
    wrong: dict[DeclaredEnum, tuple[WrongColumn, ...]] = {}
    strings: dict[int, tuple[WrongColumn, ...]] = {}  # by the type that they are today
    for column in pairing.wrong_columns:
        if isinstance(column.declared, str):
            oid = column.found.type_key
            strings[oid] = (*strings.get(oid, ()), column)
        else:
            wrong[column.declared] = (*wrong.get(column.declared, ()), column)
    states = []
    for match in pairing.pairs:
        change = alter(match, compare_order=settings.compare_order)
        columns = wrong.pop(match.declared, ()) + strings.pop(match.live.key, ())
        state = DIFFERS if change else WRONG_COLUMNS if columns else IN_SYNC
        own = frozenset(match.declared.columns)
        missing = tuple(column for column in pairing.missing_columns if column in own)
        states.append(EnumState(bind, state, match.declared, match.live, change, columns, missing))
    for enum, columns in wrong.items():
        states.append(EnumState(bind, WRONG_COLUMNS, enum, wrong_columns=columns))
    for enum in pairing.new:
        states.append(EnumState(bind, NEW, enum, missing_columns=enum.columns))
    for live in pairing.undeclared:
        if columns := strings.get(live.key, ()):
            states.append(EnumState(bind, WRONG_COLUMNS, live=live, wrong_columns=columns))
            continue
        if live.extension or not settings.includes(live.name.schema, live.name.name):
            continue
        state = UNDECLARED if live.has_dependents else UNUSED
        states.append(EnumState(bind, state, live=live))
    return states
