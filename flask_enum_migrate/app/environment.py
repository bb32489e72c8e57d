"""Run the app's own env.py to look at its databases, and know where its migrations stand.

Connections, metadata and binds are env.py's: whatever the app customised there holds here too.
"""

from __future__ import annotations

import inspect
import logging
import sys
import traceback
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from contextlib import contextmanager
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from alembic.script import Script
from alembic.script import ScriptDirectory
from alembic.script.revision import RevisionError
from alembic.util import CommandError
from flask import current_app
from flask_migrate import stamp
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import SQLAlchemyError

from ..core.errors import EnumMigrateError
from ..core.errors import EnvironmentFailed
from ..core.errors import HeadsError
from ..core.errors import NotInitialised
from . import loggers
from .driver_errors import masked
from .driver_errors import refused

Visit = Callable[[MigrationContext, tuple[str, ...]], None]


class Environment:
    """The migrations of the current app.

    :param directory: the migrations folder, or None for the one that Migrate was given.
    :param x_arg: arguments for a customised env.py.
    :raises NotInitialised: without Flask-Migrate or a migrations folder.
    """

    def __init__(self, directory: str | None = None, x_arg: Iterable[str] = ()) -> None:
        try:
            migrate = current_app.extensions["migrate"].migrate
        except KeyError:
            raise NotInitialised(
                "Flask-Migrate isn't set up for this app.",
                "Call Migrate().init_app(app, db), or EnumMigrate().init_app(app, db).",
            ) from None
        self._migrate = migrate
        self._x_arg = list(x_arg)
        self.directory = Path(directory or migrate.directory)
        if not (self.directory / "env.py").is_file():
            where = "" if directory is None else f" -d {directory}"
            raise NotInitialised(
                f"There is no migrations folder {str(self.directory)!r} (no env.py in it).",
                f"Create it: flask {migrate.command} init{where}",
            )
        with one_line(self.directory):
            self.script = ScriptDirectory.from_config(self.config())

    @property
    def command(self) -> str:
        """The name of Flask-Migrate's command group in this app."""
        return str(self._migrate.command)

    def config(self) -> Config:
        """Return a fresh Alembic configuration that prints nothing.

        Its ``autogenerate`` says, as in ``flask db migrate``, that the models decide: the app's
        process_revision_directives may leave alone what a person writes by ``flask db revision``.
        It is set from the start, because env.py keeps the hook of its first run.
        """
        config: Config = self._migrate.get_config(
            str(self.directory.resolve()), x_arg=self._x_arg or None
        )
        options: Any = config.cmd_opts
        options.quiet = options.autogenerate = True
        return config

    def visit(self, visit: Visit) -> None:
        """Run env.py without changing anything.

        :param visit: called once per bind, within env.py's connection, with the migration
            context and the revisions the database is at.
        :raises EnvironmentFailed: if env.py, or the connection it opens, fails.
        """

        def look(revisions: Any, context: MigrationContext) -> list[Any]:
            visit(context, tuple(revisions))
            return []

        config = self.config()
        self.run(look, config, ScriptDirectory.from_config(config), dont_mutate=True)

    def run(
        self,
        fn: Callable[[Any, MigrationContext], list[Any]],
        config: Config,
        script: ScriptDirectory,
        **options: Any,
    ) -> None:
        """Run env.py.

        :param fn: called once per bind; returns the migration steps to run.
        :param options: what env.py finds in its context, and Alembic in that.
        :raises EnvironmentFailed: if env.py, or the connection it opens, fails.
        """
        with (
            one_line(self.directory, command=self.command),
            loggers.kept(),
            quiet(),
            EnvironmentContext(config, script, fn=fn, **options),
        ):
            script.run_env()

    def heads(self, head: str = "head") -> tuple[str, ...]:
        """Return the revisions that ``head`` means.

        :raises HeadsError: if there are several, or none of that name.
        :raises EnvironmentFailed: if a revision file doesn't load.
        """
        try:
            with one_line(self.directory, CommandError):
                found: tuple[Script | None, ...] = self.script.get_revisions(head)
        except CommandError as error:
            if head == "head" and len(heads := self.script.get_heads()) > 1:
                raise HeadsError(
                    f"The migrations have {len(heads)} heads: {', '.join(heads)}.",
                    f"Merge them (flask {self.command} merge heads) or pass --head REVISION.",
                ) from error
            raise HeadsError(f"--head {head!r}: {error}.", "") from error
        # None stands for the base of migrations that have no revision yet.
        return tuple(script.revision for script in found if script is not None)

    def is_at(self, revisions: tuple[str, ...], target: tuple[str, ...]) -> bool:
        """Return whether a database at some revisions has everything up to the target."""
        try:
            applied = {
                revision.revision
                for revision in self.script.iterate_revisions(revisions or "base", "base")
            }
        except (CommandError, RevisionError) as error:
            head = "head" if len(self.script.get_heads()) == 1 else "heads"
            how = f"flask {self.command} stamp --purge {head}"
            if "purge" not in inspect.signature(stamp).parameters:  # Flask-Migrate 4.0
                how = f"DELETE FROM alembic_version, and flask {self.command} stamp {head}"
            raise EnvironmentFailed(
                f"The database is at {', '.join(revisions)}, which the migrations don't know: "
                f"{error}.",
                "Check out the code that has this migration, or do without this database: check "
                "and sync take --from-migrations. Or, if the schema is that of the last one: "
                f"{how}",
            ) from error
        return set(target) <= applied


@contextmanager
def quiet() -> Iterator[None]:
    """Keep Alembic's INFO lines of a mere look from the user, whatever env.py configures.

    Standard output is for data: what env.py, hooks and older Alembic print goes to standard error.
    """
    previous = logging.root.manager.disable
    logging.disable(max(previous, logging.INFO))
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        logging.disable(previous)


@contextmanager
def one_line(
    directory: Path, but: type[Exception] = EnumMigrateError, command: str = "db"
) -> Iterator[None]:
    """Turn what env.py raises into an error that says what and what to do.

    :param command: the name of Flask-Migrate's command group.
    :param but: an exception that the caller handles.
    """
    try:
        yield
    except (EnumMigrateError, but):
        raise
    except DBAPIError as error:
        raise EnvironmentFailed(*refused(error)) from error
    except (CommandError, SQLAlchemyError) as error:
        raise EnvironmentFailed(f"{directory}: {masked(str(error))}", "") from error
    except Exception as error:
        frames = traceback.extract_tb(error.__traceback__)
        env, frame = directory.resolve() / "env.py", frames[-1]
        by_env = any(Path(one.filename) == env for one in frames)
        where = f"{frame.filename}, line {frame.lineno}"
        if isinstance(error, SyntaxError):  # the file that doesn't load is in no frame yet
            where = f"{error.filename}, line {error.lineno}"
        raise EnvironmentFailed(
            f"{env if by_env else directory} failed with {type(error).__name__}: "
            f"{masked(str(error))} ({where}).",
            f"Does `flask {command} current` work?",
        ) from error
