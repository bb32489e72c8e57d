"""Ask a person in a terminal what the options don't say, one question after the other."""

from __future__ import annotations

import sys
from collections.abc import Callable
from collections.abc import Sequence

import click

from ..core.errors import AnswerError
from ..core.errors import Refused
from ..core.rename_and_map import Flags
from ..core.wording import plain
from ..report.lines import Line
from ..sync import SyncResult
from . import invocation
from .printing import echo
from .printing import err
from .printing import hint
from .printing import red
from .printing import styled
from .questions import Asked
from .questions import Choice
from .questions import Differing
from .questions import Given
from .questions import as_options
from .questions import guessed
from .questions import matching
from .questions import next_row
from .streams import width_of
from .wrapping import side_by_side

_MOST = 9


class Stopped(click.Abort):
    """Somebody has answered that they want to stop."""


class _Back(Exception):
    """Somebody wants to answer the question before this one once more."""


class Conversation:
    """What was asked and answered, so that nothing of it is lost however it ends.

    :param typed_in: the options that were there from the start.
    """

    def __init__(self, typed_in: Flags) -> None:
        self.given = typed_in
        self._given = Given(typed_in)
        self._history: list[Given] = []
        self._told: object = None

    @property
    def options(self) -> list[str]:
        """The answers, as the options that would have given them."""
        return as_options(self._given.flags, self.given)

    def again(self, refused: Refused | None = None) -> str:
        """Return the command that goes on from here, ``""`` where it is the one that was typed.

        :param refused: what still needs an answer.
        """
        options = [*self.options, *(guessed(refused) if refused and not refused.hints else [])]
        return invocation.command(options) if options else ""

    def run(
        self,
        write: Callable[[Flags, frozenset[str]], SyncResult],
        differing: Differing | None,
    ) -> SyncResult:
        """Ask until no answer is missing, and write.

        :param write: what is to be done with the answers; the second are the labels that were said
            to be removed whatever is rewritten.
        :param differing: what may be asked about before anything is tried, None to ask nothing.
        """
        if differing is None:
            return write(self._given.flags, frozenset())
        for text in differing.hints:
            hint(text)
        refused: Refused | None = None
        while True:
            asked = differing.next_rename(self._given)
            if asked is not None:
                refused = None  # what is refused depends on what is renamed
            elif refused:
                asked = next_row(refused, self._given)
            if asked is not None:
                self._ask(asked)
                continue
            try:
                return write(self._given.flags, self._given.rewritten)
            except Refused as error:
                refused = error
                if not all(one.questions for one in error.refusals):
                    raise
                if next_row(error, self._given) is None:  # what was answered didn't help
                    raise
            except AnswerError as error:
                if not self._history:
                    raise
                _wrong_answer(error)
                self._given = self._history.pop()

    def _ask(self, asked: Asked) -> None:
        """Ask one question, or go back to the one before."""
        if asked.topic != self._told:
            _topic(asked.topic)
            self._told = asked.topic
        try:
            chosen = choose(asked, may_go_back=bool(self._history))
        except _Back:
            self._given = self._history.pop()
            return
        self._history.append(self._given)
        self._given = chosen.then


def choose(asked: Asked, *, may_go_back: bool) -> Choice:
    """Ask a question that is answered with a number, or with a label in any case.

    :raises Stopped: if the answer is to stop.
    :raises _Back: if it is to go back.
    """
    shown, more = offered(asked.choices)
    _question(asked.text, [choice.text for choice in shown], more, may_go_back)
    keys = f"1-{len(shown)}" if len(shown) > 1 else "1"
    keys += ", b, q" if may_go_back else ", q"
    while True:
        answer = click.prompt(f"Answer [{keys}]", err=True).strip()
        if answer.isdecimal() and 1 <= int(answer) <= len(shown):
            return shown[int(answer) - 1]
        if answer.casefold() in ("q", "quit", "stop"):
            raise Stopped
        if answer.casefold() in ("b", "back") and may_go_back:
            raise _Back
        if chosen := matching(answer, asked.choices):
            return chosen
        label = any(choice.label is not None for choice in asked.choices)
        _misunderstood(keys, label=label)


def offered(choices: Sequence[Choice]) -> tuple[Sequence[Choice], int]:
    """Return the choices that are worth a line, and how many labels can only be typed."""
    labels = [choice for choice in choices if choice.label is not None]
    others = [choice for choice in choices if choice.label is None]
    return [*labels[:_MOST], *others], max(len(labels) - _MOST, 0)


def _topic(lines: Sequence[Line]) -> None:
    """Print what questions are about, set off from what was said before."""
    err("")
    plain_ = (Line(plain(line.head), plain(line.tail), line.tone) for line in lines)
    for line in side_by_side(plain_, width_of(sys.stderr)):
        echo(styled(line), err=True)


def _question(text: str, choices: Sequence[str], more: int, may_go_back: bool) -> None:
    """Print a question with its answers.

    :param more: how many other labels can be typed.
    :param may_go_back: whether there is a question before it.
    """
    err("")
    err(click.style(plain(text), bold=True))
    for number, choice in enumerate(choices, 1):
        err(f"  {number}  {plain(choice)}")
    if more:
        err(f"  or any of {more} other labels, by name")
    if may_go_back:
        err("  b  back to the question before")
    err("  q  stop, and show the answers as options")


def _misunderstood(keys: str, *, label: bool) -> None:
    """Print how a question can be answered.

    :param label: whether a label can be typed.
    """
    err(f"Please answer with {keys}{', or with one of the labels' if label else ''}.")


def _wrong_answer(error: AnswerError) -> None:
    """Print why an answer doesn't fit, before the question is asked again."""
    err(red("No: ") + plain(f"{error.fact} {error.next_action}".strip()))
