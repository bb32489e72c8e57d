"""The PL/pgSQL block in which a function changes types, with what only its database can know.

It locks all tables, refuses what the revision doesn't know, and keeps in mind who owns, may use and
has commented what is dropped, to give it back at the end. As one block it is done whole or not at
all, whatever transactions env.py makes. Operators, functions and types are PostgreSQL's own whatever
the search path holds: arguments have the exact types of those in ``pg_catalog``, or the schema is
written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field

from ...core.schema import Name
from .kept import Known
from .kept import always_given_back
from .kept import look
from .kept import look_at_types
from .quoting import DEPARSED
from .quoting import LINE
from .quoting import dollar_quoted
from .quoting import identifier
from .quoting import indented
from .quoting import literal
from .quoting import qualified
from .quoting import sentences
from .quoting import wrapped


@dataclass(frozen=True, slots=True)
class Lock:
    """The tables that a revision locks before it does anything to them.

    :param tables: the tables, in the order in which they are locked.
    :param families: whether some of them have children or partitions, which are locked along.
    :param timeout: how long they are waited for, as PostgreSQL reads it, or None to leave that to
        ``lock_timeout``.
    """

    tables: tuple[Name, ...] = ()
    families: bool = False
    timeout: str | None = "10s"

    @property
    def tries(self) -> bool:
        """Whether it waits for a moment at a time, and tries again."""
        return bool(self.tables) and self.timeout is not None


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement of the block.

    :param sql: the statement.
    :param comment: one line that says what for, or ``""``.
    """

    sql: str
    comment: str = ""

    @property
    def drops(self) -> bool:
        """Whether it only drops something."""
        return bool(_DROP.fullmatch(self.sql))


_DROP = re.compile(r"DROP .+|ALTER TABLE \S+ DROP CONSTRAINT \S+")


@dataclass(frozen=True)
class Block:
    """What a function does to types, tables and what hangs on them.

    :param lock: what it locks.
    :param labels: the labels that types must have, by type.
    :param objects: what is dropped and created again, with the types that are replaced.
    :param settings: the settings under which it runs, by name.
    :param version: the major version of the server on which the states were read.
    :param qualified: whether names in them have their schemas.
    """

    lock: Lock = Lock()
    labels: Mapping[Name, Sequence[str]] = field(default_factory=dict)
    objects: Sequence[Known] = ()
    settings: Mapping[str, str] = field(default_factory=dict)
    version: int = 0
    qualified: bool = True

    def sql(self, statements: Sequence[Statement], drops: Sequence[str]) -> str:
        """Return the block.

        It fails with 55P03 where a table can't be locked in time, and with 55000 where types have
        other labels, or objects are otherwise, than the revision knows. Nothing is changed then.

        :param statements: what it is for.
        :param drops: the statements that drop what was put aside, when all is given back.
        """
        own = [*(["lock_timeout"] if self.lock.tries else []), *self.settings]
        before = _Before(tuple(own))
        lines = _generated([*_lock(self.lock), *self._looks()])
        lines += _written(statements)
        last = [*self._gives(), *(f"{sql};" for sql in drops), *before.back, f"END{_BEHIND}"]
        lines += [line.removesuffix(_BEHIND) for line in _generated([" ".join(last)])]
        values = {name: literal(value) for name, value in self.settings.items()}
        values = {**({"lock_timeout": literal(_MOMENT)} if self.lock.tries else {}), **values}
        sets = [f"SET LOCAL {name} = {value};" for name, value in values.items()]
        declared = ["DECLARE found text;", *(["kept text;"] if self.objects else [])]
        begin = [*declared, *before.declared, *_wait(self.lock, before), "BEGIN", *sets]
        body = "\n".join(f"    {indented(line)}" for line in lines)
        return "DO " + dollar_quoted(f" {wrapped(' '.join(begin))}\n{body} ")

    def _looks(self) -> Iterator[str]:
        """Yield the lines that refuse what is otherwise, and keep in mind what comes along."""
        if not any(one.state_kind for one in self.objects):
            yield from _labels(self.labels)
            if {one.kind for one in self.objects} == {"type"}:
                yield from look_at_types(self.objects)
                return
        elif not self.qualified:  # what is done about schemas there isn't meant for labels
            yield from _labels(self.labels)
        if self.objects:
            yield from look(self.objects, self.version, qualified=self.qualified)

    def _gives(self) -> Iterator[str]:
        """Yield the statement that gives back what was kept in mind."""
        if self.objects:
            sure = always_given_back(self.objects)
            yield "EXECUTE kept;" if sure else "EXECUTE coalesce(kept, 'SELECT');"


def _written(statements: Sequence[Statement]) -> Iterator[str]:
    """Yield the lines of statements; those that only drop something share one."""
    drops: list[Statement] = []
    for one in statements:
        if drops and (one.comment or not one.drops):
            yield from _shared(drops)
            drops = []
        if one.drops:
            drops.append(one)
        else:
            yield from [f"-- {one.comment}"] if one.comment else []
            yield f"{one.sql};"
    yield from _shared(drops)


def _shared(drops: Sequence[Statement]) -> Iterator[str]:
    lines = sentences([f"{one.sql};" for one in drops])
    comment = f"-- {drops[0].comment}" if drops and drops[0].comment else ""
    if comment and len(lines) == 1 and len(f"{lines[0]} {comment}") < LINE:
        yield f"{lines[0]} {comment}"
    else:
        yield from [comment] if comment else []
        yield from lines


_BEHIND = "_" * 6
"""As long as what ends the block, and the call that runs it."""


def _generated(lines: Iterable[str]) -> list[str]:
    return [part for line in lines for part in wrapped(line).split("\n")]


@dataclass(frozen=True)
class _Before:
    """The settings that env.py had, in the block's variable ``own``.

    ``SET LOCAL`` and a later ``SET … TO DEFAULT`` would lose what env.py had set.
    """

    names: tuple[str, ...]

    @property
    def declared(self) -> list[str]:
        """The declaration of the variable."""
        values = [f"current_setting({literal(name)})" for name in self.names]
        if len(values) < 2:
            return [f"own text := {value};" for value in values]
        return [f"own text[] := ARRAY[{', '.join(values)}];"]

    @property
    def back(self) -> list[str]:
        """The statement that gives them back."""
        given = [f"set_config({literal(name)}, {self.of(name)}, true)" for name in self.names]
        return [f"PERFORM {', '.join(given)};"] if given else []

    def of(self, name: str) -> str:
        """Return the value that a setting had, as SQL."""
        return "own" if len(self.names) == 1 else f"own[{self.names.index(name) + 1}]"


_GIVEN_BACK = "PERFORM set_config('lock_timeout', wait, true);"
_MOMENT = "200ms"
"""For how long a try waits: who comes behind us waits no longer for what we don't get."""


def _wait(lock: Lock, before: _Before) -> list[str]:
    """Return the declarations of for how long locks are waited for, and since when.

    It is the shorter of our time and env.py's, where 0 is for ever.
    """
    if not lock.tries:
        return []
    own, time = before.of("lock_timeout"), str(lock.timeout)
    wait = own
    # Without a unit it is milliseconds to PostgreSQL's settings, and seconds to its intervals.
    time = literal(time if time[-1:].isalpha() else f"{time}ms")
    if any(digit in time for digit in "123456789"):
        wait = f"CASE WHEN {own}::interval BETWEEN '1ms' AND {time} THEN {own} ELSE {time} END"
    return ["began timestamptz := clock_timestamp();", f"wait text := {wait};"]


def _lock(lock: Lock) -> list[str]:
    """Return the lines that lock tables, a moment at a time, or fail and say who is in the way.

    What could be locked before the moment was over is released before the next try, so that nobody
    waits behind us for longer. What else is locked later, such as a materialized view that somebody
    reads, has no other tries, and is waited for.
    """
    if not lock.tables:
        return []
    statement = f"LOCK TABLE {', '.join(map(qualified, lock.tables))} IN ACCESS EXCLUSIVE MODE;"
    if not lock.tries:
        return [statement]
    return [
        f"LOOP BEGIN {statement} {_GIVEN_BACK} EXIT;",
        "EXCEPTION WHEN lock_not_available THEN IF wait = '0' OR clock_timestamp() < began + "
        "wait::interval THEN PERFORM pg_sleep(0.3); CONTINUE; END IF;",
        f"    {_holders(lock)}",
        f"    RAISE lock_not_available USING MESSAGE = {literal(_shown(lock.tables))} || "
        "coalesce(found, 'what pg_prepared_xacts tells'); END; END LOOP;",
    ]


def _shown(tables: Sequence[Name]) -> str:
    names = ", ".join(map(str, tables))
    return f"No lock on {names} in time, so no table was changed. In the way is "


_TOLD = (
    "pg_catalog.concat_ws(' ', 'pid', pid, usename, application_name, state, state_change, left(query, 99), "
    "'(to end it: SELECT pg_terminate_backend(' || pid::text || '))')"
)
_PREPARED = "'prepared transaction ' || gid || ' (to end it: ROLLBACK PREPARED ' || quote_literal(gid) || ')'"


def _regclass(table: Name) -> str:
    """Return a table's name as ``regclass`` takes it: that knows no ``U&"…"``."""
    return literal(DEPARSED.qualified(table))


def _holders(lock: Lock) -> str:
    """Return the statement that finds who holds locks on tables."""
    relations = ", ".join(f"{_regclass(table)}::regclass::oid" for table in lock.tables)
    if not lock.families:
        return (
            f"SELECT string_agg(DISTINCT {_TOLD}, '; ') INTO found FROM pg_locks JOIN "
            "pg_stat_activity USING (pid) WHERE granted AND pid <> pg_backend_pid() AND datname = "
            f"current_database() AND relation IN ({relations});"
        )
    return (
        f"WITH RECURSIVE wanted (relation) AS (SELECT pg_catalog.unnest(ARRAY[{relations}]) UNION "
        "SELECT inhrelid FROM pg_inherits JOIN wanted ON inhparent = relation) "
        f"SELECT string_agg(coalesce({_PREPARED}, {_TOLD}), '; ') INTO found FROM (SELECT DISTINCT "
        "pid, virtualtransaction FROM pg_locks JOIN wanted USING (relation) WHERE granted AND pid IS "
        "DISTINCT FROM pg_backend_pid()) l LEFT JOIN pg_stat_activity USING (pid) LEFT JOIN (SELECT "
        "virtualtransaction, gid FROM pg_prepared_xacts p JOIN pg_locks x ON p.transaction::text = "
        "x.transactionid::text) p USING (virtualtransaction);"
    )


def _labels(known: Mapping[Name, Sequence[str]]) -> list[str]:
    """Return the lines that fail where types have other labels than a revision knows.

    It would take away those that it doesn't know, such as those of another branch. They ask
    ``pg_enum``: ``enum_range`` fails over labels that the same transaction added.
    """
    lines: list[str] = []
    for type_, labels in known.items():
        listed = ", ".join(literal(label) for label in sorted(labels, key=str.encode))
        lines += [
            "found := ARRAY(SELECT enumlabel::text FROM pg_enum WHERE enumtypid = "
            f"{literal(qualified(type_))}::regtype::oid ORDER BY enumlabel)::text;",
            f"IF found <> ARRAY[{listed}]::text[]::text THEN RAISE object_not_in_prerequisite_state "
            f"USING MESSAGE = {literal(f'{type_} has other labels here than this revision knows, ')} "
            f"|| found, HINT = {literal(_OTHERS)}; END IF;",
        ]
    return lines


_OTHERS = (
    "Add what it lacks in three places, this list, CREATE TYPE and CASE, or delete it and run flask "
    "db enum sync"
)


def require_version(needed: int) -> str:
    """Return a block that fails with 0A000 where the server is older.

    It stands in front: a block with what an older server doesn't know fails before it begins.

    :param needed: the major version.
    """
    message = literal(f"This revision was written for PostgreSQL {needed} or newer, and here is ")
    hint = literal("Run flask db enum sync against a database of this version")
    lines = [
        f"IF current_setting('server_version_num')::int < {needed}0000 THEN",
        f"    RAISE feature_not_supported USING MESSAGE = {message} || "
        f"current_setting('server_version'), HINT = {hint}; END IF;",
    ]
    body = "\n".join(f"    {line}" for line in _generated(lines))
    return "DO " + dollar_quoted(f" BEGIN\n{body} END ")


def set_triggers(table: Name, constraint: str, states: Sequence[Sequence[str]]) -> str:
    """Return a block that disables a foreign key's own triggers, whatever they are called now.

    :param states: table, function and ``pg_trigger.tgenabled`` of each.
    """
    listed = ", ".join(f"({', '.join(map(literal, state))})" for state in states)
    lines = [
        "FOR command IN",
        "    WITH RECURSIVE whole (oid) AS (",
        f"        SELECT oid FROM pg_constraint WHERE conname = {literal(constraint)} AND conrelid = "
        f"{_regclass(table)}::regclass::oid",
        "        UNION ALL SELECT p.oid FROM pg_constraint p JOIN whole ON p.conparentid = whole.oid)",
        "    SELECT 'ALTER TABLE ' || tgrelid::regclass::text || CASE w.state WHEN 'D' THEN ' DISABLE' WHEN"
        " 'R' THEN ' ENABLE REPLICA' ELSE ' ENABLE ALWAYS' END",
        "        || ' TRIGGER ' || quote_ident(tgname::text)",
        f"    FROM (VALUES {listed}) w (relation, function, state)",
        "    JOIN pg_trigger t ON tgrelid = relation::regclass::oid AND tgfoid = "
        "function::regproc::oid",
        "    JOIN whole ON tgconstraint = whole.oid",
        "LOOP",
        "    EXECUTE command;",
        "END LOOP;",
    ]
    return _do("command text;", lines)


def rename_partition_index(parent: str, table: Name, name: Name) -> str:
    """Return a block that names a partition's index, whatever it is called now.

    What PostgreSQL has given that name meanwhile, another partition's index, gets one of its own.

    :param parent: the index of the partitioned table, as ``regclass`` prints it.
    """
    lines = [
        "SELECT inhrelid INTO STRICT current FROM pg_inherits JOIN pg_index ON indexrelid = inhrelid",
        f"    WHERE inhparent = to_regclass({literal(parent)})::oid AND indrelid = "
        f"to_regclass({_regclass(table)})::oid;",
        f"other := to_regclass({_regclass(name)});",
        "IF current::oid IS DISTINCT FROM other::oid THEN",
        "    IF other IS NOT NULL THEN EXECUTE 'ALTER INDEX ' || other::text || "
        "' RENAME TO enum_migrate_' || other::oid::text; END IF;",
        f"    EXECUTE 'ALTER INDEX ' || current::text || {literal(f' RENAME TO {identifier(name.name)}')};",
        "END IF;",
    ]
    return _do("current regclass; other regclass;", lines)


def convert_function(name: Name, old_type: Name, new_type: Name, expression: str) -> str:
    """Return ``CREATE FUNCTION`` for one that turns a ``value`` of one type into another.

    :param expression: the new value, as SQL.
    """
    old, new = qualified(old_type), qualified(new_type)
    body = dollar_quoted(f"\nSELECT {expression}\n")
    return (
        f"CREATE FUNCTION {qualified(name)}(value {old}) RETURNS {new}"
        f" LANGUAGE sql IMMUTABLE AS {body}"
    )


def _do(declared: str, lines: Sequence[str]) -> str:
    """Return a block that stands inside of another."""
    body = "".join(f"{line}\n" for line in _generated(f"    {line}" for line in lines))
    return f"DECLARE {declared} BEGIN\n{body}END"
