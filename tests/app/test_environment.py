"""The app's own env.py: older ones, customised ones, filters, tenants and roles."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from sqlalchemy.engine import make_url

from tests.project import Project

MODELS = """
class Job(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    state = db.Column(db.Enum(*labels, name="state"), server_default="a")
"""

HEAD = """
from alembic import context
from flask import current_app
from sqlalchemy import MetaData, create_engine, pool, text

config = context.config
db = current_app.extensions["migrate"].db
arguments = current_app.extensions["migrate"].configure_args


def offline():
    context.configure(
        url=config.get_main_option("sqlalchemy.url") or db.engine.url,
        target_metadata=db.metadata,
        literal_binds=True,
    )
    with context.begin_transaction():
        context.run_migrations()

"""

TAIL = """

if context.is_offline_mode():
    offline()
else:
    online()
"""

FLASK_MIGRATE_2 = """
import logging
from logging.config import fileConfig
from sqlalchemy import engine_from_config

fileConfig(config.config_file_name)
logger = logging.getLogger('alembic.env')
config.set_main_option(
    'sqlalchemy.url', current_app.config.get('SQLALCHEMY_DATABASE_URI').replace('%', '%%'))
target_metadata = current_app.extensions['migrate'].db.metadata


def online():
    def process_revision_directives(context, revision, directives):
        if getattr(config.cmd_opts, 'autogenerate', False):
            script = directives[0]
            if script.upgrade_ops.is_empty():
                directives[:] = []
                logger.info('No changes in schema detected.')

    engine = engine_from_config(config.get_section(config.config_ini_section),
                                prefix='sqlalchemy.',
                                poolclass=pool.NullPool)
    connection = engine.connect()
    context.configure(connection=connection,
                      target_metadata=target_metadata,
                      process_revision_directives=process_revision_directives,
                      **current_app.extensions['migrate'].configure_args)
    try:
        with context.begin_transaction():
            context.run_migrations()
    finally:
        connection.close()
"""

FLASK_MIGRATE_4_0 = """
def online():
    def process_revision_directives(context, revision, directives):
        if getattr(config.cmd_opts, 'autogenerate', False):
            if directives[0].upgrade_ops.is_empty():
                directives[:] = []

    with db.engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=db.metadatas[None],
            process_revision_directives=process_revision_directives,
            **current_app.extensions['migrate'].configure_args
        )
        with context.begin_transaction():
            context.run_migrations()
"""

OWN_TRANSACTION = """
def online():
    with db.engine.begin() as connection:
        context.configure(connection=connection, target_metadata=db.metadata, **arguments)
        with context.begin_transaction():
            context.run_migrations()
"""

AUTOCOMMIT = """
def online():
    engine = create_engine(db.engine.url, poolclass=pool.NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        context.configure(connection=connection, target_metadata=db.metadata, **arguments)
        with context.begin_transaction():
            context.run_migrations()
"""

PER_MIGRATION = """
def online():
    with db.engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=db.metadata,
            transaction_per_migration=True,
            **arguments,
        )
        with context.begin_transaction():
            context.run_migrations()
"""

SEVERAL_METADATA = """
def online():
    with db.engine.connect() as connection:
        context.configure(
            connection=connection, target_metadata=[MetaData(), db.metadata], **arguments
        )
        with context.begin_transaction():
            context.run_migrations()
"""

ENVIRONMENTS = {
    "2": FLASK_MIGRATE_2,
    "4.0": FLASK_MIGRATE_4_0,
    "own transaction": OWN_TRANSACTION,
    "autocommit": AUTOCOMMIT,
    "per migration": PER_MIGRATION,
    "several MetaData": SEVERAL_METADATA,
}


def use_env(project: Project, online: str) -> None:
    (project.migrations / "env.py").write_text(HEAD + online + TAIL)


def start(project: Project, online: str, source: str = MODELS, *labels: str) -> None:
    project.models(source, labels=list(labels or ("a", "b")))
    project.db("init")
    use_env(project, online)
    project.start(source, labels=list(labels or ("a", "b")))


@pytest.mark.parametrize("driver", ["psycopg2", "psycopg"])
@pytest.mark.parametrize("env", ENVIRONMENTS)
def test_addition(one_project: Project, env: str, driver: str) -> None:
    one_project.driver = driver
    start(one_project, ENVIRONMENTS[env])
    one_project.models(MODELS, labels=["a", "new", "b"])
    one_project.sync()
    one_project.db("upgrade")
    assert one_project.labels("state") == ["a", "new", "b"]
    assert one_project.db("enum", "check").stdout.startswith("In sync")


@pytest.mark.parametrize("env", [env for env in ENVIRONMENTS if env != "autocommit"])
def test_removal(one_project: Project, env: str) -> None:
    start(one_project, ENVIRONMENTS[env])
    one_project.sql("INSERT INTO job VALUES (1, 'b')")
    one_project.models(MODELS, labels=["a"])
    one_project.round_trip("--map", "state.b=a", merges=True)
    assert one_project.rows("SELECT state::text FROM job") == [("a",)]


@pytest.mark.parametrize("driver", ["psycopg2", "psycopg"])
def test_removal_is_refused_without_a_transaction(one_project: Project, driver: str) -> None:
    one_project.driver = driver
    start(one_project, AUTOCOMMIT)
    one_project.models(MODELS, labels=["a"])
    said = one_project.sync(expect=1).stderr
    assert "AUTOCOMMIT" in said
    assert "Nothing was written." in said


def test_rename_is_refused_without_a_transaction(one_project: Project) -> None:
    start(one_project, AUTOCOMMIT)
    one_project.models(MODELS, labels=["a", "c"])
    said = one_project.sync("--rename", "b=c", expect=1).stderr
    assert "AUTOCOMMIT" in said


def test_downgrade_without_a_transaction_is_refused(one_project: Project) -> None:
    start(one_project, AUTOCOMMIT)
    one_project.models(MODELS, labels=["a", "b", "c"])
    one_project.sync()
    one_project.db("upgrade")
    one_project.db("downgrade", expect=1)
    assert one_project.labels("state") == ["a", "b", "c"]


TENANT = """
def online():
    with db.engine.connect() as connection:
        {setup}
        context.configure(
            connection=connection, target_metadata=db.metadata, **arguments{more}
        )
        with context.begin_transaction():
            context.run_migrations()
"""

SEARCH_PATH = TENANT.format(
    setup="""connection.execute(text('SET search_path TO "Tenant"'))
        connection.commit()
        connection.dialect.default_schema_name = "Tenant\"""",
    more="",
)

SEARCH_PATH_IN_TRANSACTION = TENANT.format(
    setup="connection.execute(text('SET search_path TO \"Tenant\"'))", more=""
).replace("db.engine.connect()", "db.engine.begin()")

TRANSLATED = TENANT.format(
    setup='connection = connection.execution_options(schema_translate_map={None: "Tenant"})',
    more=', version_table_schema="Tenant"',
)


@pytest.mark.parametrize("env", [SEARCH_PATH, SEARCH_PATH_IN_TRANSACTION, TRANSLATED])
def test_tenant(one_project: Project, env: str) -> None:
    one_project.models(MODELS, labels=["a", "b"])
    one_project.db("init")
    one_project.sql('CREATE SCHEMA "Tenant"')
    with psycopg.connect(one_project.url, autocommit=True) as connection:
        connection.execute("CREATE TYPE state AS ENUM ('a', 'decoy')")
        for statement in (
            "CREATE TYPE \"Tenant\".state AS ENUM ('a', 'b')",
            'CREATE TABLE "Tenant".job (id int PRIMARY KEY, state "Tenant".state)',
        ):
            connection.execute(statement.encode())
    use_env(one_project, env)
    one_project.models(MODELS, labels=["b", "c"])
    one_project.sync("--rename", "a=c")
    assert '"Tenant".state' in one_project.revision().replace('\\"', '"')
    one_project.db("upgrade")
    labels = "SELECT enum_range(null::{}.state)::text"
    assert one_project.rows(labels.format('"Tenant"')) == [("{b,c}",)]
    assert one_project.rows(labels.format("public")) == [("{a,decoy}",)]
    assert one_project.db("enum", "check").stdout.startswith("In sync")


MANY_TENANTS = """
def online():
    for tenant in ("one", "two"):
        with db.engine.connect() as connection:
            connection.execute(text(f"SET search_path TO {tenant}"))
            connection.commit()
            connection.dialect.default_schema_name = tenant
            context.configure(connection=connection, target_metadata=db.metadata, **arguments)
            with context.begin_transaction():
                context.run_migrations()
"""


def tenants(project: Project) -> None:
    project.sql("CREATE SCHEMA one", "CREATE SCHEMA two")
    start(project, MANY_TENANTS)
    project.models(MODELS, labels=["new", "a"])


def test_many_tenants_with_unqualified_names(one_project: Project) -> None:
    one_project.options = {"qualify": False}
    tenants(one_project)
    one_project.sync("--map", "one.state.b=a", "--map", "two.state.b=a")
    one_project.db("upgrade")
    for tenant in ("one", "two"):
        query = f"SELECT enum_range(null::{tenant}.state)::text"
        assert one_project.rows(query) == [("{new,a}",)]
    assert one_project.db("enum", "check").stdout.startswith("In sync")


def test_many_tenants_with_qualified_names_are_refused(one_project: Project) -> None:
    tenants(one_project)
    assert "ENUM_MIGRATE_QUALIFY" in one_project.sync(expect=1).stderr


TWO_TABLES = (
    MODELS
    + """
class Other(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    kind = db.Column(db.Enum(*labels, name="kind"))
"""
)


def excluding(name: str) -> dict[str, Any]:
    def include_object(
        object_: Any, name_: str | None, type_: str, reflected: bool, compare_to: Any
    ) -> bool:
        assert type_ in ("schema", "table", "column", "index", "unique_constraint")
        return name_ != name

    return {"include_object": include_object}


@pytest.mark.parametrize("name", ["other", "kind"])
def test_include_object(one_project: Project, name: str) -> None:
    one_project.start(TWO_TABLES, labels=["a", "b"])
    one_project.migrate_options = excluding(name)
    one_project.models(TWO_TABLES, labels=["a", "b", "c"])
    one_project.sync()
    one_project.db("upgrade")
    assert one_project.labels("state") == ["a", "b", "c"]
    assert one_project.labels("kind") == ["a", "b"]
    assert one_project.db("enum", "check").stdout.startswith("In sync")


def test_include_name(one_project: Project) -> None:
    asked: list[Any] = []

    def include_name(name: str | None, type_: str, parents: Any) -> bool:
        asked.append((name, type_, dict(parents)))
        return name != "other"

    one_project.start(TWO_TABLES, labels=["a", "b"])
    one_project.migrate_options = {"include_name": include_name}
    one_project.models(TWO_TABLES, labels=["a", "b", "c"])
    one_project.sync()
    one_project.db("upgrade")
    assert one_project.labels("kind") == ["a", "b"]
    parents = {"schema_name": None, "schema_qualified_table_name": "other"}
    assert ("other", "table", parents) in asked
    assert {type_ for _, type_, _ in asked} == {"table"}


SCHEMAS = """
class Job(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    state = db.Column(db.Enum(*labels, name="state", schema="jobs"))
    __table_args__ = {"schema": "jobs"}

class Task(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    state = db.Column(db.Enum(*labels, name="state", schema="tasks"))
    __table_args__ = {"schema": "tasks"}
"""


def test_include_schemas(one_project: Project) -> None:
    def include_name(name: str | None, type_: str, parents: Any) -> bool:
        return name in (None, "tasks") if type_ == "schema" else True

    one_project.sql("CREATE SCHEMA jobs", "CREATE SCHEMA tasks")
    one_project.migrate_options = {"include_schemas": True}
    one_project.start(SCHEMAS, labels=["a", "b"])
    one_project.migrate_options["include_name"] = include_name
    one_project.models(SCHEMAS, labels=["a", "b", "c"])
    one_project.sync()
    one_project.db("upgrade")
    assert one_project.rows("SELECT enum_range(null::jobs.state)::text") == [("{a,b}",)]
    assert one_project.rows("SELECT enum_range(null::tasks.state)::text") == [("{a,b,c}",)]


def test_models_in_two_metadata(one_project: Project) -> None:
    source = """
class Job(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    state = db.Column(db.Enum(*labels, name="state"))

outside = sa.MetaData()
sa.Table("outside", outside, sa.Column("kind", sa.Enum(*labels, name="kind")))
db.metadata.info["outside"] = outside
"""
    env = SEVERAL_METADATA.replace(
        "MetaData(), db.metadata", "db.metadata.info['outside'], db.metadata"
    )
    start(one_project, env, source)
    one_project.models(source, labels=["a", "b", "c"])
    one_project.sync()
    one_project.db("upgrade")
    assert one_project.labels("state") == one_project.labels("kind") == ["a", "b", "c"]


def test_without_metadata(one_project: Project) -> None:
    start(one_project, FLASK_MIGRATE_4_0)
    use_env(one_project, FLASK_MIGRATE_4_0.replace("db.metadatas[None]", "None"))
    assert "no target_metadata" in one_project.sync(expect=2).stderr
    assert "no target_metadata" in one_project.db("enum", "check", expect=2).output


def test_x_arguments(one_project: Project) -> None:
    start(one_project, FLASK_MIGRATE_4_0)
    gate = (
        "if not context.get_x_argument(as_dictionary=True).get('tenant'):\n"
        "    raise SystemError('no tenant')\n"
    )
    (one_project.migrations / "env.py").write_text(HEAD + gate + FLASK_MIGRATE_4_0 + TAIL)
    one_project.models(MODELS, labels=["a", "b", "c"])
    said = one_project.sync(expect=2).stderr
    assert "env.py failed with SystemError: no tenant" in said
    assert re.search(r"env\.py, line \d+\)", said)
    one_project.sync("-x", "tenant=1")
    one_project.db("upgrade", "-x", "tenant=1")
    assert one_project.db("enum", "check", "-x", "tenant=1").stdout.startswith("In sync")


def test_env_py_that_prints_and_logs(one_project: Project) -> None:
    start(one_project, FLASK_MIGRATE_4_0)
    noisy = "import logging\nprint('a line of env.py')\nlogging.getLogger('alembic').info('look')\n"
    (one_project.migrations / "env.py").write_text(HEAD + noisy + FLASK_MIGRATE_4_0 + TAIL)
    result = one_project.db("enum", "check")
    assert len(result.stdout.splitlines()) == 1
    assert "a line of env.py" in result.stderr
    one_project.models(MODELS, labels=["a", "b", "c"])
    assert "a line of env.py" not in one_project.sync("--sql").stdout


def role(project: Project, *grants: str) -> str:
    """Create a role with rights in the project's database and return its URL."""
    name = f"role_{make_url(project.url).database}"
    with psycopg.connect(project.url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(name)))
        for grant in grants:
            connection.execute(sql.SQL(grant).format(sql.Identifier(name)))
    return name


@pytest.fixture
def reader(project: Project) -> Any:
    """Let the app connect as a role that may read the catalogs and Alembic's table only."""
    project.start(MODELS, labels=["a", "b"])
    owner = project.url
    name = role(project, "GRANT SELECT ON alembic_version TO {}")
    url = make_url(owner).set(username=name).render_as_string(hide_password=False)
    project.url = url
    yield project
    project.url = owner
    project.sql(f'DROP OWNED BY "{name}"', f'DROP ROLE "{name}"')


def test_check_by_a_role_that_only_reads(reader: Project) -> None:
    reader.models(MODELS, labels=["a", "b"])
    assert reader.db("enum", "check").stdout.startswith("In sync")
    reader.models(MODELS, labels=["a", "c"])
    assert reader.db("enum", "check", expect=1).stdout.splitlines()[-1].startswith("Drift")
    reader.db("enum", "list")


@pytest.mark.parametrize("driver", ["psycopg2", "psycopg"])
def test_the_right_that_is_missing_is_named(reader: Project, driver: str) -> None:
    name = make_url(reader.url).username
    with psycopg.connect(make_url(reader.url).set(username="postgres").render_as_string()) as admin:
        admin.execute(f"REVOKE SELECT ON alembic_version FROM {name}".encode())
    reader.driver = driver
    reader.models(MODELS, labels=["a", "b"])
    assert reader.db("enum", "check", expect=2).stderr == (
        "Could not tell: The database refused: permission denied for table alembic_version. "
        f"Let the role read it: GRANT SELECT ON alembic_version TO {name}\n"
    )


def test_check_creates_no_version_table(one_project: Project) -> None:
    one_project.sql("CREATE TYPE state AS ENUM ('a')", "CREATE TABLE job (id int, state state)")
    one_project.models(MODELS, labels=["a", "b"])
    one_project.db("init")
    before = one_project.dump()
    one_project.db("enum", "check", expect=1)
    one_project.db("enum", "list")
    one_project.sync("--dry-run")
    one_project.sync("--sql")
    one_project.sync()
    assert one_project.dump() == before
    one_project.db("upgrade")
    assert one_project.labels("state") == ["a", "b"]


def test_check_in_a_read_only_database(one_project: Project) -> None:
    one_project.start(MODELS, labels=["a", "b"])
    database = make_url(one_project.url).database
    one_project.sql(f'ALTER DATABASE "{database}" SET default_transaction_read_only = on')
    one_project.models(MODELS, labels=["a", "b", "c"])
    one_project.db("enum", "check", expect=1)
    one_project.sync()  # it only reads, too


def test_paths(one_project: Project) -> None:
    """Not a percent sign: Flask-Migrate itself can't do that."""
    one_project.folder = one_project.folder / "an ünusual folder"
    one_project.folder.mkdir()
    one_project.start(MODELS, labels=["a", "b"])
    one_project.models(MODELS, labels=["a", "b", "c"])
    assert "ADD VALUE" in one_project.sync("--sql").stdout
    one_project.sync()
    one_project.db("upgrade")
    assert one_project.labels("state") == ["a", "b", "c"]


def test_relative_directory(one_project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(one_project.folder)
    one_project.folder = Path()
    one_project.start(MODELS, labels=["a", "b"])
    one_project.models(MODELS, labels=["a", "b", "c"])
    assert "ADD VALUE" in one_project.sync("--sql").stdout
    [line] = [line for line in one_project.sync().stdout.splitlines() if line.startswith("Wrote")]
    assert Path(line.removeprefix("Wrote ")).is_file()


def test_a_tenant_does_not_see_the_types_of_the_others(one_project: Project) -> None:
    one_project.options = {"qualify": False}
    tenants(one_project)
    one_project.models(MODELS, labels=["a", "b"])
    one_project.sql("CREATE TYPE stranger AS ENUM ('x')")
    table = one_project.db("enum", "list").stdout
    assert [line.split()[:5] for line in table.splitlines()[1:]] == [
        ["state", "one", "and", "1", "more"],
        ["stranger", "public", "unused", "-", "x"],
    ]


def test_one_answer_holds_for_all_tenants(one_project: Project) -> None:
    one_project.options = {"qualify": False}
    tenants(one_project)
    one_project.sql("INSERT INTO two.job (id, state) VALUES (1, 'b')")
    assert "    --map state.b=LABEL\n" in one_project.sync(expect=1).stderr
    assert (
        "one migration in several schemas"
        in one_project.sync("--map", "two.state.b=a", expect=1).stderr
    )
    one_project.sync("--map", "state.b=a")
    one_project.db("upgrade")
    assert one_project.rows("SELECT state::text FROM two.job") == [("a",)]
    assert one_project.db("enum", "check").stdout.startswith("In sync")
