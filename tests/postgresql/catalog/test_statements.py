"""Each query is a file that psql and EXPLAIN take as it is; and how many are sent."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from importlib.resources import files

import psycopg
import pytest

from tests.project import Project
from tests.project import watched
from tests.servers import Server
from tests.servers import create_database
from tests.servers import drop_database

QUERIES = {
    file.name.removesuffix(".sql"): file.read_text(encoding="utf-8")
    for file in files("flask_enum_migrate.postgresql.catalog").joinpath("sql").iterdir()
}
COLUMNS = '[{"position": 0, "schema": "public", "table": "entry", "column": "mood"}]'
TABLES = '[{"schema": "public", "name": "entry"}]'
TYPES = '[{"schema": "public", "name": "mood"}]'
# What psql puts where SQLAlchemy binds a parameter: of each name, as its query says.
VARIABLES = {
    "aside": "'__old$'",
    "gone": '\'[{"schema": "public", "table": "entry", "column": null}]\'',
    "names": f"'{TYPES}'",
    "objects": '\'[{"catalog": "pg_class", "oid": 1259}]\'',
    "oids": "'{1259}'",
    "relations": "'{1259}'",
    "schema": "'public'",
    "schemas": "'{public}'",
    "tables": f"'{TABLES}'",
    "types": f"'{TYPES}'",
    "wanted": f"'{COLUMNS}'",
    "with_enums": "true",
}
OTHERS = {
    "may_create": {"schemas": "'[\"public\"]'"},
    "placeholders": {"types": "'{public.mood}'"},
    "restore_session": {"names": "'{search_path}'", "values": "'{public}'"},
}
# What a query needs that older servers lack.
SINCE = {"placeholders": (16, "pg_input_is_valid")}


@pytest.fixture(scope="module")
def urls(servers: dict[str, Server]) -> Iterator[dict[str, str]]:
    made = {name: create_database(server) for name, server in servers.items()}
    for url in made.values():
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("CREATE TYPE mood AS ENUM ('bad', 'ok')")
            connection.execute("CREATE TABLE entry (id int UNIQUE, mood mood UNIQUE)")
    yield made
    for name, url in made.items():
        drop_database(servers[name], url)


@pytest.mark.parametrize("name", sorted(QUERIES))
def test_psql_and_explain_take_it(server: Server, urls: dict[str, str], name: str) -> None:
    text = QUERIES[name]
    variables = VARIABLES | OTHERS.get(name, {})
    bound = set(re.findall(r"(?<!:):([a-z_]+)\b", re.sub(r"(?m)--.*$|'[^']*'|\[:\w+", "", text)))
    given = [option for key in sorted(bound) for option in ("-v", f"{key}={variables[key]}")]
    done = subprocess.run(
        [
            server.bindir / "psql",
            "-X",
            "-q",
            "-d",
            urls[server.name],
            "-v",
            "ON_ERROR_STOP=1",
            *given,
        ],
        input=f"{text};\nEXPLAIN {text};\n",
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    since, lacking = SINCE.get(name, (0, ""))
    if done.returncode and int(server.name) < since:
        assert lacking in done.stderr
        return
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert "QUERY PLAN" in done.stdout
    # Its head says what it is for, and what each parameter is.
    head = text.partition("\nWITH ")[0].partition("\nSELECT ")[0]
    assert head.startswith("-- ")
    assert bound == set(re.findall(r"(?m)^-- :(\w+)", head))


def counted(project: Project, *arguments: str, expect: int = 0) -> int:
    """Return how many statements of ours a command sends."""
    with watched() as statements:
        project.db(*arguments, expect=expect)
    return len(statements)


def models(number: int) -> str:
    return "".join(
        f"""
class T{n}(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    a = db.Column(db.Enum(*LABELS, name="e{n}"))
    b = db.Column(db.ARRAY(db.Enum(*LABELS, name="e{n}")))
"""
        for n in range(number)
    )


def test_six_where_nothing_differs(one_project: Project) -> None:
    project = one_project
    for number in (1, 20):
        project.models(models(number), LABELS=["bad", "ok"])
        if not project.migrations.exists():
            project.db("init")
        project.db("migrate", "-m", "tables")
        project.db("upgrade")
        assert counted(project, "enum", "check") == 6
        assert counted(project, "enum", "sync") == 6


HANGING = {
    "a view": "CREATE VIEW v{n} AS SELECT a FROM t{n}",
    "a CHECK": "ALTER TABLE t{n} ADD CHECK (a <> 'bad')",
    "a trigger": (
        "CREATE FUNCTION f{n}() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';"
        "CREATE TRIGGER g BEFORE INSERT ON t{n} FOR EACH ROW WHEN (NEW.a = 'ok')"
        " EXECUTE FUNCTION f{n}()"
    ),
}


def test_by_the_kinds_that_are_there_where_something_differs(one_project: Project) -> None:
    """As many for twenty types with sixty objects as for one with three."""
    project = one_project
    counts = []
    for number in (1, 20):
        project.models(models(number), LABELS=["bad", "ok", "gone"])
        if not project.migrations.exists():
            project.db("init")
        project.db("migrate", "-m", "tables")
        project.db("upgrade")
        for n in range(number):
            project.sql(*(sql.format(n=n) for sql in HANGING.values()))
        project.models(models(number), LABELS=["bad", "ok"])
        refused = ("enum", "sync", "--no-input", "--no-rehearse", "--dry-run")
        counts.append(counted(project, *refused))
        project.sql(*(f"DROP TABLE t{n} CASCADE; DROP FUNCTION f{n}" for n in range(number)))
        project.sql(*(f"DROP TYPE e{n}" for n in range(number)), "DELETE FROM alembic_version")
        for version in (project.migrations / "versions").glob("*.py"):
            version.unlink()
    assert counts[0] == counts[1]
