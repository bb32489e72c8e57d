"""Which labels CHECKs keep out of columns: read from their text, whoever wrote it."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import NullPool
from sqlalchemy import create_engine

from flask_enum_migrate.core.schema import Guard
from flask_enum_migrate.core.schema import LiveEnum
from flask_enum_migrate.core.schema import Name
from flask_enum_migrate.postgresql.catalog import enums
from tests.project import watched
from tests.servers import Server
from tests.servers import create_database
from tests.servers import drop_database

LABELS = ("it's", r"a\b", "50%", "ü", "", '{x,"y"}', ":name", "OLD", "NEW")


@pytest.fixture
def database(server: Server) -> Iterator[str]:
    url = create_database(server)
    yield url
    drop_database(server, url)


def read(url: str) -> LiveEnum:
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg2:"), poolclass=NullPool)
    with engine.begin() as connection, watched() as statements:
        live = enums.read(connection, [])
    assert len(statements) == 4
    return live.by_name[Name("public", "state")]


def run(url: str, *statements: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def create(url: str, *tables: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        labels = sql.SQL(", ").join(map(sql.Literal, LABELS))
        connection.execute(sql.SQL("CREATE TYPE state AS ENUM ({})").format(labels))
        connection.execute(b"CREATE DOMAIN dom AS state; CREATE DOMAIN doms AS state[];")
        connection.execute(b"CREATE DOMAIN domdom AS dom")
    run(url, *tables)


def literal(label: str) -> str:
    return "E'" + label.replace("\\", "\\\\").replace("'", "''") + "'::state"


# By the type of a column: how a label is kept out of it.
FORMS = {
    "state": "s <> {0}",
    "state[]": "NOT ({0} = ANY (s))",
    "dom": "s::state <> {0}",
    "domdom": "s::state <> {0}",
    "doms": "NOT ({0} = ANY (s::state[]))",
}


def test_every_label_in_every_kind_of_column(database: str) -> None:
    create(database, *(f'CREATE TABLE "Kind {n}" (s {t})' for n, t in enumerate(FORMS)))
    assert read(database).guarded == frozenset()
    for number, form in enumerate(FORMS.values()):
        for label in LABELS[:-1]:
            run(
                database,
                f'ALTER TABLE "Kind {number}" ADD CHECK ({form.format(literal(label))})',
            )
        retired = read(database).retired
        assert retired == (LABELS[:-1] if number == len(FORMS) - 1 else ())
    assert read(database).open_columns("OLD") == ()
    assert len(read(database).open_columns("NEW")) == len(FORMS)


def test_names_are_quoted_where_they_must_be(database: str) -> None:
    create(
        database,
        'CREATE SCHEMA "My Schema"',
        'CREATE TABLE "My Schema"."order" ("select" state, "Ü b" state[])',
        """ALTER TABLE "My Schema"."order" ADD CONSTRAINT "a b" CHECK ("select" <> 'OLD')""",
        """ALTER TABLE "My Schema"."order" ADD CHECK (NOT ('OLD'::state = ANY ("Ü b")))""",
        "ALTER TYPE state RENAME TO new_state; ALTER TYPE new_state RENAME TO state",
    )
    enum = read(database)
    assert enum.retired == ("OLD",)
    assert enum.columns[0].guards == (Guard("OLD", "a b"),)
    run(database, "ALTER TYPE state RENAME VALUE 'OLD' TO 'OLDER'")  # the CHECK follows
    assert read(database).retired == ("OLDER",)


def test_partitions_and_children_have_it_from_their_parent(database: str) -> None:
    create(
        database,
        "CREATE TABLE p (id int, s state) PARTITION BY RANGE (id)",
        "CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10)",
        "CREATE TABLE parent (s state)",
        "CREATE TABLE child (other state) INHERITS (parent)",
        "ALTER TABLE p ADD CHECK (s <> 'OLD'), ADD CHECK (s <> 'NEW')",
        "ALTER TABLE parent ADD CHECK (s <> 'OLD')",
    )
    assert [str(column) for column in read(database).open_columns("OLD")] == ["public.child.other"]
    run(database, "ALTER TABLE child ADD CHECK (other <> 'OLD')")
    assert read(database).retired == ("OLD",)
    run(database, "CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (10) TO (20)")
    assert read(database).retired == ("OLD",)


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE t ADD CHECK (s <> 'OLD') NOT VALID",
        "ALTER TABLE t ADD CHECK (s <> 'OLD') NO INHERIT",
        "ALTER TABLE t ADD CHECK (s IS DISTINCT FROM 'OLD')",
        "ALTER TABLE t ADD CHECK (s <> 'OLD' OR id > 3)",
        "ALTER TABLE t ADD CHECK (s::text <> 'OLD')",
        "ALTER TABLE t ADD CHECK (s <> 'OLD'), ADD other state",
        "ALTER TABLE t ADD CHECK (s <> 'OLD'), ADD l state[]",
        "CREATE TYPE pair AS (a state); ALTER TABLE t ADD CHECK (s <> 'OLD'), ADD c pair",
        "ALTER TABLE t ADD CHECK (s <> 'OLD'), ALTER s SET DEFAULT 'OLD'",
    ],
)
def test_what_keeps_it_out_in_part_does_not_count(database: str, statement: str) -> None:
    create(database, "CREATE TABLE t (id int, s state)", statement)
    assert read(database).retired == ()


def test_what_is_no_table_needs_none(database: str) -> None:
    create(
        database,
        "CREATE TABLE t (s state)",
        "CREATE VIEW v AS SELECT s FROM t",
        "CREATE MATERIALIZED VIEW m AS SELECT s FROM t",
        "ALTER TABLE t ADD CHECK (s <> 'OLD'), ALTER s SET DEFAULT 'NEW'",
    )
    assert read(database).retired == ("OLD",)


def test_a_check_that_is_not_enforced_keeps_nothing_out(database: str) -> None:
    create(database, "CREATE TABLE t (s state)")
    with psycopg.connect(database) as connection:
        if connection.info.server_version >= 180000:
            run(database, "ALTER TABLE t ADD CHECK (s <> 'OLD') NOT ENFORCED")
    assert read(database).guarded == frozenset()
