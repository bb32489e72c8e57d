"""What keeps labels out of a column: expressions over it, as they are written."""

from __future__ import annotations

import re
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from zlib import crc32

from ...core.schema import Name
from .ddl import add_constraint
from .ddl import alter_table
from .quoting import DEPARSED
from .quoting import dollar_quoted
from .quoting import filled
from .quoting import identifier
from .quoting import literal
from .quoting import qualified
from .quoting import shortened
from .using import TAKEN_AWAY

_OTHER = re.compile(r"\W+", re.ASCII)
_EQUALS = "OPERATOR(pg_catalog.=)"


@dataclass(frozen=True, slots=True)
class Held:
    """A column that holds labels.

    :param column: its name.
    :param type_: the enum type.
    :param array: whether it holds arrays of it.
    :param domain: the domain over either that is its type, as SQL, or ``""``.

    Operators have their schema: one of the type that somebody put into the search path is none of
    ours.
    """

    column: str
    type_: Name
    array: bool = False
    domain: str = ""

    def _value(self) -> str:
        cast = f"::{qualified(self.type_)}{'[]' if self.array else ''}" if self.domain else ""
        return identifier(self.column) + cast

    def _constant(self, label: str | None) -> str:
        return "NULL" if label is None else f"{literal(label)}::{qualified(self.type_)}"

    def holds(self, label: str) -> str:
        """Return the condition under which a row holds a label."""
        if self.array:
            return f"{self._constant(label)} {_EQUALS} ANY ({self._value()})"
        return f"{self._value()} {_EQUALS} {self._constant(label)}"

    def check(self, label: str) -> str:
        """Return the expression of a CHECK that keeps a label out."""
        if self.array:
            return f"NOT ({self.holds(label)})"
        return f"{self._value()} OPERATOR(pg_catalog.<>) {self._constant(label)}"

    def replaced(self, mapping: Mapping[str, str | None]) -> str:
        """Return an assignment by which labels become others."""
        name, value = identifier(self.column), self._value()
        if self.array:
            for old, new in mapping.items():
                changed = f"{value}, {self._constant(old)}, {self._constant(new)}"
                value = f"pg_catalog.array_replace({changed})"
        else:
            # A simple CASE would take an operator that somebody made.
            cases = (
                f"WHEN {self.holds(old)} THEN {self._constant(new)}" for old, new in mapping.items()
            )
            value = f"CASE {' '.join(cases)} ELSE {value} END"
        return f"{name} = {value}"


@dataclass(frozen=True, slots=True)
class Stuck:
    """Rows of a table that hold labels which have nowhere to go.

    :param table: the table.
    :param held: by column and label, the condition under which a row holds it.
    """

    table: Name
    held: Mapping[tuple[str, str], str]


def refuse(type_: Name, labels: Sequence[str], added: Sequence[str], stuck: Iterable[Stuck]) -> str:
    """Return a block that fails where a type or rows are otherwise than a revision knows.

    With 55000 where the type has other labels, and with 23514 where a row holds one that has
    nowhere to go. It is for the beginning, as what comes behind it is committed step by step.

    :param labels: the labels that the type has, but for those that the revision adds.
    :param added: these: an earlier run may have got as far as that.
    """
    of_type = f"enumtypid = {literal(qualified(type_))}::regtype::oid"
    if added:
        of_type += f" AND enumlabel::text <> ALL (ARRAY[{filled([*map(literal, added)])}])"
    known = filled([literal(label) for label in sorted(labels, key=str.encode)])
    lines = [
        f"found := ARRAY(SELECT enumlabel::text FROM pg_enum WHERE {of_type}",
        "    ORDER BY enumlabel)::text;",
        f"IF found <> ARRAY[{known}]::text[]::text THEN",
        "    RAISE object_not_in_prerequisite_state USING MESSAGE = "
        f"{literal(f'{type_} has other labels here than this revision knows, ')} || found,",
        f"        HINT = {literal(_OTHERS)}; END IF;",
    ]
    for one in stuck:
        lines += _refuse_rows(one)
    body = "\n".join(f"    {line}" for line in lines)
    return "DO " + dollar_quoted(f" DECLARE found text; BEGIN\n{body} END ")


_FURTHER = "\n        "
_OTHERS = "Put them into this list, or delete the revision and run flask db enum sync"


def _refuse_rows(stuck: Stuck) -> Iterator[str]:
    """Yield the lines that fail where a row holds a label: one look at the table for all."""
    table = qualified(stuck.table)
    whens = [
        f"WHEN {condition} THEN {literal(f'{stuck.table}.{column} holds {label!r}')}"
        for (column, label), condition in stuck.held.items()
    ]
    yield f"SELECT CASE {_FURTHER.join(whens)} END INTO found FROM {table}"
    yield f"    WHERE {' OR '.join(stuck.held.values())} LIMIT 1;"
    message = f"found || {literal(TAKEN_AWAY)}"
    yield f"IF found IS NOT NULL THEN RAISE check_violation USING MESSAGE = {message}; END IF;"


def relation(table: Name) -> str:
    """Return a table as SQL, its name quoted as PostgreSQL prints it: ``regclass`` takes that."""
    return DEPARSED.qualified(table)


def listed(parts: Sequence[str], between: str) -> str:
    """Return parts of a clause, on lines of their own where they are long."""
    one_line = f"{between} ".join(parts)
    return one_line if len(one_line) <= _LONG else f"{between}\n".join(parts)


_LONG = 110


def guard_name(table: str, column: str, label: str, number: int = 1) -> str:
    """Return the name of a CHECK: of table, column and label, and a number from 2 on."""
    word = _OTHER.sub("_", label).lower()
    if word != label.lower():
        word += f"_{crc32(label.encode()):08x}"
    return shortened(f"{table}_{column}_not_{word}", str(number) if number > 1 else "")


def update(table: Name, assignments: Iterable[str], where: str) -> str:
    """Return the one ``UPDATE`` of a table."""
    return f"UPDATE {qualified(table)} SET {', '.join(assignments)} WHERE {where}"


def keep_out(table: Name, held: Held, labels: Iterable[str]) -> str:
    """Return the ``ALTER TABLE`` that keeps labels out of a column without rows."""
    checks = (
        add_constraint(guard_name(table.name, held.column, label), f"CHECK ({held.check(label)})")
        for label in labels
    )
    return alter_table(table, [*checks])
