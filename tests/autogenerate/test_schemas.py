"""``flask db migrate`` where types and tables are in schemas, and where tables hang together."""

from __future__ import annotations

import psycopg
import pytest

from tests.app.test_environment import MANY_TENANTS
from tests.app.test_environment import SEARCH_PATH
from tests.app.test_environment import use_env
from tests.autogenerate.setup import JOB
from tests.autogenerate.setup import downgrade_of
from tests.autogenerate.setup import migrate
from tests.autogenerate.setup import nothing_differs
from tests.autogenerate.setup import refused
from tests.autogenerate.setup import round_trip
from tests.autogenerate.setup import upgrade_of
from tests.project import Project
from tests.project import statements

STATE = """
class Job(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    state = db.Column(db.Enum(*labels, name="state"), server_default=labels[0])
"""

SCHEMAS = (
    JOB
    + """
class First(db.Model):
    __table_args__ = {"schema": "one"}
    id = db.Column(db.Integer, primary_key=True)
    far = db.Column(db.Enum(*labels, name="state", schema="Two x"))
    own = db.Column(db.Enum(*labels, name="state", schema="one"))
    odd = db.Column(db.Enum(*labels, name="State!"))

class Second(db.Model):
    __table_args__ = {"schema": "Two x"}
    id = db.Column(db.Integer, primary_key=True)
    state = db.Column(db.Enum(*labels, name="state", schema="Two x"), index=True)
    many = db.Column(db.ARRAY(db.Enum(*labels, name="inherits", inherit_schema=True)))
"""
)


def test_schemas(one_project: Project) -> None:
    one_project.migrate_options["include_schemas"] = True
    one_project.sql("CREATE SCHEMA one", 'CREATE SCHEMA "Two x"')
    one_project.start(JOB)
    written = round_trip(one_project, SCHEMAS, labels=["a"])
    types = ["one.state", '"Two x".state', '"State!"', '"Two x".inherits']
    created = [f"CREATE TYPE {name} AS ENUM ('a')" for name in types]
    assert sorted(statements(upgrade_of(written))) == sorted(created)
    round_trip(one_project, SCHEMAS, labels=["a", "b"])
    gone = round_trip(one_project, JOB)
    dropped = [f"DROP TYPE {name}" for name in types]
    assert sorted(statements(upgrade_of(gone))) == sorted(dropped)


def test_a_schema_that_the_search_path_finds_is_no_difference(one_project: Project) -> None:
    placed = STATE.replace('"state")', '"state", schema="public")')
    one_project.start(STATE, labels=["a"])
    nothing_differs(one_project, placed, labels=["a"])
    written = migrate(one_project, placed, labels=["a", "b"])
    assert "alter_column" not in written


def test_a_moved_type(one_project: Project) -> None:
    one_project.start(STATE, "CREATE SCHEMA apart", "INSERT INTO job VALUES (1)", labels=["a"])
    written = round_trip(
        one_project, STATE.replace('"state")', '"state", schema="apart")'), labels=["a"]
    )
    assert list(statements(upgrade_of(written))) == ["ALTER TYPE public.state SET SCHEMA apart"]


def test_a_tenants_search_path(one_project: Project) -> None:
    one_project.models(JOB)
    one_project.db("init")
    use_env(one_project, SEARCH_PATH)
    one_project.sql('CREATE SCHEMA "Tenant"', "CREATE TYPE state AS ENUM ('decoy')")
    one_project.start(STATE, labels=["a"])
    labels = 'SELECT enum_range(null::"Tenant".state)::text'
    assert one_project.rows(labels) == [("{a}",)]
    assert "TYPE" not in migrate(one_project, STATE, labels=["a"])
    one_project.db("upgrade")
    one_project.db("downgrade", "base")
    with pytest.raises(psycopg.errors.UndefinedObject):
        one_project.rows(labels)
    assert one_project.labels("state") == ["decoy"]


def test_many_tenants(one_project: Project) -> None:
    one_project.sql("CREATE SCHEMA one", "CREATE SCHEMA two")
    one_project.models(JOB)
    one_project.db("init")
    use_env(one_project, MANY_TENANTS)
    one_project.start(STATE, labels=["a"])
    for tenant in ("one", "two"):
        assert one_project.rows(f"SELECT enum_range(null::{tenant}.state)::text") == [("{a}",)]
    said = refused(one_project, STATE, labels=["a", "b"])
    assert "Set ENUM_MIGRATE_QUALIFY = False" in said
    one_project.options["qualify"] = False
    migrate(one_project, STATE, labels=["a", "b"])
    one_project.db("upgrade")
    for tenant in ("one", "two"):
        assert one_project.rows(f"SELECT enum_range(null::{tenant}.state)::text") == [("{a,b}",)]


PARTED = """
class Parted(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    state = db.Column(db.Enum("a", "b", name="state"))
    __table_args__ = {"postgresql_partition_by": "LIST (id)"}
"""


def test_a_type_goes_with_its_partitioned_table(one_project: Project) -> None:
    def include(name: str | None, kind: str, parents: object) -> bool:
        return not (kind == "table" and name == "part")

    one_project.migrate_options["include_name"] = include
    one_project.start(JOB + PARTED, "CREATE TABLE part PARTITION OF parted FOR VALUES IN (1)")
    nothing_differs(one_project, JOB + PARTED)
    written = migrate(one_project, JOB)
    assert "DROP TYPE state" in upgrade_of(written)
    one_project.db("upgrade")
    assert one_project.labels("state") == []


CHECKED = (
    STATE
    + """
class Old(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    state = db.Column(db.Enum(*labels, name="state"))
    __table_args__ = (db.CheckConstraint("state <> 'b'", name="not_b"),)
"""
)


def test_a_table_with_a_check_goes_when_its_type_has_changed(one_project: Project) -> None:
    one_project.start(CHECKED, "INSERT INTO old VALUES (1, 'a')", labels=["a", "b"])
    said = refused(one_project, STATE, labels=["a", "b", "c"])
    assert "could not create check constraint not_b on public.old again as it was" in said
    one_project.models(CHECKED, labels=["a", "b", "c"])
    one_project.sync()
    one_project.db("upgrade")
    written = round_trip(one_project, STATE, merges=True, labels=["a", "b", "c"])
    assert "not_b" in downgrade_of(written)


def test_what_hangs_on_the_type_is_rebuilt_along_with_new_columns(one_project: Project) -> None:
    one_project.start(
        STATE,
        "CREATE VIEW shown AS SELECT state, count(*) FROM job GROUP BY state",
        "ALTER TABLE job ADD CONSTRAINT not_b CHECK (state <> 'b')",
        "INSERT INTO job VALUES (1)",
        labels=["a", "b", "c"],
    )
    more = STATE + "    last = db.Column(db.Enum(*labels, name='state'))\n"
    written = round_trip(one_project, more, labels=["b", "a"])
    up = upgrade_of(written)
    assert up.index("DROP VIEW") < up.index("CREATE VIEW") < up.index("add_column")


MAPPED = """
class Acc(db.Model):
    __table_args__ = {"schema": "per_tenant"}
    id = db.Column(db.Integer, primary_key=True)
    plan = db.Column(db.Enum(*labels, name="plan", schema="per_tenant"))
    tags = db.Column(pg.ARRAY(db.Enum("x", name="tag", schema="per_tenant")))
"""


def test_a_schema_map(one_project: Project) -> None:
    """SQLAlchemy writes the tenant's schema only where a statement runs."""
    project = one_project
    project.sql("CREATE SCHEMA acme", "CREATE SCHEMA globex")

    def as_tenant(name: str, labels: str) -> None:
        project.config["SQLALCHEMY_ENGINE_OPTIONS"] = {
            "execution_options": {"schema_translate_map": {"per_tenant": name, None: name}},
            "connect_args": {"options": f"-csearch_path={name}"},
        }
        project.models(MAPPED, labels=labels.split())

    as_tenant("acme", "a b")
    project.db("init")
    told = (
        "schema_translate_map of env.py makes 'acme' of the schema 'per_tenant', and a revision "
        "could only name 'acme', whichever it runs for. Set ENUM_MIGRATE_QUALIFY = False"
    )
    assert told in project.db("migrate", expect=1).stderr
    project.config["ENUM_MIGRATE_QUALIFY"] = False
    as_tenant("acme", "a b")
    said = project.db("migrate").output
    assert "Rehearsed: upgrade and downgrade ran on this database and were rolled back" in said
    assert "Note: " not in said
    assert project.rows("SELECT FROM pg_type WHERE typtype = 'e'") == []
    assert "acme" not in project.revision()
    for tenant in ("acme", "globex"):
        as_tenant(tenant, "a b")
        project.db("upgrade")
        project.sql(f"INSERT INTO {tenant}.acc VALUES (1, 'b')")
        assert project.db("enum", "check").stdout.startswith("In sync")
    types = "SELECT typnamespace::regnamespace::text FROM pg_type WHERE typtype = 'e' ORDER BY 1"
    assert project.rows(types) == [("acme",), ("acme",), ("globex",), ("globex",)]

    project.config["ENUM_MIGRATE_QUALIFY"] = True
    as_tenant("acme", "b c")
    assert told in project.sync("--rename", "a=c", expect=1).stderr
    project.config["ENUM_MIGRATE_QUALIFY"] = False
    as_tenant("acme", "b c")
    project.sync("--map", "a=c")
    assert "acme" not in project.revision()
    for tenant in ("acme", "globex"):
        as_tenant(tenant, "b c")
        project.db("upgrade")
        assert project.db("enum", "check").stdout.startswith("In sync")
    project.db("downgrade", "base")
    assert project.rows(types) == [("acme",), ("acme",)]
