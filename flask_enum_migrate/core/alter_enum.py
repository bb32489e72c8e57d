"""All that changes about one enum: its labels, and whether they need the type to be replaced."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace
from functools import cached_property

from .changes import AddValue
from .changes import BringBackValue
from .changes import Change
from .changes import DropValue
from .changes import RenameType
from .changes import RenameValue
from .changes import ReorderValues
from .changes import RetireValue
from .changes import SetSchema
from .changes import WidenColumn
from .schema import Check
from .schema import Name


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
