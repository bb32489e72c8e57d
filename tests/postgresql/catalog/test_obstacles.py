"""What keeps rows from getting other labels where they are, in children and partitions too."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy import NullPool
from sqlalchemy import create_engine

from flask_enum_migrate.core.schema import Name
from flask_enum_migrate.postgresql.catalog import obstacles
from flask_enum_migrate.postgresql.plan.facts import Obstacle
from tests.servers import Server
from tests.servers import create_database
from tests.servers import drop_database

T = Name("public", "t")


@pytest.fixture
def database(server: Server) -> Iterator[str]:
    url = create_database(server)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(b"CREATE TYPE state AS ENUM ('OLD', 'NEW')")
        connection.execute(b"CREATE TABLE t (id int PRIMARY KEY, s state UNIQUE, o state)")
        connection.execute(b"CREATE TABLE parent (s state); CREATE TABLE kid () INHERITS (parent)")
    yield url
    drop_database(server, url)


def read(url: str, role: str = "") -> list[Obstacle]:
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"), poolclass=NullPool)
    with engine.begin() as connection:
        if role:
            connection.exec_driver_sql(f"SET LOCAL ROLE {role}")
        found = obstacles.read(connection, [T, Name("public", "parent")])
    return [one for one in found if one.what != "constraint"]  # PostgreSQL 18 names NOT NULL


def test_what_stands_in_the_way_of_an_update(roles: str, database: str) -> None:
    reader = f"enum_reader_{roles}"
    assert read(database) == []
    with psycopg.connect(database, autocommit=True) as connection:
        for sql in (
            "CREATE FUNCTION touch () RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
            "CREATE TRIGGER touched BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION touch()",
            "CREATE TRIGGER added BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION touch()",
            "CREATE RULE quiet AS ON UPDATE TO kid DO INSTEAD NOTHING",
            "CREATE RULE also AS ON UPDATE TO t DO ALSO NOTHING",
            "CREATE TABLE ref (other state, s state REFERENCES t (s))",
            "CREATE PUBLICATION few FOR TABLE parent, t",
            "CREATE PUBLICATION only_new FOR TABLE parent, t WITH (publish = 'insert')",
            f"ALTER TABLE t OWNER TO {reader}",
            "ALTER TABLE t ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY",
        ):
            connection.execute(sql.encode())
    kid, ref = Name("public", "parent"), "ref_s_fkey of public.ref"
    assert read(database) == [
        Obstacle(kid, "publication", "few of public.kid"),
        Obstacle(kid, "publication", "few of public.parent"),
        Obstacle(kid, "rule", "quiet of public.kid"),
        Obstacle(T, "foreign key", ref, ("s",)),
        Obstacle(T, "trigger", "touched of public.t"),
    ]
    assert Obstacle(T, "row security", "public.t") in read(database, reader)
