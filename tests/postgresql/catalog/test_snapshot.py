"""What the queries of a rehearsal find."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy import NullPool
from sqlalchemy import create_engine

from flask_enum_migrate.core.schema import Name
from flask_enum_migrate.postgresql.catalog import snapshot
from tests.servers import Server
from tests.servers import create_database
from tests.servers import drop_database

SQL = (
    "CREATE TYPE mood AS ENUM ('bad', 'ok')",
    "CREATE TABLE entry (id serial PRIMARY KEY, mood mood DEFAULT 'ok')",
    "INSERT INTO entry (mood) VALUES ('bad'), ('ok')",
    "CREATE MATERIALIZED VIEW m AS SELECT mood FROM entry",
    "CREATE MATERIALIZED VIEW empty AS SELECT mood FROM entry WITH NO DATA",
    "CREATE TABLE other (id int)",
    "CREATE VIEW apart AS SELECT id FROM other",
)


@pytest.fixture
def url(server: Server) -> Iterator[str]:
    url = create_database(server)
    with psycopg.connect(url, autocommit=True) as connection:
        for sql in SQL:
            connection.execute(sql.encode())
    yield url
    drop_database(server, url)


def test_what_is_read(url: str) -> None:
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"), poolclass=NullPool)
    with engine.connect() as connection:
        mood = [Name("public", "mood")]
        weights = snapshot.weights(connection, mood, ())
        assert sorted(weight.name.name for weight in weights) == ["entry", "m"]
        assert all(weight.total > 0 and weight.countable for weight in weights)
        read = snapshot.read(connection, mood, (), [weight.name for weight in weights])
        found = {str(one): value for one, value in read.items()}
        assert found["table public.entry: rows"] == "2"
        assert found["materialized view public.m: rows"] == "2"
        assert found["type public.mood: labels"] == "{bad,ok}"
        assert found["table public.entry: column mood: default"] == "'ok'::public.mood"
        assert found["table public.entry: column id: NOT NULL"] == "true"
        assert found["sequence public.entry_id_seq"] == ""
        assert not [what for what in found if "apart" in what or "other" in what]
        # Tables that are converted are read without any type.
        other = snapshot.read(connection, (), [Name("public", "other")])
        assert "view public.apart" in map(str, other)
