"""Ask in a terminal, and run until no answer is missing."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence

import click

from . import report
from .core.answers import Flags
from .core.errors import AnswerError
from .core.errors import Refused
from .questions import Choice
from .questions import ask_rows
from .questions import offered
from .sync import SyncResult
from .wording import plain


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
            report.wrong_answer(error)
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
