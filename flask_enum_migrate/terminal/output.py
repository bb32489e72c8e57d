"""Results as a person reads them: data on standard output, everything else on standard error."""

from __future__ import annotations

import os
import shutil
import sys
import textwrap
from collections.abc import Iterable
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Any

import click

from ..check import DIFFERS
from ..check import IN_SYNC
from ..check import WRONG_COLUMNS
from ..check import CheckResult
from ..core.errors import AnswerError
from ..core.errors import EnumMigrateError
from ..core.errors import Refused
from ..core.errors import typed
from ..core.hints import names_and_values
from ..core.wording import cost
from ..core.wording import describe_conversion
from ..core.wording import describe_created
from ..core.wording import plain
from ..core.wording import unread
from ..report.advice import next_command
from ..report.check import INSTANT
from ..report.check import NOT_COMPARED
from ..report.check import changes
from ..report.check import heading
from ..report.check import is_wrong
from ..report.check import left_out
from ..report.check import left_to_migrate
from ..report.check import not_looked_at
from ..report.check import report
from ..report.check import skipped
from ..report.lines import Line
from ..report.sync import unseen_values
from . import formats
from . import table as listing
from .advice import renames_instead
from .streams import OutputFailed
from .streams import is_terminal
from .streams import write

if TYPE_CHECKING:
    from ..core.plan import Direction
    from ..sync import BindPlan
    from ..sync import SyncResult

_TONES: dict[str, dict[str, Any]] = {
    "": {},
    "title": {"bold": True},
    "good": {"fg": "green"},
    "bad": {"fg": "red"},
    "added": {"fg": "green"},
    "changed": {"fg": "yellow"},
}
_COLOURS = {IN_SYNC: "green", DIFFERS: "red", WRONG_COLUMNS: "red"}


def failure(error: EnumMigrateError, outcome: str, format_: str = "text") -> None:
    """Print why a command stops.

    :param outcome: what this means for what was asked, as the last line begins.
    :param format_: one of :data:`~.formats.FORMATS`.
    """
    if format_ == "json":
        write(formats.error_as_json(error))
    elif format_ == "gitlab":
        write(formats.error_as_gitlab(error, outcome))
    elif format_ == "github":
        write(formats.error_as_github(error, outcome))
        _summarise(outcome[:1].lower() + outcome[1:], plain(str(error)))
    if isinstance(error, Refused):
        for refusal in error.refusals:
            _err(_red("Refused") + ": " + plain(str(refusal)))
            for flag in refusal.flags:
                _err("    " + plain(flag))
        for hint in error.hints:
            note(hint)
        _err("Nothing was written.")
    elif isinstance(error, AnswerError):
        given = plain(typed(error.option, error.value))
        _err(_red("Bad option") + f": {given}: {plain(error.problem)}.")
        if error.candidates:
            _err("It could be:" if len(error.candidates) > 1 else "Did you mean this?")
        for candidate in error.candidates:
            _err("    " + typed(error.option, candidate))
        _err("Nothing was written.")
    else:
        _err(_red(outcome) + ": " + plain(f"{error.fact} {error.next_action}".strip()))


def unwritten(failed: OutputFailed, outcome: str) -> None:
    """Print that standard output can't be written to, and what was done nevertheless.

    :param outcome: what this means for what was asked, if nothing was done.
    """
    why = f"standard output can't be written to: {failed.error.strerror}."
    if failed.done:
        _err(f"{failed.done}\n{why[0].upper()}{why[1:]}")
    else:
        _err(_red(outcome) + ": " + why)


def aborted(outcome: str) -> None:
    """Print that a question was left unanswered, and what this means for what was asked."""
    _err(f"\n{outcome}: aborted.")


def wrong_answer(error: AnswerError) -> None:
    """Print why an answer doesn't fit, before the question is asked again."""
    _err(_red("No: ") + plain(f"{error.fact} {error.next_action}".strip()))


def check(result: CheckResult, format_: str = "text") -> None:
    """Print what differs, what to do about it, and in the last line whether anything does.

    :param format_: one of :data:`~.formats.FORMATS`.
    """
    said = report(result)
    if format_ == "github":
        for annotation in formats.github(result):
            write(annotation)
        _out(styled(said.last))
        _summarise("in sync" if result.in_sync else "drift", str(said))
        return
    _remark(said.remarks)
    if format_ == "json":
        write(formats.as_json(result, next_command(result)))
        return
    if format_ == "gitlab":
        write(formats.gitlab(result))
    show = _err if format_ == "gitlab" else _out
    for line in said.body:
        show(styled(line))
    _remark(said.notes)
    show(styled(said.last))


def _summarise(outcome: str, text: str) -> None:
    """Add to the summary of a job of GitHub Actions, where there is one."""
    path = os.environ.get("GITHUB_STEP_SUMMARY")
    if not path:
        return
    try:
        with Path(path).open("a", encoding="utf-8", errors="backslashreplace") as file:
            file.write(formats.summary(outcome, text))
    except OSError as error:
        note(f"GITHUB_STEP_SUMMARY can't be written to: {error}")


def styled(line: Line) -> str:
    """Return a line in its colours."""
    return click.style(line.head, **_TONES[line.tone]) + line.tail


def answers(options: Sequence[str]) -> None:
    """Print the options that give the answers which were given to questions."""
    if options:
        _err("The same without questions: " + plain(" ".join(options)))


def sync(result: SyncResult, *, dry_run: bool, planned: bool = True, asked: bool = False) -> None:
    """Print what was written, what it costs, and what to do next.

    :param planned: whether what changes, and what it costs, is still to be told.
    :param asked: whether somebody was asked what was renamed.
    """
    if planned:
        plans(result, dry_run=dry_run)
    how = "remove the file and say so" if result.path else "say so"
    for hint in dict.fromkeys(renames_instead(result.plans, how) if not asked else ()):
        note(hint)
    if not result.plans or result.sql is not None:
        return
    if result.path is not None:
        wrote = f"Wrote {plain(_relative(result.path))}"
        try:
            _out(wrote)
        except OutputFailed as failed:
            raise OutputFailed(failed.error, wrote) from None
        _err(f"Next: read it, then run: flask {result.command} upgrade")
    elif dry_run:
        _err("Nothing was written, as this is a dry run.")
    elif result.declined:
        _err("Nothing was written.")
    else:
        _err("The app's process_revision_directives took the revision away: nothing was written.")


def rehearsed(result: SyncResult) -> None:
    """Print what ran on the database before it was written, and what did not, and why."""
    if result.declined or result.sql is not None:
        return
    from ..rehearsal import proof

    made = [(plan.database, plan.rehearsal) for plan in result.plans if plan.rehearsal]
    proven = proof(made, result.command)
    for text in proven.notes:
        note(text)
    if proven.line:
        _err(plain(proven.line))


def plans(result: SyncResult, *, dry_run: bool = False) -> None:
    """Print what changes, and what it costs."""
    _remark(skipped(result.skipped))
    _remark(not_looked_at(result.unlooked))
    columns = [*result.missing_columns, *(c for enum in result.new for c in enum.columns)]
    if columns:
        note(left_to_migrate(columns, result.command))
    for wrong in result.wrong_columns:
        note(f"{is_wrong(wrong)}; convert the column in a migration of your own.")
    for held in result.unknown:
        note(
            f"could not tell whether rows of {held.column} hold {held.label!r}; "
            "the migration refuses if one does."
        )
    for change in result.unread:
        note(unread(change))
    if not result.plans:
        agree = "The enums of models and database agree" if result.compared else NOT_COMPARED
        _err(f"{agree}: nothing to write.")
        if not result.compared:
            command = f"flask {result.command} enum sync --from-migrations"
            _err(f"To write a revision without a database: {command}")
        return
    for routine in dict.fromkeys(r for plan in result.plans for r in plan.plan.upgrade.untouched):
        note(f"{routine} isn't ours to touch: sessions that ran it must reconnect afterwards.")
    if result.sql is not None:
        write(result.sql, nl=False)
        return
    if dry_run:
        _bodies(result.plans)
    for plan in result.plans:
        _plan(plan)
    if result.unseen_values:
        _err(plain(unseen_values(result.unseen_values)))


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
            _out(f"def {function}{bind}():\n{textwrap.indent(source, '    ')}\n")


def _plan(plan: BindPlan) -> None:
    pairs = {pair.live.name: pair for pair in plan.database.pairing.pairs}
    for change in plan.changes:
        _err(_heading(str(change.name), plan.database.bind))
        for line in changes(change):
            _err(styled(line))
        if change.name in pairs and (hint := names_and_values(pairs[change.name])):
            _err(f"  Hint: {plain(hint)}")
    for created in plan.creates:
        _err(_heading(str(created.name), plan.database.bind))
        _err(click.style(f"  + {plain(describe_created(created))}", fg="green"))
    for conversion in plan.conversions:
        _err(_heading(str(conversion), plan.database.bind))
        _err(click.style(f"  ~ {plain(describe_conversion(conversion))}", fg="yellow"))
    for drop in plan.drops:
        _err(_heading(str(drop.name), plan.database.bind))
        _err(click.style("  - drop the type, which nothing uses", fg="red"))
    _err("  Upgrade:   " + _cost(plan, plan.plan.upgrade))
    _err("  Downgrade: " + _cost(plan, plan.plan.downgrade))
    for remark in plan.plan.upgrade.remarks:
        _err(f"  {plain(remark)}")


def _cost(plan: BindPlan, direction: Direction) -> str:
    if direction.refusals:
        return "can't be done: " + plain(" ".join(r.fact for r in direction.refusals))
    if not direction.rewritten:
        return INSTANT + "."
    return plain(cost(direction.rewritten, direction.rebuilt, plan.database.facts.sizes))


def table(result: CheckResult) -> None:
    """Print a table of all enum types."""
    _remark(skipped(result.skipped))
    _remark(left_out(result))
    if not result.databases:
        _err(f"{NOT_COMPARED}.")
        return
    if not result.enums and result.unlooked:
        _err(f"{NOT_COMPARED}.")
        return
    if not result.enums:
        _err("There are no enum types, neither in the models nor in the database.")
        return
    width = shutil.get_terminal_size().columns if is_terminal(sys.stdout) else None
    for line, state in listing.table(result, width):
        _out(click.style(line, fg=_COLOURS[state]) if state in _COLOURS else line)


def _remark(notes: Iterable[str]) -> None:
    for text in notes:
        note(text)


def _heading(name: str, bind: str) -> str:
    return styled(heading(name, bind))


def _red(text: str) -> str:
    return click.style(text, fg="red")


def note(text: str, command: str = "") -> None:
    """Print what else there is to say.

    :param command: what it says to run, on a line of its own.
    """
    _err(click.style("Note", fg="yellow") + ": " + plain(text))
    if command:
        _err("    " + plain(command))


def _out(text: str) -> None:
    _print(text, sys.stdout, err=False)


def _err(text: str) -> None:
    _print(text, sys.stderr, err=True)


def _print(text: str, stream: Any, *, err: bool) -> None:
    """Print a line, also on a terminal whose encoding lacks a letter of a label."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    safe = text.encode(encoding, "backslashreplace").decode(encoding)
    write(safe, err=err, color=False if os.environ.get("NO_COLOR") else None)
