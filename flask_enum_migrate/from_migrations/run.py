"""Run all migrations of an app, revision by revision, and say which one fails."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.exc import DBAPIError

from ..app.driver_errors import masked
from ..app.driver_errors import said
from ..app.environment import Environment
from ..core.diagnosis import sqlstate
from ..core.errors import EnumMigrateError
from ..core.errors import EnvironmentFailed


@dataclass(frozen=True)
class Progress:
    """How far the migrations of one bind have got.

    :param bind: the bind's name, ``""`` for the default one.
    :param database: what they run on, such as ``"PostgreSQL 18.6"``.
    :param done: how many revisions have run.
    :param total: how many there are.
    :param revision: the one that runs now, ``""`` at the end.
    :param message: its message.
    """

    bind: str
    database: str
    done: int
    total: int
    revision: str = ""
    message: str = ""


Report = Callable[[Progress], None]


class ChainFailed(EnumMigrateError):
    """The migrations don't run from the first to the last on an empty database.

    :param revision: the revision that failed, ``""`` if it was none in particular.
    :param message: its message.
    :param path: its file.
    :param said: what the database, or Python, said.
    """

    def __init__(
        self, said: str, next_action: str, revision: str = "", message: str = "", path: str = ""
    ) -> None:
        self.said = said
        self.revision = revision
        self.message = message
        self.path = path
        where = f" revision {revision} ({message}) in {path} failed:" if revision else ""
        super().__init__(
            f"The migrations don't run on an empty database:{where} {said}", next_action
        )


def upgrade(
    environment: Environment,
    report: Report,
    describe: Callable[[MigrationContext], str],
) -> None:
    """Run the app's env.py and all its migrations, as ``flask db upgrade heads`` does.

    :param report: called before each revision of each bind, and after its last.
    :param describe: says what a bind's migrations run on, or ``""`` to run none there.
    :raises ChainFailed: if a revision fails, or what it did can't be committed.
    :raises EnvironmentFailed: if env.py fails.
    """
    config = environment.config()
    options: Any = config.cmd_opts
    options.autogenerate = False
    script = ScriptDirectory.from_config(config)

    def steps(revisions: Any, context: MigrationContext) -> list[Any]:
        database = describe(context)
        if not database:
            return []
        token = str(context.opts.get("upgrade_token") or "upgrades")
        bind = token.removesuffix("upgrades").removesuffix("_")
        found: list[Any] = script._upgrade_revs("heads", revisions)
        total = len(found)
        for number, step in enumerate(found):
            now = Progress(bind, database, number, total, step.revision.revision, step.doc or "")
            step.migration_fn = _reported(step, now, report, environment.command)
        if found:  # a bind's last revision is followed by its end
            found[-1].migration_fn = _followed(
                found[-1].migration_fn, lambda: report(Progress(bind, database, total, total))
            )
        return found

    try:
        environment.run(steps, config, script, destination_rev="heads")
    except EnvironmentFailed as error:
        if isinstance(error.__cause__, DBAPIError):
            raise _failure(error.__cause__, environment.command) from error
        raise


def _reported(step: Any, now: Progress, report: Report, command: str) -> Callable[..., None]:
    """Return a revision's function that tells before it runs and names the one that fails."""
    function = step.migration_fn

    def run(**options: Any) -> None:
        report(now)
        try:
            function(**options)
        except EnumMigrateError:
            raise
        except Exception as error:
            path = Path(step.revision.path)
            shown = path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
            raise _failure(error, command, now.revision, now.message, shown.as_posix()) from error

    return run


def _followed(function: Callable[..., None], then: Callable[[], None]) -> Callable[..., None]:
    def run(**options: Any) -> None:
        function(**options)
        then()

    return run


def _failure(error: Exception, command: str, *revision: str) -> ChainFailed:
    if not isinstance(error, DBAPIError):
        told = masked(f"{type(error).__name__}: {error}".removesuffix("."))
        return ChainFailed(f"{told}.", f"Does `flask {command} upgrade` work?", *revision)
    return ChainFailed(f"{said(error)}.", _advice(error, command), *revision)


_MISSING = {"3F000": "schema", "42704": "object", "42883": "function", "42P01": "table"}
_NOT_INSTALLED = {"0A000", "58P01", "22023", "42704"}


def _advice(error: DBAPIError, command: str) -> str:
    """Return what to do about an error, by its SQLSTATE."""
    if advice := not_installed(error):
        return advice
    if made := _MISSING.get(sqlstate(error.orig)):
        return (
            f"If no migration is meant to make this {made}, make it beforehand: "
            "--init-sql FILE, with CREATE ROLE, SCHEMA, EXTENSION, …"
        )
    return f"Does `flask {command} upgrade` work on an empty database?"


def not_installed(error: DBAPIError) -> str:
    """Return what to do where a server lacks an extension or a collation, or else ``""``."""
    said = str(error.orig)
    if sqlstate(error.orig) in _NOT_INSTALLED and (
        'extension "' in said or "extension control file" in said or 'collation "' in said
    ):
        return "Name a server that has it: --server URL."
    return ""
