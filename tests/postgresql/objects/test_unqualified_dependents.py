"""Revisions without schema names: what hangs on the type comes back in any tenant's schema."""

from __future__ import annotations

import re

import psycopg
import pytest

from tests.direct import plan_for
from tests.direct import run
from tests.kinds import KINDS
from tests.kinds import MODEL
from tests.kinds import ROWS
from tests.kinds import labels_apart
from tests.project import Project
from tests.servers import Server
from tests.servers import create_database
from tests.servers import drop_database
from tests.servers import pg_dump_schema

# The bodies of these name a schema, or they make what is the database's own.
NOT_OF_TENANTS = {
    "routines", "domains that call routines", "publications and statistics", "foreign tables",
    "foreign children", "type properties",
}  # fmt: skip
TENANT_KINDS = [kind for kind in KINDS if kind not in NOT_OF_TENANTS]
TABLE = [
    "CREATE TYPE mood AS ENUM ('bad', 'gone', 'ok', 'good')",
    "CREATE TABLE entry (id serial PRIMARY KEY, mood mood NOT NULL DEFAULT 'ok', other mood,"
    " tags mood[])",
    ROWS,
]


def entries(server: Server, url: str) -> list[str]:
    """Return what pg_dump prints, but in no order: that of two schemas depends on OIDs."""
    return sorted(re.split(r"\n+(?=--\n-- Name: )", pg_dump_schema(server, url).strip("-\n")))


@pytest.mark.parametrize("kind", TENANT_KINDS)
def test_one_plan_suits_two_schemas(newest: Server, kind: str) -> None:
    server, url = newest, create_database(newest)
    separator = "&" if "?" in url else "?"
    in_two = f"{url}{separator}options=-csearch_path%3Dtwo"
    try:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("CREATE SCHEMA two")
            for path in ("public", "two"):
                connection.execute(f"SET search_path TO {path}".encode())
                for sql in [*TABLE, *KINDS[kind]]:
                    if "{n}" not in sql and "DEFAULT PRIVILEGES" not in sql:
                        connection.execute(sql.encode())
        before = entries(server, url)
        plan = plan_for(url, {"mood": ["good", "bad", "ok", "new"]}, {}, unqualified="public")
        assert plan.upgrade.refusals == plan.downgrade.refusals == ()
        statements = (*plan.upgrade.statements, *plan.downgrade.statements)
        assert [sql for sql in statements if "public" in sql] == []
        for where in (url, in_two):
            run(where, plan.upgrade)
        upgraded = entries(server, url)
        assert "\n".join(upgraded).count("    'new'\n") == 2
        assert list(map(labels_apart, upgraded)) == list(map(labels_apart, before))
        for where in (in_two, url):
            run(where, plan.downgrade)
        assert entries(server, url) == before
    finally:
        drop_database(server, url)


def test_a_body_that_names_its_schema_is_refused(one_project: Project) -> None:
    one_project.config["ENUM_MIGRATE_QUALIFY"] = False
    one_project.start(
        MODEL,
        ROWS,
        "CREATE FUNCTION f() RETURNS SETOF mood LANGUAGE sql AS 'SELECT mood FROM public.entry'",
        LABELS=["bad", "gone", "ok", "good"],
    )
    one_project.models(MODEL, LABELS=["bad", "ok", "good"])
    refused = one_project.sync(expect=1).stderr
    assert "function public.f() hangs on it, and its text names the schema 'public'" in refused


def test_a_quoted_schema_is_left_out(one_project: Project) -> None:
    one_project.config["ENUM_MIGRATE_QUALIFY"] = False
    one_project.config["SQLALCHEMY_ENGINE_OPTIONS"] = {
        "connect_args": {"options": '-csearch_path="The.Tenant"'}
    }
    one_project.sql('CREATE SCHEMA "The.Tenant"')
    one_project.start(MODEL, LABELS=["bad", "gone", "ok", "good"])
    one_project.sql(
        'SET search_path TO "The.Tenant"; '
        "CREATE FUNCTION f(mood) RETURNS mood LANGUAGE sql IMMUTABLE AS 'SELECT $1';"
        "CREATE VIEW v AS SELECT f(mood) FROM entry WHERE mood = 'ok';"
        "CREATE INDEX i ON entry (f(other)) WHERE mood <> 'bad';"
        "CREATE DOMAIN d AS mood; CREATE TABLE held (d d, ds d[], e entry);"
        "CREATE FUNCTION tf() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';"
        "CREATE TRIGGER t AFTER UPDATE OF mood ON entry FOR EACH ROW WHEN (NEW.mood = 'ok')"
        " EXECUTE FUNCTION tf();"
        "CREATE RULE r AS ON DELETE TO entry WHERE OLD.mood = 'bad' DO INSTEAD NOTHING"
    )
    one_project.models(MODEL, LABELS=["good", "bad", "ok"])
    assert "The.Tenant" not in one_project.round_trip()
