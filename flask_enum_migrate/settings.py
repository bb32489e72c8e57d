"""The options of the extension, and where they come from."""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import fields
from dataclasses import replace
from difflib import get_close_matches
from typing import TYPE_CHECKING
from typing import Any

from flask import current_app

from .core.errors import NotInitialised
from .core.errors import SettingError

if TYPE_CHECKING:
    from .core.backend import Options
    from .core.rename_and_map import Flags

EXTENSION = "enum_migrate"
"""The key of the settings in ``app.extensions``."""

IncludeTypes = Callable[[str, str], bool]

_LOCK_TIMEOUT = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*(us|ms|s|min|h|d)?")
_UNITS = {"us": 0.001, "ms": 1, "s": 1_000, "min": 60_000, "h": 3_600_000, "d": 86_400_000}
_SIZE = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*(B|kB|MB|GB|TB)?")
_SIZES = {"B": 1, "kB": 2**10, "MB": 2**20, "GB": 2**30, "TB": 2**40}
_MOST_MILLISECONDS = 2**31 - 1  # about 24 days


@dataclass(frozen=True, slots=True)
class Settings:
    """The options, each as ``app.config["ENUM_MIGRATE_<NAME>"]`` or ``EnumMigrate(<name>=…)``.

    :param compare_order: whether labels that only come in another order are a difference.
    :param lock_timeout: how long a revision waits for its table locks, as PostgreSQL writes it
        (``"10s"``, or milliseconds as a number), or None to leave ``lock_timeout`` alone.
    :param analyze: whether a revision that rewrites tables ends with their ``ANALYZE``.
    :param include_types: which types are ours: a list of names, with or without schema, or a
        callable that gets schema and name; None for all.
    :param drop_unused: whether ``sync`` drops types that nothing uses.
    :param keep_expressions: whether a label that goes stays in lists of labels, as of a CHECK or a
        view, which then keep it from going.
    :param qualify: whether names are written with their schema where the MetaData names none.
    :param rehearse: up to which size (``"256MB"``, or bytes as a number) of what is rewritten,
        indexed and refreshed a revision is run on the database at hand, and rolled back, before it
        is written; ``"always"``, or None for never.
    :param retire: whether labels that go are retired instead: from which size (``"1GB"``, or bytes
        as a number) of the tables that would be rewritten on, ``"always"``, or None for only where
        ``sync --retire`` says so.
    :param retire_pause: how long a retirement rests between two batches of rows, as ``"50ms"`` or
        milliseconds as a number.
    :param autogenerate: whether ``flask db migrate`` and ``flask db check`` see enums.
    :param rename: answers as ``sync --rename`` takes them, for ``flask db migrate`` and ``sync``;
        those that fit no difference are left aside.
    :param map: the same for ``sync --map``.
    :param map_null: the same for ``sync --map-null``.
    :param downgrade_map: the same for ``sync --downgrade-map``.
    """

    compare_order: bool = True
    lock_timeout: str | int | None = "10s"
    analyze: bool = True
    include_types: IncludeTypes | Collection[str] | None = None
    drop_unused: bool = False
    keep_expressions: bool = False
    qualify: bool = True
    rehearse: str | int | None = "256MB"
    retire: str | int | None = None
    retire_pause: str | int = 0
    autogenerate: bool = True
    rename: Sequence[str] = ()
    map: Sequence[str] = ()
    map_null: Sequence[str] = ()
    downgrade_map: Sequence[str] = ()

    def overridden(self, values: Mapping[str, Any], spelt: Callable[[str], str]) -> Settings:
        """Return the settings with some values replaced.

        :param values: by name; an unknown name is an error.
        :param spelt: gives the name as it is written where these values come from.
        :raises SettingError: for an unknown name, or a value that doesn't fit.
        """
        known = sorted(field.name for field in fields(self))
        for name, value in values.items():
            if name not in known:
                raise SettingError(f"{spelt(name)} is no setting.", _meant(name, known, spelt))
            if expected := _problem(name, value):
                raise SettingError(
                    f"{spelt(name)} is {value!r}, but must be {expected}.",
                    f"The default is {getattr(Settings(), name)!r}.",
                )
        return replace(self, **values)

    def told(
        self,
        *,
        drop_unused: bool | None = None,
        keep_expressions: bool | None = None,
        rehearse: bool | None = None,
    ) -> Settings:
        """Return the settings with what one call or command says instead, unless it is None.

        :param rehearse: whether a revision is run first whatever its size, or never.
        """
        given = {"drop_unused": drop_unused, "keep_expressions": keep_expressions}
        values: dict[str, Any] = {name: one for name, one in given.items() if one is not None}
        if rehearse is not None:
            values["rehearse"] = "always" if rehearse else None
        return replace(self, **values)

    @property
    def lock_timeout_sql(self) -> str | None:
        """The lock timeout as PostgreSQL reads it."""
        if self.lock_timeout is None:
            return None
        if isinstance(self.lock_timeout, int):
            return f"{self.lock_timeout}ms"
        return self.lock_timeout.strip()

    @property
    def rehearse_limit(self) -> int | None:
        """The size up to which revisions are rehearsed, in bytes, or None for any."""
        return None if self.rehearse == "always" else _bytes(self.rehearse)

    def retires(self, size: int) -> bool:
        """Return whether removals that rewrite so many bytes are planned as retirements."""
        return self.retire is not None and (self.retire == "always" or size > _bytes(self.retire))

    @property
    def backend_options(self) -> Options:
        """What of them a backend has to know."""
        from .core.backend import Options

        return Options(
            compare_order=self.compare_order,
            lock_timeout=self.lock_timeout_sql,
            analyze=self.analyze,
            drop_unused=self.drop_unused,
            keep_expressions=self.keep_expressions,
            qualify=self.qualify,
            retire_pause=_milliseconds(self.retire_pause) / 1000,
        )

    @property
    def answers(self) -> Flags:
        """The answers that stand in the settings."""
        from .core.rename_and_map import Flags

        return Flags(self.rename, self.map, self.map_null, self.downgrade_map)

    def includes(self, schema: str, name: str) -> bool:
        """Return whether a type is ours to compare.

        :raises SettingError: if the callable that should know fails.
        """
        if self.include_types is None:
            return True
        if callable(self.include_types):
            try:
                return bool(self.include_types(schema, name))
            except Exception as error:
                raise SettingError(
                    f"The setting include_types, called with {schema!r} and {name!r}, raised "
                    f"{type(error).__name__}: {error}.",
                    "It gets a schema and a name, and says whether that type is to be compared.",
                ) from error
        return name in self.include_types or f"{schema}.{name}" in self.include_types


def _meant(name: str, known: Sequence[str], spelt: Callable[[str], str]) -> str:
    """Return the settings that an unknown name may have meant."""
    if close := get_close_matches(name, known, 3, 0.6):
        return f"Did you mean {' or '.join(map(spelt, close))}?"
    return f"There are: {', '.join(map(spelt, known))}."


def _problem(name: str, value: Any) -> str:
    """Return what a setting's value must be, if it isn't."""
    if isinstance(getattr(Settings(), name), bool):
        return "" if isinstance(value, bool) else "True or False"
    if name in ("rehearse", "retire"):
        fits = value is None or value == "always" or _bytes(value) >= 0
        return "" if fits else "a size like '256MB', a number of bytes, 'always' or None"
    if name == "retire_pause":
        return "" if _milliseconds(value) >= 0 else "a time like '50ms' or a number of milliseconds"
    if name == "lock_timeout":
        time = 0 if value is None else _milliseconds(value)
        # PostgreSQL rounds to milliseconds, and 0 waits for ever.
        fits = time == 0 or 0.5 < time <= _MOST_MILLISECONDS
        return "" if fits else "a time like '10s', a number of milliseconds, or None"
    if name in ("rename", "map", "map_null", "downgrade_map"):
        fits = not isinstance(value, str) and isinstance(value, Sequence)
        fits = fits and all(isinstance(v, str) for v in value)
        fits = fits and all("=" in v for v in value if name != "map_null")
        written = {"map_null": "TYPE.OLD", "downgrade_map": "TYPE.NEW=OLD"}
        return (
            ""
            if fits
            else (
                f"a list of what --{name.replace('_', '-')} takes, "
                f"such as {[written.get(name, 'TYPE.OLD=NEW')]!r}"
            )
        )
    names = not isinstance(value, str) and isinstance(value, Collection)
    fits = value is None or callable(value) or (names and all(isinstance(v, str) for v in value))
    return "" if fits else "a list of type names, a callable or None"


def _milliseconds(value: Any) -> float:
    """Return a time as PostgreSQL reads it, or -1 where it doesn't."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    found = _LOCK_TIMEOUT.fullmatch(value.strip()) if isinstance(value, str) else None
    return float(found[1]) * _UNITS[found[2] or "ms"] if found else -1


def _bytes(value: Any) -> int:
    """Return a size as PostgreSQL reads it, or -1 where it doesn't."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    found = _SIZE.fullmatch(value.strip()) if isinstance(value, str) else None
    return int(float(found[1]) * _SIZES[found[2] or "B"]) if found else -1


def from_config(config: Mapping[str, Any]) -> Settings:
    """Read the ``ENUM_MIGRATE_…`` settings of an app.

    :raises SettingError: for an unknown name, or a value that doesn't fit.
    """
    prefix = "ENUM_MIGRATE_"
    values = {
        key.removeprefix(prefix).lower(): value
        for key, value in config.items()
        if key.startswith(prefix)
    }
    return Settings().overridden(values, lambda name: prefix + name.upper())


def current_settings() -> Settings:
    """Return the settings of the current app.

    :raises NotInitialised: if the extension isn't set up for it.
    """
    try:
        settings: Settings = current_app.extensions[EXTENSION]
    except KeyError:
        raise NotInitialised(
            f"Flask-Enum-Migrate isn't set up for the app {current_app.name!r}.",
            "Where the app is made, add: EnumMigrate().init_app(app)",
        ) from None
    return settings
