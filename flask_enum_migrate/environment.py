"""Run the app's own env.py to look at its databases, and know where its migrations stand.

Connections, metadata and binds are env.py's: whatever the app customised there holds here too.
"""

from __future__ import annotations

import logging
import re
import traceback
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from flask import current_app
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import SQLAlchemyError

from .core.errors import EnumMigrateError
from .core.errors import EnvironmentFailed
from .core.errors import HeadsError
from .core.errors import NotInitialised

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
        """Return a fresh Alembic configuration that prints nothing."""
        config: Config = self._migrate.get_config(
            str(self.directory.resolve()), x_arg=self._x_arg or None
        )
        config.cmd_opts.quiet = True  # type: ignore[union-attr]
        return config

    def visit(self, visit: Visit) -> None:
        """Run env.py without changing anything.

        :param visit: called once per bind, within env.py's connection, with the migration
            context and the revisions the database is at.
        :raises EnvironmentFailed: if env.py, or the connection it opens, fails.
        """

        def fn(revisions: Any, context: MigrationContext) -> list[Any]:
            visit(context, tuple(revisions))
            return []

        with one_line(self.directory), quiet():
            script = ScriptDirectory.from_config(config := self.config())
            with EnvironmentContext(config, script, fn=fn, dont_mutate=True):
                script.run_env()

    def heads(self, head: str = "head") -> tuple[str, ...]:
        """Return the revisions that ``head`` means.

        :raises HeadsError: if there are several, or none of that name.
        """
        try:
            found = self.script.get_revisions(head)
        except CommandError as error:
            heads = self.script.get_heads()
            if len(heads) > 1:
                raise HeadsError(
                    f"The migrations have {len(heads)} heads: {', '.join(heads)}.",
                    f"Merge them (flask {self.command} merge heads) or pass --head REVISION.",
                ) from error
            raise HeadsError(f"--head {head!r}: {error}.", "") from error
        return tuple(revision.revision for revision in found if revision is not None)

    def is_at(self, revisions: tuple[str, ...], target: tuple[str, ...]) -> bool:
        """Return whether a database at some revisions has everything up to the target."""
        try:
            applied = {
                revision.revision
                for revision in self.script.iterate_revisions(revisions or "base", "base")
            }
        except CommandError as error:
            raise EnvironmentFailed(
                f"The database is at {', '.join(revisions)}, which the migrations don't know: "
                f"{error}.",
                "Check out the code that has this migration, or stamp the database.",
            ) from error
        return set(target) <= applied


@contextmanager
def quiet() -> Iterator[None]:
    """Keep Alembic's INFO lines of a mere look from the user, whatever env.py configures."""
    previous = logging.root.manager.disable
    logging.disable(max(previous, logging.INFO))
    try:
        yield
    finally:
        logging.disable(previous)


@contextmanager
def one_line(directory: Path) -> Iterator[None]:
    """Turn what env.py raises into an error that says what and what to do."""
    try:
        yield
    except EnumMigrateError:
        raise
    except DBAPIError as error:
        said = _masked(str(error.orig))
        raise EnvironmentFailed(
            f"The database refused: {said}.".replace("..", "."),
            "Check SQLALCHEMY_DATABASE_URI, and that the server runs and lets this role in.",
        ) from error
    except (CommandError, SQLAlchemyError) as error:
        raise EnvironmentFailed(f"{directory}: {_masked(str(error))}", "") from error
    except Exception as error:
        frame = traceback.extract_tb(error.__traceback__)[-1]
        said = _masked(str(error))
        raise EnvironmentFailed(
            f"{directory / 'env.py'} failed with {type(error).__name__}: {said} "
            f"({frame.filename}, line {frame.lineno}).",
            "Does `flask db current` work?",
        ) from error


def _masked(said: str) -> str:
    """Return a message on one line and without the password of any URL in it."""
    return re.sub(r"(://[^:@/\s]*):[^@\s]*@", r"\1:***@", " ".join(said.split()))
