"""The result of ``check`` for machines: JSON, and GitHub's workflow annotations."""

from __future__ import annotations

import dataclasses
import inspect
import json
import os
import re
import sys
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flask import current_app

from ..check import CheckResult
from ..check import EnumState
from ..core.changes import Change
from ..core.errors import EnumMigrateError
from ..core.schema import DeclaredColumn
from ..core.wording import describe
from ..from_migrations.run import ChainFailed
from ..report.check import is_wrong
from ..report.check import unmade

VERSION = 1
"""Rises when a key of the JSON changes its meaning or goes; new keys don't count.

The shape is described by ``check.schema.json``, beside this file.
"""


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
    path = error.path if isinstance(error, ChainFailed) else ""
    place = {"file": _shown(path)} if path else None
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
            {"column": str(wrong.column), "type": wrong.found.type_name, "wanted": wrong.wanted}
            for wrong in state.wrong_columns
        ],
    }


def _change(change: Change) -> dict[str, Any]:
    kind = re.sub(r"(?<!^)(?=[A-Z])", "_", type(change).__name__).lower()
    return {"kind": kind, **dataclasses.asdict(change)}


def github(result: CheckResult) -> Iterator[str]:
    """Yield an error annotation for each type that differs, at its Python class or its models.

    What no migration makes is annotated at the models that want it.
    """
    for state in result.drift:
        said = [describe(change) for change in state.change.changes] if state.change else []
        said += [is_wrong(wrong) for wrong in state.wrong_columns]
        if said:
            for place in _places(state) or [{}]:
                yield annotation(f"{state.named.name}: {'; '.join(said)}", place)
        if state.is_unmade:
            models = [*_placed(_models(state.bind, state.missing_columns))]
            for place in models or _places(state) or [{}]:
                yield annotation(f"{state.named.name}: {unmade(state)}", place)
    for (bind, table), found in result.by_table.items():
        column = DeclaredColumn(table, "")
        for place in [*_placed(_models(bind, [column]))] or [{}]:
            yield annotation(f"{table}: {'; '.join(one.text for one in found)}", place)


def annotation(message: str, place: Mapping[str, str] | None = None) -> str:
    """Return one error annotation.

    GitHub's runner takes ``%``, line ends and, in properties, ``:`` and ``,`` percent-encoded.

    :param place: ``file`` and ``line``, where they are known.
    """
    given = {**(place or {}), "title": "flask db enum check"}
    properties = ",".join(f"{key}={_escaped(value, ',:')}" for key, value in given.items())
    return f"::error {properties}::{_escaped(message)}"


def _escaped(text: str, more: str = "") -> str:
    return "".join(f"%{ord(char):02X}" if char in "%\r\n" + more else char for char in text)


def _places(state: EnumState) -> list[dict[str, str]]:
    """Return file and line of the enum's classes or, where it has none, of the models."""
    declared = state.declared
    found = [_class(cls.path) for cls in (declared.classes if declared else ())]
    if not any(found):
        columns = [wrong.column for wrong in state.wrong_columns]
        found = [*_models(state.bind, columns or (declared.columns if declared else ()))]
    return list(_placed(found))


def _placed(classes: Iterable[type | None]) -> Iterator[dict[str, str]]:
    """Yield file and line of some classes, each once."""
    places = [place for cls in classes if cls is not None and (place := _place(cls))]
    yield from {tuple(place.items()): place for place in places}.values()


def _class(path: str) -> type | None:
    """Return the class of a dotted path, if a module that is loaded has it there."""
    parts = path.split(".")
    for cut in range(len(parts) - 1, 0, -1):
        found: Any = sys.modules.get(".".join(parts[:cut]))
        for part in parts[cut:]:
            found = getattr(found, part, None)
        if inspect.isclass(found):
            return found
    return None


def _models(bind: str, columns: Iterable[DeclaredColumn]) -> Iterator[type]:
    """Yield the models of the current app whose tables have some columns."""
    names = {column.table.name for column in columns}
    for mapper in current_app.extensions["migrate"].db.Model.registry.mappers:
        table = mapper.local_table
        key = table.metadata.info.get("bind_key") or ""
        if getattr(table, "name", "") in names and bind in ("", key) and not mapper.inherits:
            yield mapper.class_


def _place(cls: type) -> dict[str, str]:
    """Return file and line of a class, where its source is known."""
    try:
        file, line = inspect.getfile(cls), inspect.getsourcelines(cls)[1]
    except (OSError, TypeError):
        return {}
    return {"file": _shown(file), "line": str(line)}


def _shown(file: str) -> str:
    """Return a file as GitHub knows it: relative to the checkout, or to the working directory."""
    path = Path(file).resolve()
    for root in (os.environ.get("GITHUB_WORKSPACE"), Path.cwd()):
        if root and path.is_relative_to(Path(root).resolve()):
            return path.relative_to(Path(root).resolve()).as_posix()
    return path.as_posix()
