"""The statements that change one type: additions, renames, and the new type for the old."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from ...core.alter_enum import AlterEnum
from ...core.changes import DropValue
from ...core.plan import Step
from ...core.schema import Name
from ..objects.column import Column
from ..objects.column import EnumType
from ..sql import ddl
from ..sql import quoting
from ..sql.expressions import TypeChange


@dataclass(frozen=True)
class Alteration:
    """A change of one type in one direction.

    :param change: what changes.
    :param enum: the type with its columns as they are now.
    :param old: what the type is called while another one takes its place.
    :param more: the labels to create that one with, where they are more than change.
    :param undoes: whether it takes a change back.
    """

    change: AlterEnum
    enum: EnumType
    old: Name | None = None
    more: tuple[str, ...] = ()
    undoes: bool = False

    @property
    def keeps_others(self) -> bool:
        """Whether the type keeps the labels that the revision doesn't know, in their places.

        Those of another branch may be there when an addition is taken back, behind a merge.
        """
        change = self.change
        only = bool(change.removed) and not (change.added or change.reordered)
        return self.undoes and only and not (change.retired or change.returned or change.anew)

    @property
    def gone(self) -> dict[str, DropValue]:
        """The labels that go, as they are called once :func:`renames` has run."""
        return {meanwhile(self, drop.label): drop for drop in self.change.removed}

    @property
    def old_name(self) -> Name:
        """What the type is called while another one takes its place."""
        return self.old or self.change.name

    def following(self) -> TypeChange:
        """Return what becomes of constants of the type: those that are retired stay."""
        change = self.change
        mapping = {old: new for old, new in change.mapping.items() if old not in change.retired}
        removed = [drop.label for drop in change.removed]
        return TypeChange(change.new_name, {**change.renames, **mapping}, removed)

    def following_defaults(self) -> TypeChange:
        """Return what becomes of constants of the type in defaults."""
        change = self.change
        leaving = [one.label for one in change.leaving]
        return TypeChange(change.new_name, {**change.renames, **change.mapping}, leaving)

    def following_retired(self) -> TypeChange:
        """Return what becomes of constants in defaults before all else: labels are retired first.

        Those that they become are called as before.
        """
        change = self.change
        before = {new: old for old, new in change.renames.items()}
        mapping = {old: new for old, new in change.mapping.items() if old in change.retired}
        labels = {o: new if new is None else before.get(new, new) for o, new in mapping.items()}
        return TypeChange(change.name, labels)

    @cached_property
    def _aside(self) -> dict[str, str]:
        return {}

    def temporary(self, label: str) -> str:
        """Return the free label that stands in for one whose name is taken for a while."""
        if label not in self._aside:
            taken = {*self.change.labels, *self.change.new_labels, *self._aside.values()}
            candidate, number = quoting.shortened(label, "__new"), 1
            while candidate in taken:
                number += 1
                candidate = quoting.shortened(label, f"__new{number}")
            self._aside[label] = candidate
        return self._aside[label]

    def column_defaults(
        self, defaults: Mapping[Column, str | None]
    ) -> Iterator[tuple[Column, str | None]]:
        """Yield the type's columns that have an entry, with their defaults."""
        for column in self.enum.columns:
            if column in defaults:
                yield column, defaults[column]


def unlisted(change: AlterEnum) -> dict[str, str | None]:
    """Return the labels that go from lists, each with the one that takes its place, or None.

    All are called as before. One that is new, and called as one was that gets another name, can't
    be: what it is to replace is left out, and stands in the way.
    """
    before = {new: old for old, new in change.renames.items()}
    found: dict[str, str | None] = {}
    for drop in change.removed:
        becomes = drop.becomes
        if becomes is None or becomes in before or becomes not in change.renames:
            found[drop.label] = becomes if becomes is None else before.get(becomes, becomes)
    return found


def additions(alteration: Alteration) -> Iterator[str]:
    """Yield ``ADD VALUE`` for every new label, anchored on names from before the renames."""
    name = alteration.change.name
    for label, anchor, behind in _anchored(alteration):
        if behind:
            yield ddl.add_value(name, label, after=anchor)
        else:
            yield ddl.add_value(name, label, before=anchor)


def with_additions(alteration: Alteration) -> tuple[str, ...]:
    """Return the labels that the type has once :func:`additions` have run."""
    labels = list(alteration.change.labels)
    for label, anchor, behind in _anchored(alteration):
        at = labels.index(anchor) + behind if anchor is not None else 0
        labels.insert(at, label)
    return tuple(labels)


def _anchored(alteration: Alteration) -> Iterator[tuple[str, str | None, bool]]:
    """Yield every new label, the one beside it, and whether it comes behind that."""
    change = alteration.change
    original = {new: old for old, new in change.renames.items()}
    kept = {change.renamed(label) for label in change.kept}
    first = next((label for label in change.new_labels if label in kept), None)
    for added in change.added:
        label = added.label
        if label in change.labels:  # it is free only when the old bearer has been renamed
            label = original[added.label] = alteration.temporary(added.label)
        anchor = added.after if added.after is not None else first
        anchor = original.get(anchor, anchor) if anchor is not None else None
        yield label, anchor, added.after is not None


def renames(alteration: Alteration) -> Iterator[Step]:
    """Yield ``RENAME VALUE`` in an order in which every new text is free, then ``RENAME TO``."""
    change = alteration.change
    name = change.name
    pending = dict(change.renames)
    if not change.replaces_type:
        for added in change.added:
            if added.label in change.labels:
                pending[alteration.temporary(added.label)] = added.label
    present = {*change.labels, *pending}
    statements: list[str] = []

    def rename(label: str, new_label: str) -> None:
        statements.append(ddl.rename_value(name, label, new_label))
        present.discard(label)
        present.add(new_label)

    while pending:
        free = next((label for label, new in pending.items() if new not in present), None)
        if free is not None:
            rename(free, pending.pop(free))
            continue
        # Every target is taken: by a label of the same cycle, or by one that goes with the type.
        target = next(iter(pending.values()))
        aside = alteration.temporary(target)
        rename(target, aside)
        if target in pending:
            pending[aside] = pending.pop(target)
    if statements:
        yield Step("", tuple(statements))
    if change.replaces_type:
        return
    moves = []
    if change.name.schema != change.new_name.schema:
        moves.append(ddl.set_schema(name, change.new_name.schema))
        name = Name(change.new_name.schema, change.name.name)
    if change.name.name != change.new_name.name:
        moves.append(ddl.rename_type(name, change.new_name.name))
    if moves:
        yield Step("", tuple(moves))


def meanwhile(alteration: Alteration, label: str) -> str:
    """Return what a label from before is called once :func:`renames` has run."""
    change = alteration.change
    if label in change.kept:
        return change.renamed(label)
    return alteration.temporary(label) if label in change.renames.values() else label


def displaced_labels(alteration: Alteration) -> dict[str, str | None]:
    """Return old label to new label as they are called once :func:`renames` has run."""
    change = alteration.change
    removed = {drop.label: drop for drop in change.removed}
    pairs: dict[str, str | None] = {}
    for label in change.labels:
        if label not in removed:
            pairs[meanwhile(alteration, label)] = change.renamed(label)
        elif removed[label].mapped:
            pairs[meanwhile(alteration, label)] = removed[label].becomes
    return pairs


def displace(alteration: Alteration) -> Step:
    """Put the old type aside and create the new one under its name."""
    change, old = alteration.change, alteration.old_name
    created = (
        ddl.create_type_without(change.new_name, old, [*alteration.gone])
        if alteration.keeps_others
        else ddl.create_type(change.new_name, alteration.more or change.new_labels)
    )
    return Step("", (ddl.rename_type(change.name, old.name), created))
