"""What makes a column's values those of another type, and refuses the rest, run over rows."""

from __future__ import annotations

import psycopg
import pytest

from flask_enum_migrate.core.schema import Name
from flask_enum_migrate.postgresql.sql import using
from tests.project import Project

OLD, NEW, T = Name("public", "old"), Name("public", "new"), Name("public", "t")
TABLE = (
    "CREATE TYPE old AS ENUM ('a', 'it''s', 'gone')",
    "CREATE TYPE new AS ENUM ('a', 'it''s', 'b')",
    "CREATE TABLE t (id int, e old, es old[], s text, ss text[])",
    "INSERT INTO t VALUES (1, 'a', '{a,NULL}', 'a', '{a}'), (2, 'it''s', '{}', 'x', '{x,a}'),"
    " (3, NULL, NULL, NULL, NULL)",
)


def become(project: Project, column: str, type_: str, converted: str) -> list[str | None]:
    """Convert a column, and return its values as text."""
    project.sql(f"ALTER TABLE t ALTER {column} TYPE {type_} USING {converted}")
    return [value for (value,) in project.rows(f"SELECT {column}::text FROM t ORDER BY id")]


def test_labels_become_those_of_the_new_type(one_project: Project) -> None:
    one_project.sql(*TABLE)
    pairs = {"a": "b", "it's": "it's", "gone": None}
    converted = using.convert_scalar(T, "e", OLD, NEW, pairs)
    assert become(one_project, "e", "new", converted) == ["b", "it's", None]
    converted = using.convert_array(T, "es", NEW, {"a": "b"}, ["gone"])
    assert become(one_project, "es", "new[]", converted) == ["{b,NULL}", "{}", None]


def test_a_label_that_nothing_is_said_of_fails_by_name(one_project: Project) -> None:
    one_project.sql(*TABLE, "UPDATE t SET e = 'gone', es = '{a,gone}' WHERE id = 2")
    with pytest.raises(psycopg.DataError, match=r"public\.t\.e holds 'gone', a label"):
        become(one_project, "e", "new", using.convert_scalar(T, "e", OLD, NEW, {"a": "a"}))
    with pytest.raises(psycopg.DataError, match=r"public\.t\.es holds '\{a,gone\}', a label"):
        become(one_project, "es", "new[]", using.convert_array(T, "es", NEW, {}, ["gone"]))
    assert one_project.rows("SELECT e::text FROM t WHERE id = 2") == [("gone",)]


def test_texts_become_labels_and_labels_texts(one_project: Project) -> None:
    one_project.sql(*TABLE)
    pairs = {"a": "a", "x": None}
    converted = using.to_enum(T, "s", NEW, pairs, enum=False, array=False)
    assert become(one_project, "s", "new", converted) == ["a", None, None]
    converted = using.to_enum(T, "ss", NEW, {"a": "a", "x": "b"}, enum=False, array=True)
    assert become(one_project, "ss", "new[]", converted) == ["{a}", "{b,a}", None]
    converted = using.to_text("e", {"a": "A", "it's": "it's"}, array=False)
    assert become(one_project, "e", "text", converted) == ["A", "it's", None]


def test_a_value_becomes_an_array_and_back(one_project: Project) -> None:
    one_project.sql(*TABLE)
    pairs = {"a": "a", "it's": "b"}
    converted = using.one_or_many(T, "e", NEW, pairs, enum=True, array=False)
    assert become(one_project, "e", "new[]", converted) == ["{a}", "{b}", None]
    one_project.sql("UPDATE t SET es = '{a}' WHERE id < 3")
    converted = using.one_or_many(T, "es", NEW, pairs, enum=True, array=True)
    assert become(one_project, "es", "new", converted) == ["a", "a", None]
