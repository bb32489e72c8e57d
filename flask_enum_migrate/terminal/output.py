"""Results as a person reads them: data on standard output, everything else on standard error."""

from __future__ import annotations

import os
import sys
import textwrap
from collections.abc import Iterable
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..check import DIFFERS
from ..check import IN_SYNC
from ..check import WRONG_COLUMNS
from ..check import CheckResult
from ..core.errors import AnswerError
from ..core.errors import EnumMigrateError
from ..core.errors import Refused
from ..core.errors import typed
from ..core.fleets import once
from ..core.hints import other_sides
from ..core.hints import sync_command
from ..core.wording import is_wrong
from ..core.wording import plain
from ..core.wording import unread
from ..report.advice import next_command
from ..report.check import NOT_COMPARED
from ..report.check import left_out
from ..report.check import left_to_migrate
from ..report.check import not_looked_at
from ..report.check import report
from ..report.check import skipped
from ..report.sync import unseen_values
from . import formats
from . import plan as layout
from . import table as listing
from .advice import renames_instead
from .printing import echo
from .printing import ending
from .printing import err
from .printing import hint
from .printing import note
from .printing import out
from .printing import paste
from .printing import red
from .printing import styled
from .streams import OutputFailed
from .streams import width_of
from .streams import write

if TYPE_CHECKING:
    from ..sync import BindPlan
    from ..sync import SyncResult

_COLOURS = {IN_SYNC: "green", DIFFERS: "red", WRONG_COLUMNS: "red"}


def failure(error: EnumMigrateError, outcome: str, format_: str = "text", again: str = "") -> None:
    """Print why a command stops.

    :param outcome: what this means for what was asked, as the last line begins.
    :param format_: one of :data:`~.formats.FORMATS`.
    :param again: the command that goes on from here, if there is one.
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
            err(red("Refused") + ": " + plain(str(refusal)))
            for flag in refusal.flags:
                paste(flag)
        for text in error.hints:
            hint(text)
        ending("Nothing was written.", again)
    elif isinstance(error, AnswerError):
        given = plain(typed(error.option, error.value))
        err(red("Bad option") + f": {given}: {plain(error.problem)}.")
        if error.candidates:
            err("It could be:" if len(error.candidates) > 1 else "Did you mean this?")
        for candidate in error.candidates:
            paste(typed(error.option, candidate))
        err("Nothing was written.")
    else:
        err(red(outcome) + ": " + plain(f"{error.fact} {error.next_action}".strip()))


def unwritten(failed: OutputFailed, outcome: str) -> None:
    """Print that standard output can't be written to, and what was done nevertheless.

    :param outcome: what this means for what was asked, if nothing was done.
    """
    why = f"standard output can't be written to: {failed.error.strerror}."
    if failed.done:
        err(f"{failed.done}\n{why[0].upper()}{why[1:]}")
    else:
        err(red(outcome) + ": " + why)


def aborted(outcome: str, how: str = "aborted", again: str = "") -> None:
    """Print that a question was left unanswered, and what this means for what was asked.

    :param again: the command that goes on from here, if there is one.
    """
    ending(f"{'' if how == 'stopped' else chr(10)}{outcome}: {how}.", again)


def check(result: CheckResult, format_: str = "text") -> None:
    """Print what differs, what to do about it, and in the last line whether anything does.

    :param format_: one of :data:`~.formats.FORMATS`.
    """
    said = report(result)
    if format_ == "github":
        for annotation in formats.github(result):
            write(annotation)
        out(styled(said.last))
        _summarise(formats.outcome(result), str(said))
        return
    _remark(said.remarks)
    if format_ == "json":
        write(formats.as_json(result, next_command(result)))
        return
    if format_ == "gitlab":
        write(formats.gitlab(result))
    show = err if format_ == "gitlab" else out
    for line in said.body:
        show(styled(line))
    _remark(said.notes)
    for text in said.hints:
        hint(text, show)
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


def answers(again: str) -> None:
    """Print the command that gives the answers which were given to questions."""
    if again:
        err("The same without questions:")
        paste(again)


def sync(result: SyncResult, *, dry_run: bool, planned: bool = True, asked: bool = False) -> None:
    """Print what was written, what it costs, and what to do next.

    :param planned: whether what changes, and what it costs, is still to be told.
    :param asked: whether somebody was asked what was renamed.
    """
    if planned:
        plans(result, dry_run=dry_run, asked=asked)
    how = "remove the file and say so" if result.path else "say so"
    for text in dict.fromkeys(renames_instead(result.plans, how) if not asked else ()):
        note(text)
    if not result.plans or result.sql is not None:
        return
    if result.path is not None:
        wrote = f"Wrote {plain(_relative(result.path))}"
        try:
            out(wrote)
        except OutputFailed as failed:
            raise OutputFailed(failed.error, wrote) from None
        err(f"Next: read it, then run: flask {result.command} upgrade")
    elif dry_run:
        err("Nothing was written, as this is a dry run.")
    elif result.declined:
        err("Nothing was written.")
    else:
        err("The app's process_revision_directives took the revision away: nothing was written.")


def rehearsed(result: SyncResult) -> None:
    """Print what ran on the database before it was written, and what did not, and why."""
    if result.declined:
        return
    from ..rehearsal import proof

    made = [(plan.database, plan.rehearsal) for plan in result.plans if plan.rehearsal]
    proven = proof(made, result.command)
    for text in proven.notes:
        note(text)
    if proven.line and result.sql is None:
        err(plain(proven.line))


def plans(result: SyncResult, *, dry_run: bool = False, asked: bool = False) -> None:
    """Print what changes, and what it costs.

    :param asked: whether somebody was asked what was renamed.
    """
    _remark(skipped(result.skipped))
    _remark(not_looked_at(result.unlooked))
    new = [one for enum in result.new for one in (enum.columns or (enum,))]
    if new := [*result.missing_columns, *new]:
        note(left_to_migrate(new, result.command))
    for wrong in result.wrong_columns:
        note(f"{is_wrong(wrong)}; convert the column in a migration of your own.")
    fleet = layout.fleet_of(result.plans)
    unknown = [
        (
            fleet.tenant(None, held.column.table.schema),
            f"could not tell whether rows of {held.column} hold {held.label!r}; "
            "the migration refuses if one does.",
        )
        for held in result.unknown
    ]
    unknown += [(fleet.tenant(None, one.table.schema), unread(one)) for one in result.unread]
    for text in once(unknown):
        note(text)
    if not result.plans:
        agree = "The enums of models and database agree" if result.compared else NOT_COMPARED
        err(f"{agree}: nothing to write.")
        if not result.compared:
            without = sync_command(result.command, from_migrations=True)
            err(f"To write a revision without a database: {without}")
        return
    for routine in dict.fromkeys(r for plan in result.plans for r in plan.plan.upgrade.untouched):
        note(f"{routine} isn't ours to touch: sessions that ran it must reconnect afterwards.")
    if result.sql is not None:
        write(result.sql, nl=False)
        return
    if dry_run:
        _bodies(result.plans)
    width = width_of(sys.stderr)
    if not asked:
        for text in _hints(result):
            hint(text)
    for schemas, alike in layout.groups(result.plans):
        for line in layout.lines(alike, schemas, width, rows_known=not result.from_migrations):
            echo(styled(line), err=True)
    if result.unseen_values:
        err(plain(unseen_values(result.unseen_values)))


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
            body = f"def {function}{bind}():\n{textwrap.indent(source, '    ')}\n"
            echo(body, err=False)
    if functions := next((plan.body.functions for plan in plans if plan.body.functions), ""):
        echo(f"\n{functions}\n", err=False)


def _hints(result: SyncResult) -> tuple[str, ...]:
    """Return what explains labels that go better than that they go."""
    pairs = [
        pair
        for plan in result.plans
        for pair in plan.database.pairing.pairs
        if any(change.name == pair.live.name and change.removed for change in plan.changes)
    ]
    return other_sides(pairs, sync_command(result.command, from_migrations=result.from_migrations))


def table(result: CheckResult, *, drift: bool = False) -> None:
    """Print a table of all enum types, and how many differ.

    :param drift: whether to print only those that differ.
    """
    _remark(skipped(result.skipped))
    _remark(left_out(result))
    if not result.databases or (not result.enums and result.unlooked):
        err(f"{NOT_COMPARED}.")
        return
    if not result.enums:
        err("There are no enum types, neither in the models nor in the database.")
        return
    for line, state in listing.table(result, width_of(sys.stdout), drift=drift):
        echo(click.style(line, fg=_COLOURS[state]) if state in _COLOURS else line, err=False)
    err(listing.summary(result))


def _remark(notes: Iterable[str]) -> None:
    for text in notes:
        note(text)
