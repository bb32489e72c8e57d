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
from .app.tables import compare as compare_tables
from .comparison import DIFFERS as DIFFERS
from .comparison import IN_SYNC as IN_SYNC
from .comparison import NEW as NEW
from .comparison import UNDECLARED as UNDECLARED
from .comparison import UNUSED as UNUSED
from .comparison import WRONG_COLUMNS as WRONG_COLUMNS
from .comparison import Comparison
from .comparison import EnumState as EnumState
from .core.diff import alter
from .core.errors import EnvironmentFailed
from .core.pairing import WrongColumn
from .core.rows import Stray
from .core.schema import DeclaredEnum
from .core.schema import UnlookedColumn
from .from_migrations import run
from .from_migrations.migrated import migrated
from .report.check import report
from .report.check import strangers
from .settings import Settings


@dataclass(frozen=True)
class CheckResult(Comparison):
    """What ``check`` found; it prints as the command does, and is no truth value.

    ``assert enum_migrate.check()`` would pass with drift, so it is an error.
    """

    def __str__(self) -> str:
        return str(report(self))

    def __bool__(self) -> bool:
        raise TypeError(
            "What check() returns is neither true nor false: ask for its .in_sync, or call "
            "enum_migrate.assert_in_sync() instead."
        )


def check(
    environment: Environment,
    settings: Settings,
    *,
    head: str | None = None,
    from_migrations: bool = False,
    thorough: bool = False,
    rows: bool = False,
) -> CheckResult:
    """Compare all enum types of the models with those of the databases.

    :param head: the revision that they should be at, or None for all heads.
    :param from_migrations: whether the databases are what the migrations make of empty ones.
    :param thorough: whether to look at rows too.
    :param rows: whether to look at the rows of strings that keep enums.
    :raises EnumMigrateError: if a database can't be looked at, or models contradict each other.
    """
    databases = survey(environment, settings, thorough=thorough, head=head, rows=rows)
    looked_at = tuple(database for database in databases if database.live is not None)
    states = [
        replace(state, from_migrations=from_migrations)
        for database in looked_at
        for state in _states(database, settings, from_migrations=from_migrations)
    ]
    return CheckResult(
        enums=tuple(_once(states)),
        databases=looked_at,
        skipped=tuple((d.bind, d.dialect) for d in databases if d.live is None),
        command=environment.command,
        from_migrations=from_migrations,
        heads=environment.heads(head or "heads"),
        unmatched=tuple(_unmatched(looked_at, settings)),
        unlooked=unlooked(databases),
        strays=_strays(looked_at) if rows else None,
        unseen=tuple(binds.unseen(frozenset().union(*(d.tables for d in databases)))),
    )


def _strays(databases: Iterable[Database]) -> tuple[Stray, ...]:
    return tuple(dict.fromkeys(one for database in databases for one in database.strays or ()))


def unlooked(databases: Iterable[Database]) -> tuple[UnlookedColumn, ...]:
    """Return the columns that were not looked at, each once."""
    return tuple(dict.fromkeys(one for database in databases for one in database.unlooked))


def check_migrations(
    environment: Environment,
    settings: Settings,
    *,
    server: str | None = None,
    init_sql: str | PathLike[str] | None = None,
    progress: Callable[[run.Progress], None] | None = None,
    tables: bool = False,
) -> CheckResult:
    """Compare the enum types of the models with those that all migrations make together.

    They run in empty databases that are removed afterwards, whatever happens; the app's own are
    neither touched nor needed.

    :param server: URL of the server to make them on, by default a throwaway one.
    :param init_sql: a file of SQL to prepare them with.
    :param progress: called before each revision, and after the last one.
    :param tables: whether to compare all else about tables too, as Alembic does.
    :raises ChainFailed: if the migrations don't run.
    :raises ForeignConnection: if env.py wants to connect to another database.
    :raises EnumMigrateError: if it can't be told for another reason.
    """
    with migrated(environment, server=server, init_sql=init_sql, progress=progress) as made:
        result = check(environment, settings, from_migrations=True)
        if tables:
            found = compare_tables(environment, lambda context: bool(made.describe(context)))
            result = replace(result, tables=found)
    skipped = tuple((bind, made.skipped.get(bind, dialect)) for bind, dialect in result.skipped)
    return _told(replace(result, skipped=skipped))


def _told(result: CheckResult) -> CheckResult:
    """Return a result, unless there were no models to compare anything with.

    :raises EnvironmentFailed: if there are types that migrations make, and no model at all.
    """
    if result.undeclared and not any(database.tables for database in result.databases):
        raise EnvironmentFailed("No model was seen:", " ".join(strangers(result)))
    return result


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
        declared = [*(pair.declared for pair in (*pairing.pairs, *pairing.leftovers)), *pairing.new]
        declared += [c.declared for c in pairing.wrong_columns if not isinstance(c.declared, str)]
        for name in (*live.by_name, *(enum.name for enum in declared)):
            known |= {name.name, f"{name.schema or live.default_schema}.{name.name}"}
    if known and settings.include_types is not None and not callable(settings.include_types):
        yield from (name for name in settings.include_types if name not in known)


def _states(database: Database, settings: Settings, *, from_migrations: bool) -> list[EnumState]:
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
        own = frozenset(match.declared.columns)
        missing = tuple(column for column in pairing.missing_columns if column in own)
        state = DIFFERS if change else WRONG_COLUMNS if columns else IN_SYNC
        if state == IN_SYNC and missing and from_migrations:
            state = DIFFERS
        states.append(EnumState(bind, state, match.declared, match.live, change, columns, missing))
    for enum, columns in wrong.items():
        states.append(EnumState(bind, WRONG_COLUMNS, enum, wrong_columns=columns))
    for enum in pairing.new:
        states.append(EnumState(bind, NEW, enum, missing_columns=enum.columns))
    for left in pairing.leftovers:
        missing = left.declared.columns
        states.append(EnumState(bind, UNUSED, left.declared, left.live, missing_columns=missing))
    for live in pairing.undeclared:
        if columns := strings.get(live.key, ()):
            states.append(EnumState(bind, WRONG_COLUMNS, live=live, wrong_columns=columns))
            continue
        if live.extension or not settings.includes(live.name.schema, live.name.name):
            continue
        state = UNDECLARED if live.has_dependents else UNUSED
        states.append(EnumState(bind, state, live=live))
    return states
