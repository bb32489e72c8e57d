"""The statements that change CHECKs: what refuses, one block, and what validates afterwards."""

from __future__ import annotations

import re
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field

from ...core.schema import Check
from ...core.schema import Name
from . import checks
from .block import Block
from .block import Statement
from .locks import Lock
from .quoting import DEPARSED
from .quoting import identifier
from .quoting import indented
from .quoting import literal
from .quoting import qualified

_HINT = "Run flask db enum sync against a copy of this database, or edit what is known of it here."


@dataclass(frozen=True)
class Swap:
    """One CHECK takes the place of another one under the same name.

    :param table: the table, as the revision names it.
    :param check: the CHECK, whose name is ``""`` where only the column grows.
    :param known: what the server prints of the CHECK before, ``""`` where there is none.
    :param done: what it prints of the CHECK afterwards, ``""`` where there is none.
    :param old_labels: the labels before.
    :param labels: the labels afterwards.
    :param stays: whether the CHECK stays, because labels only change places; whether that is done
        can't be told from it, so it has to be in one transaction with the version's row.
    :param becomes: what rows that hold a label get, None for NULL.
    :param gone: the labels that no row may hold.
    :param width: the width that the column grows to, or None.
    :param default: what is done to the default: ``SET DEFAULT …``, ``DROP DEFAULT`` or ``""``.
    :param has_children: whether the table has children or partitions.
    """

    table: Name
    check: Check
    known: str = ""
    done: str = ""
    old_labels: Sequence[str] = ()
    labels: Sequence[str] = ()
    stays: bool = False
    becomes: Mapping[str, str | None] = field(default_factory=dict)
    gone: Sequence[str] = ()
    width: int | None = None
    default: str = ""
    has_children: bool = False

    @property
    def commits(self) -> bool:
        """Whether it is committed before all else, as rows are looked at behind it."""
        return bool(self.check.name) and not self.stays

    @property
    def is_new(self) -> bool:
        """Whether there was no CHECK before."""
        return bool(self.check.name) and not self.known


def refuse(swaps: Sequence[Swap]) -> str:
    """Return what fails where a row holds a label that goes; ``""`` where none does.

    It locks nothing: what is written meanwhile is what validating finds.
    """
    lines = []
    for one in swaps:
        if one.gone:
            lines.append(checks.refuse(one.table, one.check.column, held=one.gone))
        elif one.is_new:
            but = tuple(dict.fromkeys((*one.labels, *one.becomes)))
            lines.append(checks.refuse(one.table, one.check.column, but=but))
    return do([f"{line};" for line in lines]) if lines else ""


def swap(swaps: Sequence[Swap], lock_timeout: str | None) -> str:
    """Return the block: all of it happens or nothing, and a second time nothing is to be done.

    :param lock_timeout: how long the locks are waited for, or None to leave that to the session.
    """
    tables = tuple(sorted({one.table for one in swaps}))
    families = any(one.has_children for one in swaps)
    # Else the server prints two backslashes for one.
    backslashes = any("\\" in one.known + one.done for one in swaps)
    settings = {"standard_conforming_strings": "on"} if backslashes else {}
    block = Block(Lock(tables, families, lock_timeout), settings=settings)
    return block.sql([Statement(_block(one)) for one in swaps], ())


def validate(one: Swap) -> str:
    """Return what looks at all rows, while others write; ``""`` where the CHECK stays."""
    if one.stays or not one.check.name or not one.done:
        return ""
    return f"ALTER TABLE {qualified(one.table)} VALIDATE CONSTRAINT {identifier(one.check.name)}"


def set_default(label: str) -> str:
    """Return what makes a label the default."""
    return f"SET DEFAULT {literal(label)}"


def do(statements: Sequence[str]) -> str:
    """Return a block of statements."""
    body = "\n".join(f"    {indented(statement)}" for statement in statements)
    tag, number = "$$", 0
    while tag in body:
        number += 1
        tag = f"$check{number}$"
    return f"DO {tag} BEGIN\n{body}\nEND {tag}"


def _block(one: Swap) -> str:
    lines = _exchange(one) if one.check.name else _grow(one)
    body = "".join(f"    {line}\n" for line in lines)
    return f"{'DECLARE was text; note text; ' if one.check.name else ''}BEGIN\n{body}END"


def _grow(one: Swap) -> list[str]:
    """Return what widens the column where it isn't wide enough already."""
    if one.width is None:
        return []
    table, column = qualified(one.table), identifier(one.check.column)
    return [
        "IF (SELECT atttypmod - 4 BETWEEN 1 AND "
        f"{one.width - 1:d} FROM pg_attribute WHERE attrelid = {literal(table)}::regclass::oid",
        f"    AND attname = {literal(one.check.column)}) THEN",
        f"    ALTER TABLE {table} ALTER COLUMN {column} TYPE varchar({one.width:d}); END IF;",
    ]


_LITERAL = "'([^']|'')*'"
_CAPTURED = "'(([^']|'')*)'"
# Casts and parentheses are others after a restore, or once the column has grown.
_PUNCTUATION = f" NOT VALID|{_LITERAL}|::[a-z ]+|[][(), ]"


def _identity(definition: str) -> str:
    """Return what tells a CHECK, whatever the order of its labels: the block makes it there too."""
    labels = sorted((found[0][1:-1] for found in re.finditer(_LITERAL, definition)), key=str.encode)
    bare = re.sub(_PUNCTUATION, "", definition)
    return f"{bare}{{{','.join(map(DEPARSED.element, labels))}}}"


def _exchange(one: Swap) -> list[str]:
    """Return what changes a CHECK that the revision knows, and refuses any other."""
    place = f"{one.table}.{one.check.column}"
    relation = f"{literal(qualified(one.table))}::regclass::oid"
    what = literal(f"{place}: the CHECK {one.check.name} is ")
    known = f"it with {', '.join(map(repr, one.old_labels))}" if one.known else "none"
    wanted = literal(f", and this revision knows {known}")
    done = f"ELSIF found IS DISTINCT FROM {_equal(one.done)} THEN"
    return [
        "SELECT pg_get_constraintdef(oid), obj_description(oid, 'pg_constraint'::name)",
        f"    INTO was, note FROM pg_constraint WHERE conrelid = {relation}",
        f"    AND conname = {literal(one.check.name)};",
        f"found := regexp_replace(was, {literal(_PUNCTUATION)}, '', 'g') || ARRAY(SELECT m[1]",
        f"    FROM regexp_matches(was, {literal(_CAPTURED)}, 'g') m"
        ' ORDER BY m[1] COLLATE "C")::text;',
        f"IF found IS NOT DISTINCT FROM {_equal(one.known)} THEN",
        *(f"    {line}" for line in _change(one)),
        "ELSE" if one.stays else done,
        "    RAISE object_not_in_prerequisite_state USING MESSAGE =",
        f"        {what} || coalesce(was, 'not there') || {wanted},",
        f"        HINT = {literal(_HINT)}; END IF;",
    ]


def _equal(definition: str) -> str:
    return literal(_identity(definition)) if definition else "NULL"


def _change(one: Swap) -> list[str]:
    """Return what drops a CHECK, changes rows and default, and adds the CHECK of afterwards."""
    alter = f"ALTER TABLE {qualified(one.table)} "
    clauses = [f"ALTER COLUMN {identifier(one.check.column)} {one.default}"] if one.default else []
    if one.stays:
        return [*_update(one), *(f"{alter}{clause};" for clause in clauses)]
    # A CHECK that is there while the column grows, or is added as valid, would be a scan of the
    # table under this lock.
    lines = [f"{alter}DROP CONSTRAINT {identifier(one.check.name)};"] if one.known else []
    lines += [*_grow(one), *_update(one)]
    if one.done:
        clauses.append(f"{checks.add(one.check, one.labels)} NOT VALID")
    lines += f"{alter}{', '.join(clauses)};".split("\n") if clauses else []
    if one.known and one.done:
        comment = literal(checks.comment(one.check, one.table))
        lines += [
            "IF note IS NOT NULL THEN",
            f"    EXECUTE {comment} || quote_literal(note); END IF;",
        ]
    return lines


def _update(one: Swap) -> list[str]:
    if not one.becomes:
        return []
    column = identifier(one.check.column)
    cases = " ".join(
        f"WHEN {literal(old)} THEN {'NULL' if new is None else literal(new)}"
        for old, new in one.becomes.items()
    )
    olds = ", ".join(map(literal, one.becomes))
    return [
        f"UPDATE {qualified(one.table)} t SET {column} = CASE t.{column}::text {cases} END "
        f"WHERE t.{column}::text IN ({olds});",
        # What waits for the end of the transaction would keep the table from being altered.
        "SET CONSTRAINTS ALL IMMEDIATE;",
    ]
