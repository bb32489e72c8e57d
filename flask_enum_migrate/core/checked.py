"""Enums that are strings: which CHECK in the database lists the labels of each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace

from .alter_column_type import AlterColumnType
from .alter_column_type import ColumnType
from .pairing import Pair
from .pairing import Pairing
from .pairing import WrongColumn
from .pairing import can_be_converted
from .pairing import column_type
from .schema import Check
from .schema import DeclaredCheck
from .schema import DeclaredColumn
from .schema import DeclaredEnum
from .schema import LiveSchema
from .schema import Unlooked
from .schema import UnlookedColumn


def add_checked(pairing: Pairing, declared: Iterable[DeclaredCheck], live: LiveSchema) -> Pairing:
    """Return a pairing with the enums that models keep as strings."""
    found = _Found()
    for one in declared:
        found.add(one, live)
    return replace(
        pairing,
        pairs=(*pairing.pairs, *found.pairs),
        wrong_columns=(*pairing.wrong_columns, *found.wrong),
        new=(*pairing.new, *found.new),
        unlooked=(*pairing.unlooked, *found.unlooked),
    )


@dataclass
class _Found:
    pairs: list[Pair] = field(default_factory=list)
    wrong: list[WrongColumn] = field(default_factory=list)
    new: list[DeclaredEnum] = field(default_factory=list)
    unlooked: list[UnlookedColumn] = field(default_factory=list)

    def add(self, one: DeclaredCheck, live: LiveSchema) -> None:
        column, there = one.column, live.found[one.column]
        if not there.type_key:
            self.new.append(one.enum)
            return
        known = live.checks.get(column)
        if known is None:
            self._convert(one, live)
            return
        check = known.enum.check
        listed = check is not None and bool(check.name)
        if not listed and not known.unread and one.constraint:
            self._convert(one, live)
            return
        width, wanted = known.enum.width, one.enum.width
        grows = width is not None and wanted is not None and width < wanted
        if known.unread:
            self._leave(column, Unlooked.UNREAD, known.unread)
        elif not listed:
            self._leave(column, Unlooked.NO_CHECK)
        if listed or grows:
            self.pairs.append(Pair(one.enum, known.enum, known.enum.name))

    def _convert(self, one: DeclaredCheck, live: LiveSchema) -> None:
        """Make a column of another type a string, and let a CHECK list its labels."""
        column, there, enum = one.column, live.found[one.column], one.enum
        change = None
        if there.table and not there.array and can_be_converted(there):
            new = ColumnType(
                "VARCHAR" if enum.width is None else f"VARCHAR({enum.width})",
                labels=enum.labels,
                check=Check(there.table, column.column, one.constraint),
                width=enum.width,
            )
            change = AlterColumnType(there.table, column.column, column_type(column, live), new)
        self.wrong.append(WrongColumn(column, enum, there, change))

    def _leave(self, column: DeclaredColumn, why: Unlooked, detail: str = "") -> None:
        self.unlooked.append(UnlookedColumn(column, why, detail))
