"""Results as a person reads them: data on standard output, everything else on standard error."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from collections.abc import Sequence
from pathlib import Path

import click

from .check import DIFFERS
from .check import IN_SYNC
from .check import UNUSED
from .check import CheckResult
from .check import EnumState
from .core.changes import AddValue
from .core.changes import AlterEnum
from .core.changes import DropValue
from .core.errors import AnswerError
from .core.errors import EnumMigrateError
from .core.errors import Refused
from .core.schema import DeclaredColumn
from .postgresql.plan import Direction
from .postgresql.plan import human_size
from .sync import BindPlan
from .sync import SyncResult
from .wording import describe

_MANY = 12


def failure(error: EnumMigrateError) -> None:
    """Print why a command stops."""
    if isinstance(error, Refused):
        for refusal in error.refusals:
            note(click.style("Refused: ", fg="red") + _plain(str(refusal)))
            for flag in refusal.flags:
                note(f"    {flag}")
        note("Nothing was written.")
        return
    said = _plain(error.fact)
    if error.next_action:
        said += f" {_plain(error.next_action)}"
    kind = "Bad option: " if isinstance(error, AnswerError) else "Could not tell: "
    note(click.style(kind, fg="red") + said)


def note(text: str) -> None:
    """Print a line that is not data."""
    click.echo(text, err=True)


def _plain(text: str) -> str:
    """Return a text in which names and labels can't steer the terminal."""
    return "".join(c if c.isprintable() or c == "\n" else _escaped(c) for c in text)


def _escaped(char: str) -> str:
    return char.encode("unicode_escape", "replace").decode()


def check(result: CheckResult) -> None:
    """Print what differs, what to do about it, and in the last line whether anything does."""
    _skipped(result.skipped)
    for state in result.drift:
        for line in _difference(state):
            click.echo(line)
    for state in result.enums:
        if state.missing_columns:
            _left_to_migrate(state.missing_columns, result.command)
        if state.state == UNUSED and state.live:
            note(f"Note: nothing uses the type {_plain(str(state.live.name))}.")
    count = len(result.drift)
    compared = [state for state in result.enums if state.declared is not None]
    if not count:
        checked = f"{len(compared)} enum type{'' if len(compared) == 1 else 's'} compared"
        click.echo(click.style("In sync", fg="green") + f": {checked}, no difference.")
        return
    action = "upgrade" if result.behind else "enum sync"
    click.echo(
        click.style("Drift", fg="red")
        + f": {count} of {len(compared)} enum types differ{'s' if count == 1 else ''}. "
        + ("The database isn't at head. " if result.behind else "")
        + f"Next: flask {result.command} {action}"
    )


def _difference(state: EnumState) -> Iterable[str]:
    name = state.live.name if state.live else state.declared.name if state.declared else ""
    bind = f" (bind {state.bind})" if state.bind else ""
    yield click.style(_plain(f"{name}{bind}"), bold=True) + _origin(state)
    if state.change:
        yield from _changes(state.change)
    for wrong in state.wrong_columns:
        yield _plain(
            f"  ! {wrong.column} is {wrong.found.type_name} in the database, not {wrong.enum.name}"
        )


def _origin(state: EnumState) -> str:
    if not state.declared:
        return ""
    classes = ", ".join(cls.path for cls in state.declared.classes)
    columns = _some([str(column) for column in state.declared.columns], 3)
    made = f" from {classes}" if classes else ""
    return _plain(f"{made}, used by {columns}" if columns else made)


def _changes(change: AlterEnum) -> Iterable[str]:
    shown = change.changes[:_MANY]
    for single in shown:
        sign, colour = "~", "yellow"
        if isinstance(single, AddValue):
            sign, colour = "+", "green"
        elif isinstance(single, DropValue):
            sign, colour = "-", "red"
        if isinstance(single, DropValue) and not single.mapped:
            text = f"remove {single.label!r}"
        else:
            text = describe(single)
        yield click.style(f"  {sign} {_plain(text)}", fg=colour)
    if len(change.changes) > len(shown):
        yield f"  … and {len(change.changes) - len(shown)} more"


def sync(result: SyncResult, *, dry_run: bool) -> None:
    """Print what was written, what it costs, and what to do next."""
    _skipped(result.skipped)
    if result.missing_columns or result.new:
        columns = [*result.missing_columns, *(c for enum in result.new for c in enum.columns)]
        _left_to_migrate(columns, result.command)
    for wrong in result.wrong_columns:
        note(
            _plain(
                f"Note: {wrong.column} is {wrong.found.type_name} in the database, not "
                f"{wrong.enum.name}; converting a column is left to a migration of your own."
            )
        )
    for held in result.unknown:
        note(
            f"Note: could not tell in time whether rows of {_plain(str(held.column))} hold "
            f"{_plain(repr(held.label))}; the migration refuses if one does."
        )
    if not result.plans:
        note("Models and database agree: nothing to write.")
        return
    if result.sql is not None:
        click.echo(result.sql, nl=False)
        return
    if dry_run:
        _bodies(result.plans)
    for plan in result.plans:
        _plan(plan, to_stderr=dry_run)
    if result.path is not None:
        click.echo(f"Wrote {_relative(result.path)}")
        note(f"Next: read it, then run: flask {result.command} upgrade")
    elif not dry_run:
        note("The app's process_revision_directives took the revision away: nothing was written.")


def _relative(path: Path) -> str:
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def _bodies(plans: Sequence[BindPlan]) -> None:
    for plan in plans:
        suffix = plan.database.token.removesuffix("upgrades")
        bind = f"_{suffix.removesuffix('_')}" if suffix else ""
        for function, source in (
            ("upgrade", plan.body.upgrade),
            ("downgrade", plan.body.downgrade),
        ):
            click.echo(f"def {function}{bind}():\n{textwrap.indent(source, '    ')}\n")


def _plan(plan: BindPlan, *, to_stderr: bool) -> None:
    bind = f" (bind {plan.database.bind})" if plan.database.bind else ""
    for change in plan.changes:
        click.echo(click.style(_plain(f"{change.name}{bind}"), bold=True), err=to_stderr)
        for line in _changes(change):
            click.echo(line, err=to_stderr)
    for drop in plan.drops:
        click.echo(_plain(f"  - drop the unused type {drop.name}"), err=to_stderr)
    note("  Upgrade:   " + _cost(plan, plan.plan.upgrade))
    note("  Downgrade: " + _cost(plan, plan.plan.downgrade))


def _cost(plan: BindPlan, direction: Direction) -> str:
    if direction.refusals:
        return "can't be done: " + _plain(" ".join(r.fact for r in direction.refusals))
    if not direction.rewritten:
        return "instant; no table is rewritten."
    sizes = plan.database.facts.sizes
    tables = [
        f"{table} ({human_size(sizes[table].total)})" if table in sizes else str(table)
        for table in direction.rewritten
    ]
    return _plain(f"rewrites {_some(tables, 5)} under an ACCESS EXCLUSIVE lock.")


def _skipped(skipped: Iterable[tuple[str, str]]) -> None:
    for bind, dialect in skipped:
        where = f"bind {bind}" if bind else "the default bind"
        note(f"Note: {where} is {dialect}, which has no enum types to keep in step; skipped.")


def _left_to_migrate(columns: Sequence[DeclaredColumn], command: str) -> None:
    shown = _some([str(column) for column in columns], 3)
    verb = "exists" if len(columns) == 1 else "exist"
    note(_plain(f"Note: {shown} {verb} only in the models; that is for: flask {command} migrate"))


def _some(items: Sequence[str], most: int) -> str:
    more = f" and {len(items) - most} more" if len(items) > most else ""
    return ", ".join(items[:most]) + more


def table(result: CheckResult) -> None:
    """Print a table of all enum types."""
    _skipped(result.skipped)
    binds = any(state.bind for state in result.enums)
    header = ["TYPE", "SCHEMA", *(["BIND"] if binds else []), "STATE", "USED BY", "LABELS"]
    rows = [header]
    for state in result.enums:
        named = state.live or state.declared
        if named is None:
            continue
        bind = [state.bind or "(default)"] if binds else []
        labels = _labels(state)
        first = [named.name.name, named.name.schema, *bind, state.state, _used_by(state), labels[0]]
        rows.append([_plain(cell) for cell in first])
        rows.extend(["", "", *([""] if binds else []), "", "", _plain(line)] for line in labels[1:])
    if len(rows) == 1:
        note("There are no enum types, neither in the models nor in the database.")
        return
    widths = [max(len(row[i]) for row in rows) for i in range(len(header) - 1)]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        line = "  ".join([*cells, row[-1]]).rstrip()
        colour = {DIFFERS: "red", IN_SYNC: "green"}.get(row[-3])
        click.echo(click.style(line, fg=colour) if colour else line)


def _used_by(state: EnumState) -> str:
    live = [str(column) for column in state.live.columns] if state.live else []
    columns = live or [str(c) for c in state.declared.columns] if state.declared or live else []
    return _some(columns, 2) or "-"


def _labels(state: EnumState) -> list[str]:
    declared = _shortened(state.declared.labels) if state.declared else None
    live = _shortened(state.live.labels) if state.live else None
    if declared == live and not state.change:
        return [live or ""]
    lines = []
    if declared is not None:
        lines.append(f"models:   {declared}")
    if live is not None:
        lines.append(f"database: {live}")
    return lines


def _shortened(labels: Sequence[str]) -> str:
    plain = [
        label if label.isprintable() and label.strip() == label != "" else repr(label)
        for label in labels
    ]
    return _some(plain, _MANY)
