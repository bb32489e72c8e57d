"""Write and check migrations of PostgreSQL enum types when Python enums change."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING
from typing import Any

from .extension import EnumMigrate

if TYPE_CHECKING:
    from .check import CheckResult
    from .comparison import EnumState
    from .core.errors import AnswerError
    from .core.errors import ConflictingDeclarations
    from .core.errors import EnumMigrateError
    from .core.errors import EnvironmentFailed
    from .core.errors import HeadsError
    from .core.errors import NotInitialised
    from .core.errors import Refusal
    from .core.errors import Refused
    from .core.errors import RevisionFileError
    from .core.errors import SettingError
    from .core.rename_and_map import Flags
    from .from_migrations.connections import ForeignConnection
    from .from_migrations.run import ChainFailed
    from .from_migrations.run import Progress
    from .revision.file import RevisionOptions
    from .settings import Settings
    from .sync import BindPlan
    from .sync import SyncResult

__version__ = "0.1.0"

# Loaded when they are asked for: an app starts with the extension alone.
_MODULES = {
    "AnswerError": "core.errors",
    "BindPlan": "sync",
    "ChainFailed": "from_migrations.run",
    "CheckResult": "check",
    "ConflictingDeclarations": "core.errors",
    "EnumMigrateError": "core.errors",
    "EnumState": "comparison",
    "EnvironmentFailed": "core.errors",
    "Flags": "core.rename_and_map",
    "ForeignConnection": "from_migrations.connections",
    "HeadsError": "core.errors",
    "NotInitialised": "core.errors",
    "Progress": "from_migrations.run",
    "Refusal": "core.errors",
    "Refused": "core.errors",
    "RevisionFileError": "core.errors",
    "RevisionOptions": "revision.file",
    "SettingError": "core.errors",
    "Settings": "settings",
    "SyncResult": "sync",
}

__all__ = [
    "AnswerError",
    "BindPlan",
    "ChainFailed",
    "CheckResult",
    "ConflictingDeclarations",
    "EnumMigrate",
    "EnumMigrateError",
    "EnumState",
    "EnvironmentFailed",
    "Flags",
    "ForeignConnection",
    "HeadsError",
    "NotInitialised",
    "Progress",
    "Refusal",
    "Refused",
    "RevisionFileError",
    "RevisionOptions",
    "SettingError",
    "Settings",
    "SyncResult",
]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f".{_MODULES[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
