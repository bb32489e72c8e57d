"""What ``flask db migrate`` and ``flask db check`` call: enums seen, errors told on one line."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING
from typing import Any

from alembic import util
from alembic.autogenerate import comparators
from flask import current_app
from flask import has_app_context

from ..core import exit_codes
from ..core.errors import EnumMigrateError
from ..core.errors import NotInitialised
from ..core.errors import Refused
from ..settings import current_settings

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from alembic.operations.ops import UpgradeOps

    from ..settings import Settings


@cache
def register() -> None:
    """Let Alembic's autogenerate ask us, once a process; it does so after it compared tables.

    Flask-Migrate has imported Alembic's autogenerate already, so this loads nothing.
    """
    # Alembic 1.18 introduced priorities; before, comparators run as they were registered.
    priority = getattr(util, "DispatchPriority", None)
    options: dict[str, Any] = {"priority": priority.LAST} if priority else {}
    comparators.dispatch_for("schema", **options)(see_enums)
    if priority:
        comparators.dispatch_for("schema", priority=priority.FIRST)(before_tables)
    else:
        registry: Any = comparators
        registry._registry["schema", "default"].insert(0, before_tables)


def before_tables(
    context: AutogenContext, operations: UpgradeOps, schemas: set[str | None]
) -> None:
    """Prepare what Alembic compares, for apps that have set the extension up."""
    settings = _settings(context)
    if settings is not None and settings.autogenerate:
        from ..autogenerate.defaults import compare_labels

        compare_labels(context)


def see_enums(context: AutogenContext, operations: UpgradeOps, schemas: set[str | None]) -> None:
    """Add to what Alembic found in one bind, for apps that have set the extension up."""
    settings = _settings(context)
    if settings is None or not settings.autogenerate:
        return
    from ..autogenerate.compare import compare
    from . import output
    from .printing import note
    from .progress import Rehearsing

    command = str(current_app.extensions["migrate"].migrate.command)
    writes = _writes(context)
    try:
        notes = compare(
            context, operations, settings, writes=writes, command=command, around=Rehearsing
        )
        for text in notes:
            note(text)
    except EnumMigrateError as error:
        sync = _by_sync(error, command) if isinstance(error, Refused) else ""
        output.failure(_filled(error, sync), "Nothing was written" if writes else "Could not tell")
        if sync and not _is_named(error):
            note("the options are those of sync; give it one of them for each refusal:", sync)
        if sync:
            note(
                f"after that, run flask {command} upgrade, and this command again. Or answer in "
                "the settings ENUM_MIGRATE_RENAME, ENUM_MIGRATE_MAP and ENUM_MIGRATE_MAP_NULL."
            )
        sys.exit(exit_codes.DIFFERS if writes else error.exit_code)
    except Exception as error:
        error.add_note("To go on without Flask-Enum-Migrate: ENUM_MIGRATE_AUTOGENERATE = False")
        raise


def _settings(context: AutogenContext) -> Settings | None:
    """Return the settings of the app whose env.py runs, if it has set the extension up."""
    if not has_app_context() or "migrate" not in current_app.extensions:
        return None
    if context.migration_context.opts.get("target_metadata") is None:
        return None  # not by an env.py
    try:
        return current_settings()
    except NotInitialised:
        return None


def _writes(context: AutogenContext) -> bool:
    """Return whether a revision is to be written: ``flask db check`` only compares.

    Flask-Migrate says so by the option that its env.py looks at; other callers don't.
    """
    config = context.migration_context.config
    options = config.cmd_opts if config else None
    return options is None or bool(getattr(options, "autogenerate", False))


def _by_sync(error: Refused, command: str) -> str:
    """Return the one command that answers everything, ``""`` where no option does."""
    flags = [_likely(refusal.flags) for refusal in error.refusals if refusal.flags]
    given = " ".join(dict.fromkeys(filter(None, flags)))
    return f"flask {command} enum sync {given}".strip() if flags else ""


def _likely(flags: Sequence[str]) -> str:
    """Return the option that fits whatever the answer is: the one that leaves the label open."""
    return next((flag for flag in flags if flag.startswith("--map ")), flags[0])


def _filled(error: EnumMigrateError, sync: str) -> EnumMigrateError:
    """Return an error that names the command where it wants ``sync`` to be run as such."""
    if not isinstance(error, Refused):
        return error
    return Refused(
        tuple(
            replace(refusal, flags=tuple(flag or sync for flag in refusal.flags))
            for refusal in error.refusals
        ),
        error.hints,
    )


def _is_named(error: EnumMigrateError) -> bool:
    return isinstance(error, Refused) and any("" in one.flags for one in error.refusals)
