"""Match the values of ``--rename``, ``--map``, ``--map-null`` and ``--downgrade-map``.

A value is matched, not parsed: every way to cut ``[[SCHEMA.]TYPE.]OLD=NEW`` is looked up among
the labels that the differences know, so that names and labels may hold dots, ``=`` or quotes.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from difflib import SequenceMatcher
from itertools import islice
from typing import Any
from typing import TypeVar

from .changes import AlterEnum
from .diff import Answers
from .diff import Pair
from .diff import alter
from .errors import AnswerError
from .schema import Name

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Flags:
    """The answers as given on a command line.

    :param rename: values of ``--rename``.
    :param map: values of ``--map``.
    :param map_null: values of ``--map-null``.
    :param downgrade_map: values of ``--downgrade-map``.
    """

    rename: Sequence[str] = ()
    map: Sequence[str] = ()
    map_null: Sequence[str] = ()
    downgrade_map: Sequence[str] = ()


def resolve(
    flags: Flags, pairs: Iterable[Pair], *, compare_order: bool = True
) -> dict[Name, Answers]:
    """Find what each flag means.

    :param pairs: the enums that both the models and a database have; those of several databases
        may come together, a flag then holds for each database that knows its type.
    :param compare_order: whether another order alone is a difference.
    :return: answers by the type's name in the database.
    :raises AnswerError: for a value that is unknown, ambiguous or contradicts another one.
    """
    drafts: dict[Name, _Draft] = {}
    for pair in pairs:
        if alter(pair, compare_order=compare_order):
            drafts.setdefault(pair.live.name, _Draft(pair.live.name)).pairs.append(pair)
    everyone = list(drafts.values())

    likely = [_Choices.of(d, d.goes(), d.comes()) for d in everyone]
    # Swaps and chains rename labels that exist on both sides.
    possible = [_Choices.of(d, d.live(), d.declared()) for d in everyone]
    for value in flags.rename:
        flag = f"--rename {value!r}"
        name, old, new = _find(flag, value, likely, possible, "one that comes")
        _put(drafts[name].renames, old, new, flag)
    for draft in everyone:
        draft.check_renames()

    merges = [_Choices.of(d, d.goes(), d.declared()) for d in everyone]
    for value in flags.map:
        flag = f"--map {value!r}"
        name, old, new = _find(flag, value, merges, [], "one that stays")
        _put(drafts[name].mapping, old, new, flag)
    nulls = [_Choices.of(d, d.goes(), None) for d in everyone]
    for value in flags.map_null:
        flag = f"--map-null {value!r}"
        name, old, _ = _find(flag, value, nulls, [], "")
        _put(drafts[name].mapping, old, None, flag)
    backwards = [_Choices.of(d, d.comes(), d.live()) for d in everyone]
    for value in flags.downgrade_map:
        flag = f"--downgrade-map {value!r}"
        name, new, old = _find(flag, value, backwards, [], "one from before", "is new")
        _put(drafts[name].reverse_mapping, new, old, flag)
    return {name: draft.answers for name, draft in drafts.items()}


@dataclass(slots=True)
class _Draft:
    """The answers for one type while the flags are read."""

    name: Name
    pairs: list[Pair] = field(default_factory=list)
    renames: dict[str, str] = field(default_factory=dict)
    mapping: dict[str, str | None] = field(default_factory=dict)
    reverse_mapping: dict[str, str | None] = field(default_factory=dict)

    @property
    def answers(self) -> Answers:
        return Answers(self.renames, self.mapping, self.reverse_mapping)

    def _changes(self) -> Iterator[AlterEnum]:
        for pair in self.pairs:
            if change := alter(pair, self.answers):
                yield change

    def goes(self) -> list[str]:
        return _unique(drop.label for change in self._changes() for drop in change.removed)

    def comes(self) -> list[str]:
        return _unique(add.label for change in self._changes() for add in change.added)

    def live(self) -> list[str]:
        return _unique(label for pair in self.pairs for label in pair.live.labels)

    def declared(self) -> list[str]:
        return _unique(label for pair in self.pairs for label in pair.declared.labels)

    def prefixes(self) -> list[str]:
        """Every way to write the type in front of a label."""
        names = {name for p in self.pairs for name in (p.live.name, p.new_name, p.declared.name)}
        return ["", *sorted({f"{n.name}." for n in names} | {f"{n}." for n in names})]

    def check_renames(self) -> None:
        """Refuse renames after which two labels would be one.

        :raises AnswerError: naming the option that would merge them instead.
        """
        for pair in self.pairs:
            taken: dict[str, str] = {}
            for label in pair.live.labels:
                new = self.renames.get(label, label)
                if new not in taken:
                    taken[new] = label
                    continue
                renamed = label if label in self.renames else taken[new]
                what = f"{self.name.name}.{renamed}={new}"
                raise AnswerError(
                    f"--rename {what!r}",
                    f"contradicts the label {new!r} that exists already; to merge rows into it, "
                    f"take {renamed!r} out of the model and use --map {what!r}",
                )


@dataclass(frozen=True, slots=True)
class _Choices:
    """The pairs of labels of one type that one kind of flag may name.

    :param rights: what may stand right of the ``=``, or None where the flag has none.
    """

    name: Name
    prefixes: Sequence[str]
    lefts: dict[str, None]
    rights: dict[str, None] | None

    @classmethod
    def of(cls, draft: _Draft, lefts: list[str], rights: list[str] | None) -> _Choices:
        known = None if rights is None else dict.fromkeys(rights)
        return cls(draft.name, draft.prefixes(), dict.fromkeys(lefts), known)

    def meanings(self, value: str) -> Iterator[tuple[Name, str, str]]:
        """Yield what a value can mean: one for each cut at which both sides are known."""
        if self.rights is None:
            cuts = [(value, "")]
        else:
            equals = (i for i, char in enumerate(value) if char == "=")
            cuts = [(value[:i], value[i + 1 :]) for i in equals]
            cuts = [(left, right) for left, right in cuts if right in self.rights]
        for left, right in cuts:
            for prefix in self.prefixes:
                label = left[len(prefix) :]
                if left.startswith(prefix) and label in self.lefts and label != right:
                    yield self.name, label, right

    def shown(self) -> Iterator[str]:
        """Yield the values that name exactly one pair, likeliest first for each label."""
        for left in self.lefts:
            if self.rights is None:
                yield f"{self.name.name}.{left}"
            for right in sorted(self.rights or (), key=lambda r: -similarity(left, r)):
                if left != right:
                    yield f"{self.name.name}.{left}={right}"


def similarity(label: str, other: str) -> float:
    """Return how alike two labels look: 0.0 to 1.0."""
    return SequenceMatcher(None, label.casefold(), other.casefold()).ratio()


def _find(
    flag: str,
    value: str,
    choices: list[_Choices],
    fallback: list[_Choices],
    partner: str,
    quality: str = "goes",
) -> tuple[Name, str, str]:
    """Return the one meaning of a flag's value, or say what it could have been."""
    for some in (choices, fallback):
        meanings = _unique(meaning for choice in some for meaning in choice.meanings(value))
        if len(meanings) == 1:
            return meanings[0]
        if meanings:
            shown = (f"{name}.{a}={b}" if partner else f"{name}.{a}" for name, a, b in meanings)
            raise AnswerError(flag, "is ambiguous", tuple(shown))
    candidates = tuple(islice((s for choice in choices for s in choice.shown()), 100))
    problem = f"names no label that {quality}" + (f", with {partner}" if partner else "")
    if not candidates:
        problem = f"fits no difference between models and database: no label {quality}"
        if partner == "one that comes":
            problem += " while another comes"
    raise AnswerError(flag, problem, candidates)


def _put(answers: dict[str, Any], label: str, becomes: str | None, flag: str) -> None:
    if label in answers and answers[label] != becomes:
        said = "NULL" if answers[label] is None else repr(answers[label])
        raise AnswerError(flag, f"contradicts another option, by which {label!r} becomes {said}")
    answers[label] = becomes


def _unique(items: Iterable[_T]) -> list[_T]:
    return list(dict.fromkeys(items))
