"""What keeps labels out of a column: expressions over it, as they are written."""

from __future__ import annotations

import re
from collections.abc import Iterable
from collections.abc import Mapping
from dataclasses import dataclass
from zlib import crc32

from ...core.schema import Name
from .ddl import add_constraint
from .ddl import alter_table
from .quoting import identifier
from .quoting import literal
from .quoting import qualified
from .quoting import shortened

_OTHER = re.compile(r"\W+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Held:
    """A column that holds labels.

    :param column: its name.
    :param type_: the enum type.
    :param array: whether it holds arrays of it.
    :param domain: the domain over either that is its type, as SQL, or ``""``.
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
            return f"{self._constant(label)} = ANY ({self._value()})"
        return f"{self._value()} = {self._constant(label)}"

    def check(self, label: str) -> str:
        """Return the expression of a CHECK that keeps a label out."""
        if self.array:
            return f"NOT ({self.holds(label)})"
        return f"{self._value()} <> {self._constant(label)}"

    def replaced(self, mapping: Mapping[str, str | None]) -> str:
        """Return an assignment by which labels become others."""
        name, value = identifier(self.column), self._value()
        if self.array:
            for old, new in mapping.items():
                value = f"array_replace({value}, {self._constant(old)}, {self._constant(new)})"
        else:
            cases = (
                f"WHEN {self._constant(old)} THEN {self._constant(new)}"
                for old, new in mapping.items()
            )
            value = f"CASE {value} {' '.join(cases)} ELSE {value} END"
        return f"{name} = {value}"


def guard_name(table: str, column: str, label: str, number: int = 1) -> str:
    """Return the name of a CHECK: of table, column and label, and a number from 2 on."""
    word = _OTHER.sub("_", label).lower()
    if word != label.lower():
        word += f"_{crc32(label.encode()):08x}"
    word += str(number) if number > 1 else ""
    return shortened(f"{table}_{column}", f"_not_{word}")


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
