"""What differs about tables, apart from enums: Alembic's comparison, as data."""

from __future__ import annotations

from dataclasses import dataclass

from .schema import Name


@dataclass(frozen=True, slots=True)
class TableDifference:
    """One operation that ``flask db migrate`` would write.

    :param bind: the bind's name, ``""`` for the default one.
    :param table: the table, with the schema that its MetaData gives.
    :param kind: what Alembic calls it, such as ``"add_column"``.
    :param text: the operation in words.
    :param column: the column that it is about, or ``""``.
    """

    bind: str
    table: Name
    kind: str
    text: str
    column: str = ""
