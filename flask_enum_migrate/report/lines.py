"""Lines of text that say what they are about, so that a terminal can colour them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Tone = Literal["", "title", "good", "bad", "added", "changed"]


@dataclass(frozen=True, slots=True)
class Line:
    """One line.

    :param head: its beginning, which has the tone.
    :param tail: the rest of it.
    :param tone: what it is about.
    """

    head: str = ""
    tail: str = ""
    tone: Tone = ""

    def __str__(self) -> str:
        return self.head + self.tail


@dataclass(frozen=True, slots=True)
class Report:
    """What there is to say about a result.

    :param remarks: what to know before: what wasn't looked at.
    :param body: what differs.
    :param notes: what else to know.
    :param hints: what explains the differences, each with lines to paste.
    :param last: the outcome and the next action.
    """

    remarks: tuple[str, ...]
    body: tuple[Line, ...]
    notes: tuple[str, ...]
    hints: tuple[str, ...]
    last: Line

    def __str__(self) -> str:
        lines = [
            *(f"Note: {remark}" for remark in self.remarks),
            *map(str, self.body),
            *(f"Note: {note}" for note in self.notes),
            *(f"Hint: {hint}" for hint in self.hints),
            str(self.last),
        ]
        return "\n".join(lines)
