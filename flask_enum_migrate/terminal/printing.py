"""Print a line: in its colours, within the width of the terminal, whatever its encoding."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from typing import Any

import click

from ..core.wording import plain
from ..report.lines import Line
from .streams import width_of
from .streams import write
from .wrapping import command
from .wrapping import wrapped

_TONES: dict[str, dict[str, Any]] = {
    "": {},
    "title": {"bold": True},
    "good": {"fg": "green"},
    "bad": {"fg": "red"},
    "added": {"fg": "green"},
    "changed": {"fg": "magenta"},
}


def styled(line: Line) -> str:
    """Return a line in its colours."""
    return click.style(line.head, **_TONES[line.tone]) + line.tail


def red(text: str) -> str:
    """Return what is wrong in its colour."""
    return click.style(text, fg="red")


def ending(said: str, again: str) -> None:
    """Print the last line, and a command that goes on from there."""
    if not again:
        err(said)
        return
    wanted = ["a label for each LABEL"] if re.search(r"=LABEL\b", again) else []
    wanted += ["the password for ***"] if "***" in again else []
    err(f"{said} To go on{', with ' if wanted else ''}{' and '.join(wanted)}:")
    paste(again)


def note(text: str, command_: str = "") -> None:
    """Print what else there is to say.

    :param command_: what it says to run, on a line of its own.
    """
    err(click.style("Note", fg="magenta") + ": " + plain(text))
    if command_:
        paste(command_)


def hint(text: str, show: Callable[[str], None] | None = None) -> None:
    """Print what explains a difference, and commands and code to paste.

    :param show: prints a line, by default to standard error.
    """
    show = show or err
    aside = show is not out
    first, *rest = text.split("\n")
    show(click.style("Hint", fg="magenta") + ": " + plain(first))
    for line in rest:
        if line.startswith("    flask "):
            width = width_of(sys.stderr if aside else sys.stdout)
            for part in command(plain(line.strip()), width):
                echo(part, err=aside)
        elif line.startswith("    "):
            echo(plain(line), err=aside)
        else:
            show(plain(line))


def out(text: str) -> None:
    """Print a text to standard output."""
    for line in wrapped(text, width_of(sys.stdout)):
        echo(line, err=False)


def err(text: str) -> None:
    """Print a text to standard error."""
    for line in wrapped(text, width_of(sys.stderr)):
        echo(line, err=True)


def paste(text: str) -> None:
    """Print what is to be pasted on lines of its own."""
    for line in command(plain(text), width_of(sys.stderr)):
        echo(line, err=True)


def echo(text: str, *, err: bool) -> None:
    """Print a line, also on a terminal whose encoding lacks a letter of a label."""
    stream = sys.stderr if err else sys.stdout
    encoding = getattr(stream, "encoding", None) or "utf-8"
    safe = text.encode(encoding, "backslashreplace").decode(encoding)
    write(safe, err=err, color=False if os.environ.get("NO_COLOR") else None)
