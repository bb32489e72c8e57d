"""Changes of enum types, named after PostgreSQL's grammar; every change knows its inverse.

A *label* is the text of a member of the enum (catalog ``pg_enum.enumlabel``); the verbs of the
grammar call it a *value* (``ADD VALUE``, ``RENAME VALUE``), and so do the changes here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace
from functools import cached_property

from .schema import Check
from .schema import Grant
from .schema import Name


@dataclass(frozen=True, slots=True)
class AddValue:
    """A label that is new.

    :param label: the label.
    :param after: the label it follows in the new order, or None where it is the first.
    """

    label: str
    after: str | None = None


@dataclass(frozen=True, slots=True)
class RenameValue:
    """A label that gets another text; rows, defaults and stored expressions follow."""

    label: str
    new_label: str


@dataclass(frozen=True, slots=True)
class DropValue:
    """A label that goes.

    :param label: the label.
    :param mapped: whether rows that hold it have somewhere to go.
    :param becomes: the label those rows get, or None for NULL.
    """

    label: str
    mapped: bool = False
    becomes: str | None = None


@dataclass(frozen=True, slots=True)
class RetireValue:
    """A label that stays in the type, while a CHECK of every column keeps it out of the rows.

    :param label: the label.
    :param mapped: whether rows that hold it have somewhere to go.
    :param becomes: the label those rows get, or None for NULL.
    :param columns: the columns that lack the CHECK where others have it, else none.
    """

    label: str
    mapped: bool = False
    becomes: str | None = None
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BringBackValue:
    """A retired label that rows may hold again."""

    label: str


@dataclass(frozen=True, slots=True)
class ReorderValues:
    """The labels that stay come in another order."""

    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RenameType:
    """The type gets another name in its schema."""

    name: str
    new_name: str


@dataclass(frozen=True, slots=True)
class SetSchema:
    """The type moves to another schema."""

    schema: str
    new_schema: str


@dataclass(frozen=True, slots=True)
class WidenColumn:
    """The string that keeps an enum takes more characters."""

    width: int
    new_width: int


Change = (
    AddValue
    | RenameValue
    | DropValue
    | RetireValue
    | BringBackValue
    | ReorderValues
    | RenameType
    | SetSchema
    | WidenColumn
)


@dataclass(frozen=True)
class AlterEnum:
    """All that changes about one enum type.

    :param name: its name before, schema-qualified.
    :param new_name: its name afterwards.
    :param labels: its labels before, in order.
    :param new_labels: its labels afterwards, in order.
    :param renames: old label to new label.
    :param mapping: removed or retired label to the label its rows get, or None for NULL.
    :param reverse_mapping: the same for the way back: added or returned label to old label or None.
    :param retired: the labels that get CHECKs. They are among the new labels, and renamed by
        nobody; on the way back from a removal they are new.
    :param returned: the labels whose CHECKs go, because they return or because they are removed.
    :param kept_retired: the labels that had CHECKs in all columns, and keep them.
    :param open_columns: of retired labels that some columns have a CHECK against, the others.
    :param anew: whether the type is to be replaced even where it needn't be.
    :param check: what lists the labels where the enum is no type.
    :param widens: what becomes of such a string's width; it never shrinks.
    """

    name: Name
    new_name: Name
    labels: tuple[str, ...]
    new_labels: tuple[str, ...]
    renames: Mapping[str, str] = field(default_factory=dict)
    mapping: Mapping[str, str | None] = field(default_factory=dict)
    reverse_mapping: Mapping[str, str | None] = field(default_factory=dict)
    retired: frozenset[str] = frozenset()
    returned: frozenset[str] = frozenset()
    kept_retired: frozenset[str] = frozenset()
    open_columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    anew: bool = False
    check: Check | None = None
    widens: WidenColumn | None = None

    def reverse(self) -> AlterEnum:
        """Return the change that undoes this one (but for rows that a mapping merged)."""
        return replace(
            self,
            name=self.new_name,
            new_name=self.name,
            labels=self.new_labels,
            new_labels=self.labels,
            renames={new: old for old, new in self.renames.items()},
            mapping=self.reverse_mapping,
            reverse_mapping=self.mapping,
            retired=self.returned,
            returned=self.retired,
            widens=None,
        )

    def renamed(self, label: str) -> str:
        """Return what a label from before is called after the renames."""
        return self.renames.get(label, label)

    @cached_property
    def kept(self) -> tuple[str, ...]:
        """The labels that stay, as called before, in the order of before."""
        new, taken = frozenset(self.new_labels), frozenset(self.renames.values())
        return tuple(
            label
            for label in self.labels
            if self.renamed(label) in new and (label in self.renames or label not in taken)
        )

    @cached_property
    def added(self) -> tuple[AddValue, ...]:
        """The labels that are new, in order."""
        kept = {self.renamed(label) for label in self.kept}
        return tuple(
            AddValue(label, after)
            for after, label in zip((None, *self.new_labels), self.new_labels, strict=False)
            if label not in kept
        )

    @cached_property
    def removed(self) -> tuple[DropValue, ...]:
        """The labels that go, in the order of before."""
        kept = frozenset(self.kept)
        return tuple(
            DropValue(label, label in self.mapping, self.mapping.get(label))
            for label in self.labels
            if label not in kept
        )

    @cached_property
    def retirements(self) -> tuple[RetireValue, ...]:
        """The labels that stay, but not in rows, in the order of before."""
        return tuple(
            RetireValue(
                label,
                label in self.mapping,
                self.mapping.get(label),
                self.open_columns.get(label, ()),
            )
            for label in self.kept
            if label in self.retired
        )

    @property
    def leaving(self) -> tuple[DropValue | RetireValue, ...]:
        """The labels that rows may hold no more, removed or retired."""
        return (*self.removed, *self.retirements)

    @cached_property
    def brought_back(self) -> tuple[BringBackValue, ...]:
        """The retired labels that rows may hold again, in the order of before."""
        return tuple(BringBackValue(label) for label in self.kept if label in self.returned)

    @property
    def coming(self) -> tuple[AddValue | BringBackValue, ...]:
        """The labels that rows may hold from now on, new or brought back."""
        return (*self.added, *self.brought_back)

    @cached_property
    def reordered(self) -> bool:
        """Whether the labels that stay come in another order."""
        kept = [self.renamed(label) for label in self.kept]
        stays = frozenset(kept)
        return kept != [label for label in self.new_labels if label in stays]

    @property
    def replaces_type(self) -> bool:
        """Whether the type is replaced: PostgreSQL can't drop or move a label."""
        return self.check is None and (self.anew or bool(self.removed) or self.reordered)

    @cached_property
    def changes(self) -> tuple[Change, ...]:
        """The single changes, in the order in which a person would tell them."""
        changes: list[Change] = []
        if self.name.schema != self.new_name.schema:
            changes.append(SetSchema(self.name.schema, self.new_name.schema))
        if self.name.name != self.new_name.name:
            changes.append(RenameType(self.name.name, self.new_name.name))
        changes.extend(RenameValue(old, new) for old, new in self.renames.items())
        changes.extend(self.added)
        changes.extend(self.removed)
        changes.extend(self.retirements)
        changes.extend(self.brought_back)
        if self.reordered:
            changes.append(ReorderValues(self.new_labels))
        if self.widens:
            changes.append(self.widens)
        return tuple(changes)


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
    def place(self) -> tuple[Name, str]:
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


@dataclass(frozen=True, slots=True)
class CreateType:
    """A type that existing columns are converted to is new.

    :param name: its name, schema-qualified.
    :param labels: its labels, in order.
    :param left_over: whether one of this name may be there already, unused.
    """

    name: Name
    labels: tuple[str, ...]
    left_over: bool = False


@dataclass(frozen=True, slots=True)
class DropType:
    """A type that nothing uses goes.

    :param name: its name, schema-qualified.
    :param labels: its labels, for the way back.
    :param comment: its comment, for the way back.
    :param owner: its owner.
    :param is_ours: whether the owner is the role that creates it again.
    :param privileges: its privileges where they aren't the default.
    """

    name: Name
    labels: tuple[str, ...]
    comment: str | None = None
    owner: str = ""
    is_ours: bool = True
    privileges: tuple[Grant, ...] | None = None
