"""The result of ``check`` for machines: JSON, and what GitHub and GitLab show in a change."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..comparison import Comparison
from ..comparison import EnumState
from ..core.changes import Change
from ..core.errors import EnumMigrateError
from ..core.fleets import grouped
from ..core.fleets import in_schemas
from ..core.fleets import unqualified
from ..core.rows import Stray
from ..core.tables import TableDifference
from ..core.wording import is_wrong
from ..from_migrations.run import ChainFailed
from ..report.check import hint
from ..report.check import in_short
from ..report.check import next_action
from ..report.check import report
from ..report.check import stray
from ..report.check import unmade
from . import source_lines
from .source_lines import SourceLine

VERSION = 1
"""Rises when a key of the JSON changes its meaning or goes; new keys don't count.

The shape is described by ``check.schema.json``, beside this file.
"""

FORMATS = ("text", "json", "github", "gitlab")
_TITLE = "flask db enum check"


def as_json(result: Comparison, next_action: str) -> str:
    """Return a result as JSON.

    :param next_action: the command to run, ``""`` where nothing is to be done.
    """
    said = report(result)
    return _dumped(
        {
            "version": VERSION,
            "outcome": outcome(result),
            "compared": "migrations" if result.from_migrations else "database",
            "at_head": not result.behind,
            "next": next_action,
            "enums": [_enum(state, result.sync) for state in result.enums],
            "tables": None if result.tables is None else [*map(_table, result.tables)],
            "rows": None if result.strays is None else [*map(_stray, result.strays)],
            "unlooked": [{"column": str(one.column), "why": one.reason} for one in result.unlooked],
            "skipped": [{"bind": bind, "dialect": dialect} for bind, dialect in result.skipped],
            "notes": [*said.remarks, *said.notes],
        }
    )


def outcome(result: Comparison) -> str:
    """Return what came of a comparison, in a word or two."""
    if not result.in_sync:
        return "drift"
    return "nothing compared" if result.compares_nothing else "in sync"


def _stray(one: Stray) -> dict[str, object]:
    return {"column": one.place, "value": one.value, "rows": one.rows}


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


def _dumped(data: object) -> str:
    return json.dumps(data, indent=2)


def _enum(state: EnumState, sync: str) -> dict[str, Any]:
    named, declared = state.named, state.declared
    return {
        "schema": named.name.schema,
        "name": named.name.name,
        "bind": state.bind,
        "state": state.state,
        "drift": state.is_drift,
        "models": None if declared is None else list(declared.labels),
        "database": None if state.live is None else list(state.live.labels),
        "retired": [] if state.live is None else list(state.live.retired),
        "classes": [cls.path for cls in declared.classes] if declared else [],
        "columns": [str(column) for column in declared.columns] if declared else [],
        "changes": [_change(change) for change in state.change.changes] if state.change else [],
        "wrong_columns": [
            {"column": str(wrong.column), "type": wrong.found.type_name, "wanted": wrong.wanted}
            for wrong in state.wrong_columns
        ],
        "missing_columns": [str(column) for column in state.missing_columns],
        "rewrites": list(state.rewritten),
        "hint": hint(state, sync),
        **_location(source_lines.of_enum(state)),
    }


def _table(one: TableDifference) -> dict[str, Any]:
    return {
        "schema": one.table.schema,
        "table": one.table.name,
        "bind": one.bind,
        "kind": one.kind,
        "column": one.column,
        "text": one.text,
        **_location(source_lines.of_table(one.bind, one.table)),
    }


def _location(found: list[SourceLine]) -> dict[str, Any]:
    first = found[0] if found else SourceLine("")
    return {"file": first.file, "line": first.line}


def _change(change: Change) -> dict[str, Any]:
    kind = re.sub(r"(?<!^)(?=[A-Z])", "_", type(change).__name__).lower()
    return {"kind": kind, **dataclasses.asdict(change)}


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that differs, and where it is declared.

    :param about: the type or table.
    :param said: what differs about it, one by one.
    :param place: where, or None where that isn't known.
    """

    about: str
    said: tuple[str, ...]
    place: SourceLine | None = None


def _next(one: Finding, result: Comparison) -> str:
    hinted = any(said.startswith("Hint: ") for said in one.said)
    return next_action(result, hinted=hinted)


def findings(result: Comparison) -> Iterator[Finding]:
    """Yield each type and table that differs, at each of its places.

    A type's are its Python classes, or else its models; what no migration makes is told at the
    models that want it.
    """
    for schemas, alike in grouped(
        ((result.tenant(state), one) for state in result.drift for one in _of_type(state, result)),
        repr,
    ):
        one = alike[0]
        if len(schemas) > 1:
            about = f"{unqualified(one.about, schemas[0])}, {in_schemas(schemas)}"
            said = tuple(unqualified(text, schemas[0]) for text in one.said)
            one = Finding(about, said, one.place)
        yield one
    for column, strays in result.strays_by_place.items():
        yield Finding(column, tuple(map(stray, strays)))
    for (bind, table), found in result.by_table.items():
        texts = tuple(one.text for one in found)
        for place in _or_nowhere(source_lines.of_table(bind, table)):
            yield Finding(_about(str(table), bind), texts, place)


def _of_type(state: EnumState, result: Comparison) -> Iterator[Finding]:
    about = _about(str(state.named.name), state.bind)
    said = [in_short(change) for change in state.change.changes] if state.change else []
    said += [is_wrong(wrong) for wrong in state.wrong_columns]
    if said:
        said += [f"Hint: {text}"] if (text := hint(state, result.sync)) else []
        for place in _or_nowhere(source_lines.of_enum(state)):
            yield Finding(about, tuple(said), place)
    if state.is_unmade:
        models = source_lines.of_columns(state.bind, state.missing_columns)
        for place in _or_nowhere(models or source_lines.of_enum(state)):
            yield Finding(about, (unmade(state),), place)


def _or_nowhere(found: list[SourceLine]) -> Sequence[SourceLine | None]:
    return found or [None]


def _about(name: str, bind: str) -> str:
    return f"{name} (bind {bind})" if bind else name


def github(result: Comparison) -> Iterator[str]:
    """Yield an error annotation for each type and table that differs, and a notice for each note.

    What differs about one stands in lines of its own; the last one says what to do next.
    """
    for one in findings(result):
        text = "\n".join((f"{one.about}: {one.said[0]}", *one.said[1:], _next(one, result)))
        yield annotation(text, one.place)
    said = report(result)
    for note in (*said.remarks, *said.notes):
        yield annotation(note, level="notice")


def error_as_github(error: EnumMigrateError, outcome: str) -> str:
    """Return why it could not be told as an annotation, at the revision that fails if one does."""
    return annotation(f"{outcome}: {error}", _failing(error))


def _failing(error: EnumMigrateError) -> SourceLine | None:
    file = source_lines.shown(error.path) if isinstance(error, ChainFailed) and error.path else ""
    return SourceLine(file) if file else None


def annotation(message: str, place: SourceLine | None = None, level: str = "error") -> str:
    """Return one annotation.

    GitHub's runner takes ``%``, line ends and, in properties, ``:`` and ``,`` percent-encoded.

    :param place: where it belongs, if that is known.
    :param level: ``"error"`` or ``"notice"``.
    """
    given = {"file": place.file if place else "", "line": str(place.line or "") if place else ""}
    given["title"] = _TITLE
    properties = ",".join(f"{k}={_escaped(v, ',:')}" for k, v in given.items() if v)
    return f"::{level} {properties}::{_escaped(message)}"


def _escaped(text: str, more: str = "") -> str:
    return "".join(f"%{ord(char):02X}" if char in "%\r\n" + more else char for char in text)


def summary(outcome: str, text: str) -> str:
    """Return what a job's summary says, as Markdown.

    :param outcome: its heading.
    :param text: what ``check`` says as text.
    """
    longest = max(map(len, re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"### {_TITLE}: {outcome}\n\n{fence}text\n{text}\n{fence}\n"


def gitlab(result: Comparison) -> str:
    """Return what differs as a report of GitLab's Code Quality."""
    return _dumped(
        [
            _issue(one.about, "; ".join((*one.said, _next(one, result))), one.place)
            for one in findings(result)
        ]
    )


def error_as_gitlab(error: EnumMigrateError, outcome: str) -> str:
    """Return why it could not be told, at the revision that fails if one does."""
    return _dumped([_issue(outcome, str(error), _failing(error), "blocker")])


def _issue(
    about: str, text: str, place: SourceLine | None, severity: str = "major"
) -> dict[str, object]:
    """Return one entry; GitLab wants a place, and knows an entry again by its fingerprint."""
    place = place or source_lines.of_env()
    identity = "\0".join((_TITLE, about, text, place.file))
    return {
        "description": f"{about}: {text}",
        "check_name": _TITLE,
        "fingerprint": hashlib.sha256(identity.encode("utf-8", "surrogatepass")).hexdigest(),
        "severity": severity,
        "location": {"path": place.file, "lines": {"begin": place.line or 1}},
    }
