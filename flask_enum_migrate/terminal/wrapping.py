"""Text within the width of a terminal, in which what is to be pasted stays whole."""

from __future__ import annotations

import re
from collections.abc import Iterable
from collections.abc import Iterator

from click import unstyle

from ..report.lines import Line

_VALUE = r"(?:\$?'(?:[^'\\]|\\.)*'|\"[^\"]*\"|[^\s'\"])+"
# An option stays beside its value, and a command that ends a sentence in one piece.
# So does a sign beside its label.
_IN_TEXT = re.compile(
    rf"(?<=: )flask \S.*$|\(\d\S* \w+\)\S*|--[a-z][a-z-]* {_VALUE}"
    r"|[-+~] (?:'[^']*'|\"[^\"]*\"|\S+)|\S+"
)
_IN_COMMAND = re.compile(rf"--?[a-z][a-z-]* (?!-){_VALUE}|{_VALUE}|\S+")

_LEFT = 8


def wrapped(text: str, width: int | None, indent: str = "  ") -> Iterator[str]:
    """Yield a text in lines, split between words.

    :param width: the columns of the terminal, or None to leave it in one line.
    :param indent: what further lines begin with, beyond what the first one begins with.
    """
    if width is None or len(unstyle(text)) <= width:
        yield text
        return
    before = text[: len(text) - len(text.lstrip())]
    line, further = before, before + indent
    for piece, gap in _pieces(_IN_TEXT, text.strip()):
        begun = line.strip()
        if begun and len(unstyle(line)) + len(gap) + len(unstyle(piece)) > width:
            yield line
            line, begun = further, ""
        if not begun and piece.startswith("flask ") and len(line) + len(piece) > width:
            *parts, line = command(piece, width, line)
            yield from parts
        else:
            line += (gap if begun else "") + piece
    yield line


def _pieces(piece: re.Pattern[str], text: str) -> Iterator[tuple[str, str]]:
    """Yield what may not be split, each with the spaces before it."""
    end = 0
    for match in piece.finditer(text):
        yield match[0], text[end : match.start()]
        end = match.end()


def command(text: str, width: int | None, indent: str = "    ") -> Iterator[str]:
    r"""Yield a command in lines that can be pasted as they are: all but the last end with ``\``.

    :param width: the columns of the terminal, or None to leave it in one line.
    """
    if width is None or len(indent) + len(text) <= width:
        yield indent + text
        return
    line, further = indent, indent + "  "
    for piece, gap in _pieces(_IN_COMMAND, text.strip()):
        begun = line.strip()
        if begun and len(line) + len(gap) + len(piece) + 2 > width:
            yield line + " \\"
            line, begun = further, ""
        line += (gap if begun else "") + piece
    yield line


def side_by_side(lines: Iterable[Line], width: int | None) -> Iterator[Line]:
    """Yield lines with their tails in one column; what is too long for it goes on below.

    :param width: the columns of the terminal, or None to leave long lines long.
    """
    lines = list(lines)
    most = max((len(line.head) for line in lines if line.tail), default=0) + 2
    column = most if width is None else min(most, width * 3 // 5)
    further = " " * column
    for line in lines:
        tails, under = _tails(line.tail, width, column)
        heads = [*wrapped(line.head, width, "    ")]
        if tails and len(heads) == 1 and len(line.head) + 2 <= under:
            yield Line(line.head, further[len(line.head) :] + tails.pop(0), line.tone)
        else:
            yield from (Line(head, "", line.tone) for head in heads)
        yield from (Line("", " " * under + tail) for tail in tails)


def _tails(text: str, width: int | None, column: int) -> tuple[list[str], int]:
    """Return the lines of a tail, and the column at which they begin: further left if need be."""
    room = None if width is None else width - column
    lines = [*wrapped(text, room, "")] if text else []
    if room is not None and any(len(line) > room for line in lines):
        return [*wrapped(text, room + column - _LEFT, "")], _LEFT
    return lines, column
