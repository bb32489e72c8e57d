"""The table of ``flask db enum list``, as lines of text."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence

from ..check import CheckResult
from ..check import EnumState
from ..core.alter_enum import AlterEnum
from ..core.fleets import grouped
from ..core.schema import DeclaredColumn
from ..core.schema import LiveColumn
from ..core.schema import Name
from ..core.wording import bare
from ..core.wording import counted
from ..core.wording import plain
from ..core.wording import some
from .wrapping import wrapped

_NARROW = 100
"""On a terminal of fewer columns, labels have lines of their own."""

_MANY = 12
_INDENT = "    "


def table(
    result: CheckResult, width: int | None = None, *, drift: bool = False
) -> Iterator[tuple[str, str]]:
    """Yield each line, and the state of the type that it is about, ``""`` for the header.

    Types that differ come first.

    :param width: the columns of the terminal, or None to leave long lines long.
    :param drift: whether to leave all others out.
    """
    states = sorted(
        (state for state in result.enums if state.is_drift or not drift),
        key=lambda state: (not state.is_drift, state.bind, _name(state)),
    )
    if not states:
        return
    binds = any(state.bind for state in result.enums)
    rows: list[list[str]] = []
    shown: list[EnumState] = []
    for schemas, alike in grouped(
        ((result.tenant(state), state) for state in states),
        lambda state: "\t".join(
            [*_cells(state, binds, result.tenant(state) and "*"), _labels(state)]
        ),
    ):
        rows.append(_cells(alike[0], binds, some(schemas, 1)))
        shown.append(alike[0])
    states = shown
    header = ["TYPE", "SCHEMA", *(["BIND"] if binds else []), "STATE", "USED BY"]
    narrow = width is not None and width < _NARROW
    if narrow and _wide([header, *rows], width):
        header.pop()  # it goes beside the labels
    widths = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]

    def line(cells: Sequence[str], *last: str) -> str:
        padded = [cell.ljust(size) for cell, size in zip(cells, widths, strict=False)]
        return "  ".join([*padded, *last]).rstrip()

    yield line(header, *(() if narrow else ("LABELS",))), ""
    left = sum(widths) + 2 * len(widths)
    for state, row in zip(states, rows, strict=True):
        labels = _labels(state)
        if narrow:
            yield line(row), state.state
            below = labels if len(header) == len(row) else f"{row[-1]}: {labels}"
            yield from ((part, state.state) for part in wrapped(_INDENT + below, width, ""))
            continue
        room = None if width is None else max(width - left, _NARROW // 3)
        for number, part in enumerate(wrapped(labels, room)):
            yield line(row if number == 0 else [""] * len(row), part), state.state


def _wide(rows: Sequence[Sequence[str]], width: int | None) -> bool:
    sizes = (max(map(len, column)) for column in zip(*rows, strict=True))
    return width is not None and sum(sizes) + 2 * (len(rows[0]) - 1) > width


def summary(result: CheckResult) -> str:
    """Return how many types there are, and how many differ."""
    differ = len(result.drift)
    types = counted(len(result.enums), "type")
    others = [
        f"{len(found)} {state}"
        for state in dict.fromkeys(one.state for one in result.enums if not one.is_drift)
        if (found := [one for one in result.enums if one.state == state and not one.is_drift])
    ]
    told = [*([f"{differ} differ{'s' if differ == 1 else ''}"] if differ else []), *others]
    then = f" Next: flask {result.command} enum check" if differ else ""
    return f"{types}: {', '.join(told)}.{then}"


def _cells(state: EnumState, binds: bool, schema: str) -> list[str]:
    """Return what stands in a line but for the labels.

    :param schema: the schemas of tenants that it stands for, or ``""``.
    """
    name = _name(state)
    bind = [state.bind or "(default)"] if binds else []
    cells = (name.name, schema or name.schema, *bind, state.state, _used_by(state))
    return [plain(cell) for cell in cells]


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


def _labels(state: EnumState) -> str:
    """Return the labels of a type, or how the models' differ from the database's."""
    if state.change:
        return _difference(state.change)
    labels, retired = (state.live or state.named).labels, _retired(state)
    shown = some([bare(label) for label in labels if label not in retired], _MANY) or "(none)"
    return f"{shown}  retired: {some([*map(bare, retired)], _MANY)}" if retired else shown


def _retired(state: EnumState) -> list[str]:
    """Return the labels that the database has and keeps out of all rows."""
    declared = state.declared.labels if state.declared else ()
    live = state.live.retired if state.live else ()
    return [label for label in live if label not in declared]


def _difference(change: AlterEnum) -> str:
    """Return what the database has and the models lack, and the reverse."""
    gone = [f"- {bare(drop.label)}" for drop in change.removed]
    come = [f"+ {bare(add.label)}" for add in change.added]
    come += [f"+ {bare(one.label)}" for one in change.brought_back]
    gone += [f"~ retire {bare(one.label)}" for one in change.retirements]
    named = [f"~ called {change.new_name}"] if change.name != change.new_name else []
    order = ["~ another order"] if change.reordered else []
    wider = [f"~ {change.widens.new_width} characters"] if change.widens else []
    return "  ".join([*named, *_first(gone), *_first(come), *order, *wider])


def _first(labels: Sequence[str]) -> Sequence[str]:
    more = len(labels) - _MANY
    return [*labels[:_MANY], f"and {more} more"] if more > 0 else labels
