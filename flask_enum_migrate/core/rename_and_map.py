"""Match the values of ``--rename``, ``--retire``, ``--map``, ``--map-null``, ``--downgrade-map``.

A value is matched, not parsed: every way to cut ``[[SCHEMA.]TYPE.]OLD=NEW`` is looked up among
the labels that the differences know, so that names and labels may hold dots, ``=`` or quotes.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from dataclasses import fields
from dataclasses import replace
from heapq import nlargest

from .alter_column_type import AlterColumnType
from .alter_enum import AlterEnum
from .diff import Answers
from .diff import alter
from .errors import AnswerError
from .likeness import MOST
from .likeness import similarity
from .pairing import Pair
from .rename_and_map_values import Choices
from .rename_and_map_values import Meaning
from .rename_and_map_values import meanings
from .rename_and_map_values import unique
from .schema import Name


@dataclass(frozen=True, slots=True)
class Flags:
    """The answers as given on a command line.

    :param rename: values of ``--rename``.
    :param map: values of ``--map``.
    :param map_null: values of ``--map-null``.
    :param downgrade_map: values of ``--downgrade-map``.
    :param retire: values of ``--retire``.
    """

    rename: Sequence[str] = ()
    map: Sequence[str] = ()
    map_null: Sequence[str] = ()
    downgrade_map: Sequence[str] = ()
    retire: Sequence[str] = ()


def add_standing(
    flags: Flags, standing: Flags, resolve: Callable[[Flags], object]
) -> tuple[Flags, tuple[AnswerError, ...]]:
    """Add the standing answers that fit a difference and contradict none of the flags.

    :param flags: what was given for this run.
    :param standing: the answers of the settings.
    :param resolve: raises :class:`~.errors.AnswerError` for answers that don't fit.
    :return: all flags, and why each of the other answers was left aside.
    """
    aside = []
    for option, value in _each(standing):
        tried = replace(flags, **{option: [*getattr(flags, option), value]})
        try:
            resolve(tried)
        except AnswerError as error:
            aside.append(error)
        else:
            flags = tried
    return flags, tuple(aside)


def _each(flags: Flags) -> Iterator[tuple[str, str]]:
    for option in fields(Flags):
        values: Iterable[str] = getattr(flags, option.name)
        yield from ((option.name, value) for value in values)


def resolve(
    flags: Flags,
    pairs: Iterable[Pair],
    conversions: Iterable[tuple[AlterColumnType, Sequence[str]]] = (),
    *,
    compare_order: bool = True,
    everywhere: bool = False,
) -> dict[Name, Answers]:
    """Find what each flag means.

    :param pairs: the enums that both the models and a database have; those of several databases
        may come together, a flag then holds for each database that knows its type.
    :param conversions: columns that become an enum, each with the values known to be no label.
    :param compare_order: whether another order alone is a difference.
    :param everywhere: whether a flag that names no schema holds for the types of that name in all
        of them, as one revision for many tenants needs it.
    :return: answers by the type's name in the database, or by the one it will have where the type
        is new.
    :raises AnswerError: for a value that is unknown, ambiguous or contradicts another one.
    """
    drafts: dict[Name, _Draft] = {}
    pairs = list(pairs)
    for pair in pairs:
        if alter(pair, compare_order=compare_order) or _may_swap(pair, flags):
            drafts.setdefault(pair.live.name, _Draft(pair.live.name)).pairs.append(pair)

    names = {pair.new_name: pair.live.name for pair in pairs}
    for change, values in conversions:
        if target := change.target:
            name = names.get(target, target)
            drafts.setdefault(name, _Draft(name)).convert(change, values)

    # Swaps and chains rename labels that exist on both sides.
    every = (_Draft.renamable, _Draft.declared)
    renames = _Option("--rename", drafts, _Draft.disappears, _Draft.appears, every)
    for value in flags.rename:
        for found in renames.find(value, everywhere):
            drafts[found.name].rename(value, found)
    for draft in drafts.values():
        draft.check_renames()

    retired = _Option("--retire", drafts, _Draft.leaves)
    for value in flags.retire:
        for found in retired.find(value, everywhere):
            drafts[found.name].retire(value, found.left)

    # Rows elsewhere may hold more strings than those that were found here.
    merges = _Option("--map", drafts, _Draft.goes, _Draft.declared, any_text=True)
    for value in flags.map:
        for found in merges.find(value, everywhere):
            drafts[found.name].map("--map", value, found.left, found.right)
    nulls = _Option("--map-null", drafts, _Draft.goes, any_text=True)
    for value in flags.map_null:
        for found in nulls.find(value, everywhere):
            drafts[found.name].map("--map-null", value, found.left, None)
    backwards = _Option("--downgrade-map", drafts, _Draft.comes, _Draft.live)
    for value in flags.downgrade_map:
        for found in backwards.find(value, everywhere):
            reverse = drafts[found.name].reverse_mapping
            _put(reverse, "--downgrade-map", value, found.left, found.right)
    return {name: draft.answers for name, draft in drafts.items()}


def _may_swap(pair: Pair, flags: Flags) -> bool:
    """Return whether labels of a CHECK may change places, which is no difference by itself."""
    name = pair.live.name
    return pair.live.check is not None and any(
        value.startswith((f"{name.name}.", f"{name}.")) for value in flags.rename
    )


@dataclass(slots=True)
class _Draft:
    """The answers for one type while the flags are read."""

    name: Name
    pairs: list[Pair] = field(default_factory=list)
    conversions: list[AlterColumnType] = field(default_factory=list)
    values: list[str] = field(default_factory=list)
    renames: dict[str, str | None] = field(default_factory=dict)
    mapping: dict[str, str | None] = field(default_factory=dict)
    reverse_mapping: dict[str, str | None] = field(default_factory=dict)
    retired: set[str] = field(default_factory=set)

    @property
    def answers(self) -> Answers:
        renames = {old: new for old, new in self.renames.items() if new is not None}
        return Answers(renames, self.mapping, self.reverse_mapping, frozenset(self.retired))

    @property
    def string_classes(self) -> tuple[str, ...]:
        """The classes that it was made from, if it is a string that keeps them."""
        declared = [pair.declared for pair in self.pairs if pair.live.check]
        return tuple(cls.path for enum in declared for cls in enum.classes)

    def _changes(self) -> Iterator[AlterEnum]:
        for pair in self.pairs:
            if change := alter(pair, self.answers):
                yield change

    def convert(self, change: AlterColumnType, values: Sequence[str]) -> None:
        """Take in a column that is converted to the type."""
        self.conversions.append(change)
        self.values += [*change.homeless, *values]

    def disappears(self) -> list[str]:
        return unique(
            drop.label
            for change in self._changes()
            for drop in change.removed
            if drop.label not in change.returned
        )

    def renamable(self) -> list[str]:
        retired = {x for p in self.pairs for x in p.live.retired if x not in p.declared.labels}
        return [label for label in self.live() if label not in retired]

    def leaves(self) -> list[str]:
        return unique(one.label for change in self._changes() for one in change.leaving)

    def goes(self) -> list[str]:
        return unique([*self.leaves(), *self.values])

    def appears(self) -> list[str]:
        return unique(add.label for change in self._changes() for add in change.added)

    def comes(self) -> list[str]:
        missing = (x for c in self.conversions if c.old.is_enum for x in c.reverse().homeless)
        returned = (one.label for change in self._changes() for one in change.brought_back)
        return unique([*self.appears(), *returned, *missing])

    def live(self) -> list[str]:
        own = (label for pair in self.pairs for label in pair.live.labels)
        return unique([*own, *(x for c in self.conversions for x in c.old.labels)])

    def declared(self) -> list[str]:
        own = (label for pair in self.pairs for label in pair.declared.labels)
        return unique([*own, *(x for c in self.conversions for x in c.new.labels)])

    def all(self) -> list[str]:
        return [*self.live(), *self.declared()]

    def prefixes(self) -> list[str]:
        """Every way to write the type in front of a label, shortest first."""
        names = {name for p in self.pairs for name in (p.live.name, p.new_name, p.declared.name)}
        names |= {c.target for c in self.conversions if c.target}
        names |= {c.old.enum for c in self.conversions if c.old.enum}
        return ["", *sorted({f"{n.name}." for n in names}), *sorted({f"{n}." for n in names})]

    def rename(self, value: str, found: Meaning) -> None:
        for old, new in self.renames.items():
            if new == found.right and old != found.left:
                raise AnswerError(
                    "--rename",
                    value,
                    f"contradicts another option, by which {old!r} becomes {new!r}",
                )
        _put(self.renames, "--rename", value, found.left, found.right)

    def retire(self, value: str, label: str) -> None:
        if label in self.renames:
            becomes = self.renames[label]
            problem = f"contradicts another option, by which {label!r} becomes {becomes!r}"
            raise AnswerError("--retire", value, problem)
        self.retired.add(label)

    def map(self, option: str, value: str, label: str, becomes: str | None) -> None:
        _put(self.mapping, option, value, label, becomes)

    def check_renames(self) -> None:
        """Refuse renames after which two labels would be one.

        :raises AnswerError: naming the option that would merge them instead.
        """
        for pair in self.pairs:
            taken: dict[str, str] = {}
            for label in pair.live.labels:
                new = self.renames.get(label) or label
                if new not in taken:
                    taken[new] = label
                    continue
                renamed = label if label in self.renames else taken[new]
                raise AnswerError(
                    "--rename",
                    f"{self.name.name}.{renamed}={new}",
                    f"contradicts the label {new!r}, which exists already; to merge rows into it, "
                    f"take {renamed!r} out of the model and use --map",
                )

    def problem(self, option: str, left: str, right: str) -> str:
        """Return why two known labels don't fit an option."""
        live, declared = self.live(), self.declared()
        if self.renames.get(left) is not None:
            return f"contradicts another option, by which {left!r} becomes {self.renames[left]!r}"
        old, new = (right, left) if option == "--downgrade-map" else (left, right)
        if old in declared and any(change.old.enum is None for change in self.conversions):
            return f"{old!r} is a label of {self.name}, so rows keep it"
        if old and old not in live:
            return f"{old!r} is not a label of {self.name} in the database"
        if new and new not in declared:
            return f"{new!r} is not a label of {self.name} in the models"
        if option == "--downgrade-map":
            return f"{new!r} is not new: {self.name} has it in the database already"
        if old not in declared:
            return f"{old!r} is retired: no row of {self.name} can hold it"
        return f"{old!r} doesn't go: {self.name} has it in the models still"


_Labels = Callable[[_Draft], list[str]]


class _Option:
    """An option that names labels, and what it may name.

    :param left: the labels that may stand left of the ``=``.
    :param right: those that may stand right of it, or None where it has none.
    :param otherwise: the same two in a wider sense, for values that fit nothing else.
    :param any_text: whether any text may stand left that is no label, behind the name of a type
        that strings are converted to.
    """

    def __init__(
        self,
        option: str,
        drafts: Mapping[Name, _Draft],
        left: _Labels,
        right: _Labels | None = None,
        otherwise: tuple[_Labels, _Labels] | None = None,
        *,
        any_text: bool = False,
    ) -> None:
        self._option = option
        self._drafts = drafts
        self._becomes = "" if right is None else "OLD" if option == "--downgrade-map" else "NEW"
        self._choices = self._all(left, right)
        self._otherwise = self._all(*otherwise) if otherwise else []
        if any_text:
            self._otherwise = self._any_text(right)
        self._known = self._all(_Draft.all, right and _Draft.all)

    def _all(
        self, left: _Labels, right: _Labels | None, drafts: Iterable[_Draft] | None = None
    ) -> list[Choices]:
        return [
            Choices(
                draft.name,
                draft.prefixes(),
                dict.fromkeys(left(draft)),
                None if right is None else dict.fromkeys(right(draft)),
            )
            for draft in (self._drafts.values() if drafts is None else drafts)
        ]

    def _any_text(self, right: _Labels | None) -> list[Choices]:
        return [
            replace(choices, any_text=dict.fromkeys(draft.declared()))
            for draft in self._drafts.values()
            if any(change.old.enum is None for change in draft.conversions)
            for choices in self._all(_Draft.declared, right, [draft])
        ]

    def find(self, value: str, everywhere: bool) -> Sequence[Meaning]:
        """Return the one meaning of a value, or the same one for a type of each schema.

        :raises AnswerError: if it has none, or several.
        """
        for choices in (self._choices, self._otherwise):
            found = meanings(choices, value)
            kinds = {(m.name.name, m.left, m.right) for m in found}
            if len(found) == 1 or (everywhere and len(kinds) == 1):
                return found
            if found and self._is_one_class(found):
                return found
            if found:
                raise AnswerError(self._option, value, *self._ambiguous(found))
        raise AnswerError(self._option, value, self._problem(value), tuple(self._candidates(value)))

    def _is_one_class(self, found: Sequence[Meaning]) -> bool:
        """Return whether a value means the same for all columns that keep one class as strings."""
        classes = {self._drafts[meaning.name].string_classes for meaning in found}
        same = len({(meaning.left, meaning.right) for meaning in found}) == 1
        return same and len(classes) == 1 and () not in classes

    def _ambiguous(self, found: Sequence[Meaning]) -> tuple[str, tuple[str, ...]]:
        written = [self._written(meaning) for meaning in found]
        if len(set(written)) == len(written):
            return "is ambiguous", tuple(written)
        cuts = " or ".join(f"{m.left!r} and {m.right!r} of {m.name}" for m in found)
        return f"is ambiguous, and can't be written otherwise: it means {cuts}", ()

    def _problem(self, value: str) -> str:
        if self._becomes and "=" not in value:
            return f"lacks what the label becomes: {self._option} {value or 'OLD'}={self._becomes}"
        if not self._drafts:
            return "nothing differs between models and database that it could be about"
        found = meanings(self._known, value)
        problems = unique(
            self._drafts[meaning.name].problem(self._option, meaning.left, meaning.right)
            for meaning in found
        )
        if problems:
            return " and ".join(problems)
        for choice in [*self._choices, *self._otherwise]:
            if unknown := choice.unknown_right(value):
                return f"{unknown!r} is not a label of {choice.name}"
        if not self._becomes and meanings(self._choices, value.partition("=")[0]):
            return "names a label too many: they become NULL, so nothing stands behind an '='"
        if any(choice.any_text is not None for choice in self._otherwise):
            return (
                "names no label; values of a column are written behind the type it becomes: "
                f"{self._option} TYPE.VALUE"
            )
        if any(choice.lefts and choice.rights != {} for choice in self._choices):
            return "names no label that differs between models and database"
        wanted = "removed" if self._option != "--downgrade-map" else "new"
        also = " while another one is new" if self._option == "--rename" else ""
        return f"fits no difference: no label is {wanted}{also}"

    def _candidates(self, value: str) -> list[str]:
        choices = self._choices if any(choice.lefts for choice in self._choices) else ()
        near = (self._written(meaning) for choice in choices for meaning in choice.near(value))
        return nlargest(MOST, near, key=lambda candidate: similarity(candidate, value))

    def _written(self, meaning: Meaning) -> str:
        """Return the shortest value that names the type and means nothing else."""
        right = f"={meaning.right}" if meaning.right or self._choices[0].rights is not None else ""
        value = ""
        for prefix in self._drafts[meaning.name].prefixes()[1:]:
            value = f"{prefix}{meaning.left}{right}"
            found = meanings(self._choices, value) or meanings(self._otherwise, value)
            if found == [meaning]:
                break
        return value


def _put(
    answers: dict[str, str | None], option: str, value: str, label: str, becomes: str | None
) -> None:
    if label in answers and answers[label] != becomes:
        said = "NULL" if answers[label] is None else repr(answers[label])
        problem = f"contradicts another option, by which {label!r} becomes {said}"
        raise AnswerError(option, value, problem)
    answers[label] = becomes
