"""Ask a person in a terminal what the flags don't say: renames, rows, then the way back."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace

import click

from ..check import CheckResult
from ..core.answers import Flags
from ..core.answers import add_standing
from ..core.answers import resolve
from ..core.changes import AlterEnum
from ..core.diff import Answers
from ..core.diff import alter
from ..core.errors import AnswerError
from ..core.errors import Question
from ..core.errors import Refused
from ..core.errors import typed
from ..core.likeness import ranked
from ..core.pairing import Pair
from ..core.schema import Name
from ..core.wording import plain
from ..settings import current_settings
from ..sync import SyncResult
from . import output

_MOST = 9


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the answers that a question offers.

    :param text: the answer, as it is offered.
    :param label: the label it is about, which may be typed instead of its number, or None.
    :param null: whether it is ``NULL``.
    """

    text: str
    label: str | None = None
    null: bool = False


Choose = Callable[[str, Sequence[Choice]], Choice]
"""Asks a question; the last choice is the default."""


def ask_renames(result: CheckResult, flags: Flags, choose: Choose) -> Flags:
    """Ask for each label that goes whether it became one that comes.

    :return: the flags with the answers added.
    """
    renames: list[str] = []
    for change in _changes(result, flags):
        for old, new in _renamed(change, choose):
            value = f"{_called(change)}.{old}={new}"
            if value not in renames:
                renames.append(value)
    return replace(flags, rename=[*flags.rename, *renames])


def _changes(result: CheckResult, flags: Flags) -> Iterator[AlterEnum]:
    """Yield what changes about each type, with the answers of flags and settings.

    Where names are written without their schema, it is asked once for all schemas.
    """
    settings = current_settings()
    everywhere = not settings.qualify
    pairs = [
        Pair(state.declared, state.live, state.change.new_name)
        for state in result.drift
        if state.change and state.declared and state.live
    ]
    conversions = [
        (wrong.conversion, ())
        for state in result.drift
        for wrong in state.wrong_columns
        if wrong.conversion
    ]

    def resolved(tried: Flags) -> dict[Name, Answers]:
        return resolve(tried, pairs, conversions, everywhere=everywhere)

    answers = resolved(add_standing(flags, settings.answers, resolved)[0])
    seen = set()
    for pair in pairs:
        if change := alter(pair, answers.get(pair.live.name, Answers())):
            same = (change.name.name, change.labels, change.new_labels)
            if not everywhere or same not in seen:
                yield change
            seen.add(same)


def _called(change: AlterEnum) -> str:
    """Return a type's name as an answer writes it: without a schema, it holds in all of them."""
    return str(change.name) if current_settings().qualify else change.name.name


def _renamed(change: AlterEnum, choose: Choose) -> Iterator[tuple[str, str]]:
    free = {add.label for add in change.added}
    for drop in change.removed:
        if drop.mapped or not free:
            continue
        likely = [new for new in ranked(change, drop.label) if new in free]
        choices = [Choice(f"it is called {new!r} now", new) for new in likely]
        chosen = choose(
            f"{change.name} has lost {drop.label!r}. What became of it?",
            [*choices, Choice("it was removed")],
        )
        if chosen.label is not None:
            free.remove(chosen.label)
            yield drop.label, chosen.label


def ask_downgrades(
    result: CheckResult, flags: Flags, choose: Choose, settle: Callable[[Flags], Flags]
) -> Flags:
    """Ask for each type what a downgrade does with rows that hold labels which are new.

    A new label that an old one's rows get turns back into it, and isn't asked about.

    :param settle: asks about rows first; called only where there is something to ask here.
    :return: the flags with the answers added.
    """
    if not any(map(_undecided, _changes(result, flags))):
        return flags
    flags = settle(flags)
    given: list[str] = []
    for change in _changes(result, flags):
        open_ = _undecided(change)
        if not open_:
            continue
        some = ", ".join(map(repr, open_[:_MOST])) + (", …" if len(open_) > _MOST else "")
        chosen = choose(
            f"{change.name} gains {some}. What does a downgrade do with rows that hold "
            f"{'it' if len(open_) == 1 else 'one of them'}?",
            [
                *(Choice(f"they become {label!r}", label) for label in change.labels),
                Choice("it refuses, and changes nothing"),
            ],
        )
        if chosen.label is not None:
            given += [f"{_called(change)}.{new}={chosen.label}" for new in open_]
    return replace(flags, downgrade_map=[*flags.downgrade_map, *dict.fromkeys(given)])


def _undecided(change: AlterEnum) -> list[str]:
    return [add.label for add in change.added if add.label not in change.reverse_mapping]


def ask_rows(refused: Refused, flags: Flags, choose: Choose) -> Flags | None:
    """Ask what becomes of the rows and defaults for which a revision was refused.

    :return: the flags with the answers added, or None where nothing can be asked or the answer was
        to stop.
    """
    if not all(refusal.questions for refusal in refused.refusals):
        return None
    maps: list[str] = []
    nulls: list[str] = []
    asked: set[str] = set()
    for refusal in refused.refusals:
        for question in refusal.questions:
            if question.value in asked:
                continue
            asked.add(question.value)
            chosen = choose(f"{refusal.fact} What becomes of {question.about}?", _rows(question))
            if chosen.null:
                nulls.append(question.value)
            elif chosen.label is not None:
                maps.append(f"{question.value}={chosen.label}")
            else:
                return None
    return replace(flags, map=[*flags.map, *maps], map_null=[*flags.map_null, *nulls])


def _rows(question: Question) -> list[Choice]:
    choices = [Choice(f"they become {label!r}", label) for label in question.labels]
    if question.nullable:
        choices.append(Choice("they become NULL", null=True))
    return [*choices, Choice("stop, and write nothing")]


def offered(choices: Sequence[Choice]) -> tuple[Sequence[Choice], int]:
    """Return the choices that are worth a line, and how many labels can only be typed."""
    labels = [choice for choice in choices if choice.label is not None]
    others = [choice for choice in choices if choice.label is None]
    return [*labels[:_MOST], *others], max(len(labels) - _MOST, 0)


def as_options(flags: Flags, given: Flags) -> list[str]:
    """Return the answers as the options that would have given them.

    :param given: the options that were there from the start.
    """
    return [
        typed(option, value)
        for option, values, known in (
            ("--rename", flags.rename, given.rename),
            ("--map", flags.map, given.map),
            ("--map-null", flags.map_null, given.map_null),
            ("--downgrade-map", flags.downgrade_map, given.downgrade_map),
        )
        for value in values
        if value not in known
    ]


def answered(
    run: Callable[[Flags], SyncResult], flags: Flags, *, asks: bool
) -> tuple[SyncResult, Flags]:
    """Run, and ask about rows until no answer is missing.

    :return: what came out, and the flags with the answers added.
    """
    given = flags
    while True:
        try:
            return run(flags), flags
        except Refused as refused:
            more = ask_rows(refused, flags, choose) if asks else None
            if more is None:
                raise
            given, flags = flags, more
        except AnswerError as error:
            if flags is given:
                raise
            output.wrong_answer(error)
            flags = given


def choose(question: str, choices: Sequence[Choice]) -> Choice:
    """Ask a question that is answered with a number, or with a label as it is written."""
    shown, more = offered(choices)
    click.echo(plain(question), err=True)
    for number, choice in enumerate(shown, 1):
        click.echo(f"  {number}  {plain(choice.text)}", err=True)
    if more:
        click.echo(f"  or any of {more} other labels, as it is written", err=True)
    while True:
        answer = click.prompt("Answer", default=str(len(shown)), err=True).strip()
        if answer.isdecimal() and 1 <= int(answer) <= len(shown):
            return shown[int(answer) - 1]
        for choice in choices:
            if choice.label == answer:
                return choice
        label = any(choice.label is not None for choice in choices)
        or_so = ", or with one of the labels" if label else ""
        click.echo(f"Please answer with a number from 1 to {len(shown)}{or_so}.", err=True)
