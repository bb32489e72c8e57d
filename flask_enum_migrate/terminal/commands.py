"""The commands ``flask db enum …``: options in, text and exit code out."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import ExitStack
from contextlib import contextmanager
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING
from typing import Any

import click
from flask import g
from flask.cli import with_appcontext

from ..core import exit_codes
from ..core.errors import EnvironmentFailed
from ..settings import current_settings
from .exits import NOTHING_WRITTEN
from .exits import errors

if TYPE_CHECKING:
    from ..app.environment import Environment
    from ..core.rename_and_map import Flags
    from ..sync import SyncResult


class _Texts(click.Command):
    """A help text that names the command group as the app does."""

    def get_help(self, ctx: click.Context) -> str:
        said, group = super().get_help(ctx), ctx
        while group.command is not enum and group.parent is not None:
            group = group.parent
        return said.replace("flask db enum", group.command_path)


class _Command(_Texts):
    """Keeps Python from looking for garbage among the app's own objects, which all stay.

    In an app with a thousand tables that took a third of the command's time.
    """

    def invoke(self, ctx: click.Context) -> Any:
        gc.freeze()
        try:
            return super().invoke(ctx)
        finally:
            gc.unfreeze()


class _Group(_Texts, click.Group):
    command_class = _Command


@click.group(cls=_Group)
def enum() -> None:
    """Keep PostgreSQL's enums in step with the models.

    \b
    flask db enum check    say whether they differ
    flask db enum sync     write the migration for what differs
    flask db enum list     show all enum types
    """


def _shared(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that Flask-Migrate's commands have too."""
    for option in (
        click.option("-x", "--x-arg", multiple=True, help="Argument for a customised env.py."),
        click.option(
            "-d", "--directory", help='Migration script directory (default is "migrations").'
        ),
    ):
        command = option(command)
    return with_appcontext(command)


def _server(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say on which server migrations are run."""
    for option in (
        click.option(
            "--init-sql",
            metavar="FILE",
            type=click.Path(exists=True, dir_okay=False),
            help="SQL to run there first: roles, schemas and extensions that the migrations "
            "expect.",
        ),
        click.option(
            "--server",
            metavar="URL",
            help="PostgreSQL server for the throwaway databases, as "
            "postgresql://ROLE:PASSWORD@HOST:PORT (default: an embedded one).",
        ),
    ):
        command = option(command)
    return command


def _require_migrations(from_migrations: bool, **given: object) -> None:
    """Refuse options that mean nothing without ``--from-migrations``."""
    if not from_migrations and any(given.values()):
        named = [f"--{name.replace('_', '-')}" for name in given]
        listed = f"{', '.join(named[:-1])} and {named[-1]}"
        raise click.UsageError(f"{listed} belong to --from-migrations.")


@contextmanager
def _databases(
    environment: Callable[[], Environment],
    from_migrations: bool,
    server: str | None,
    init_sql: str | None,
) -> Iterator[None]:
    """Look at the app's own databases, or at those that its migrations make."""
    if not from_migrations:
        yield
        return
    from ..from_migrations.migrated import migrated
    from .progress import ProgressLine
    from .streams import reserved

    line = ProgressLine()
    with ExitStack() as stack:
        try:
            with reserved():
                stack.enter_context(
                    migrated(environment(), server=server, init_sql=init_sql, progress=line)
                )
        finally:
            line.close()
        yield


def _place(directory: str | None, x_arg: tuple[str, ...]) -> dict[str, Any]:
    """Return what was given to this command, or else to the ``db`` group.

    Migrate.get_config() reads the group's ``-x`` itself.
    """
    return {"directory": directory or g.get("directory"), "x_arg": x_arg}


@enum.command()
@click.option("-m", "--message", help="Revision message (default: made from the changes).")
@click.option(
    "--rename",
    multiple=True,
    metavar="[[SCHEMA.]TYPE.]OLD=NEW",
    help="The label OLD became NEW. Rows, defaults and views follow.",
)
@click.option(
    "--retire",
    multiple=True,
    metavar="TYPE.OLD",
    help="The label OLD stays in the type, and a CHECK keeps it out of all rows: no table is "
    "rewritten, nor locked for long.",
)
@click.option(
    "--map",
    "map_",
    multiple=True,
    metavar="TYPE.OLD=NEW",
    help="Rows that hold the removed or retired label OLD become NEW; on a downgrade OLD again, "
    "if NEW is new and theirs alone. Where a string becomes an enum, OLD is any value.",
)
@click.option(
    "--map-null",
    multiple=True,
    metavar="TYPE.OLD",
    help="Rows that hold the removed label OLD become NULL.",
)
@click.option(
    "--downgrade-map",
    multiple=True,
    metavar="TYPE.NEW=OLD",
    help="On a downgrade, rows that hold the added label NEW become OLD (default: what --map "
    "says, or refuse).",
)
@click.option("--no-input", is_flag=True, help="Never ask; refuse instead.")
@click.option("--dry-run", is_flag=True, help="Print the revision's body, write nothing.")
@click.option("--sql", is_flag=True, help="Print the upgrade as SQL, write nothing.")
@click.option("--drop-unused", is_flag=True, help="Drop enum types that nothing uses.")
@click.option(
    "--keep-expressions",
    is_flag=True,
    help="Refuse what takes a label out of a CHECK or a view.",
)
@click.option("--drop-retired", is_flag=True, help="Remove retired labels; rewrites their tables.")
@click.option(
    "--rehearse/--no-rehearse",
    default=None,
    help="Run it on this database first and roll it back, whatever its size, or never (default: "
    "where at most ENUM_MIGRATE_REHEARSE is rewritten).",
)
@click.option("--head", default="head", help="Revision or <branch>@head to build on.")
@click.option("--splice", is_flag=True, help="Allow a non-head revision as --head.")
@click.option("--branch-label", help="Label of a branch that begins here.")
@click.option("--version-path", help="Folder for the file, out of version_locations.")
@click.option("--rev-id", help="Revision id (default: a made one).")
@click.option(
    "--from-migrations",
    is_flag=True,
    help="Compare with what the migrations make of an empty throwaway database.",
)
@_server
@_shared
def sync(
    message: str | None,
    rename: tuple[str, ...],
    retire: tuple[str, ...],
    map_: tuple[str, ...],
    map_null: tuple[str, ...],
    downgrade_map: tuple[str, ...],
    no_input: bool,
    dry_run: bool,
    sql: bool,
    drop_unused: bool,
    keep_expressions: bool,
    drop_retired: bool,
    rehearse: bool | None,
    head: str,
    splice: bool,
    branch_label: str | None,
    version_path: str | None,
    rev_id: str | None,
    from_migrations: bool,
    server: str | None,
    init_sql: str | None,
    directory: str | None,
    x_arg: tuple[str, ...],
) -> None:
    """Write a migration for every enum whose labels changed.

    It compares the models with the live database, which has to be at head, and writes one
    revision, or nothing where nothing differs. With --from-migrations it needs no database: it
    runs all migrations in empty ones, and looks there. Removed labels that rows still hold need an
    answer: --rename, --map or --map-null. Where two schemas have a type of that name, write
    SCHEMA.TYPE in each of these options. An enum that is a string under a CHECK is called
    TABLE.COLUMN.

    \b
    Examples:
      flask db enum sync -m "Add LOGOUT_SUCCESS"
      flask db enum sync --rename LOGIN_FAILURE=LOGIN_DENIED
      flask db enum sync --map eventtype.PASSWORD_RESET=PASSWORD_CHANGE
      flask db enum sync --map-null eventtype.PASSWORD_RESET
      flask db enum sync --retire eventtype.PASSWORD_RESET
      flask db enum sync --downgrade-map eventtype.LOGOUT_SUCCESS=LOGIN_SUCCESS
      flask db enum sync --dry-run
      flask db enum sync --from-migrations

    \b
    Exit codes:
      0  written, or nothing to do
      1  refused: it needs an answer or can't be done safely; nothing was written
      2  bad usage, or it could not look
    """
    from ..app.environment import Environment
    from ..core.rename_and_map import Flags
    from ..revision.file import RevisionOptions
    from ..sync import Wanted
    from ..sync import look
    from ..sync import sync as write
    from . import output
    from . import streams
    from .progress import Rehearsing
    from .prompt import Conversation
    from .questions import Differing

    if dry_run and sql:
        raise click.UsageError("--dry-run and --sql exclude each other.")
    _require_migrations(from_migrations, server=server, init_sql=init_sql)
    place = _place(directory, x_arg)
    asks = not no_input and streams.is_terminal(sys.stdin)

    def run(flags: Flags, rewritten: frozenset[str]) -> SyncResult:
        settings = current_settings().told(
            drop_unused=drop_unused or None,
            keep_expressions=keep_expressions or None,
            rehearse=rehearse,
        )
        wanted = Wanted(message, flags, options, dry_run, sql, from_migrations, drop_retired)
        if asks:
            wanted = replace(wanted, rewritten=rewritten)
        confirm = _confirm if asks else None
        with nullcontext() if asks else streams.reserved():
            environment = Environment(**place)
            return write(environment, settings, wanted, confirm=confirm, rehearsing=Rehearsing)

    talk = Conversation(Flags(rename, map_, map_null, downgrade_map, retire))
    with (
        errors(NOTHING_WRITTEN, again=talk.again),
        _databases(partial(Environment, **place), from_migrations, server, init_sql),
    ):
        options = RevisionOptions(head, splice, branch_label, version_path, rev_id)
        differing = None
        if asks:
            found = look(Environment(**place), current_settings(), head)
            differing = Differing.of(found, talk.given, from_migrations=from_migrations)
        result = talk.run(run, differing)
        confirmed = asks and result.plans and not dry_run and not sql
        output.sync(result, dry_run=dry_run, planned=not confirmed, asked=asks)
        output.answers(talk.again())
        output.rehearsed(result)
    if result.declined:
        sys.exit(exit_codes.DIFFERS)


def _confirm(result: SyncResult) -> bool:
    """Show the whole plan and ask once before anything is written."""
    from . import output

    click.echo(err=True)
    output.plans(result, asked=True)
    return click.confirm("Write this migration?", default=True, err=True)


@enum.command()
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "json", "github", "gitlab"]),
    default="text",
    show_default=True,
    help="For a person, a program, a workflow of GitHub Actions, or GitLab's Code Quality.",
)
@click.option(
    "--from-migrations",
    is_flag=True,
    help="Compare with what the migrations make of an empty throwaway database.",
)
@click.option(
    "--tables",
    is_flag=True,
    help="With --from-migrations: compare all of the tables too, as `flask db check` does.",
)
@click.option(
    "--rows",
    is_flag=True,
    help="Look which values rows of strings (native_enum=False) hold that are no label.",
)
@_server
@_shared
def check(
    format_: str,
    from_migrations: bool,
    tables: bool,
    rows: bool,
    server: str | None,
    init_sql: str | None,
    directory: str | None,
    x_arg: tuple[str, ...],
) -> None:
    """Say whether the models' enums and the database's agree.

    It reads nothing but the catalogs, and rows with --rows, and writes nothing. With
    --from-migrations it doesn't connect to the app's databases at all: it runs all migrations in
    empty databases, which are removed afterwards, and looks there.

    \b
    Examples:
      flask db enum check
      flask db enum check --format github
      flask db enum check --rows
      flask db enum check --from-migrations
      flask db enum check --from-migrations --tables

    \b
    Exit codes (the last line says which):
      0  in sync
      1  drift
      2  it could not tell
    """
    from ..app.environment import Environment
    from ..check import check as check_databases
    from ..check import check_migrations
    from . import output
    from .progress import ProgressLine
    from .streams import reserved

    _require_migrations(from_migrations, server=server, init_sql=init_sql, tables=tables)
    if rows and from_migrations:
        raise click.UsageError("--rows looks at rows, and --from-migrations has none.")
    with errors("Could not tell", format_):
        line = ProgressLine()
        try:
            settings, environment = current_settings(), Environment(**_place(directory, x_arg))
            with reserved():
                if from_migrations:
                    result = check_migrations(
                        environment,
                        settings,
                        server=server,
                        init_sql=init_sql,
                        progress=line,
                        tables=tables,
                    )
                else:
                    result = check_databases(environment, settings, rows=rows)
        except KeyboardInterrupt:
            raise EnvironmentFailed("It was interrupted.") from None
        finally:
            line.close()
        output.check(result, format_)
    sys.exit(exit_codes.DONE if result.in_sync else exit_codes.DIFFERS)


@enum.command("list")
@click.option("--drift", is_flag=True, help="Show only the types that differ.")
@_shared
def list_(drift: bool, directory: str | None, x_arg: tuple[str, ...]) -> None:
    """Show all enum types of models and databases.

    \b
    STATE says:
      in sync                  models and database agree
      differs                  labels, order, name or schema differ
      columns of another type  a column of the models has another type
      not in the database      only new tables or columns need it
      not in the models        something uses it, but no model does
      unused                   nothing uses it

    Types that differ come first. Behind - stands what only the database has, behind + what only
    the models have.

    \b
    Examples:
      flask db enum list
      flask db enum list --drift

    \b
    Exit codes:
      0  shown, whatever the states are
      2  it could not tell
    """
    from ..app.environment import Environment
    from ..check import check as check_databases
    from . import output
    from .streams import reserved

    with errors("Could not tell"):
        settings = current_settings()
        with reserved():
            result = check_databases(Environment(**_place(directory, x_arg)), settings)
        output.table(result, drift=drift)
