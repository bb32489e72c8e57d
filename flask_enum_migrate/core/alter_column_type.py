"""A column that becomes one of another type."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace

from .schema import Check
from .schema import Name
from .schema import Place


@dataclass(frozen=True, slots=True)
class ColumnType:
    """A type that a column has or gets: an enum or a string, or an array of it.

    :param sql: the type as SQL prints it, with ``[]`` for an array.
    :param enum: the enum's name, schema-qualified, or None where it is a string.
    :param labels: the enum's labels, in order.
    :param check: what lists them where it is a string that keeps an enum.
    :param width: how many characters such a string takes, or None for any number.
    """

    sql: str
    enum: Name | None = None
    labels: tuple[str, ...] = ()
    check: Check | None = None
    width: int | None = None

    @property
    def is_enum(self) -> bool:
        """Whether it has labels: it is an enum, or a string that keeps one."""
        return self.enum is not None or self.check is not None

    @property
    def array(self) -> bool:
        """Whether it is an array."""
        return self.sql.endswith("[]")

    def __str__(self) -> str:
        if self.check and self.check.name:
            return f"{self.sql} with the CHECK {self.check.name}"
        return str(self.enum) + ("[]" if self.array else "") if self.enum else self.sql


@dataclass(frozen=True)
class AlterColumnType:
    """A column becomes one of another type: a string an enum, an enum a string or another enum.

    :param table: its table, schema-qualified.
    :param column: its name.
    :param old: its type before.
    :param new: its type afterwards.
    :param mapping: value that is no label of the new type to the label its rows get, or None for
        NULL.
    :param reverse_mapping: the same for the way back.
    """

    table: Name
    column: str
    old: ColumnType
    new: ColumnType
    mapping: Mapping[str, str | None] = field(default_factory=dict, hash=False)
    reverse_mapping: Mapping[str, str | None] = field(default_factory=dict, hash=False)

    def reverse(self) -> AlterColumnType:
        """Return the change that undoes this one (but for rows that a mapping merged)."""
        return replace(
            self,
            old=self.new,
            new=self.old,
            mapping=self.reverse_mapping,
            reverse_mapping=self.mapping,
        )

    @property
    def place(self) -> Place:
        """Its table and column."""
        return self.table, self.column

    @property
    def array(self) -> bool:
        """Whether it is an array before."""
        return self.old.array

    @property
    def wraps(self) -> bool:
        """Whether each value becomes an array of itself, or an array its only element."""
        return self.old.array != self.new.array

    @property
    def target(self) -> Name | None:
        """The name of the enum that the column is to keep."""
        if self.new.check:
            return Name(self.table.schema, f"{self.table.name}.{self.column}")
        return self.new.enum

    @property
    def called(self) -> str:
        """The name by which an option means its values."""
        return self.target.name if self.target else self.column

    @property
    def only_drops_check(self) -> bool:
        """Whether a string stays a string, and loses its CHECK."""
        return self.reverse().only_adds_check and self.new.check is None

    @property
    def only_adds_check(self) -> bool:
        """Whether a string stays a string, and gets a CHECK."""
        return self.old.enum is None and self.new.check is not None

    @property
    def homeless(self) -> tuple[str, ...]:
        """The labels of the old type that the new one lacks and no mapping knows."""
        if not self.new.is_enum:
            return ()
        known = {*self.new.labels, *self.mapping}
        return tuple(label for label in self.old.labels if label not in known)

    @property
    def pairs(self) -> dict[str, str | None]:
        """Each known text of before, and what it becomes."""
        if self.new.enum is None:
            kept = (label for label in self.old.labels if label not in self.homeless)
            return {label: self.mapping.get(label, label) for label in kept}
        labels = self.old.labels if self.old.enum else self.new.labels
        same: dict[str, str | None] = {x: x for x in labels if x in self.new.labels}
        return {**same, **self.mapping}

    def __str__(self) -> str:
        return f"{self.table}.{self.column}"
