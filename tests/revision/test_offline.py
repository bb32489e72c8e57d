"""SQL scripts: ``flask db upgrade --sql``, ``downgrade --sql`` and ``flask db enum sync --sql``."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.project import Project
from tests.servers import create_database
from tests.servers import drop_database
from tests.servers import pg_dump_schema

MODELS = """
class Job(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    state = db.Column(db.Enum(*labels, name="state"), server_default="a", nullable=False)
    past = db.Column(db.ARRAY(db.Enum(*labels, name="state")))
"""

EXOTIC = [
    "it's",
    '"double"',
    "100%",
    "%s %(x)s %%",
    ":name",
    "a::b :c",
    "back\\slash",
    "\\",
    "tab\there",
    "new\nline",
    "\r\n",
    "{{ x }}",
    "{% raw %}",
    "{# c #}",
    "${x} <% y %>",
    " leading",
    "trailing ",
    "😀 ünïcode",
    "\u2028\u00a0\x7f\x01",
    "",
    "x" * 63,
    "$$ $enum1$",
    "-- /* ;",
    '"""',
    "#{",
    "E'\\x41'",
]


class Twin:
    """A second database, changed by scripts only."""

    def __init__(self, project: Project, url: str) -> None:
        self.project = project
        self.url = url

    def run(self, script: str) -> None:
        """Pipe a script through psql, which stops at the first error."""
        done = subprocess.run(
            [
                self.project.server.bindir / "psql",
                *("-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", self.url),
            ],
            input=script.encode(),
            capture_output=True,
            env={**os.environ, "PGCLIENTENCODING": "UTF8"},
        )
        assert done.returncode == 0, done.stderr.decode()

    def dump(self) -> str:
        return pg_dump_schema(self.project.server, self.url)

    def rows(self, query: str) -> list[tuple[object, ...]]:
        url, self.project.url = self.project.url, self.url
        try:
            return self.project.rows(query)
        finally:
            self.project.url = url


def twin_of(project: Project) -> Iterator[Twin]:
    url = create_database(project.server)
    try:
        yield Twin(project, url)
    finally:
        drop_database(project.server, url)


@pytest.fixture
def twin(project: Project) -> Iterator[Twin]:
    yield from twin_of(project)


@pytest.fixture
def one_twin(one_project: Project) -> Iterator[Twin]:
    yield from twin_of(one_project)


def history(project: Project) -> None:
    """Make a chain of revisions: create, add, rename, replace."""
    project.start(MODELS, labels=["a", "b", "c"])
    for labels, flags in (
        (["a", "new", "b", "c"], []),
        (["a", "new", "B", "c"], ["--rename", "b=B"]),
        (["B", "a", "last"], ["--map", "state.new=a", "--map", "state.c=last"]),
    ):
        project.models(MODELS, labels=labels)
        project.sync(*flags)
        project.db("upgrade")


@pytest.mark.parametrize("driver", ["psycopg2", "psycopg"])
def test_whole_script(twin: Twin, driver: str) -> None:
    twin.project.driver = driver
    history(twin.project)
    upgrade = twin.project.db("upgrade", "--sql").stdout
    twin.run(upgrade)
    assert twin.dump() == twin.project.dump()
    versions = "SELECT * FROM alembic_version"
    assert twin.rows(versions) == twin.project.rows(versions)
    [(head,)] = twin.project.rows(versions)
    twin.project.db("downgrade")
    [(down,)] = twin.project.rows(versions)
    twin.run(twin.project.db("downgrade", f"{head}:{down}", "--sql").stdout)
    assert twin.dump() == twin.project.dump()
    assert twin.rows(versions) == twin.project.rows(versions)


def test_scripts_are_silent_and_transactional(one_twin: Twin) -> None:
    history(one_twin.project)
    script = one_twin.project.db("upgrade", "--sql").stdout
    # Alembic opens one transaction; each revision that adds labels commits and begins another.
    assert script.count("BEGIN;") == script.count("COMMIT;")
    assert "%%" not in script


def by_hand(twin: Twin, *setup: str) -> None:
    """Create what ``flask db migrate`` can't write, in both databases."""
    project = twin.project
    project.sql(*setup)
    url, project.url = project.url, twin.url
    project.sql(*setup)
    project.url = url


def start(twin: Twin, labels: list[str]) -> None:
    listed = ", ".join("'" + label.replace("'", "''") + "'" for label in labels)
    by_hand(
        twin,
        f"CREATE TYPE state AS ENUM ({listed})",
        "CREATE TABLE job (id int PRIMARY KEY, state state DEFAULT 'a' NOT NULL, past state[])",
        "INSERT INTO job VALUES (1, 'a', '{a}')",
    )
    twin.project.models(MODELS, labels=labels)
    twin.project.db("init")
    twin.project.db("revision", "--rev-id", "first")
    twin.project.db("upgrade")


def both_ways(twin: Twin, source: str, *flags: str, **labels: list[str]) -> None:
    """Sync to the models, upgrade one database online and the other offline, and back."""
    project = twin.project
    before = project.dump()
    twin.run(project.db("upgrade", "--sql").stdout)
    assert twin.dump() == before
    project.models(source, **labels)
    script = project.db("enum", "sync", "--sql", "--rev-id", "next", *flags).stdout
    assert project.dump() == before
    project.sync("--rev-id", "next", *flags)
    [(down,)] = project.rows("SELECT version_num FROM alembic_version")
    assert project.db("upgrade", f"{down}:next", "--sql").stdout.strip() == script.strip()
    project.db("upgrade")
    assert project.db("enum", "check").stdout.startswith("In sync")
    twin.run(script)
    assert twin.dump() == project.dump()
    twin.run(project.db("downgrade", f"next:{down}", "--sql").stdout)
    project.db("downgrade")
    assert twin.dump() == project.dump() == before
    project.db("upgrade")
    assert project.db("enum", "check").stdout.startswith("In sync")


@pytest.mark.parametrize("driver", ["psycopg2", "psycopg"])
def test_exotic_labels_are_added(twin: Twin, driver: str) -> None:
    twin.project.driver = driver
    start(twin, ["a", "z"])
    both_ways(twin, MODELS, labels=["a", *EXOTIC, "z"])
    assert twin.project.labels("state") == ["a", *EXOTIC, "z"]


@pytest.mark.parametrize("driver", ["psycopg2", "psycopg"])
def test_exotic_labels_are_renamed(twin: Twin, driver: str) -> None:
    twin.project.driver = driver
    start(twin, ["a", *EXOTIC])
    new = [f"{label[:40]}\u2714" for label in EXOTIC]
    flags = [
        flag for old, to in zip(EXOTIC, new, strict=True) for flag in ("--rename", f"{old}={to}")
    ]
    both_ways(twin, MODELS, *flags, labels=["a", *new])
    assert twin.project.labels("state") == ["a", *new]


@pytest.mark.parametrize("driver", ["psycopg2", "psycopg"])
def test_exotic_labels_are_replaced(twin: Twin, driver: str) -> None:
    twin.project.driver = driver
    start(twin, ["gone", *EXOTIC, "a"])
    both_ways(twin, MODELS, labels=["a", *reversed(EXOTIC)])
    assert twin.project.labels("state") == ["a", *reversed(EXOTIC)]


@pytest.mark.parametrize("driver", ["psycopg2", "psycopg"])
def test_exotic_labels_are_removed(twin: Twin, driver: str) -> None:
    twin.project.driver = driver
    start(twin, ["a", *EXOTIC])
    both_ways(twin, MODELS, labels=["a"])
    assert twin.project.labels("state") == ["a"]


VIEWS = [
    "note LIKE '50%' AND note <> ':name'",
    "note NOT IN ('%(x)s', '%%', '\ttab', 'C:\\temp', 'two\nlines', '${x} {{ y }}', '\r')",
    "note ~ '\\d+:\\w' AND note::text <> E'\\\\:x'",
]


@pytest.mark.parametrize("driver", ["psycopg2", "psycopg"])
@pytest.mark.parametrize("condition", VIEWS)
def test_definitions_of_others_are_exact(one_twin: Twin, condition: str, driver: str) -> None:
    one_twin.project.driver = driver
    start(one_twin, ["a", "b", "c"])
    by_hand(
        one_twin,
        "ALTER TABLE job ADD note text",
        f"CREATE VIEW jobs AS SELECT state FROM job WHERE {condition}",
    )
    both_ways(one_twin, MODELS, labels=["b", "a"])


NAMES = [
    'Quo"te',
    "100%",
    "%(x)s",
    ":name",
    "back\\slash",
    "ta\tb",
    "{{ x }}",
    "${x}",
    "sp ace",
    "ü😀",
    "it's",
]

NAMED = """
class Job(db.Model):
    __tablename__ = f"{name[0]} table"
    __table_args__ = {"schema": name[0]}
    id = db.Column(db.Integer, primary_key=True)
    state = db.Column(name[0], sa.Enum(*labels, name=name[0], schema=name[0]))
"""


@pytest.mark.parametrize("driver", ["psycopg2", "psycopg"])
@pytest.mark.parametrize("name", NAMES)
def test_exotic_names(one_twin: Twin, name: str, driver: str) -> None:
    project, quoted = one_twin.project, '"' + name.replace('"', '""') + '"'
    project.driver = driver
    enum, table = f"{quoted}.{quoted}", f'{quoted}.{quoted[:-1]} table"'
    by_hand(
        one_twin,
        f"CREATE SCHEMA {quoted}",
        f"CREATE TYPE {enum} AS ENUM ('a', 'b', 'gone')",
        f"CREATE TABLE {table} (id int PRIMARY KEY, {quoted} {enum} DEFAULT 'a'::{enum})",
        f"INSERT INTO {table} VALUES (1, 'b')",
    )
    project.models(NAMED, labels=["a", "b", "gone"], name=[name])
    project.db("init")
    project.db("revision", "--rev-id", "first")
    project.db("upgrade")
    both_ways(one_twin, NAMED, labels=["b", "a"], name=[name])
    assert project.rows(f"SELECT * FROM {table}") == [(1, "b")]


def files(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if "__pycache__" not in path.parts}


def test_sync_sql_writes_nothing(one_project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    one_project.start(MODELS, labels=["a"])
    one_project.models(MODELS, labels=["a", "b"])
    monkeypatch.chdir(one_project.folder)
    before, schema = files(one_project.folder), one_project.dump()
    result = one_project.sync("--sql")
    assert files(one_project.folder) == before
    assert one_project.dump() == schema
    [(at,)] = one_project.rows("SELECT version_num FROM alembic_version")
    lines = [line for line in result.stdout.splitlines() if line and not line.startswith("--")]
    assert lines[0] == "BEGIN;"
    assert lines[-1] == "COMMIT;"
    assert f"WHERE alembic_version.version_num = '{at}';" in lines[-2]
    assert "Wrote" not in result.output


def test_sync_sql_without_difference(one_project: Project) -> None:
    one_project.start(MODELS, labels=["a"])
    result = one_project.sync("--sql")
    assert result.stdout == ""
    assert "nothing to write" in result.stderr


def test_sync_sql_of_the_first_revision(one_twin: Twin) -> None:
    project = one_twin.project
    setup = ("CREATE TYPE state AS ENUM ('a')", "CREATE TABLE job (id int, state state)")
    by_hand(one_twin, *setup)
    project.models(MODELS, labels=["a", "b"])
    project.db("init")
    script = project.sync("--sql", "--rev-id", "first").stdout
    assert "CREATE TABLE alembic_version" in script
    one_twin.run(script)
    project.sync("--rev-id", "first")
    project.db("upgrade")
    assert one_twin.dump() == project.dump()


def test_sync_sql_on_branches(one_twin: Twin) -> None:
    project = one_twin.project
    project.start(MODELS, labels=["a"])
    [(first,)] = project.rows("SELECT version_num FROM alembic_version")
    project.db("revision", "--head", "base", "--rev-id", "other")
    project.db("upgrade", "heads")
    one_twin.run(project.db("upgrade", "heads", "--sql").stdout)
    project.models(MODELS, labels=["a", "b"])
    versions = "SELECT version_num FROM alembic_version ORDER BY 1"
    one_twin.run(project.sync("--sql", "--rev-id", "next", "--head", first).stdout)
    assert one_twin.rows(versions) == [("next",), ("other",)]
    project.models(MODELS, labels=["a", "b", "c"])
    script = project.sync("--sql", "--rev-id", "merged", "--head", "heads").stdout
    assert f"version_num = '{first}'" in script
    assert "version_num = 'other'" in script


def test_sync_sql_of_a_spliced_revision(one_twin: Twin) -> None:
    project = one_twin.project
    project.start(MODELS, labels=["a"])
    [(first,)] = project.rows("SELECT version_num FROM alembic_version")
    project.db("revision", "--rev-id", "second")
    project.db("upgrade")
    one_twin.run(project.db("upgrade", "--sql").stdout)
    project.models(MODELS, labels=["a", "b"])
    one_twin.run(project.sync("--sql", "--rev-id", "next", "--head", first, "--splice").stdout)
    versions = "SELECT version_num FROM alembic_version ORDER BY 1"
    assert one_twin.rows(versions) == [("next",), ("second",)]


def test_sync_sql_with_a_single_enum_of_many(one_twin: Twin) -> None:
    """Only what differs is in the script, with ``dry run`` saying the same."""
    project = one_twin.project
    source = MODELS + MODELS.replace("Job", "Task").replace('"state"', '"kind"').replace(
        "labels", "others"
    )
    project.start(source, labels=["a"], others=["a"])
    project.models(source, labels=["a"], others=["a", "b"])
    script = project.sync("--sql").stdout
    assert "ALTER TYPE public.kind ADD VALUE" in script
    assert "public.state" not in script
