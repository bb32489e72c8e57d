"""Whatever goes wrong ends with one line that says what and what to do, and leaves nothing."""

from __future__ import annotations

import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.engine import make_url

from tests.project import Project
from tests.servers import GIVEN
from tests.servers import Server

MODELS = """
class Item(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    state = db.Column(sa.Enum(*labels, name="state"))
"""

BEGINNING = {
    "check": "Could not tell: ",
    "list": "Could not tell: ",
    "sync": "Nothing was written: ",
}


def stops(project: Project, *said: str, options: tuple[str, ...] = ()) -> str:
    """Run all commands, each of which has to stop with exit code 2 and one line."""
    before = project.revisions()
    line = ""
    for command, beginning in BEGINNING.items():
        given = options if command == "sync" else ()
        done = project.db("enum", command, *given, expect=2)
        assert done.stdout == ""
        assert done.stderr.startswith(beginning), done.stderr
        assert done.stderr.count("\n") == 1, done.stderr
        assert done.stderr.endswith("\n")
        line = done.stderr.removeprefix(beginning).rstrip("\n")
        for part in said:
            assert part in line
    assert project.revisions() == before
    return line


@pytest.fixture
def drifted(one_project: Project) -> Project:
    """A project that differs, so that what follows is what stops it."""
    one_project.start(MODELS, labels=["a"])
    one_project.models(MODELS, labels=["a", "b"])
    one_project.db("enum", "check", expect=1)
    return one_project


def connect_to(project: Project, **parts: object) -> None:
    url = make_url(project.sqlalchemy_url()).set(**parts)  # type: ignore[arg-type]
    project.config["SQLALCHEMY_DATABASE_URI"] = url.render_as_string(hide_password=False)
    project.models(MODELS, labels=["a", "b"])


def test_no_migrations_folder(one_project: Project) -> None:
    one_project.models(MODELS, labels=["a"])
    line = stops(one_project)
    folder = one_project.migrations
    assert line == (
        f"There is no migrations folder {str(folder)!r} (no env.py in it). Create it: flask db init"
    )
    assert not folder.exists()


def test_no_connection(drifted: Project) -> None:
    connect_to(drifted, username="me", password="hush", host="127.0.0.1", port=1, query={})
    line = stops(drifted, "Connection refused. Is the server running", "SQLALCHEMY_DATABASE_URI")
    assert "connections? Check" in line
    assert "hush" not in line


def test_no_such_database(drifted: Project) -> None:
    connect_to(drifted, database="nowhere")
    stops(drifted, 'database "nowhere" does not exist')


@pytest.fixture
def locked_role(newest: Server) -> Iterator[str]:
    """A role that has to give a password."""
    if newest.name == GIVEN:
        pytest.fail("the given server's pg_hba.conf can't be changed")
    role = f"locked_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(newest.url, autocommit=True) as connection:
        (path,) = connection.execute("SHOW hba_file").fetchone() or ("",)
        file = Path(path)
        before = file.read_text()
        file.write_text(f"local all {role} scram-sha-256\n{before}")
        connection.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'right'".encode())
        connection.execute("SELECT pg_reload_conf()")
        try:
            yield role
        finally:
            file.write_text(before)
            connection.execute("SELECT pg_reload_conf()")
            connection.execute(f"DROP ROLE {role}".encode())


@pytest.mark.parametrize("driver", ["psycopg2", "psycopg"])
def test_wrong_password(drifted: Project, locked_role: str, driver: str) -> None:
    drifted.driver = driver
    connect_to(drifted, username=locked_role, password="t0p:s3/cr@t")
    line = stops(drifted, "password authentication failed", "SQLALCHEMY_DATABASE_URI")
    assert "s3" not in line


def test_password_in_an_exception_of_env_py(drifted: Project) -> None:
    edit(drifted, "raise ValueError('bad postgresql://me:hush@host/db?x=1')")
    line = stops(drifted, "ValueError: bad postgresql://me:***@host/db?x=1")
    assert "hush" not in line


def edit(project: Project, *lines: str) -> None:
    """Put lines before the imports of env.py, but after a ``__future__`` that it may have."""
    env = project.migrations / "env.py"
    before, imports, after = env.read_text().partition("import logging\n")
    assert imports
    env.write_text("\n".join([before, *lines, imports + after]))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("raise RuntimeError('first\\nsecond')", "RuntimeError: first second"),
        ("raise KeyError('x')", "KeyError: 'x'"),
        ("import nothing_of_this_name", "No module named 'nothing_of_this_name'"),
        ("1 +", "SyntaxError"),
        ("raise SystemExit(1)", "sys.exit(1)"),
        ("import sys; sys.exit()", "sys.exit(None)"),
    ],
)
def test_env_py_raises(drifted: Project, line: str, said: str) -> None:
    edit(drifted, line)
    stops(drifted, said)


def test_no_target_metadata(drifted: Project) -> None:
    env = drifted.migrations / "env.py"
    env.write_text(
        env.read_text().replace("target_metadata=get_metadata()", "target_metadata=None")
    )
    stops(drifted, "target_metadata")


def test_env_py_that_never_connects(drifted: Project) -> None:
    (drifted.migrations / "env.py").write_text("")
    stops(drifted, "env.py ran no migrations, so no database was looked at")


def test_broken_revision_file(drifted: Project) -> None:
    (drifted.migrations / "versions" / "broken.py").write_text("revision = 'x'\n1 +\n")
    stops(drifted)


def test_several_heads(drifted: Project) -> None:
    first = drifted.revisions()[0]
    (base,) = drifted.rows("SELECT version_num FROM alembic_version")[0]
    for name in ("left", "right"):
        drifted.db("revision", "--rev-id", name, "--head", base, "--splice", "-m", name)
    assert first.exists()
    done = drifted.sync(expect=2)
    assert done.stdout == ""
    assert done.stderr == (
        "Nothing was written: The migrations have 2 heads: left, right. "
        "Merge them (flask db merge heads) or pass --head REVISION.\n"
    )
    # Drift is drift, whatever the migrations look like.
    assert drifted.db("enum", "check", expect=1).stdout.endswith("flask db merge heads\n")


def test_unknown_head(drifted: Project) -> None:
    done = drifted.sync("--head", "nope", expect=2)
    assert done.stderr.startswith("Nothing was written: --head 'nope': ")
    assert done.stderr.count("\n") == 1


def test_unknown_revision_in_the_database(drifted: Project) -> None:
    drifted.sql("UPDATE alembic_version SET version_num = 'gone'")
    stops(drifted, "The database is at gone, which the migrations don't know")


def test_read_only_database(drifted: Project) -> None:
    name = make_url(drifted.url).database
    drifted.sql(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    drifted.db("enum", "check", expect=1)
    drifted.sync()
    assert "ADD VALUE" in drifted.revision()


def test_read_only_and_never_migrated(one_project: Project) -> None:
    one_project.models(MODELS, labels=["a"])
    one_project.db("init")
    name = make_url(one_project.url).database
    one_project.sql(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    checked = one_project.db("enum", "check")
    assert checked.stdout == "In sync: no enum types.\n"
    assert (
        checked.stderr
        == "Note: item.state exists only in the models; that is for: flask db migrate\n"
    )


@pytest.mark.parametrize("command", ["check", "sync", "list"])
def test_bad_setting(one_project: Project, command: str) -> None:
    one_project.start(MODELS, labels=["a"])
    module = one_project.folder / "bad_app.py"
    module.write_text(
        "from flask import Flask\nfrom flask_enum_migrate import EnumMigrate\n"
        "def create_app():\n    app = Flask('bad')\n"
        "    EnumMigrate(app, lock_timeout='soon')\n    return app\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "bad_app", "db", "enum", command],
        cwd=one_project.folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == (
        "Error: EnumMigrate(lock_timeout=…) is 'soon', but must be a time like '10s', a number of "
        "milliseconds, or None. The default is '10s'.\n"
    )


def test_models_that_contradict_each_other(one_project: Project) -> None:
    one_project.start(MODELS, labels=["a", "b"])
    one_project.models(
        MODELS
        + """
class Other(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    mood = db.Column(sa.Enum("b", "it's", name="state"))
""",
        labels=["a", "b"],
    )
    assert stops(one_project) == (
        "item.state declares the type state as 'a', 'b', but other.mood declares it as 'b', "
        '"it\'s". Use one Enum for both columns, or give the types different names: '
        "db.Enum(..., name='...')."
    )


@pytest.mark.parametrize("command", ["check", "sync", "list"])
def test_a_database_without_enums_is_skipped(one_project: Project, command: str) -> None:
    one_project.config["SQLALCHEMY_DATABASE_URI"] = f"sqlite:///{one_project.folder}/app.db"
    one_project.start(MODELS, labels=["a"])
    one_project.models(MODELS, labels=["a", "b"])
    before = one_project.revisions()
    done = one_project.db("enum", command)
    note = "Note: the database is sqlite, which has no enum types to keep in step: skipped.\n"
    said = {
        "check": "Nothing was compared.\n",
        "sync": "Nothing was compared: nothing to write.\n"
        "To write a revision without a database: flask db enum sync --from-migrations\n",
        "list": "Nothing was compared.\n",
    }
    assert done.stderr + done.stdout == note + said[command]
    assert one_project.revisions() == before


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--nope"], "No such option"),
        (["--dry-run", "--sql"], "--dry-run and --sql exclude each other."),
        (["--rename"], "requires an argument"),
        (["extra"], "unexpected extra argument"),
    ],
)
def test_bad_usage(drifted: Project, args: list[str], said: str) -> None:
    done = drifted.sync(*args, expect=2)
    assert said in done.stderr.splitlines()[-1]
    assert done.stderr.splitlines()[-1].startswith("Error: ")


def test_unforeseen_errors_are_not_drift(drifted: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object, **options: object) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr("flask_enum_migrate.check.check", fail)
    done = drifted.db("enum", "check", expect=2)
    assert done.stdout == ""
    assert "Traceback" in done.stderr
    assert done.stderr.splitlines()[-1] == (
        "Could not tell: Unforeseen ZeroDivisionError: a bug. Please report it."
    )
