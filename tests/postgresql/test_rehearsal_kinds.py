"""Everything that can hang on a type passes a rehearsal, and nothing of one stays."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from contextlib import contextmanager

import psycopg
import pytest
from sqlalchemy import NullPool
from sqlalchemy import create_engine

from flask_enum_migrate.core.backend import Differences
from flask_enum_migrate.core.backend import Options
from flask_enum_migrate.core.diff import Answers
from flask_enum_migrate.core.diff import alter
from flask_enum_migrate.core.pairing import pair
from flask_enum_migrate.core.rehearsal import Rehearsal
from flask_enum_migrate.core.rehearsal import Terms
from flask_enum_migrate.core.schema import DeclaredColumn
from flask_enum_migrate.core.schema import DeclaredEnum
from flask_enum_migrate.core.schema import Name
from flask_enum_migrate.postgresql.backend import Enums
from tests.kinds import KINDS
from tests.servers import Server
from tests.servers import create_database
from tests.servers import drop_database
from tests.servers import pg_dump_schema


def rehearsed(
    url: str,
    wanted: Mapping[str, Sequence[str]],
    answers: Mapping[str, Answers],
    limit: int | None = None,
) -> Rehearsal:
    """Rehearse what makes the types of ``public`` have the wanted labels."""
    backend = Enums()
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"), poolclass=NullPool)
    with engine.begin() as connection:
        column = DeclaredColumn(Name("public", "none"), "none")
        declared = [
            DeclaredEnum(Name("public", name), tuple(labels), (column,))
            for name, labels in wanted.items()
        ]
        live = backend.read(connection, [column])
        pairing = pair(declared, live)
        changes = tuple(
            change
            for found in pairing.pairs
            if (change := alter(found, answers.get(found.live.name.name, Answers())))
        )
        facts = backend.inspect(connection, live, pairing, Options()).facts
        differences = Differences(changes)
        plan = backend.plan(differences, facts)
        assert plan.upgrade.refusals == ()
        return backend.rehearse(connection, plan, differences, Terms(tuple, limit))


@contextmanager
def hanging(server: Server, roles: str, kind: str) -> Iterator[str]:
    """Give a database with rows, on whose type objects of one kind hang."""
    url = create_database(server)
    try:
        with psycopg.connect(url, autocommit=True) as connection:
            for sql in (
                "CREATE TYPE mood AS ENUM ('bad', 'ok', 'good')",
                "CREATE TABLE entry (id serial PRIMARY KEY, mood mood NOT NULL DEFAULT 'ok',"
                " other mood, tags mood[])",
                "INSERT INTO entry (mood, other, tags)"
                " VALUES ('bad', 'ok', '{bad}'), ('ok', NULL, NULL)",
                *KINDS[kind],
            ):
                connection.execute(sql.replace("{n}", roles).encode())
        yield url
    finally:
        drop_database(server, url)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "labels", [["bad", "good", "ok"], ["new", "bad", "ok", "good"], ["bad", "fine", "good"]]
)
def test_every_kind_comes_back(server: Server, roles: str, kind: str, labels: list[str]) -> None:
    with hanging(server, roles, kind) as url:
        before = pg_dump_schema(server, url)
        renames = {"ok": "fine"} if "fine" in labels else {}
        made = rehearsed(url, {"mood": labels}, {"mood": Answers(renames)})
        assert made.failure is None
        assert made.contrasts == ()
        assert (made.upgrade, made.downgrade, made.left_out) == (True, True, "")
        assert pg_dump_schema(server, url) == before


STAYING = (
    "check",
    "partial and expression indexes",
    "materialized views",
    "rules and triggers",
    "partitions",
    "inheritance",
    "checks of families",
    "generated columns",
)


@pytest.mark.parametrize("kind", STAYING)
def test_a_label_is_retired_beneath_every_kind(newest: Server, roles: str, kind: str) -> None:
    with hanging(newest, roles, kind) as url:
        before = pg_dump_schema(newest, url)
        answers = Answers(mapping={"good": "ok"}, retire=frozenset({"good"}))
        made = rehearsed(url, {"mood": ["bad", "ok"]}, {"mood": answers})
        assert (made.failure, made.contrasts) == (None, ())
        assert (made.upgrade, made.downgrade, made.left_out) == (True, True, "")
        assert pg_dump_schema(newest, url) == before
