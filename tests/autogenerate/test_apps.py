"""``flask db migrate`` in apps as they are: filters, hooks, binds, older env.py files, others."""

from __future__ import annotations

import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import alembic.command
import alembic.util
import psycopg
import pytest
from alembic.autogenerate.api import AutogenContext
from alembic.autogenerate.rewriter import Rewriter
from alembic.operations import ops
from flask import Flask
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy

from flask_enum_migrate.autogenerate.operations import EnumOperations
from tests.app.test_environment import ENVIRONMENTS
from tests.app.test_environment import use_env
from tests.autogenerate.setup import JOB
from tests.autogenerate.setup import command
from tests.autogenerate.setup import migrate
from tests.autogenerate.setup import nothing_differs
from tests.autogenerate.setup import refused
from tests.autogenerate.setup import round_trip
from tests.autogenerate.setup import upgrade_of
from tests.project import HEADER
from tests.project import Project
from tests.project import statements
from tests.revision.test_offline import twin_of
from tests.servers import create_database
from tests.servers import drop_database

STATE = """
class Job(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    state = db.Column(db.Enum(*labels, name="state"))
"""

MORE = """
class Job(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    state = db.Column(db.Enum(*labels, name="state"))
    last = db.Column(db.Enum(*labels, name="state"), server_default=labels[-1])
    kind = db.Column(db.Enum("x", name="kind"))
"""


@pytest.mark.parametrize("env", ["2", "own transaction", "several MetaData"])
def test_environments(one_project: Project, env: str) -> None:
    one_project.models(JOB)
    one_project.db("init")
    use_env(one_project, ENVIRONMENTS[env])
    one_project.start(STATE, "INSERT INTO job VALUES (1, 'b')", labels=["a", "b"])
    schema = one_project.dump()
    written = migrate(one_project, MORE, labels=["a", "b", "new"])
    outer = env == "own transaction"
    assert ("COMMIT AND CHAIN" if outer else "autocommit_block") in upgrade_of(written)
    one_project.db("upgrade")
    assert one_project.rows("SELECT last::text FROM job") == [("new",)]
    one_project.db("downgrade")
    assert one_project.dump() == schema


def test_without_a_transaction(one_project: Project) -> None:
    one_project.models(JOB)
    one_project.db("init")
    use_env(one_project, ENVIRONMENTS["autocommit"])
    one_project.start(STATE, labels=["a", "b"])
    assert "AUTOCOMMIT" in refused(one_project, MORE, labels=["a"])
    migrate(one_project, MORE, labels=["a", "b", "new"])
    one_project.db("upgrade")
    assert one_project.labels("state") == ["a", "b", "new"]
    one_project.db("downgrade", expect=1)
    assert one_project.labels("kind") == ["x"]


@pytest.mark.parametrize("batch", [True, False])
def test_batch_mode(one_project: Project, batch: bool) -> None:
    one_project.migrate_options["render_as_batch"] = batch
    one_project.start(STATE, "INSERT INTO job VALUES (1, 'a')", labels=["a"])
    assert ("batch_op" in round_trip(one_project, MORE, labels=["a", "b"])) == batch
    round_trip(one_project, STATE, merges=True, labels=["a", "b"])


def test_include_object_and_include_name(one_project: Project) -> None:
    def include_object(_: Any, name: str, kind: str, *args: Any) -> bool:
        return not (kind == "column" and name == "kind")

    one_project.start(STATE, "CREATE TABLE theirs (s state)", labels=["a"])
    one_project.migrate_options = {
        "include_object": include_object,
        "include_name": lambda name, kind, _: not (kind == "table" and name == "theirs"),
    }
    written = migrate(one_project, MORE, labels=["a"])
    assert "kind" not in written
    assert "theirs" not in written
    one_project.db("upgrade")
    one_project.models(JOB)
    assert "kept: column s of table theirs" in one_project.db("migrate").stderr


def test_the_apps_own_render_item_is_asked_first(one_project: Project) -> None:
    def render_item(kind: str, item: Any, context: AutogenContext) -> Any:
        return "sa.Text()" if kind == "type" and getattr(item, "name", "") == "kind" else False

    one_project.start(STATE, labels=["a"])
    one_project.migrate_options["render_item"] = render_item
    written = migrate(one_project, MORE, labels=["a"])
    assert "sa.Column('kind', sa.Text()" in written
    assert "postgresql.ENUM('a', name='state', create_type=False)" in written


STRICT = """
class Strict(sa.TypeDecorator):
    impl = sa.Enum
    cache_ok = True

class Cat(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    mood = db.Column(Strict("happy", "sad", name="mood"))
    moods = db.Column(pg.ARRAY(Strict("x", name="tag")))
    kind = db.Column(db.Enum("plain", name="kind"))
"""


def test_a_type_that_the_apps_own_render_item_creates(one_project: Project) -> None:
    """A new table creates it by itself, there and back, as it does without us."""

    def render_item(kind: str, item: Any, context: AutogenContext) -> Any:
        enum = getattr(item, "impl", item)
        if kind == "type" and getattr(enum, "name", None) in ("mood", "tag"):
            return f"sa.Enum({', '.join(map(repr, enum.enums))}, name={enum.name!r})"
        return False

    project = one_project
    project.migrate_options["render_item"] = render_item
    project.models("")
    project.db("init")
    created = migrate(project, STRICT)
    assert sorted(statements(upgrade_of(created))) == [
        "CREATE TYPE kind AS ENUM ('plain')",
        "CREATE TYPE tag AS ENUM ('x')",
    ]
    assert "sa.Column('mood', sa.Enum('happy', 'sad', name='mood')" in created
    project.db("upgrade")
    schema = project.dump()
    dropped = migrate(project, "")
    assert "CREATE TYPE kind" in dropped
    assert "CREATE TYPE mood" not in dropped
    project.db("upgrade")
    assert not project.labels("mood")
    project.db("downgrade")
    assert project.dump() == schema
    project.db("downgrade")
    assert not project.labels("mood")
    project.db("upgrade")


def test_process_revision_directives(one_project: Project) -> None:
    writer = Rewriter()
    seen: list[ops.MigrateOperation] = []

    @writer.rewrites(ops.MigrateOperation)  # type: ignore[untyped-decorator, unused-ignore]
    def look(context: Any, revision: Any, operation: ops.MigrateOperation) -> Any:
        seen.append(operation)
        return operation

    def directives(context: Any, revision: Any, scripts: list[Any]) -> None:
        writer(context, revision, scripts)
        operations = scripts[0].upgrade_ops
        operations.ops = [o for o in operations.ops if not isinstance(o, ops.CreateTableOp)]

    one_project.models(JOB)
    one_project.db("init")
    use_env(one_project, ENVIRONMENTS["per migration"])  # that of Flask-Migrate 4.0 has its own
    one_project.start(STATE, labels=["a"])
    one_project.migrate_options["process_revision_directives"] = directives
    source = MORE + JOB.replace("Job", "Other")
    written = migrate(one_project, source, labels=["a"])
    assert "op.create_table" not in upgrade_of(written)
    assert list(statements(upgrade_of(written))) == ["CREATE TYPE kind AS ENUM ('x')"]
    assert any(isinstance(operation, EnumOperations) for operation in seen)


def checked(project: Project, source: str, **names: Any) -> str:
    """Run what ``flask db check`` runs, and return the differences that it tells."""
    project.models(source, **names)
    with project.app.app_context():
        config = project.app.extensions["migrate"].migrate.get_config()
        try:
            alembic.command.check(config)
        except alembic.util.AutogenerateDiffsDetected as error:
            return str(error)
    return ""


def test_check(one_project: Project) -> None:
    one_project.start(STATE, "INSERT INTO job VALUES (1, 'b')", labels=["a", "b"])
    assert checked(one_project, STATE, labels=["a", "b"]) == ""
    said = checked(one_project, MORE, labels=["a", "c"])
    assert """('alter_enum', 'public.state', "add 'c' after 'a'")""" in said
    assert """('alter_enum', 'public.state', "remove 'b'; fails if a row holds it")""" in said
    assert "('add_enum', 'kind', ['x'])" in said
    assert "('remove_enum', 'public.state', ['a', 'b'])" in checked(one_project, JOB)
    string = STATE.replace('db.Enum(*labels, name="state")', "db.String(9)")
    said = checked(one_project, string)
    assert "('convert_column', 'public.job.state', 'convert from public.state to" in said
    assert "modify_type" not in said


def test_exit_code_of_check(one_project: Project) -> None:
    one_project.start(STATE, labels=["a"])
    one_project.models(STATE, labels=["a"])
    if "check" not in one_project.db("--help").stdout.split():  # Flask-Migrate 4.0 has none
        assert checked(one_project, STATE, labels=["a"]) == ""
        return
    one_project.db("check")
    said = command(one_project, STATE, "check", labels=["a", "b"], expect=1).output
    assert "add 'b' after 'a'" in said
    command(one_project, STATE, "check", labels=["b"], expect=1)


def test_switched_off(one_project: Project) -> None:
    one_project.options["autogenerate"] = False
    one_project.start(STATE, labels=["a"])
    written = migrate(one_project, MORE, labels=["a", "b"])
    assert "TYPE" not in written
    assert "sa.Enum('x', name='kind')" in written


def test_an_app_without_the_extension(
    one_project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def set_up(app: Flask, db: SQLAlchemy) -> None:
        Migrate(app, db, directory=str(one_project.migrations))

    one_project.start(STATE, labels=["a"])
    monkeypatch.setattr(one_project, "set_up", set_up)
    written = migrate(one_project, MORE, labels=["a", "b"])
    assert "TYPE" not in written
    assert "sa.Enum('x', name='kind')" in written


def test_sqlite_is_untouched(one_project: Project) -> None:
    sqlite = f"sqlite:///{one_project.folder / 'app.sqlite'}"
    one_project.config["SQLALCHEMY_DATABASE_URI"] = sqlite
    one_project.models(MORE, labels=["a"])
    one_project.db("init")
    assert "sa.Enum('x', name='kind')" in migrate(one_project, MORE, labels=["a"])
    one_project.db("upgrade")
    before = one_project.revisions()
    command(one_project, MORE, "migrate", labels=["a"])
    assert one_project.revisions() == before


BINDS = (
    MORE
    + """
class Event(db.Model):
    __bind_key__ = "audit"
    id = db.Column(db.Integer, primary_key=True)
    state = db.Column(db.Enum(*other, name="state"))
    state2 = db.Column(db.Enum(*other, name="state"), server_default=other[-1])
"""
)
ONE_COLUMN = "\n".join(line for line in BINDS.splitlines() if "state2" not in line)


def test_several_binds(one_project: Project) -> None:
    url = create_database(one_project.server)
    one_project.config["SQLALCHEMY_BINDS"] = {"audit": one_project.sqlalchemy_url(url)}
    try:
        one_project.models(ONE_COLUMN, labels=["a"], other=["a"])
        one_project.db("init", "--multidb")
        one_project.start(ONE_COLUMN, labels=["a"], other=["a"])
        written = round_trip(one_project, BINDS, labels=["a", "b"], other=["a", "z"])
        assert written.count("COMMIT AND CHAIN") == 2
        one_project.db("downgrade", "base")
        assert one_project.labels("state") == []
        with psycopg.connect(url) as connection:
            found = connection.execute("SELECT FROM pg_type WHERE typname = 'state'").fetchall()
        assert found == []
    finally:
        one_project.close()
        drop_database(one_project.server, url)


def test_a_bind_on_sqlite(one_project: Project) -> None:
    sqlite = f"sqlite:///{one_project.folder / 'audit.sqlite'}"
    one_project.config["SQLALCHEMY_BINDS"] = {"audit": sqlite}
    one_project.models(BINDS, labels=["a"], other=["a"])
    one_project.db("init", "--multidb")
    one_project.start(BINDS, labels=["a"], other=["a"])
    source = one_project.revision()
    assert source.count("CREATE TYPE") == 2
    assert source.split("def upgrade_audit")[1].count("TYPE") == 0
    variant = "postgresql.ENUM('x', name='kind', create_type=False), 'postgresql')"
    assert f"kind', sa.Enum('x', name='kind').with_variant({variant}" in source
    nothing_differs(one_project, BINDS, labels=["a"], other=["a"])
    one_project.db("downgrade", "base")


def test_offline_sql(one_project: Project) -> None:
    one_project.start(STATE, labels=["a"])
    empty = one_project.db("downgrade", "--sql", "head:base").stdout
    migrate(one_project, MORE, labels=["a", "b"])
    with contextmanager(twin_of)(one_project) as twin:
        script = one_project.db("upgrade", "--sql").stdout
        assert script.count("CREATE TYPE") == 2
        twin.run(script)
        one_project.db("upgrade")
        assert twin.dump() == one_project.dump()
        twin.run(one_project.db("downgrade", "--sql").stdout)
        one_project.db("downgrade")
        assert twin.dump() == one_project.dump()
        twin.run(empty)
        assert twin.rows("SELECT FROM pg_type WHERE typname IN ('state', 'kind')") == []


def test_contradicting_models(one_project: Project) -> None:
    one_project.start(JOB)
    source = STATE + STATE.replace("Job", "Other").replace("*labels", "'z'")
    said = refused(one_project, source, labels=["a"])
    assert "declares the type state as 'a', but" in said
    assert "Nothing was written" in said


def test_too_long_a_label(one_project: Project) -> None:
    one_project.start(JOB)
    assert "it has 64 bytes" in refused(one_project, STATE, labels=["a" * 64])


def test_no_right_to_create_types(one_project: Project) -> None:
    one_project.start(JOB, "CREATE SCHEMA closed", "CREATE ROLE nobody_special")
    one_project.sql("GRANT SELECT ON alembic_version TO nobody_special")
    try:
        engine = {"connect_args": {"options": "-c role=nobody_special"}}
        one_project.config["SQLALCHEMY_ENGINE_OPTIONS"] = engine
        source = STATE.replace('"state")', '"state", schema="closed")')
        said = refused(one_project, source, labels=["a"])
        assert "'nobody_special' may not create types in the schema 'closed'" in said
    finally:
        one_project.close()
        one_project.sql("DROP OWNED BY nobody_special", "DROP ROLE nobody_special")


def test_a_fault_of_ours_names_the_switch(
    one_project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: Any, **options: Any) -> None:
        raise KeyError("fault")

    one_project.start(JOB)
    monkeypatch.setattr("flask_enum_migrate.autogenerate.compare.see", fail)
    one_project.models(STATE, labels=["a"])
    with pytest.raises(KeyError) as raised:
        one_project.db("migrate")
    assert "ENUM_MIGRATE_AUTOGENERATE = False" in raised.value.__notes__[0]


RIVAL = """
import sys
from flask import Flask
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from flask_enum_migrate import EnumMigrate
{header}
app = Flask("app")
app.config["SQLALCHEMY_DATABASE_URI"] = {url!r}
app.config["ENUM_MIGRATE_AUTOGENERATE"] = {ours}
db = SQLAlchemy(app)
Migrate(app, db, directory={folder!r})
EnumMigrate(app)
labels = ["a", "b"]
{models}
"""


@pytest.mark.parametrize("ours", [True, False])
def test_another_plug_in_is_told_of(one_project: Project, tmp_path: Path, ours: bool) -> None:
    one_project.start(STATE, labels=["a"])
    env = one_project.migrations / "env.py"
    line = "from alembic import context\n"
    env.write_text(env.read_text().replace(line, f"import alembic_postgresql_enum\n{line}"))
    app = RIVAL.format(
        header=HEADER,
        url=one_project.sqlalchemy_url(),
        ours=ours,
        folder=str(one_project.migrations),
        models=STATE,
    )
    (tmp_path / "app.py").write_text(app)
    done = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "app", "db", "migrate"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    said = "Note: alembic_postgresql_enum is loaded too, and two tools will write the same change."
    assert (said in done.stderr) == ours
    assert ("ADD VALUE" in one_project.revision()) == ours
    assert "op.sync_enum_values(" in one_project.revision()
    assert "alembic_postgresql_enum" not in sys.modules


def test_alembic_alone_loads_nothing_of_ours() -> None:
    code = "import sys, alembic.command; print([m for m in sys.modules if 'enum_migrate' in m])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
