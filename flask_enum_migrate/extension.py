"""The Flask extension: set-up and the Python API. It imports next to nothing at start-up."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING
from typing import Any

from flask import Flask
from flask import current_app

from .core.errors import NotInitialised
from .settings import Settings
from .settings import from_config

if TYPE_CHECKING:
    from .check import CheckResult
    from .core.answers import Flags
    from .revision import RevisionOptions
    from .sync import SyncResult

_KEY = "enum_migrate"


class EnumMigrate:
    """Keep PostgreSQL enum types in step with the models' Python enums.

    :param app: the app, or None to call :meth:`init_app` later.
    :param db: the app's ``SQLAlchemy``; only needed where no Flask-Migrate is set up.
    :param options: settings, see :class:`~.settings.Settings`; they override
        ``app.config["ENUM_MIGRATE_…"]``. With ``db`` given, anything else is an option of
        ``flask_migrate.Migrate``, which is then set up too.
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
        own = set(Settings.__dataclass_fields__)
        options = {**self._options, **options}
        migrate_options = {k: v for k, v in options.items() if k not in own} if db else {}
        settings = from_config(app.config).overridden(
            {k: v for k, v in options.items() if k not in migrate_options},
            lambda name: f"EnumMigrate({name}=…)",
        )
        app.extensions[_KEY] = settings

        import flask_migrate
        from flask_migrate.cli import db as group

        from .cli import enum

        if db is not None and "migrate" not in app.extensions:
            flask_migrate.Migrate(app, db, **migrate_options)
        group.add_command(enum)

    def check(self, *, directory: str | None = None, x_arg: Iterable[str] = ()) -> CheckResult:
        """Compare the models of the current app with its databases.

        :param directory: the migrations folder, by default Flask-Migrate's.
        :param x_arg: arguments for a customised env.py.
        :raises EnumMigrateError: if it can't be told.
        """
        from .check import check
        from .environment import Environment

        return check(Environment(directory, x_arg), current_settings())

    def sync(
        self,
        *,
        message: str | None = None,
        flags: Flags | None = None,
        options: RevisionOptions | None = None,
        dry_run: bool = False,
        sql: bool = False,
        drop_unused: bool | None = None,
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
        :param directory: the migrations folder, by default Flask-Migrate's.
        :param x_arg: arguments for a customised env.py.
        :raises Refused: if it needs an answer or can't be done safely; nothing is written.
        :raises EnumMigrateError: if it could not look, or a flag doesn't fit.
        """
        from .environment import Environment
        from .sync import sync

        settings = current_settings()
        if drop_unused is not None:
            settings = settings.overridden({"drop_unused": drop_unused}, str)
        return sync(
            Environment(directory, x_arg),
            settings,
            message=message,
            flags=flags,
            options=options,
            dry_run=dry_run,
            sql=sql,
        )


def current_settings() -> Settings:
    """Return the settings of the current app.

    :raises NotInitialised: if the extension isn't set up for it.
    """
    try:
        settings: Settings = current_app.extensions[_KEY]
    except KeyError:
        raise NotInitialised(
            f"Flask-Enum-Migrate isn't set up for the app {current_app.name!r}.",
            "Add EnumMigrate().init_app(app) to its factory.",
        ) from None
    return settings
