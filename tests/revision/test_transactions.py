"""Commits, locks and crashes: what a revision leaves behind when it fails half way."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.exc import DBAPIError

from tests.app.test_environment import OWN_TRANSACTION
from tests.app.test_environment import PER_MIGRATION
from tests.app.test_environment import use_env
from tests.project import Project

MODELS = """
class Job(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    state = db.Column(db.Enum(*labels, name="state"), server_default="a")
"""

ROWS = "INSERT INTO job VALUES (1, 'a'), (2, 'b')"

LAYOUTS = ["single", "multidb", "own transaction", "per migration"]


def start(project: Project, layout: str, *labels: str) -> None:
    project.models(MODELS, labels=list(labels))
    project.db("init", *(["--multidb"] if layout == "multidb" else []))
    if layout == "own transaction":
        use_env(project, OWN_TRANSACTION)
    elif layout == "per migration":
        use_env(project, PER_MIGRATION)
    project.start(MODELS, ROWS, labels=list(labels))


def by_hand(project: Project, statement: str, undo: str = "pass") -> Path:
    """Write a revision by hand, as for a data migration."""
    project.db("revision", "-m", "by hand")
    [path] = [path for path in project.revisions() if path.read_text().count("by hand")]
    text = path.read_text()
    body = f"def upgrade{{}}:\n    op.execute({statement!r})\n"
    undone = f"def downgrade{{}}:\n    {undo}\n"
    for old, new in (
        ("def upgrade():\n    pass\n", body.format("()")),
        ("def upgrade_():\n    pass\n", body.format("_()")),
        ("def downgrade():\n    pass\n", undone.format("()")),
        ("def downgrade_():\n    pass\n", undone.format("_()")),
    ):
        text = text.replace(old, new)
    assert statement in text
    path.write_text(text)
    return path


@pytest.mark.parametrize("driver", ["psycopg2", "psycopg"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_next_revision_uses_the_label(one_project: Project, layout: str, driver: str) -> None:
    one_project.driver = driver
    start(one_project, layout, "a", "b")
    one_project.models(MODELS, labels=["a", "new", "b"])
    one_project.sync()
    by_hand(
        one_project,
        "UPDATE job SET state = 'new' WHERE id = 1",
        "op.execute(\"UPDATE job SET state = 'a' WHERE id = 1\")",
    )
    one_project.db("upgrade")
    assert one_project.rows("SELECT state::text FROM job ORDER BY id") == [("new",), ("b",)]
    one_project.db("downgrade", "base")
    assert one_project.labels("state") == []
    one_project.db("upgrade")
    assert one_project.labels("state") == ["a", "new", "b"]


CHAIN: list[tuple[list[str], list[str]]] = [
    (["a", "b", "c"], []),
    (["a", "c", "B"], ["--rename", "b=B"]),
    (["a", "B"], []),
    (["start", "a", "B"], []),
    (["B", "start", "end"], ["--map", "state.a=start"]),
]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_chain_from_an_empty_database(one_project: Project, layout: str) -> None:
    start(one_project, layout, "a", "b")
    dumps = [one_project.dump()]
    for labels, flags in CHAIN:
        source = MODELS.replace('server_default="a"', f'server_default="{labels[-1]}"')
        one_project.models(source, labels=labels)
        one_project.sync(*flags)
        one_project.db("upgrade")
        assert one_project.labels("state") == labels
        dumps.append(one_project.dump())
    one_project.sql("DELETE FROM job")
    for dump in reversed(dumps[:-1]):
        one_project.db("downgrade")
        assert one_project.dump() == dump
    one_project.db("downgrade", "base")
    assert one_project.labels("state") == []
    one_project.db("upgrade")
    assert one_project.dump() == dumps[-1]
    one_project.db("downgrade", "base")
    one_project.db("upgrade")
    assert one_project.dump() == dumps[-1]


def fails(project: Project, *args: str) -> BaseException:
    """Run a command that fails in the database, and return the driver's error."""
    result = project.app.test_cli_runner().invoke(args=["db", *args])
    project.close()
    assert isinstance(result.exception, DBAPIError), result.output
    assert result.exception.orig is not None
    return result.exception.orig


def sqlstate(error: BaseException) -> str:
    return str(getattr(error, "sqlstate", None) or getattr(error, "pgcode", ""))


def insert_after(project: Project, marker: str, line: str) -> Callable[[], None]:
    """Insert a line after one of the newest revision, and return a function that undoes it."""
    newest = max(project.revisions(), key=lambda path: path.stat().st_mtime_ns)
    text = newest.read_text()
    position = text.index("\n", text.index(marker)) + 1
    newest.write_text(f"{text[:position]}    {line}\n{text[position:]}")

    def undo() -> None:
        newest.write_text(text)

    return undo


@pytest.mark.parametrize("driver", ["psycopg2", "psycopg"])
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(
    ("crash", "state"),
    [
        ('op.execute("SELECT 1/0")', "22012"),
        ('op.execute("SELECT pg_terminate_backend(pg_backend_pid())")', ""),
    ],
    ids=["fails", "terminated"],
)
def test_interrupted_behind_a_commit(
    one_project: Project, layout: str, driver: str, crash: str, state: str
) -> None:
    one_project.driver = driver
    start(one_project, layout, "a", "b", "c")
    one_project.models(MODELS, labels=["first", "a", "B", "middle", "c"])
    one_project.sync("--rename", "b=B")
    source = one_project.revision()
    assert source.index("ADD VALUE") < source.index("RENAME VALUE")
    repair = insert_after(one_project, "RENAME VALUE", crash)
    schema = one_project.rows("SELECT * FROM alembic_version")
    error = fails(one_project, "upgrade")
    assert sqlstate(error) == state or not state
    assert one_project.labels("state") == ["first", "a", "b", "middle", "c"]
    assert one_project.rows("SELECT * FROM alembic_version") == schema
    repair()
    one_project.db("upgrade")
    assert one_project.labels("state") == ["first", "a", "B", "middle", "c"]
    assert one_project.db("enum", "check").stdout.startswith("In sync")


@pytest.mark.parametrize("layout", ["single", "multidb"])
def test_downgrade_interrupted_behind_a_commit(one_project: Project, layout: str) -> None:
    start(one_project, layout, "a", "b", "c")
    one_project.models(MODELS, labels=["A", "c"])
    one_project.sync("--rename", "a=A", "--map", "state.b=c")
    one_project.db("upgrade")
    before = one_project.rows("SELECT * FROM alembic_version")
    source = one_project.revision()
    newest = max(one_project.revisions(), key=lambda path: path.stat().st_mtime_ns)
    upgrade, downgrade = source.rsplit("def downgrade", 1)
    assert downgrade.index("ADD VALUE") < downgrade.index("RENAME VALUE")
    broken = downgrade.replace("RENAME VALUE 'A'", "RENAME VALUE 'nowhere'")
    assert broken != downgrade
    newest.write_text(f"{upgrade}def downgrade{broken}")
    assert sqlstate(fails(one_project, "downgrade")) == "22023"
    assert one_project.labels("state") == ["A", "b", "c"]
    assert one_project.rows("SELECT * FROM alembic_version") == before
    newest.write_text(source)
    one_project.db("downgrade")
    assert one_project.labels("state") == ["a", "b", "c"]


@pytest.fixture
def removal(one_project: Project) -> Project:
    one_project.options = {"lock_timeout": "200ms"}
    start(one_project, "single", "a", "b", "gone")
    one_project.models(MODELS, labels=["a", "b"])
    one_project.sync()
    return one_project


def test_guard_in_the_revision(removal: Project) -> None:
    removal.sql("INSERT INTO job VALUES (3, 'gone')")
    schema, rows = removal.dump(), removal.contents()
    error = fails(removal, "upgrade")
    assert sqlstate(error) == "22P02"
    assert "public.job.state holds 'gone'" in str(error)
    assert (removal.dump(), removal.contents()) == (schema, rows)
    removal.sql("UPDATE job SET state = 'a' WHERE id = 3")
    removal.db("upgrade")
    assert removal.labels("state") == ["a", "b"]


@pytest.mark.parametrize("driver", ["psycopg2", "psycopg"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_busy_table(one_project: Project, layout: str, driver: str) -> None:
    one_project.driver = driver
    one_project.options = {"lock_timeout": 200}
    start(one_project, layout, "a", "b", "gone")
    one_project.models(MODELS, labels=["a", "b"])
    one_project.sync()
    schema, rows = one_project.dump(), one_project.contents()
    version = one_project.rows("SELECT * FROM alembic_version")
    with psycopg.connect(one_project.url) as other:
        other.execute("SELECT FROM job")
        started = time.monotonic()
        error = fails(one_project, "upgrade")
        assert sqlstate(error) == "55P03"
        assert time.monotonic() - started < 5
    assert (one_project.dump(), one_project.contents()) == (schema, rows)
    assert one_project.rows("SELECT * FROM alembic_version") == version
    one_project.db("upgrade")
    assert one_project.labels("state") == ["a", "b"]


def test_addition_waits_for_nobody(one_project: Project) -> None:
    start(one_project, "single", "a", "b")
    one_project.models(MODELS, labels=["a", "b", "c"])
    one_project.sync()
    assert "LOCK TABLE" not in one_project.revision().split("def downgrade")[0]
    with psycopg.connect(one_project.url) as other:
        other.execute("LOCK TABLE job IN ACCESS EXCLUSIVE MODE")
        one_project.db("upgrade")
    assert one_project.labels("state") == ["a", "b", "c"]


RECORD = "INSERT INTO seen SELECT current_setting('lock_timeout')"


def let_env_py_run(project: Project, sql: str) -> None:
    env = project.migrations / "env.py"
    text = env.read_text()
    indent, marker = " " * 12, "context.run_migrations()\n\n\nif"
    assert marker in text
    env.write_text(text.replace(marker, f"connection.exec_driver_sql({sql!r})\n{indent}{marker}"))


@pytest.mark.parametrize(
    ("native", "flags"),
    [("", ()), ("", ("--retire", "gone")), (", native_enum=False, create_constraint=True", ())],
)
def test_a_shorter_lock_timeout_of_env_py_holds(
    one_project: Project, native: str, flags: tuple[str, ...]
) -> None:
    source = MODELS.replace('"state")', f'"state"{native})')
    one_project.start(source, labels=["a", "gone"])
    let_env_py_run(one_project, "SET lock_timeout = 500")
    one_project.models(source, labels=["a"])
    one_project.sync(*flags)
    with psycopg.connect(one_project.url) as other:
        other.execute("SELECT FROM job")
        began = time.monotonic()
        error = fails(one_project, "upgrade")
    assert sqlstate(error) == "55P03"
    assert "No lock on" in str(error)
    assert 0.5 < time.monotonic() - began < 5
    one_project.db("upgrade")


@pytest.mark.parametrize("driver", ["psycopg2", "psycopg"])
@pytest.mark.parametrize("set_in_env", ["SET LOCAL", "SET", ""])
def test_lock_timeout_is_restored(one_project: Project, set_in_env: str, driver: str) -> None:
    one_project.driver = driver
    start(one_project, "single", "a", "b", "gone")
    if set_in_env:
        let_env_py_run(one_project, f"{set_in_env} lock_timeout = '7s'")
    one_project.sql("CREATE TABLE seen (value text)")
    one_project.models(MODELS, labels=["a", "b"])
    one_project.sync()
    by_hand(one_project, RECORD, f"op.execute({RECORD!r})")
    one_project.db("upgrade")
    expected = ("7s",) if set_in_env else ("0",)
    assert one_project.rows("SELECT value FROM seen") == [expected]


@pytest.mark.parametrize("layout", ["single", "multidb", "own transaction"])
def test_a_label_that_a_failed_downgrade_left(one_project: Project, layout: str) -> None:
    """As docs/locks.md says: downgrade that revision alone, and upgrade again."""
    start(one_project, layout, "a", "b", "c")
    [first] = one_project.revisions()
    by_hand(one_project, "SELECT 1", "op.execute('SELECT 1 / 0')")
    one_project.db("upgrade")
    one_project.models(MODELS, labels=["a", "b"])
    one_project.sync()
    one_project.db("upgrade")
    assert sqlstate(fails(one_project, "downgrade", first.name.split("_")[0])) == "22012"
    assert one_project.labels("state") == ["a", "b", "c"]
    assert "remove 'c'" in one_project.db("enum", "check", expect=1).stdout
    one_project.db("downgrade")
    one_project.db("upgrade")
    assert one_project.labels("state") == ["a", "b"]
    assert one_project.db("enum", "check").stdout.startswith("In sync")
    assert one_project.rows("SELECT state::text FROM job ORDER BY id") == [("a",), ("b",)]


def test_a_deferred_foreign_key_before_a_rewrite(one_project: Project) -> None:
    """As docs/locks.md says."""
    one_project.portable = False  # the revision by hand is about what SQLite lacks
    start(one_project, "single", "a", "b", "c")
    one_project.sql(
        "CREATE TABLE other (id int PRIMARY KEY)",
        "INSERT INTO other VALUES (1), (2)",
        "ALTER TABLE job ADD other int REFERENCES other DEFERRABLE INITIALLY DEFERRED",
    )
    [first] = one_project.revisions()
    path = by_hand(one_project, "UPDATE job SET other = 2")
    one_project.db("upgrade")
    one_project.models(MODELS, labels=["a", "b"])
    one_project.sync()
    one_project.sql("UPDATE job SET other = NULL")
    one_project.db("stamp", first.name.split("_")[0])
    said = str(fails(one_project, "upgrade"))
    assert 'cannot ALTER TABLE "job" because it has pending trigger events' in said
    assert one_project.labels("state") == ["a", "b", "c"]
    assert one_project.rows("SELECT DISTINCT other FROM job") == [(None,)]
    checked_at_once = "other = 2; SET CONSTRAINTS ALL IMMEDIATE"
    path.write_text(path.read_text().replace("other = 2", checked_at_once))
    one_project.db("upgrade")
    assert one_project.labels("state") == ["a", "b"]
    assert one_project.rows("SELECT DISTINCT other FROM job") == [(2,)]
