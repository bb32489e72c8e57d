"""The Flask extension: set-up and the Python API. It imports next to nothing at start-up."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from contextlib import AbstractContextManager
from contextlib import nullcontext
from dataclasses import fields
from difflib import get_close_matches
from os import PathLike
from typing import TYPE_CHECKING
from typing import Any

from flask import Flask

from .core.errors import SettingError
from .settings import EXTENSION
from .settings import Settings
from .settings import current_settings
from .settings import from_config

if TYPE_CHECKING:
    from .app.environment import Environment
    from .check import CheckResult
    from .core.rename_and_map import Flags
    from .from_migrations.run import Progress
    from .revision.file import RevisionOptions
    from .sync import SyncResult


class EnumMigrate:
    """Keep PostgreSQL enum types in step with the models' Python enums.

    :param app: the app, or None to call :meth:`init_app` later.
    :param db: the app's ``SQLAlchemy``; only needed where no Flask-Migrate is set up.
    :param options: settings, see :class:`~.settings.Settings`; they override
        ``app.config["ENUM_MIGRATE_…"]``. With ``db`` given, anything else is an option of
        ``flask_migrate.Migrate``, which is then set up too.

    An app may call its own ``Migrate().init_app(app, db)`` before or after.
    """

    def __init__(self, app: Flask | None = None, db: Any = None, **options: Any) -> None:
        self._options = options
        if app is not None:
            self.init_app(app, db)

    def init_app(self, app: Flask, db: Any = None, **options: Any) -> None:
        """Set the extension up for an app, before or after ``Migrate().init_app(app, db)``.

        :param app: the app.
        :param db: the app's ``SQLAlchemy``. Flask-Migrate is set up with it, unless it is already.
        :param options: as for the class.
        :raises SettingError: for an unknown setting, or a value that doesn't fit.
        """
        options = {**self._options, **options}
        own = [field.name for field in fields(Settings)]
        theirs = {name: options.pop(name) for name in [*options] if db and name not in own}
        try:
            settings = from_config(app.config).overridden(options, _spelt)
            _require_use(theirs, own, app)
        except SettingError as error:
            from .terminal.exits import BadSetting

            raise BadSetting(error.fact, error.next_action) from None

        import flask_migrate
        from flask_migrate.cli import db as group

        from .terminal.commands import enum
        from .terminal.migrate import register

        if db is not None and "migrate" not in app.extensions:
            flask_migrate.Migrate(app, db, **theirs)
        app.extensions[EXTENSION] = settings
        group.add_command(enum)
        register()

    def check(
        self,
        *,
        from_migrations: bool = False,
        tables: bool = False,
        rows: bool = False,
        server: str | None = None,
        init_sql: str | PathLike[str] | None = None,
        progress: Callable[[Progress], None] | None = None,
        directory: str | None = None,
        x_arg: Iterable[str] = (),
    ) -> CheckResult:
        """Compare the models of the current app with its databases, or with its migrations.

        :param from_migrations: whether to run all migrations in empty databases that are removed
            afterwards, and to look there instead of at the app's own. While this lasts, no other
            connection can be made by SQLAlchemy in this process.
        :param tables: with ``from_migrations``, whether to compare tables, columns, indexes and
            constraints too, as ``flask db check`` does.
        :param rows: whether to look which values rows of strings (``native_enum=False``) hold that
            are no label of their model; not with ``from_migrations``.
        :param server: with ``from_migrations``, the URL of a PostgreSQL server to make them on; by
            default one is started from the wheel of the extra ``embedded``.
        :param init_sql: with ``from_migrations``, a file of SQL to prepare them with.
        :param progress: with ``from_migrations``, called before each revision and after the last.
        :param directory: the migrations folder, by default Flask-Migrate's.
        :param x_arg: arguments for a customised env.py.
        :raises EnumMigrateError: if it can't be told.
        """
        settings = current_settings()
        from .app.environment import Environment
        from .check import check
        from .check import check_migrations

        environment = Environment(directory, x_arg)
        if not from_migrations:
            _require_none(server, init_sql)
            if tables:
                raise SettingError("tables is for from_migrations=True.")
            return check(environment, settings, rows=rows)
        if rows:
            raise SettingError("rows isn't for from_migrations=True: there are none.")
        return check_migrations(
            environment,
            settings,
            server=server,
            init_sql=init_sql,
            progress=progress,
            tables=tables,
        )

    def assert_in_sync(
        self,
        *,
        from_migrations: bool = False,
        tables: bool = False,
        rows: bool = False,
        server: str | None = None,
        init_sql: str | PathLike[str] | None = None,
        directory: str | None = None,
        x_arg: Iterable[str] = (),
    ) -> None:
        """Fail a test where :meth:`check` finds drift.

        :param from_migrations: as for :meth:`check`.
        :param tables: as for :meth:`check`.
        :param rows: as for :meth:`check`.
        :param server: as for :meth:`check`.
        :param init_sql: as for :meth:`check`.
        :param directory: as for :meth:`check`.
        :param x_arg: as for :meth:`check`.
        :raises AssertionError: if there is drift, with what the command prints as its text.
        :raises EnumMigrateError: if it can't be told.
        """
        __tracebackhide__ = True  # pytest shows the test's own line
        result = self.check(
            from_migrations=from_migrations,
            tables=tables,
            rows=rows,
            server=server,
            init_sql=init_sql,
            directory=directory,
            x_arg=x_arg,
        )
        if not result.in_sync:
            raise AssertionError(str(result))

    def sync(
        self,
        *,
        message: str | None = None,
        flags: Flags | None = None,
        options: RevisionOptions | None = None,
        dry_run: bool = False,
        sql: bool = False,
        drop_unused: bool | None = None,
        keep_expressions: bool | None = None,
        drop_retired: bool = False,
        rehearse: bool | None = None,
        confirm: Callable[[SyncResult], bool] | None = None,
        from_migrations: bool = False,
        server: str | None = None,
        init_sql: str | PathLike[str] | None = None,
        progress: Callable[[Progress], None] | None = None,
        directory: str | None = None,
        x_arg: Iterable[str] = (),
    ) -> SyncResult:
        """Write one revision for all differences between models and databases.

        :param message: the revision's message; by default one made from the changes.
        :param flags: the answers that only a person can give.
        :param options: where and how to write the revision.
        :param dry_run: plan, but write nothing.
        :param sql: return the upgrade's offline SQL, and write nothing.
        :param drop_unused: whether to drop types that nothing uses, by default the setting.
        :param keep_expressions: whether to refuse what takes a label out of expressions that list
            it, by default the setting.
        :param drop_retired: whether to remove labels that are retired for good.
        :param rehearse: whether to run the revision on the database at hand, and roll it back,
            before it is written: always or never; by default what the setting says.
        :param confirm: asked before the file is written, with all but its path.
        :param from_migrations: whether to compare with what all migrations make of empty databases,
            as for :meth:`check`; rows are unknown then.
        :param server: as for :meth:`check`.
        :param init_sql: as for :meth:`check`.
        :param progress: as for :meth:`check`.
        :param directory: the migrations folder, by default Flask-Migrate's.
        :param x_arg: arguments for a customised env.py.
        :raises Refused: if it needs an answer or can't be done safely; nothing is written.
        :raises EnumMigrateError: if it could not look, or a flag doesn't fit.
        """
        settings = current_settings().told(
            drop_unused=drop_unused, keep_expressions=keep_expressions, rehearse=rehearse
        )
        from .app.environment import Environment
        from .sync import Wanted
        from .sync import sync

        environment = Environment(directory, x_arg)
        wanted = Wanted(message, flags, options, dry_run, sql, from_migrations, drop_retired)
        with _looked_at(environment, from_migrations, server, init_sql, progress):
            return sync(environment, settings, wanted, confirm=confirm)


def _looked_at(
    environment: Environment,
    from_migrations: bool,
    server: str | None,
    init_sql: str | PathLike[str] | None,
    progress: Callable[[Progress], None] | None,
) -> AbstractContextManager[object]:
    """Return the context in which the app's databases are those to look at."""
    if from_migrations:
        from .from_migrations.migrated import migrated

        return migrated(environment, server=server, init_sql=init_sql, progress=progress)
    _require_none(server, init_sql)
    return nullcontext()


def _require_none(server: str | None, init_sql: str | PathLike[str] | None) -> None:
    if server is not None or init_sql is not None:
        raise SettingError("server and init_sql are for from_migrations=True.")


def _spelt(name: str) -> str:
    return f"EnumMigrate({name}=…)"


def _require_use(theirs: Mapping[str, Any], own: Sequence[str], app: Flask) -> None:
    """Refuse options meant for Flask-Migrate that would get lost, or that are misspelt ours."""
    for name in theirs:
        if close := get_close_matches(name, own, 1, 0.8):
            raise SettingError(
                f"{_spelt(name)} is no setting.", f"Did you mean {_spelt(close[0])}?"
            )
        if "migrate" in app.extensions:
            raise SettingError(
                f"{_spelt(name)} is an option of Flask-Migrate, which is set up already.",
                f"Give it to Migrate({name}=…) instead.",
            )
