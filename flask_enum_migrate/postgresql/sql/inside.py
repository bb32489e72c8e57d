"""Whether a value of rows, ranges, domains and arrays holds labels of an enum, at any depth."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Sequence

from ...core.schema import Name
from .quoting import filled
from .quoting import identifier
from .quoting import literal
from .quoting import qualified

Path = tuple[tuple[str, str], ...]
"""The steps from a column inwards: ``d`` domain, ``c`` row with its attribute, ``r`` range, ``m``
multirange, ``a`` array."""


def holds(value: str, paths: Iterable[Path], type_: Name, labels: Sequence[str]) -> str:
    """Return a condition that is true where a value holds one of some labels.

    :param value: the column, as SQL.
    """
    listed = f"ARRAY[{', '.join(map(literal, labels))}]::{qualified(type_)}[]"
    return " OR ".join(_holds(value, path, qualified(type_), listed) for path in paths)


def _holds(value: str, path: Path, type_: str, listed: str) -> str:
    if not path:
        return f"({value})::{type_} OPERATOR(pg_catalog.=) ANY ({listed})"
    (step, name), rest = path[0], path[1:]
    if step == "d":
        return _holds(value, rest, type_, listed)
    if step == "c":
        return _holds(f"({value}).{identifier(name)}", rest, type_, listed)
    if step == "r":
        bounds = (f"pg_catalog.{bound}({value})" for bound in ("lower", "upper"))
        return f"({' OR '.join(_holds(bound, rest, type_, listed) for bound in bounds)})"
    one = f"x{len(path)}"
    inner = _holds(one, rest, type_, listed)
    return f"EXISTS (SELECT FROM pg_catalog.unnest({value}) {one} WHERE {inner})"


def refuse(
    table: Name, column: str, paths: Iterable[Path], type_: Name, labels: Sequence[str], of: str
) -> str:
    """Return a block, to stand inside of another, that fails where a row holds labels that go.

    :param of: the type of the column, as SQL.
    """
    value = f"t.{identifier(column)}"
    told = f"{table}.{column} holds {filled([repr(label) for label in labels])} inside of {of}"
    hint = "Change these rows first: nothing can be mapped there"
    return (
        f"IF EXISTS (SELECT FROM {qualified(table)} t WHERE {holds(value, paths, type_, labels)})\n"
        f"    THEN RAISE invalid_text_representation USING MESSAGE = {literal(told)},\n"
        f"    HINT = {literal(hint)}; END IF"
    )
