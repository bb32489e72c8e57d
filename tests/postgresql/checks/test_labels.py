"""What a CHECK allows, read from what the server prints of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection
from sqlalchemy import NullPool
from sqlalchemy import create_engine
from sqlalchemy import text

from flask_enum_migrate.core.schema import FoundCheck
from flask_enum_migrate.core.schema import Name
from flask_enum_migrate.postgresql.checks.catalog import CheckedEnum
from flask_enum_migrate.postgresql.checks.catalog import read
from tests.servers import Server
from tests.servers import create_database
from tests.servers import drop_database


@pytest.fixture
def driver() -> str:
    return "psycopg"


@pytest.fixture
def connection(server: Server, driver: str) -> Iterator[Connection]:
    url = create_database(server)
    engine = create_engine(url.replace("postgresql:", f"postgresql+{driver}:"), poolclass=NullPool)
    with engine.connect() as made:
        yield made
    drop_database(server, url)


def look(connection: Connection, *places: tuple[str, str]) -> list[FoundCheck]:
    """Read what is known of some columns of ``public``."""
    return [*read(connection, [((Name("public", t), c), "st", ()) for t, c in places])]


PLAIN = [
    ("e", "varchar(9)", "e IN ('a', 'b')", ("a", "b")),
    ("e", "varchar", "e IN ('a', 'b')", ("a", "b")),
    ("e", "text", "e IN ('a', 'b')", ("a", "b")),
    ("e", "char(3)", "e IN ('a', 'b')", ("a", "b")),
    ("e", "varchar(9)", "e IN ('a')", ("a",)),
    ("e", "text", "e IN ('a')", ("a",)),
    ("e", "varchar(9)", "e = 'a' OR e IS NULL", None),
    ("e", "varchar(9)", "e IS NULL OR e IN ('a', 'b')", ("a", "b")),
    ("e", "text", "e IS NULL OR e IN ('a', 'b')", ("a", "b")),
    (
        "e",
        "varchar(9)",
        "e IN ('it''s', 'a\\b', '', 'é', ''', ''', '%s', ':x')",
        ("it's", "a\\b", "", "é", "', '", "%s", ":x"),
    ),
    ("e", "text", "e IN ('''::text', '], x')", ("'::text", "], x")),
    ("E d", "varchar(9)", "\"E d\" IN ('a', 'b')", ("a", "b")),
    ("it's", "varchar(9)", "\"it's\" IN ('a', 'b')", ("a", "b")),
    ("select", "varchar(9)", "\"select\" IN ('a', 'b')", ("a", "b")),
    ("e", "varchar(9)", "e <> 'a'", None),
    ("e", "varchar(9)", "e NOT IN ('a', 'b')", None),
    ("e", "varchar(9)", "e IN ('a', 'b') OR e LIKE 'x%'", None),
    ("e", "varchar(9)", "e IN ('a', 'b') AND length(e) > 0", None),
    ("e", "varchar(9)", "lower(e) IN ('a', 'b')", None),
    ("e", "text", "e = ANY ('{a,b}'::text[])", None),
    ("e", "varchar(9)", "e IN ('a', 'a')", None),
    ("e", "integer", "e IN (1, 2)", None),
]


@pytest.mark.parametrize("driver", ["psycopg", "psycopg2"])
@pytest.mark.parametrize("strings", ["on", "off"])
def test_labels_are_read_or_nothing_is(connection: Connection, strings: str, driver: str) -> None:
    for at, (column, type_, check, _) in enumerate(PLAIN):
        quoted = '"' + column + '"'
        made = f"CREATE TABLE t{at} ({quoted} {type_} CONSTRAINT st CHECK ({check}))"
        connection.exec_driver_sql(made.replace("%", "%%"))
    connection.execute(
        text("SELECT set_config('standard_conforming_strings', :v, false)"), {"v": strings}
    )
    places = [(f"t{at}", column) for at, (column, *_) in enumerate(PLAIN)]
    found = look(connection, *places)
    wanted = [labels or () for (*_, labels) in PLAIN]
    assert [one.enum.labels for one in found] == wanted
    assert [bool(one.unread) for one in found] == [not labels for labels in wanted]
    # Once a column has grown, and after a restore, the server prints it in another way.
    for at, (column, type_, _, labels) in enumerate(PLAIN):
        if type_ == "varchar(9)" and labels:
            grown = f'ALTER TABLE t{at} ALTER "{column}" TYPE varchar(10)'
            connection.execute(text(grown))
    found = look(connection, *places)
    assert [one.enum.labels for one in found] == wanted
    assert connection.scalar(text("SHOW standard_conforming_strings")) == strings


def test_what_else_is_known_of_the_column(connection: Connection) -> None:
    connection.execute(
        text(
            "CREATE TABLE t (e varchar(4) NOT NULL DEFAULT 'a', "
            "CONSTRAINT st CHECK (e IN ('a', 'b')) NOT VALID)"
        )
    )
    connection.execute(text("CREATE VIEW v AS SELECT e FROM t"))
    (found,) = look(connection, ("t", "e"))
    one = found.enum
    assert isinstance(one, CheckedEnum)
    assert one.check is not None
    assert (one.check.name, one.width, one.column.not_null) == ("st", 4, True)
    assert (one.column.default, one.others.views) == ("'a'::character varying", ("public.v",))
    assert (str(one.name), found.unread) == ("public.t.e", "")


def test_what_can_not_be_changed_by_itself_is_named(connection: Connection) -> None:
    for statement in (
        "CREATE TABLE p (e varchar(4) CONSTRAINT st CHECK (e IN ('a', 'b')))",
        "CREATE TABLE c () INHERITS (p)",
        "CREATE TABLE n (e text CONSTRAINT st CHECK (e IN ('a', 'b')) NO INHERIT)",
        "CREATE TABLE two (e text CONSTRAINT x CHECK (e IN ('a', 'b')), "
        "CONSTRAINT y CHECK (e IN ('a', 'c')))",
        "CREATE DOMAIN dom AS text CHECK (VALUE IN ('a', 'b'))",
        "CREATE TABLE d (e dom)",
        "CREATE TABLE bare (e text)",
    ):
        connection.execute(text(statement))
    found = look(connection, *((table, "e") for table in ("p", "c", "n", "two", "d", "bare")))
    assert [one.unread for one in found] == [
        "",
        "its CHECK st is inherited: declare the enum at the parent",
        "its CHECK st is NO INHERIT",
        "it has several lists of labels, x and y",
        "its type is the domain public.dom",
        "",
    ]
    assert [one.enum.check and one.enum.check.name for one in found][::5] == ["st", ""]
