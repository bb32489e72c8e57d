"""The result of ``check`` for machines: JSON, and GitHub's workflow annotations."""

from __future__ import annotations

import dataclasses
import inspect
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .chain import ChainFailed
from .check import CheckResult
from .check import EnumState
from .core.changes import Change
from .core.errors import EnumMigrateError
from .core.schema import EnumClass
from .wording import describe

VERSION = 1
"""Rises when a key of the JSON changes its meaning or goes; new keys don't count."""


def as_json(result: CheckResult, next_action: str) -> str:
    """Return a result as JSON.

    :param next_action: the command to run, ``""`` where nothing is to be done.
    """
    return _dumped(
        {
            "version": VERSION,
            "outcome": "in sync" if result.in_sync else "drift",
            "compared": "migrations" if result.from_migrations else "database",
            "at_head": not result.behind,
            "next": next_action,
            "enums": [_enum(state) for state in result.enums],
            "skipped": [{"bind": bind, "dialect": dialect} for bind, dialect in result.skipped],
        }
    )


def error_as_json(error: EnumMigrateError) -> str:
    """Return why it could not be told as JSON."""
    return _dumped(
        {
            "version": VERSION,
            "outcome": "could not tell",
            "error": error.fact,
            "next": error.next_action,
            "revision": error.revision if isinstance(error, ChainFailed) else "",
        }
    )


def error_as_github(error: EnumMigrateError, outcome: str) -> str:
    """Return why it could not be told as an annotation, at the revision that fails if one does."""
    place = {"file": error.path} if isinstance(error, ChainFailed) and error.path else None
    return annotation(f"{outcome}: {error}", place)


def _dumped(data: dict[str, Any]) -> str:
    return json.dumps(data, indent=2)


def _enum(state: EnumState) -> dict[str, Any]:
    named = state.live or state.declared
    declared = state.declared
    return {
        "schema": named.name.schema if named else "",
        "name": named.name.name if named else "",
        "bind": state.bind,
        "state": state.state,
        "drift": state.is_drift,
        "models": None if declared is None else list(declared.labels),
        "database": None if state.live is None else list(state.live.labels),
        "classes": [cls.path for cls in declared.classes] if declared else [],
        "columns": [str(column) for column in declared.columns] if declared else [],
        "changes": [_change(change) for change in state.change.changes] if state.change else [],
        "wrong_columns": [
            {"column": str(wrong.column), "type": wrong.found.type_name}
            for wrong in state.wrong_columns
        ],
    }


def _change(change: Change) -> dict[str, Any]:
    kind = re.sub(r"(?<!^)(?=[A-Z])", "_", type(change).__name__).lower()
    return {"kind": kind, **dataclasses.asdict(change)}


def github(result: CheckResult) -> Iterator[str]:
    """Yield an error annotation for each type that differs, at its Python class."""
    for state in result.drift:
        named = state.live or state.declared
        said = [describe(change) for change in state.change.changes] if state.change else []
        said += [
            f"{wrong.column} is {wrong.found.type_name} in the database"
            for wrong in state.wrong_columns
        ]
        classes = state.declared.classes if state.declared else ()
        places = [place for cls in classes if (place := _place(cls))] or [{}]
        for place in places:
            yield annotation(f"{named.name if named else ''}: {'; '.join(said)}", place)


def annotation(message: str, place: dict[str, str] | None = None) -> str:
    """Return one error annotation.

    :param place: ``file`` and ``line``, where they are known.
    """
    given = {**(place or {}), "title": "flask db enum check"}
    properties = ",".join(f"{key}={_escaped(value, ',:')}" for key, value in given.items())
    return f"::error {properties}::{_escaped(message)}"


def _escaped(text: str, more: str = "") -> str:
    return "".join(f"%{ord(char):02X}" if char in "%\r\n" + more else char for char in text)


def _place(cls: EnumClass) -> dict[str, str]:
    """Return file and line of a class, relative to the working directory if below it."""
    parts = cls.path.split(".")
    for cut in range(len(parts) - 1, 0, -1):
        found: Any = sys.modules.get(".".join(parts[:cut]))
        for part in parts[cut:]:
            found = getattr(found, part, None)
        if inspect.isclass(found):
            try:
                file = Path(inspect.getfile(found)).resolve()
                line = inspect.getsourcelines(found)[1]
            except (OSError, TypeError):
                return {}
            here = Path.cwd()
            shown = file.relative_to(here) if file.is_relative_to(here) else file
            return {"file": shown.as_posix(), "line": str(line)}
    return {}
