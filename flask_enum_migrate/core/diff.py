"""Declared minus live: what has to change about a type, or a column, that differs.

The answers of a person (renames, mappings) come in as :class:`Answers`; :mod:`.answers` reads
them from the command line's flags.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace

from .changes import AlterColumnType
from .changes import AlterEnum
from .pairing import Pair


@dataclass(frozen=True, slots=True)
class Answers:
    """What only a person can know about the changes of one type.

    :param renames: old label to new label.
    :param mapping: removed label to the label its rows get, or None for NULL.
    :param reverse_mapping: added label to the label its rows get on a downgrade.
    """

    renames: Mapping[str, str] = field(default_factory=dict)
    mapping: Mapping[str, str | None] = field(default_factory=dict)
    reverse_mapping: Mapping[str, str | None] = field(default_factory=dict)


NO_ANSWERS = Answers()


def alter(
    pair: Pair, answers: Answers = NO_ANSWERS, *, compare_order: bool = True
) -> AlterEnum | None:
    """Compare the labels of a pair.

    :param answers: renames and mappings that a person gave for this type.
    :param compare_order: whether another order alone is a difference.
    :return: what has to change, or None where nothing differs.
    """
    # The answers may be another database's, where a type of this name has other labels.
    live, declared = frozenset(pair.live.labels), frozenset(pair.declared.labels)
    change = AlterEnum(
        name=pair.live.name,
        new_name=pair.new_name,
        labels=pair.live.labels,
        new_labels=pair.declared.labels,
        renames={o: n for o, n in answers.renames.items() if o in live and n in declared},
    )
    removed = {drop.label for drop in change.removed}
    mapping = {o: n for o, n in answers.mapping.items() if o in removed}
    added = {add.label for add in change.added}
    back = {n: o for n, o in answers.reverse_mapping.items() if n in added and o in live}
    change = replace(change, mapping=mapping, reverse_mapping={**_way_back(mapping, added), **back})
    if not compare_order:
        change = replace(change, new_labels=_keep_order(change))
    return change if change.changes else None


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
    if change.old.enum is None:
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
