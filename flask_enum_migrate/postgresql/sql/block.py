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
from . import locks
from .kept import always_given_back
from .kept import look
from .kept import look_at_storage
from .kept import look_at_types
from .locks import Before
from .locks import Lock
from .quoting import LINE
from .quoting import dollar_quoted
from .quoting import identifier
from .quoting import indented
from .quoting import literal
from .quoting import qualified
from .quoting import regclass
from .quoting import sentences
from .quoting import wrapped
from .states import Known


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
    :param stored: the types, as SQL, whose columns may be stored otherwise than such types are.
    :param settings: the settings under which it runs, by name.
    :param version: the major version of the server on which the states were read.
    :param qualified: whether names in them have their schemas.
    :param undoes: whether a revision is taken back, which can't be written anew then.
    :param declared: what its statements need, as SQL.
    """

    lock: Lock = field(default_factory=Lock)
    labels: Mapping[Name, Sequence[str]] = field(default_factory=dict)
    objects: Sequence[Known] = ()
    stored: Sequence[str] = ()
    settings: Mapping[str, str] = field(default_factory=dict)
    version: int = 0
    qualified: bool = True
    undoes: bool = False
    declared: Sequence[str] = ()

    def sql(self, statements: Sequence[Statement], drops: Sequence[str]) -> str:
        """Return the block.

        It fails with 55P03 where a table can't be locked in time, and with 55000 where types have
        other labels, or objects are otherwise, than the revision knows. Nothing is changed then.

        :param statements: what it is for.
        :param drops: the statements that drop what was put aside, when all is given back.
        """
        own = [*locks.settings(self.lock), *self.settings]
        before = Before(tuple(own))
        lines = _generated([*locks.lines(self.lock), *self._looks()])
        lines += _written(statements)
        gives = [*self._gives()]
        if gives and _has_room(lines[-1], gives[0]):
            lines[-1] += f" {gives.pop()}"
        last = [*gives, *(f"{sql};" for sql in drops), *before.back, f"END{_BEHIND}"]
        lines += [line.removesuffix(_BEHIND) for line in _generated([" ".join(last)])]
        values = {name: literal(value) for name, value in self.settings.items()}
        values = {**locks.settings(self.lock), **values}
        sets = [f"SET LOCAL {name} = {value};" for name, value in values.items()]
        declared = [
            "DECLARE found text;",
            *(["kept text;"] if self.objects else []),
            *self.declared,
        ]
        begin = [*declared, *before.declared, *locks.declared(self.lock, before), "BEGIN", *sets]
        body = "\n".join(f"    {indented(line)}" for line in lines)
        return "DO " + dollar_quoted(f" {wrapped(' '.join(begin))}\n{body} ")

    def _looks(self) -> Iterator[str]:
        """Yield the lines that refuse what is otherwise, and keep in mind what comes along."""
        if not any(one.state_kind for one in self.objects):
            yield from _labels(self.labels, undoes=self.undoes)
            if {one.kind for one in self.objects} == {"type"}:
                yield from look_at_types(self.objects)
                yield from look_at_storage(self.stored) if self.stored else ()
                return
        elif not self.qualified:  # what is done about schemas there isn't meant for labels
            yield from _labels(self.labels, undoes=self.undoes)
        if self.objects:
            yield from look(
                self.objects, self.version, qualified=self.qualified, undoes=self.undoes
            )
            yield from look_at_storage(self.stored) if self.stored else ()

    def _gives(self) -> Iterator[str]:
        """Yield the statement that gives back what was kept in mind."""
        if self.objects:
            sure = always_given_back(self.objects)
            yield "EXECUTE kept;" if sure else "EXECUTE coalesce(kept, 'SELECT');"


def together(statements: Sequence[Statement]) -> str:
    """Return a block that is done whole or not at all, where nothing has to be looked at."""
    lines = [*_written(statements)]
    body = "\n".join(f"    {indented(line)}" for line in lines)
    end = "\n    END " if "--" in lines[-1] else " END "
    return "DO " + dollar_quoted(f" BEGIN\n{body}{end}")


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
            yield from _commented(f"{one.sql};", one.comment)
    yield from _shared(drops)


def _commented(sql: str, comment: str) -> Iterator[str]:
    """Yield a statement with its comment, behind its first line where there is room."""
    first, *more = sql.split("\n")
    closed = first.count("'") % 2 == first.count('"') % 2 == 0 and "$" not in first
    if comment and closed and len(f"{first} -- {comment}") < LINE:
        yield "\n".join([f"{first} -- {comment}", *more])
    else:
        yield from [f"-- {comment}"] if comment else []
        yield sql


def _shared(drops: Sequence[Statement]) -> Iterator[str]:
    lines = sentences([f"{one.sql};" for one in drops])
    comment = f"-- {drops[0].comment}" if drops and drops[0].comment else ""
    if comment and len(lines) == 1 and len(f"{lines[0]} {comment}") < LINE:
        yield f"{lines[0]} {comment}"
    else:
        yield from [comment] if comment else []
        yield from lines


def _has_room(line: str, sql: str) -> bool:
    """Return whether a statement has room behind what ends on a line, and is no part of a comment."""
    whole = line.endswith(";") and "--" not in line and "\n" not in line
    return whole and len(f"{line} {sql}") < LINE


_BEHIND = "_" * 6
"""As long as what ends the block, and the call that runs it."""


def _generated(lines: Iterable[str]) -> list[str]:
    return [part for line in lines for part in wrapped(line).split("\n")]


def _labels(known: Mapping[Name, Sequence[str]], *, undoes: bool) -> list[str]:
    """Return the lines that fail where types have other labels than a revision knows.

    It would take away those that it doesn't know, such as those of another branch. They ask
    ``pg_enum``: ``enum_range`` fails over labels that the same transaction added.
    """
    lines: list[str] = []
    hint = literal(_PLACES if undoes else f"{_PLACES}, or delete it and run flask db enum sync")
    for type_, labels in known.items():
        listed = ", ".join(literal(label) for label in sorted(labels, key=str.encode))
        lines += [
            "found := ARRAY(SELECT enumlabel::text FROM pg_enum WHERE enumtypid = "
            f"{literal(qualified(type_))}::regtype::oid ORDER BY enumlabel)::text;",
            f"IF found <> ARRAY[{listed}]::text[]::text THEN RAISE object_not_in_prerequisite_state "
            f"USING MESSAGE = {literal(f'{type_} has other labels here than this revision knows, ')} "
            f"|| found, HINT = {hint}; END IF;",
        ]
    return lines


_PLACES = "Add what it lacks in three places, this list, CREATE TYPE and CASE"


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
        f"{regclass(table)}::regclass::oid",
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
        f"to_regclass({regclass(table)})::oid;",
        f"other := to_regclass({regclass(name)});",
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
