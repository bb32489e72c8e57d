"""Declared minus live: what has to change about a type, or a column, that differs.

The answers of a person (renames, mappings) come in as :class:`Answers`;
:mod:`.rename_and_map` reads them from the command line's flags.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace

from .alter_column_type import AlterColumnType
from .alter_enum import AlterEnum
from .changes import WidenColumn
from .pairing import Pair


@dataclass(frozen=True, slots=True)
class Answers:
    """What only a person can know about the changes of one type.

    :param renames: old label to new label.
    :param mapping: removed label to the label its rows get, or None for NULL.
    :param reverse_mapping: added label to the label its rows get on a downgrade.
    :param retire: labels that stay in the type, but not in rows.
    """

    renames: Mapping[str, str] = field(default_factory=dict)
    mapping: Mapping[str, str | None] = field(default_factory=dict)
    reverse_mapping: Mapping[str, str | None] = field(default_factory=dict)
    retire: frozenset[str] = frozenset()


NO_ANSWERS = Answers()


def alter(
    pair: Pair, answers: Answers = NO_ANSWERS, *, compare_order: bool = True
) -> AlterEnum | None:
    """Compare the labels of a pair.

    A label that the models lack stays where it is retired, or is to be. Where the type has to be
    replaced for another reason, it goes along.

    :param answers: renames and mappings that a person gave for this type.
    :param compare_order: whether another order alone is a difference.
    :return: what has to change, or None where nothing differs.
    """
    staying = _staying(pair, answers)
    answers = replace(
        answers, renames={o: n for o, n in answers.renames.items() if o not in staying}
    )
    change = _compared(pair, answers, staying, compare_order=compare_order)
    if staying and change.replaces_type:
        change = _compared(pair, answers, frozenset(), compare_order=compare_order)
    return change if change.changes else None


def _staying(pair: Pair, answers: Answers) -> frozenset[str]:
    """Return the labels that the models lack and that are not removed from the type.

    A CHECK keeps a label out where it is removed: to retire it is the same. One that is kept out of
    some columns only may be renamed.
    """
    if pair.live.check:
        return frozenset()
    guarded = frozenset() if pair.drops_retired else pair.live.guarded
    declared = frozenset(pair.declared.labels)
    renamed = {old for old, new in answers.renames.items() if new in declared}
    guarded -= renamed.difference(pair.live.retired)
    return (guarded | answers.retire).intersection(pair.live.labels) - declared


def _compared(
    pair: Pair, answers: Answers, staying: frozenset[str], *, compare_order: bool
) -> AlterEnum:
    # The answers may be another database's, where a type of this name has other labels.
    live, declared = frozenset(pair.live.labels), frozenset(pair.declared.labels)
    guarded, retired = pair.live.guarded, frozenset(pair.live.retired)
    change = AlterEnum(
        name=pair.live.name,
        new_name=pair.new_name,
        labels=pair.live.labels,
        new_labels=pair.declared.labels,
        renames={
            old: new for old, new in answers.renames.items() if old in live and new in declared
        },
        check=pair.live.check,
        widens=_widens(pair),
    )
    change = replace(change, new_labels=_with_retired(change, staying))
    removed = {drop.label for drop in change.removed}
    mapping = {o: n for o, n in answers.mapping.items() if o in removed | (staying - retired)}
    returned = guarded.intersection(removed) | ((retired & declared) - pair.checks)
    added = {add.label for add in change.added}
    back = {
        new: old
        for new, old in answers.reverse_mapping.items()
        if new in added | returned and old in live
    }
    change = replace(
        change,
        mapping=mapping,
        reverse_mapping={**_way_back(mapping, added), **back},
        retired=staying - retired,
        returned=returned,
        kept_retired=staying & retired,
        open_columns={
            label: tuple(str(c) for c in pair.live.open_columns(label) if not c.inherited)
            for label in guarded.intersection(staying - retired)
        },
    )
    if compare_order and not pair.live.check:
        return change
    return replace(change, new_labels=_keep_order(change))


def _with_retired(change: AlterEnum, staying: frozenset[str]) -> tuple[str, ...]:
    """Return the new labels with those that stay for themselves, where they are among the kept.

    Each comes before the label that follows it today.
    """
    labels = list(change.new_labels)
    following: str | None = None
    kept = frozenset(change.kept)
    for label in reversed(change.labels):
        if label in staying:
            labels.insert(len(labels) if following is None else labels.index(following), label)
            following = label
        elif label in kept:
            following = change.renamed(label)
    return tuple(labels)


def kept_out(pair: Pair, change: AlterEnum | None) -> tuple[str, ...]:
    """Return the labels that a type has once it is changed, and that no row may hold."""
    declared = frozenset(pair.declared.labels)
    labels = change.new_labels if change else pair.live.labels
    return tuple(label for label in labels if label not in declared)


def _widens(pair: Pair) -> WidenColumn | None:
    old, new = pair.live.width, pair.declared.width
    return WidenColumn(old, new) if old is not None and new is not None and new > old else None


def convert(change: AlterColumnType, answers: Answers) -> AlterColumnType:
    """Return a conversion with what a person said about values that are no label.

    Where a label of one enum alone became a label that it lacks, a downgrade turns it back.
    """
    known, labels = frozenset(change.old.labels), frozenset(change.new.labels)
    # Only the array comes or goes, and the labels of the type are renamed meanwhile.
    renames = answers.renames if change.wraps else {}
    mapping = {
        value: label
        for value, label in answers.mapping.items()
        if value not in labels
        and (label is None or label in labels)
        and (change.old.enum is None or value in known)
    }
    if not change.old.is_enum:
        return replace(change, mapping=mapping)
    if renames:
        back_again = {new: old for old, new in renames.items()}
        change = replace(change, mapping=renames, reverse_mapping=back_again)
    missing = {label for label in change.new.labels if label not in known}
    back = {n: o for n, o in answers.reverse_mapping.items() if n in missing and o in known}
    return replace(
        change,
        mapping={**change.mapping, **mapping},
        reverse_mapping={**change.reverse_mapping, **_way_back(mapping, missing), **back},
    )


def _way_back(mapping: Mapping[str, str | None], added: set[str]) -> dict[str, str]:
    """Return which added labels turn back into the one label that was mapped to them."""
    back: dict[str, list[str]] = {}
    for old, new in mapping.items():
        if new is not None:
            back.setdefault(new, []).append(old)
    return {new: olds[0] for new, olds in back.items() if new in added and len(olds) == 1}


def _keep_order(change: AlterEnum) -> tuple[str, ...]:
    """Return the new labels with those that stay in their old order, and new ones in place.

    A new label goes behind the label that precedes it in the declaration.
    """
    labels = [change.renamed(label) for label in change.kept]
    for added in change.added:
        position = 0 if added.after is None else labels.index(added.after) + 1
        labels.insert(position, added.label)
    return tuple(labels)
