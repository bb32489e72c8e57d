"""What rows hold: labels that are to go, and values that are no label."""

from __future__ import annotations

from dataclasses import dataclass

from .alter_column_type import AlterColumnType
from .schema import LiveColumn
from .schema import Name

LIMIT = 10_000
"""So many rows are counted at most."""

MOST = 50
"""So many values of a column are told at most."""


@dataclass(frozen=True, slots=True)
class Held:
    """Rows that hold a label.

    :param column: where.
    :param label: which.
    :param rows: how many, at most :data:`LIMIT`; None where it could not be told in time.
    :param inside: the type of rows or ranges inside of which they hold it, as SQL, or ``""``.
    :param shown_by: the statement that shows these rows, or ``""``.
    """

    column: LiveColumn
    label: str
    rows: int | None
    inside: str = ""
    shown_by: str = ""

    @property
    def is_capped(self) -> bool:
        """Whether there may be more rows than were counted."""
        return self.rows is not None and self.rows >= LIMIT

    def __str__(self) -> str:
        if self.rows is None:
            return f"an unknown number of rows of {self.column}"
        more = "or more " if self.is_capped else ""
        return f"{self.rows:,} {more}row{'' if self.rows == 1 else 's'} of {self.column}"


@dataclass(frozen=True, slots=True)
class Stray:
    """Rows of a string that keeps an enum, which hold what is no label of the model.

    :param table: the table, schema-qualified.
    :param column: the column.
    :param value: the value.
    :param rows: how many rows, of at most :data:`LIMIT`; None where no value could be read in time.
    """

    table: Name
    column: str
    value: str
    rows: int | None

    @property
    def place(self) -> str:
        """Where they are, in words."""
        return f"{self.table}.{self.column}"


@dataclass(frozen=True, slots=True)
class Strange:
    """Rows that hold a value which is no label of the enum that their column is to become.

    :param change: what is to become of the column.
    :param value: the value.
    :param rows: how many rows, of at most :data:`LIMIT`; None where no value could be read in time.
    :param single: whether it is one value, and not an array that has none or several.
    """

    change: AlterColumnType
    value: str
    rows: int | None
    single: bool = True
