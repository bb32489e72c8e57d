"""The table of ``flask db enum list``, as lines of text."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from collections.abc import Sequence

from ..check import CheckResult
from ..check import EnumState
from ..core.schema import DeclaredColumn
from ..core.schema import LiveColumn
from ..core.schema import Name
from ..core.wording import plain
from ..core.wording import some

_NARROWEST = 24
_MANY = 12


def table(result: CheckResult, width: int | None = None) -> Iterator[tuple[str, str]]:
    """Yield each line, and the state of the type that it is about, ``""`` for the header.

    :param width: the columns of the terminal, or None to leave long lines long.
    """
    binds = any(state.bind for state in result.enums)
    states = sorted(result.enums, key=lambda state: (state.bind, _name(state)))
    rows = [_cells(state, binds) for state in states]
    header = ["TYPE", "SCHEMA", *(["BIND"] if binds else []), "STATE", "USED BY"]
    widths = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]
    left = sum(widths) + 2 * len(widths)
    room = None if width is None else max(width - left, _NARROWEST)

    def line(cells: Sequence[str], last: str) -> str:
        padded = [cell.ljust(size) for cell, size in zip(cells, widths, strict=True)]
        return "  ".join([*padded, last]).rstrip()

    yield line(header, "LABELS"), ""
    for state, row in zip(states, rows, strict=True):
        for number, labels in enumerate(_folded(_labels(state), room)):
            yield line(row if number == 0 else [""] * len(row), labels), state.state


def _cells(state: EnumState, binds: bool) -> list[str]:
    name = _name(state)
    bind = [state.bind or "(default)"] if binds else []
    return [plain(cell) for cell in (name.name, name.schema, *bind, state.state, _used_by(state))]


def _name(state: EnumState) -> Name:
    if state.live:
        return state.live.name
    return state.declared.name if state.declared else Name("", "")


def _used_by(state: EnumState) -> str:
    """Return the columns that use a type, without their schema where it is the type's own."""
    columns: Sequence[LiveColumn | DeclaredColumn] = ()
    if state.live and state.live.columns:
        # A materialized view only shows what its tables hold.
        live = sorted(state.live.columns, key=lambda column: not column.holds_rows)
        columns = live
    elif state.declared:
        columns = state.declared.columns
    schema = _name(state).schema
    shown = [
        f"{c.table.name}.{c.column}" if c.table.schema in ("", schema) else str(c) for c in columns
    ]
    return some(shown, 1) or "-"


def _labels(state: EnumState) -> list[str]:
    declared = state.declared.labels if state.declared else None
    live = state.live.labels if state.live else None
    if declared is None or live is None or (declared == live and not state.change):
        return [_shortened(live or declared or ())]
    return [f"models:   {_shortened(declared)}", f"database: {_shortened(live)}"]


def _shortened(labels: Sequence[str]) -> str:
    simple = [
        label if label.isprintable() and label and not set(label) & set(" ,'\"") else repr(label)
        for label in labels
    ]
    return some(simple, _MANY) or "(none)"


def _folded(lines: Sequence[str], room: int | None) -> Iterator[str]:
    for line in lines:
        if room is None:
            yield line
            continue
        indent = " " * 10 if line.startswith(("models: ", "database: ")) else ""
        yield from textwrap.wrap(
            line, room, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
        )
