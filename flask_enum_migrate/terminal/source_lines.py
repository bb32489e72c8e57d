"""Where in the source what differs is declared: the file and line of an enum or a model."""

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import Iterable
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import current_app

from ..comparison import EnumState
from ..core.schema import DeclaredColumn
from ..core.schema import Name

_ROOTS = ("GITHUB_WORKSPACE", "CI_PROJECT_DIR")
"""Where CI's runners say what is checked out."""


@dataclass(frozen=True, slots=True)
class SourceLine:
    """A line of a file.

    :param file: its path from the root of the checkout, or from the working directory.
    :param line: the line's number, or None where only the file is known.
    """

    file: str
    line: int | None = None


def of_enum(state: EnumState) -> list[SourceLine]:
    """Return where an enum's classes are or, where it has none, its models."""
    declared = state.declared
    found = _placed(_class(cls.path) for cls in (declared.classes if declared else ()))
    columns = [wrong.column for wrong in state.wrong_columns]
    return found or of_columns(state.bind, columns or (declared.columns if declared else ()))


def of_columns(bind: str, columns: Iterable[DeclaredColumn]) -> list[SourceLine]:
    """Return where the models are that have some columns."""
    return _placed(_models(bind, {column.table.name for column in columns}))


def of_table(bind: str, table: Name) -> list[SourceLine]:
    """Return where the model of a table is."""
    return _placed(_models(bind, {table.name}))


def of_env() -> SourceLine:
    """Return the app's env.py, for what has no other place."""
    directory = Path(str(current_app.extensions["migrate"].directory))
    return SourceLine(shown(str(directory / "env.py")) or "migrations/env.py", 1)


def shown(file: str) -> str:
    """Return a file as a forge knows it, or ``""`` where it isn't in what is checked out."""
    path = Path(file).resolve()
    for root in (*map(os.environ.get, _ROOTS), Path.cwd()):
        if root and path.is_relative_to(Path(root).resolve()):
            return path.relative_to(Path(root).resolve()).as_posix()
    return ""


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


def _models(bind: str, tables: set[str]) -> Iterator[type]:
    """Yield the models of the current app that have some tables."""
    for mapper in current_app.extensions["migrate"].db.Model.registry.mappers:
        table = mapper.local_table
        key = table.metadata.info.get("bind_key") or ""
        if getattr(table, "name", "") in tables and bind in ("", key) and not mapper.inherits:
            yield mapper.class_


def _placed(classes: Iterable[type | None]) -> list[SourceLine]:
    """Return where some classes are, each once."""
    found = (_place(cls) for cls in classes if cls is not None)
    return list(dict.fromkeys(place for place in found if place))


def _place(cls: type) -> SourceLine | None:
    """Return file and line of a class, where its source is known and checked out."""
    try:
        file, line = shown(inspect.getfile(cls)), inspect.getsourcelines(cls)[1]
    except (OSError, TypeError):
        return None
    return SourceLine(file, line) if file else None
