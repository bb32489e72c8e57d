"""How alike labels are: which one that goes most likely became which new one."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher
from heapq import nlargest
from itertools import product

from .alter_enum import AlterEnum

MOST = 12
_LIKELY = 0.6
_ENOUGH = 40  # that many squared are compared in a few hundredths of a second


def similarity(label: str, other: str) -> float:
    """Return how alike two labels look: 0.0 to 1.0."""
    return SequenceMatcher(None, label.casefold(), other.casefold()).ratio()


def likeness(label: str, other: str, distance: float) -> float:
    """Return how likely a label that is gone became one that is new.

    :param distance: how far apart they stand, as a part of the whole: 0.0 to 1.0.
    """
    return similarity(label, other) - distance / 2


def is_likely(old: str, new: str) -> bool:
    """Return whether a label looks as if it were another one, spelt anew."""
    words = sorted(old.casefold().split("_")), sorted(new.casefold().split("_"))
    return words[0] == words[1] or similarity(old, new) >= _LIKELY


def ranked(change: AlterEnum, old: str) -> list[str]:
    """Return the labels that are new, the one first that a label which goes most likely became."""
    return sorted((add.label for add in change.added), key=lambda new: -_likeness(change, old, new))


def likeliest(change: AlterEnum) -> tuple[str, str] | None:
    """Return which label that goes, with rows going nowhere, most likely became which new one."""
    removed = (drop for drop in change.removed if drop.label not in change.returned)
    goes = [drop.label for drop in removed if not drop.mapped][:_ENOUGH]
    comes = [add.label for add in change.added][:_ENOUGH]
    pairs = product(goes, comes)
    return max(pairs, key=lambda both: _likeness(change, *both), default=None)


def _likeness(change: AlterEnum, old: str, new: str) -> float:
    old_place = change.labels.index(old) / len(change.labels)
    new_place = change.new_labels.index(new) / len(change.new_labels)
    return likeness(old, new, abs(old_place - new_place))


def nearest(text: str, labels: Iterable[str]) -> list[str]:
    """Return the labels that look most like a text."""
    return nlargest(MOST, labels, key=lambda label: similarity(label, text))
