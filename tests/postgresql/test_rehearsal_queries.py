"""The queries of a rehearsal: run as they are, in psql and under EXPLAIN, and what they find."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from importlib.resources import files

import psycopg
import pytest
from sqlalchemy import NullPool
from sqlalchemy import create_engine

from flask_enum_migrate.core.schema import Name
from flask_enum_migrate.postgresql.catalog import snapshot
from tests.servers import Server
from tests.servers import create_database
from tests.servers import drop_database

QUERIES = files("flask_enum_migrate.postgresql.catalog").joinpath("sql")
FILES = ["snapshot", "weights", "rehearsing", "deferred"]
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


@pytest.mark.parametrize("explain", ["", "EXPLAIN "])
@pytest.mark.parametrize("name", FILES)
def test_psql_takes_it_as_it_is(server: Server, url: str, name: str, explain: str) -> None:
    text = QUERIES.joinpath(f"{name}.sql").read_text(encoding="utf-8")
    done = subprocess.run(
        [
            server.bindir / "psql", "-X", "-q", "-d", url, "-v", "ON_ERROR_STOP=1",
            "-v", """types='[{"schema": "public", "name": "mood"}]'""", "-v", "tables='[]'",
        ],
        input=f"{explain}{text};\n",
        capture_output=True,
        encoding="utf-8",
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert ("QUERY PLAN" in done.stdout) == bool(explain)


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
