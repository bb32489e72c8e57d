"""Labels that stay in their type, while a CHECK keeps them out of every row."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from flask_enum_migrate.core.diff import Answers
from flask_enum_migrate.core.plan import Plan
from tests.direct import plan_for
from tests.direct import run
from tests.servers import Server
from tests.servers import create_database
from tests.servers import drop_database
from tests.servers import pg_dump_schema

SETUP = """
CREATE TYPE state AS ENUM ('NEW', 'OLD', 'it''s', 'DONE');
CREATE DOMAIN dom AS state;
CREATE DOMAIN doms AS state[];
CREATE TABLE job (id int PRIMARY KEY, s state NOT NULL DEFAULT 'OLD', l state[], d dom,
    a doms DEFAULT '{OLD}');
CREATE TABLE part (id int, s state DEFAULT 'OLD') PARTITION BY RANGE (id);
CREATE TABLE part1 PARTITION OF part (s DEFAULT 'DONE') FOR VALUES FROM (0) TO (10);
CREATE TABLE parent (s state); CREATE TABLE child (x int) INHERITS (parent);
CREATE VIEW v AS SELECT * FROM job WHERE s = 'OLD';
CREATE INDEX few ON job (id) WHERE s <> 'OLD';
CREATE TABLE other (s state CONSTRAINT my_own CHECK (s <> 'OLD'));
INSERT INTO job VALUES (1, 'OLD', '{OLD,NULL,NEW}', 'OLD', '{OLD}');
INSERT INTO job VALUES (2, 'it''s', '{it''s}', NULL, NULL);
INSERT INTO part VALUES (1, 'OLD'); INSERT INTO child VALUES ('OLD', 1);
"""
LABELS = ("NEW", "OLD", "it's", "DONE")
RETIRED = Answers(mapping={"OLD": "DONE", "it's": "NEW"}, retire=frozenset(["OLD", "it's"]))


@pytest.fixture
def database(server: Server) -> Iterator[str]:
    url = create_database(server)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(SETUP.encode())
    yield url
    drop_database(server, url)


def rows(url: str) -> list[str]:
    query = """SELECT job::text FROM job UNION ALL SELECT part::text FROM part
               UNION ALL SELECT parent::text FROM parent ORDER BY 1"""
    with psycopg.connect(url) as connection:
        return [row[0] for row in connection.execute(query.encode())]


def make(url: str, *labels: str, answers: Answers | None = None) -> Plan:
    plan = plan_for(url, {"state": labels}, {"state": answers or Answers()})
    assert plan.upgrade.refusals == plan.downgrade.refusals == ()
    run(url, plan.upgrade)
    return plan


def differs(url: str, *labels: str) -> bool:
    return plan_for(url, {"state": labels}, {}).upgrade.statements != ()


def test_retired_there_and_back(server: Server, database: str) -> None:
    before = pg_dump_schema(server, database)
    plan = make(database, "NEW", "DONE", answers=RETIRED)
    assert plan.upgrade.rewritten == ()
    assert not differs(database, "NEW", "DONE")
    assert rows(database) == [
        "(1,DONE)",
        '(1,DONE,"{DONE,NULL,NEW}",DONE,{DONE})',
        "(2,NEW,{NEW},,)",
        "(DONE)",
    ]
    with pytest.raises(psycopg.errors.CheckViolation), psycopg.connect(database) as connection:
        connection.execute(b"INSERT INTO job (id, l) VALUES (3, '{{NEW},{OLD}}')")
    run(database, plan.downgrade)
    assert pg_dump_schema(server, database) == before


def test_a_label_comes_back(server: Server, database: str) -> None:
    make(database, "NEW", "DONE", answers=RETIRED)
    before = pg_dump_schema(server, database)
    assert differs(database, "NEW", "OLD", "DONE")
    plan = make(database, "NEW", "OLD", "DONE")
    assert "my_own" in str(plan.upgrade.statements)
    assert not differs(database, "NEW", "OLD", "DONE")
    run(database, plan.downgrade)
    assert pg_dump_schema(server, database) == before


@pytest.mark.parametrize(
    ("labels", "answers"),
    [
        (("NEW", "MORE", "DONE"), None),
        (("NEWER", "DONE"), Answers({"NEW": "NEWER"})),
        (("DONE", "NEW"), None),
        (("DONE",), Answers(mapping={"NEW": "DONE"})),
    ],
    ids=["add", "rename", "reorder", "remove"],
)
def test_all_else_changes_beside_it(
    server: Server, database: str, labels: tuple[str, ...], answers: Answers | None
) -> None:
    make(database, "NEW", "DONE", answers=RETIRED)
    rewrites = "MORE" not in labels and "NEWER" not in labels  # that takes them along
    if rewrites:
        with psycopg.connect(database, autocommit=True) as connection:
            connection.execute(b"DROP VIEW v; DROP INDEX few")
    before = pg_dump_schema(server, database)
    plan = make(database, *labels, answers=answers)
    assert not differs(database, *labels)
    with psycopg.connect(database) as connection:
        query = b"SELECT enum_range(NULL::state)::text[]"
        (found,) = connection.execute(query).fetchall()[0]
    assert ("OLD" in found) is not rewrites
    run(database, plan.downgrade)
    assert not differs(database, "NEW", "DONE")
    if "MORE" not in labels:  # that needs the type to be replaced
        assert pg_dump_schema(server, database) == before
