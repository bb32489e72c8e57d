"""Long lines of SQL are broken where that changes nothing."""

from __future__ import annotations

import re

import pytest

from flask_enum_migrate.postgresql.sql.quoting import LINE
from flask_enum_migrate.postgresql.sql.quoting import sentences
from flask_enum_migrate.postgresql.sql.quoting import wrapped

QUERY = (
    "SELECT string_agg(concat('it''s  two', \"a  b\", f(x, y)), '; ') FROM pg_class c JOIN "
    "pg_attribute a ON a.attrelid = c.oid WHERE c.relname = 'a, b (c' AND a.attnum > 0 AND "
    "(c.relkind = 'r' OR c.relkind = 'v') ORDER BY c.relname, a.attnum;"
)


@pytest.mark.parametrize("indent", ["", "    "])
@pytest.mark.parametrize("width", [40, 80, 100, LINE, 1000])
def test_only_white_space_changes(width: int, indent: str) -> None:
    lines = wrapped(indent + QUERY, width).split("\n")
    assert [line.strip() for line in lines if not line.startswith(indent)] == []
    assert " ".join(line.strip() for line in lines) == QUERY
    assert all(line.startswith(f"{indent}    ") for line in lines[1:])
    for line in lines:
        longest = max(map(len, re.findall(r"'(?:[^']|'')*'|\S+", line)))
        assert len(line) <= max(width, longest + 40)


def test_literals_stay_whole() -> None:
    literal = f"'{'long  text; ' * 30}'"
    assert literal in wrapped(f"RAISE x USING MESSAGE = {literal}, HINT = 'b'")


def test_it_breaks_outside_of_parentheses() -> None:
    call = f"concat({', '.join(f'argument_{n}' for n in range(6))})"
    assert wrapped(f"SELECT {call}, {call}, b FROM t", 100).split("\n") == [
        f"SELECT {call},",
        f"    {call}, b FROM t",
    ]


def test_short_statements_share_a_line() -> None:
    one = f"DROP VIEW {'v' * 60};"
    assert sentences([one, one, one]) == [f"{one} {one}", one]
