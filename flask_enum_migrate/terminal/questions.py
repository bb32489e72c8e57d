"""What ``sync`` has to ask a person: which labels were renamed, and what becomes of rows."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace

from ..check import CheckResult
from ..core.alter_column_type import AlterColumnType
from ..core.alter_enum import AlterEnum
from ..core.diff import Answers
from ..core.diff import alter
from ..core.errors import Question
from ..core.errors import Refused
from ..core.errors import typed
from ..core.hints import other_sides
from ..core.hints import sync_command
from ..core.likeness import is_likely
from ..core.likeness import ranked
from ..core.pairing import Pair
from ..core.rename_and_map import Flags
from ..core.rename_and_map import add_standing
from ..core.rename_and_map import resolve
from ..core.rows import Held
from ..core.schema import Name
from ..core.wording import bare
from ..core.wording import counted
from ..report.lines import Line
from ..settings import current_settings

_MANY = 12


@dataclass(frozen=True, slots=True)
class Given:
    """The answers so far.

    :param flags: as options.
    :param removed: type and label of those that were said to be removed: no option says so.
    :param rewritten: those that were said to be removed whatever is rewritten, as options name
        them.
    """

    flags: Flags
    removed: frozenset[tuple[str, str]] = frozenset()
    rewritten: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the answers that a question offers.

    :param text: the answer, as it is offered.
    :param then: all answers, with this one.
    :param label: the label it is about, which may be typed instead of its number, or None.
    """

    text: str
    then: Given
    label: str | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """A question.

    :param topic: what it is about; shown once for all questions about the same.
    :param text: the question.
    :param choices: its answers.
    """

    topic: tuple[Line, ...]
    text: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True)
class Differing:
    """What differs, as far as a person is asked about it.

    :param pairs: the types that both sides have, and that differ.
    :param conversions: the columns that get another type.
    :param held: the rows that hold labels which go, or None where nobody looked at the app's rows.
    :param start: the options that were there from the start.
    :param sync: the command that writes the revision.
    :param names: the names of all types that the databases have.
    """

    pairs: tuple[Pair, ...]
    conversions: tuple[AlterColumnType, ...]
    held: tuple[Held, ...] | None
    start: Flags
    sync: str
    names: frozenset[Name]

    @classmethod
    def of(cls, result: CheckResult, start: Flags, *, from_migrations: bool) -> Differing:
        """Return what of a comparison a person is asked about.

        :param from_migrations: whether the databases are what the migrations made, without rows.
        """
        pairs = [
            Pair(
                state.declared,
                state.live,
                state.change.new_name,
                frozenset(state.live.retired) - state.change.returned,
            )
            for state in result.drift
            if state.change and state.declared and state.live
        ]
        conversions = [
            wrong.conversion
            for state in result.drift
            for wrong in state.wrong_columns
            if wrong.conversion
        ]
        names = frozenset(state.live.name for state in result.enums if state.live)
        sync = sync_command(result.command, from_migrations=from_migrations)
        held = None if from_migrations else tuple(h for d in result.databases for h in d.held)
        return cls(tuple(pairs), tuple(conversions), held, start, sync, names)

    @property
    def hints(self) -> tuple[str, ...]:
        """What explains the differences better than themselves, unless it was answered already."""
        changed = {change.name for change in self.changes(self.start) if change.removed}
        pairs = (pair for pair in self.pairs if pair.live.name in changed)
        return other_sides(pairs, self.sync)

    def changes(self, flags: Flags) -> Iterator[AlterEnum]:
        """Yield what changes about each type, with the answers of flags and settings.

        Where names are written without their schema, it is asked once for all schemas.
        """
        settings = current_settings()
        everywhere = not settings.qualify

        def resolved(tried: Flags) -> dict[Name, Answers]:
            conversions: list[tuple[AlterColumnType, Sequence[str]]]
            conversions = [(one, ()) for one in self.conversions]
            return resolve(tried, self.pairs, conversions, everywhere=everywhere)

        answers = resolved(add_standing(flags, settings.answers, resolved)[0])
        seen = set()
        for pair in self.pairs:
            if change := alter(pair, answers.get(pair.live.name, Answers())):
                same = (change.name.name, change.labels, change.new_labels)
                if not everywhere or same not in seen:
                    yield change
                seen.add(same)

    def next_rename(self, given: Given) -> Asked | None:
        """Return the question about the first label that goes while one comes, if any is open."""
        at_first = [change for change in self.changes(self.start) if _is_open(change)]
        count = sum(len(_unmapped(change)) for change in at_first)
        number, now = 0, {change.name: change for change in self.changes(given.flags)}
        for position, before in enumerate(at_first, 1):
            change = now.get(before.name, before)
            gone = _unmapped(change) if _is_open(change) else []
            for label in _unmapped(before):
                number += 1
                called = self._called(change.name)
                if label in gone and (called, label) not in given.removed:
                    of = f"{number} of {count}: " if count > 1 else ""
                    topic = tuple(self._topic(before, position, len(at_first)))
                    text = f"{of}What became of {bare(label)}?"
                    return Asked(topic, text, tuple(_renames(change, called, label, given)))
        return None

    def _topic(self, change: AlterEnum, position: int, types: int) -> Iterator[Line]:
        of = f", {position} of {types} types" if types > 1 else ""
        title = str(change.name) if current_settings().qualify else change.name.name
        yield Line(f"{title}{of}", tone="title")
        gone = [drop.label for drop in change.removed]
        for number, label in enumerate(gone[:_MANY]):
            head = f"  {'' if number else 'went':5} {bare(label)}"
            yield Line(head, self._rows(change.name, label))
        if len(gone) > _MANY:
            yield Line(f"        … and {len(gone) - _MANY} more")
        come = [bare(add.label) for add in change.added]
        more = f", … and {len(come) - _MANY} more" if len(come) > _MANY else ""
        yield Line(f"  came  {', '.join(come[:_MANY])}{more}")

    def _called(self, name: Name) -> str:
        """Return the shortest name by which an option means a type, or those of all schemas."""
        namesakes = sum(other.name == name.name for other in self.names)
        return str(name) if namesakes > 1 and current_settings().qualify else name.name

    def _rows(self, name: Name, label: str) -> str:
        """Return how many rows hold a label, in words."""
        if self.held is None:
            return ""
        everywhere = not current_settings().qualify
        meant = (
            pair.live
            for pair in self.pairs
            if pair.live.name == name or (everywhere and pair.live.name.name == name.name)
        )
        columns = {column for live in meant for column in live.columns}
        places = {str(column) for column in columns}
        found = [one for one in self.held if one.label == label and str(one.column) in places]
        if not found:
            return "no rows"
        if any(one.rows is None for one in found):
            return "an unknown number of rows"
        rows = counted(sum(one.rows or 0 for one in found), "row")
        return f"{rows} or more" if any(one.is_capped for one in found) else rows


def _is_open(change: AlterEnum) -> bool:
    return bool(change.added) and bool(_unmapped(change))


def _unmapped(change: AlterEnum) -> list[str]:
    going = (drop for drop in change.removed if drop.label not in change.returned)
    return [drop.label for drop in going if not drop.mapped]


def _renames(change: AlterEnum, called: str, label: str, given: Given) -> Iterator[Choice]:
    """Yield the answers to what became of a label.

    :param called: the type's name, as an option writes it.
    """
    flags = given.flags
    for number, new in enumerate(ranked(change, label)):
        likely = "  (likely)" if number == 0 and is_likely(label, new) else ""
        renamed = replace(flags, rename=[*flags.rename, f"{called}.{label}={new}"])
        yield Choice(f"renamed to {bare(new)}{likely}", replace(given, flags=renamed), new)
    yield Choice("removed", replace(given, removed=given.removed | {(called, label)}))


def next_row(refused: Refused, given: Given) -> Asked | None:
    """Return the first question about rows and defaults that has no answer yet.

    :param refused: why a revision was refused.
    """
    known = [*given.flags.map, *given.flags.map_null]
    labels: dict[str, tuple[str, Question]] = {}
    rows: dict[str, tuple[str, Question]] = {}
    for refusal in refused.refusals:
        for question in refusal.questions:
            which = labels if question.retire else rows
            which.setdefault(question.value, (refusal.fact, question))
    for value, (fact, question) in labels.items():
        if value not in given.flags.retire and value not in given.rewritten:
            text = f"What becomes of {question.about}?"
            return Asked((Line(fact),), text, tuple(_fates(question, given)))
    for number, (value, (fact, question)) in enumerate(rows.items(), 1):
        if any(one == value or one.startswith(f"{value}=") for one in known):
            continue
        of = f"{number} of {len(rows)}: " if len(rows) > 1 else ""
        text = f"{of}What becomes of {question.about}?"
        return Asked((Line(fact),), text, tuple(_rows(question, given)))
    return None


def _rows(question: Question, given: Given) -> Iterator[Choice]:
    flags, value = given.flags, question.value
    for label in question.labels:
        mapped = replace(flags, map=[*flags.map, f"{value}={label}"])
        yield Choice(f"they become {bare(label)}", replace(given, flags=mapped), label)
    if question.nullable:
        emptied = replace(flags, map_null=[*flags.map_null, value])
        yield Choice("they become NULL", replace(given, flags=emptied))


def _fates(question: Question, given: Given) -> Iterator[Choice]:
    """Yield what can become of a label whose type would be replaced, or can't be."""
    flags, value = given.flags, question.value
    if question.remove:
        rewritten = replace(given, rewritten=given.rewritten | {value})
        yield Choice("removed: it is rewritten", rewritten)
    retired = replace(flags, retire=[*flags.retire, value])
    text = "retired: it stays in the type, and a CHECK keeps it out of all rows; no long lock"
    yield Choice(text, replace(given, flags=retired))


def as_options(flags: Flags, given: Flags) -> list[str]:
    """Return the answers as the options that would have given them.

    :param given: the options that were there from the start.
    """
    return [
        typed(option, value)
        for option, values, known in (
            ("--rename", flags.rename, given.rename),
            ("--retire", flags.retire, given.retire),
            ("--map", flags.map, given.map),
            ("--map-null", flags.map_null, given.map_null),
            ("--downgrade-map", flags.downgrade_map, given.downgrade_map),
        )
        for value in values
        if value not in known
    ]


def guessed(refused: Refused) -> list[str]:
    """Return one option for each refusal, or nothing where one has none.

    The most likely one, or else one that leaves it open what rows become. No two of them rename to
    the same label.
    """
    chosen: list[str] = []
    taken: set[tuple[str, str]] = set()
    for refusal in refused.refusals:
        if not refusal.flags:
            return []
        flag = refusal.guess
        target = (flag.partition(".")[0], flag.rpartition("=")[2])
        if not flag or target in taken:
            open_ = (one for one in refusal.flags if one.startswith("--map "))
            flag = next(open_, refusal.flags[0])
        taken.add(target)
        chosen.append(flag)
    return list(dict.fromkeys(chosen))


def matching(answer: str, choices: Sequence[Choice]) -> Choice | None:
    """Return the choice that a typed label means: as it is written, or in any case if unique."""
    exact = [choice for choice in choices if choice.label == answer]
    folded = [c for c in choices if c.label and c.label.casefold() == answer.casefold()]
    found = exact or folded
    return found[0] if len(found) == 1 else None
