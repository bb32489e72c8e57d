"""A revision is run on the database at hand, and rolled back, before it is written."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from flask_enum_migrate.core.errors import Refused
from flask_enum_migrate.core.plan import Direction
from flask_enum_migrate.core.plan import Plan
from flask_enum_migrate.core.plan import Step
from flask_enum_migrate.core.rename_and_map import Flags
from flask_enum_migrate.extension import EnumMigrate
from flask_enum_migrate.postgresql.backend import Enums
from tests.app.test_environment import ENVIRONMENTS
from tests.app.test_environment import MANY_TENANTS
from tests.app.test_environment import MODELS as JOBS
from tests.app.test_environment import SEARCH_PATH_IN_TRANSACTION
from tests.app.test_environment import TRANSLATED
from tests.app.test_environment import start
from tests.app.test_environment import tenants
from tests.app.test_environment import use_env
from tests.app.test_multidb import MultiDb
from tests.app.test_multidb import multi  # noqa: F401
from tests.project import Project
from tests.project import watched
from tests.test_rehearsal_stopped import stopping

MOODS = """
class Entry(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    mood = db.Column(db.Enum(*LABELS, name="mood"), nullable=False)
"""
ROWS = "INSERT INTO entry (mood) VALUES ('bad'), ('ok'), ('gone')"
OLD = ["bad", "ok", "gone"]
GONE = ("--map", "mood.gone=ok")
RAN = re.compile(
    r"Rehearsed: upgrade and downgrade ran on this database and were rolled back "
    r"\((\d+ ms|\d+\.\d s)\)\."
)


def begin(project: Project, *sql: str, labels: tuple[str, ...] = ("bad", "ok")) -> None:
    """Create a database, and take a label away from the models."""
    project.start(MOODS, ROWS, *sql, LABELS=OLD)
    project.models(MOODS, LABELS=[*labels])


def refused(project: Project, *flags: str) -> str:
    """Return why sync refuses, and check that it left everything as it was."""
    before = project.dump(), project.contents()
    told = project.sync(*flags, expect=1).stderr
    assert (project.dump(), project.contents()) == before
    return told


@pytest.mark.parametrize("driver", ["psycopg2", "psycopg"])
@pytest.mark.parametrize(
    ("labels", "flags"),
    [
        (["bad", "ok"], GONE),
        (["ok", "bad", "gone"], ()),
        (["new", "bad", "ok", "gone"], ()),
        (["bad", "fine", "gone"], ("--rename", "mood.ok=fine")),
    ],
)
def test_the_last_line_says_what_is_proven(
    project: Project, driver: str, labels: list[str], flags: tuple[str, ...]
) -> None:
    project.driver = driver
    project.start(MOODS, ROWS, LABELS=OLD)
    before = project.dump(), project.contents()
    project.models(MOODS, LABELS=labels)
    assert project.sync("--sql", *flags).stderr == ""
    for options in (["--dry-run"], []):
        said = project.sync(*options, *flags).stderr
        assert RAN.fullmatch(said.splitlines()[-1]), said
        assert (project.dump(), project.contents()) == before
    project.db("upgrade")
    assert project.db("enum", "check").stdout.startswith("In sync")
    assert "Rehearsed" not in project.sync().output


def ran(said: str) -> bool:
    """Return whether both directions were rehearsed, and nothing was left out."""
    return RAN.search(said) is not None and "Note: " not in said


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """Keep what ``migrate`` logs, where env.py shows it to nobody."""
    caplog.set_level("INFO", "alembic.flask_enum_migrate")
    return caplog


# The table comes last among Alembic's operations, and needs the type that comes first.
MORE_JOBS = (
    JOBS
    + """
class Task(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    state = db.Column(db.Enum(*labels, name="state"))
    kind = db.Column(db.Enum("k", name="kind"))
"""
)


@pytest.mark.parametrize("driver", ["psycopg2", "psycopg"])
@pytest.mark.parametrize("env", ENVIRONMENTS)
def test_every_env_py(
    one_project: Project, log: pytest.LogCaptureFixture, env: str, driver: str
) -> None:
    one_project.driver = driver
    start(one_project, ENVIRONMENTS[env])
    before = one_project.dump()
    for source, command in ((JOBS, "sync"), (MORE_JOBS, "migrate")):
        one_project.models(source, labels=["a", "new", "b"])
        args = ("enum", "sync", "--dry-run") if command == "sync" else ("migrate",)
        said = one_project.db(*args).output + log.text
        if env == "autocommit":
            assert "Note: it was not rehearsed: the connection is AUTOCOMMIT" in said
            assert "Rehearsed" not in said
        else:
            assert ran(said), said
        assert one_project.dump() == before


@pytest.mark.parametrize("env", [SEARCH_PATH_IN_TRANSACTION, TRANSLATED])
def test_a_tenant(one_project: Project, log: pytest.LogCaptureFixture, env: str) -> None:
    one_project.models(JOBS, labels=["a", "b"])
    one_project.db("init")
    one_project.sql(
        'CREATE SCHEMA "Tenant"',
        "CREATE TYPE \"Tenant\".state AS ENUM ('a', 'b')",
        'CREATE TABLE "Tenant".job (id int PRIMARY KEY, state "Tenant".state)',
    )
    use_env(one_project, env)
    one_project.models(JOBS, labels=["b", "a"])
    assert ran(one_project.sync("--dry-run").stderr)
    if env is not TRANSLATED:  # there Alembic itself doesn't find the tables
        one_project.portable = False  # another table is called so on SQLite
        one_project.models(JOBS + "    more = db.Column(db.Integer)\n", labels=["b", "a"])
        assert ran(one_project.db("migrate").output + log.text)


def test_many_tenants(one_project: Project) -> None:
    one_project.options = {"qualify": False}
    tenants(one_project)
    flags = "--map", "one.state.b=a", "--map", "two.state.b=a"
    assert (
        "Rehearsed: upgrade and downgrade ran on 2 of 2 places" in one_project.sync(*flags).stderr
    )


# The other way to make tenants, and the other one to hold a transaction.
TENANTS_BY_MAP = (
    MANY_TENANTS.replace("db.engine.connect()", "db.engine.begin()")
    .replace("            connection.commit()\n", "")
    .replace(
        "connection=connection,",
        "connection=connection.execution_options(schema_translate_map={None: tenant}),",
    )
)


@pytest.mark.parametrize("env", [MANY_TENANTS, TENANTS_BY_MAP])
def test_migrate_in_each_of_many_tenants(
    one_project: Project, log: pytest.LogCaptureFixture, env: str
) -> None:
    one_project.options = {"qualify": False}
    one_project.sql("CREATE SCHEMA one", "CREATE SCHEMA two")
    start(one_project, env)
    one_project.sql("INSERT INTO one.job VALUES (1, 'a')", "INSERT INTO two.job VALUES (1, 'b')")
    one_project.sql("ALTER TABLE two.job ADD CONSTRAINT few CHECK (state::text <> 'a')")
    before = one_project.dump(), one_project.contents()
    more = JOBS + "    kind = db.Column(db.Enum('k', name='kind'))\n"
    log.clear()
    one_project.config["ENUM_MIGRATE_MAP"] = ["state.b=a"]
    one_project.models(more, labels=["a", "new"])
    told = " ".join(one_project.db("migrate", expect=1).stderr.split())
    assert "(SQLSTATE 23514, few on two.job), at: ALTER TABLE job" in told
    assert "Nothing was written" in told
    assert len(RAN.findall(log.text)) == 1  # in the first of them
    assert (one_project.dump(), one_project.contents()) == before
    one_project.sql("ALTER TABLE two.job DROP CONSTRAINT few")
    before = one_project.dump(), one_project.contents()
    log.clear()
    one_project.models(more, labels=["a", "new"])
    said = one_project.db("migrate").output
    assert len(RAN.findall(log.text)) == 2
    assert "Note: " not in said
    assert (one_project.dump(), one_project.contents()) == before
    one_project.db("upgrade")
    assert one_project.rows("SELECT state::text FROM two.job") == [("a",)]
    assert one_project.db("enum", "check").stdout.startswith("In sync: 4 enum types")


def test_several_binds(multi: MultiDb) -> None:  # noqa: F811
    multi.start(["a", "b"], ["a", "b"], "INSERT INTO job VALUES (1, 'b')")
    multi.execute("INSERT INTO event VALUES (1, 'b')")
    multi.execute("ALTER TABLE event ADD CHECK (state = 'b')")
    before = multi.dumps()
    multi.models(["a", "b", "c"], ["c", "b"])
    said = multi.project.sync("--map", "audit.state.a=c", expect=2).stderr
    said = multi.project.sync("--dry-run", "--map", "state.a=c").stderr
    assert "Rehearsed: upgrade and downgrade ran on 2 of 2 places" in said
    assert multi.dumps() == before
    multi.project.config["ENUM_MIGRATE_MAP"] = ["state.a=c"]
    multi.models(["a", "b", "c"], ["c", "b"])
    assert len(RAN.findall(multi.project.db("migrate").output)) == 2
    assert multi.dumps() == before


def test_what_fails_is_quoted(project: Project) -> None:
    begin(project, "ALTER TABLE entry ADD CONSTRAINT few CHECK (mood::text <> 'ok' OR id = 2)")
    told = " ".join(refused(project, *GONE).split())
    assert "The upgrade fails on this database: " in told
    assert 'check constraint "few" of relation "entry" is violated by some row' in told
    assert "(SQLSTATE 23514, few on public.entry), at: ALTER TABLE public.entry" in told
    assert "Change the rows that are in the way" in told
    assert "To write it untried: flask db enum sync --no-rehearse" in told
    assert "Rehearsed" not in project.sync("--no-rehearse", *GONE).stderr


def test_a_right_that_is_missing(one_project: Project) -> None:
    role = "enum_owner_" + one_project.url.rsplit("/", 1)[-1].split("?")[0]
    begin(
        one_project,
        f"CREATE ROLE {role}",
        f"GRANT CREATE ON SCHEMA public TO {role}",
        f"ALTER TABLE entry OWNER TO {role}",
        f"ALTER TYPE mood OWNER TO {role}",
        f"ALTER TABLE alembic_version OWNER TO {role}",
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        "CREATE TRIGGER t BEFORE UPDATE OF mood ON entry FOR EACH ROW EXECUTE FUNCTION f()",
        "REVOKE ALL ON FUNCTION f() FROM PUBLIC",
    )
    options = {"connect_args": {"options": f"-crole={role}"}}
    one_project.config["SQLALCHEMY_ENGINE_OPTIONS"] = options
    one_project.models(MOODS, LABELS=["bad", "ok"])
    try:
        told = " ".join(refused(one_project, *GONE).split())
        assert "permission denied for function public.f (SQLSTATE 42501)" in told
        assert "Give this role the right" in told
    finally:
        one_project.close()
        one_project.sql(f"DROP OWNED BY {role} CASCADE", f"DROP ROLE {role}")


def changed(
    monkeypatch: pytest.MonkeyPatch,
    upgrade: str = "",
    downgrade: str = "",
    stand_in: tuple[str, ...] | None = None,
) -> None:
    """Let plans do more than they should."""
    plan = Enums.plan

    def more(direction: Direction, sql: str) -> Direction:
        steps = (*direction.steps, Step("", (sql,))) if sql else direction.steps
        return replace(direction, steps=steps)

    def planned(self: Enums, differences: object, facts: object) -> Plan:
        made = plan(self, differences, facts)  # type: ignore[arg-type]
        stands_in = made.stand_in if stand_in is None else stand_in
        return Plan(more(made.upgrade, upgrade), more(made.downgrade, downgrade), stands_in)

    monkeypatch.setattr(Enums, "plan", planned)


SPOILT = {
    "COMMENT ON COLUMN entry.mood IS NULL": "table public.entry: column mood: comment",
    "ALTER TABLE entry ALTER mood SET STATISTICS 7": "table public.entry: column mood: statistics",
    "GRANT UPDATE (mood) ON entry TO PUBLIC": "table public.entry: column mood: privileges",
    "REVOKE ALL ON TYPE mood FROM PUBLIC": "type public.mood: privileges",
    "ALTER TABLE entry DISABLE TRIGGER ALL": "trigger of a foreign key f on public.entry",
    "ALTER TABLE entry REPLICA IDENTITY FULL": "table public.entry: replica identity",
    "DROP VIEW v": "view public.v",
    "CREATE OR REPLACE VIEW v AS SELECT id FROM entry WHERE mood = 'ok' AND id > 0": (
        "view public.v: definition"
    ),
    "ALTER POLICY p ON entry USING (true)": "policy p on public.entry: USING",
    "ALTER INDEX i SET (fillfactor = 20)": "index public.i: options",
    "DELETE FROM entry WHERE id = 3": "table public.entry: rows",
    "REFRESH MATERIALIZED VIEW m WITH NO DATA": "materialized view public.m: populated",
    "CREATE TYPE mood__old AS ENUM ()": "schema public: enum types",
    "ALTER TYPE mood ADD VALUE 'late'": "type public.mood: labels",
    "ALTER SEQUENCE entry_id_seq OWNED BY NONE": "sequence public.entry_id_seq",
    "ALTER PUBLICATION pub DROP TABLE entry": "publication relation public.entry",
    "ALTER STATISTICS s SET STATISTICS 9": "statistics object public.s: statistics",
    "ALTER TABLE entry ENABLE ALWAYS TRIGGER t": "trigger t on public.entry: enabled",
    "ALTER TABLE entry CLUSTER ON i": "index public.i: marks",
}
HANGING = (
    "COMMENT ON COLUMN entry.mood IS 'how'",
    "ALTER TABLE entry ADD up int CONSTRAINT f REFERENCES entry",
    "CREATE VIEW v AS SELECT id FROM entry WHERE mood = 'ok'",
    "CREATE MATERIALIZED VIEW m AS SELECT mood FROM entry",
    "CREATE POLICY p ON entry USING (mood = 'ok')",
    "CREATE INDEX i ON entry (mood)",
    "CREATE STATISTICS s ON mood, id FROM entry",
    "CREATE FUNCTION tf() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
    "CREATE TRIGGER t BEFORE INSERT ON entry FOR EACH ROW EXECUTE FUNCTION tf()",
    "CREATE PUBLICATION pub FOR TABLE entry",
)


@pytest.mark.parametrize("direction", ["upgrade", "downgrade"])
@pytest.mark.parametrize("sql", SPOILT)
def test_a_difference_is_our_defect(
    one_project: Project, monkeypatch: pytest.MonkeyPatch, sql: str, direction: str
) -> None:
    begin(one_project, *HANGING)
    if direction == "upgrade":
        changed(monkeypatch, upgrade=sql)
    else:
        changed(monkeypatch, downgrade=sql)
    told = " ".join(refused(one_project, *GONE).split())
    assert f"After the {direction}, in a rehearsal on this database, {SPOILT[sql]}" in told
    assert " expected, " in told
    assert "This is a defect of Flask-Enum-Migrate: please report it" in told


def test_a_materialized_view_that_is_stale(one_project: Project) -> None:
    begin(one_project, "CREATE MATERIALIZED VIEW m AS SELECT mood FROM entry")
    one_project.sql("INSERT INTO entry (mood) VALUES ('bad'), ('ok')")
    assert RAN.search(one_project.sync("--dry-run", *GONE).stderr)
    one_project.models(MOODS, LABELS=[*OLD, "new"])
    assert RAN.search(one_project.sync("--dry-run").stderr)


def test_a_materialized_view_that_compares_labels(one_project: Project) -> None:
    begin(one_project, "CREATE MATERIALIZED VIEW m AS SELECT id FROM entry WHERE mood < 'ok'")
    one_project.models(MOODS, LABELS=["ok", "bad", "gone"])
    assert RAN.search(one_project.sync("--dry-run").stderr)


def test_a_materialized_view_that_loses_rows(
    one_project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin(one_project, "CREATE MATERIALIZED VIEW m AS SELECT mood FROM entry")
    spoilt = (
        "UPDATE entry SET mood = mood; DELETE FROM entry WHERE id = 3; REFRESH MATERIALIZED VIEW m"
    )
    changed(monkeypatch, downgrade=spoilt)
    told = " ".join(refused(one_project, *GONE).split())
    assert "materialized view public.m: rows was not as it must be: «3» expected, «2» found" in told


def test_a_label_that_did_not_come(one_project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    begin(one_project, labels=("bad", "fine", "gone"))
    changed(monkeypatch, "ALTER TYPE mood RENAME VALUE 'fine' TO 'other'")
    told = refused(one_project, "--rename", "mood.ok=fine")
    assert "type public.mood: labels was not as it must be" in " ".join(told.split())
    assert "«public.mood: 'bad', 'fine', 'gone'» expected" in " ".join(told.split())
    assert "«public.mood: 'bad', 'other', 'gone'» found" in " ".join(told.split())


def test_what_is_large_is_not_rehearsed(one_project: Project) -> None:
    one_project.options = {"rehearse": "8kB"}
    begin(one_project, "CREATE MATERIALIZED VIEW m AS SELECT * FROM generate_series(1, 9999)")
    said = one_project.sync("--dry-run", *GONE).stderr
    assert "Note: it was not rehearsed: it would rewrite, index and refresh 24 kB, and" in said
    assert "ENUM_MIGRATE_REHEARSE is '8kB'. To do it nevertheless: flask db enum sync --re" in said
    one_project.sql(
        "CREATE MATERIALIZED VIEW n AS SELECT mood, g FROM entry, generate_series(1, 999) g"
    )
    assert "refresh 1" in one_project.sync("--dry-run", *GONE).stderr
    said = one_project.sync("--dry-run", "--rehearse", *GONE).stderr
    assert RAN.fullmatch(said.splitlines()[-1])
    # What rewrites nothing is free.
    one_project.models(MOODS, LABELS=["bad", "fine", "gone"])
    said = one_project.sync("--dry-run", "--rename", "mood.ok=fine").stderr
    assert RAN.fullmatch(said.splitlines()[-1])
    # So is an addition; what takes it back is not.
    one_project.models(MOODS, LABELS=[*OLD, "new"])
    assert_only_upgrade(one_project.sync("--dry-run").stderr)
    one_project.models(MOODS + "    more = db.Column(db.Integer)\n", LABELS=[*OLD, "new"])
    said = one_project.db("migrate").stderr
    assert_only_upgrade(said.replace(" of what changes existing enums", ""))
    assert " of what changes existing enums" in said


def assert_only_upgrade(said: str) -> None:
    assert "Note: the downgrade was not rehearsed: it would rewrite, index and refresh" in said
    assert "Rehearsed: the upgrade ran on this database and was rolled back (" in said


@pytest.mark.parametrize("limit", ["always", 10**9, "1 GB", "0.5GB"])
def test_what_is_small_enough(one_project: Project, limit: str | int) -> None:
    one_project.config = {"ENUM_MIGRATE_REHEARSE": limit}
    begin(one_project)
    assert RAN.fullmatch(one_project.sync(*GONE).stderr.splitlines()[-1])


def test_never(one_project: Project) -> None:
    one_project.config = {"ENUM_MIGRATE_REHEARSE": None}
    begin(one_project)
    with watched() as statements:
        assert "ehearse" not in one_project.sync("--dry-run", *GONE).stderr
    assert not [
        sql for sql in statements if sql.lstrip().startswith(("DO", "CREATE", "ALTER", "SET CON"))
    ]
    assert RAN.search(one_project.sync("--rehearse", *GONE).stderr)


@pytest.mark.parametrize("lock_timeout", ["10s", None])
def test_a_lock_that_others_hold(one_project: Project, lock_timeout: str | None) -> None:
    one_project.options = {"lock_timeout": lock_timeout}
    begin(one_project)
    with psycopg.connect(one_project.url) as other:
        other.execute("SELECT FROM entry")
        began = time.monotonic()
        said = one_project.sync("--dry-run", *GONE).stderr
        assert 1.9 < time.monotonic() - began < 5
    assert "Note: it was not rehearsed: it did not get its locks within two seconds" in said
    assert "Rehearsing: what is done on this database is rolled back; upgrade, statement" in said
    assert RAN.search(one_project.sync(*GONE).stderr)


def test_a_lock_on_what_is_read(one_project: Project) -> None:
    begin(one_project, "CREATE TABLE other (id int PRIMARY KEY, mood mood)")
    with psycopg.connect(one_project.url) as other:

        def lock(connection: object) -> None:
            other.execute("LOCK TABLE other")

        with watched() as seen:
            one_project.sync("--dry-run", "--no-rehearse", *GONE)
        with stopping(len(seen), lock, behind=False):
            said = one_project.sync("--dry-run", *GONE).stderr
    assert "Note: it was not rehearsed: it did not get its locks within two seconds" in said
    assert RAN.search(one_project.sync("--dry-run", *GONE).stderr)


def test_a_read_only_connection(one_project: Project) -> None:
    begin(one_project)
    options = {"connect_args": {"options": "-cdefault_transaction_read_only=on"}}
    one_project.config["SQLALCHEMY_ENGINE_OPTIONS"] = options
    one_project.models(MOODS, LABELS=["bad", "ok"])
    said = one_project.sync(*GONE).stderr
    assert "Note: it was not rehearsed: the connection is read-only" in said


DEFAULT = "ALTER TABLE entry ALTER mood SET DEFAULT 'ok'"
UNCOMMITTED = {
    "a label that others become": (["new", *OLD], ("--downgrade-map", "mood.new=ok")),
    "a default": (["bad", "gone"], ("--map", "mood.ok=bad")),
    "both": (["bad", "x", "gone"], ("--map", "mood.ok=x", "--downgrade-map", "mood.x=ok")),
    "beside a rename": (
        ["bad", "fine", "new", "gone"],
        ("--rename", "mood.ok=fine", "--downgrade-map", "mood.new=ok"),
    ),
}


@pytest.mark.parametrize("case", UNCOMMITTED)
def test_a_label_that_the_downgrade_uses(project: Project, case: str) -> None:
    labels, flags = UNCOMMITTED[case]
    begin(project, DEFAULT, *HANGING[2:4], "CREATE INDEX i ON entry (mood) WHERE mood = 'bad'")
    if "ok" not in labels and "fine" not in labels:
        project.sql("DROP VIEW v")
    project.models(MOODS, LABELS=labels)
    before = project.dump(), project.contents()
    said = project.sync(*flags).stderr
    assert RAN.fullmatch(said.splitlines()[-1]), said
    assert (project.dump(), project.contents()) == before
    project.db("upgrade")
    project.db("downgrade")
    assert project.dump() == before[0]


def test_what_a_downgrade_does_with_a_new_label(
    one_project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin(one_project, "COMMENT ON COLUMN entry.mood IS 'how'")
    one_project.models(MOODS, LABELS=["new", *OLD])
    with monkeypatch.context() as patch:
        changed(patch, downgrade="COMMENT ON COLUMN entry.mood IS NULL")
        told = " ".join(refused(one_project, "--downgrade-map", "mood.new=ok").split())
        assert "After the downgrade, in a rehearsal on this database, table public.entry" in told
    with monkeypatch.context() as patch:
        changed(patch, downgrade="SELECT 1 / 0")
        told = " ".join(refused(one_project, "--downgrade-map", "mood.new=ok").split())
        assert "The downgrade fails on this database: division by zero (SQLSTATE 22012)" in told


@pytest.mark.parametrize("stand_in", [(), ("SELECT 1 / 0",), ("COMMENT ON TABLE entry IS 'x'",)])
def test_what_postgresql_does_not_let_run_there(
    one_project: Project, monkeypatch: pytest.MonkeyPatch, stand_in: tuple[str, ...]
) -> None:
    begin(one_project, labels=("new", "bad", "ok"))
    changed(monkeypatch, stand_in=stand_in)
    answers = ("--retire", "mood.gone", "--map", "mood.gone=ok")
    said = one_project.sync("--downgrade-map", "mood.new=ok", *answers).stderr
    assert "Note: the downgrade was not rehearsed: PostgreSQL lets a label be used only" in said
    assert "Rehearsed: the upgrade ran on this database and was rolled back (" in said


def test_a_label_that_arrays_may_hold(one_project: Project) -> None:
    source = MOODS.replace("mood = db.Column(db.Enum", "mood = db.Column(db.ARRAY(db.Enum")
    source = source.replace('name="mood")', 'name="mood"))')
    one_project.start(source, "INSERT INTO entry (mood) VALUES ('{bad}')", LABELS=OLD)
    one_project.models(source, LABELS=["new", *OLD])
    assert RAN.search(one_project.sync().stderr)


def test_deferred_constraints_are_checked_in_between(one_project: Project) -> None:
    begin(
        one_project,
        "CREATE TABLE lookup (mood mood PRIMARY KEY)",
        "INSERT INTO lookup VALUES ('bad'), ('ok'), ('gone')",
        "ALTER TABLE entry ADD FOREIGN KEY (mood) REFERENCES lookup DEFERRABLE INITIALLY DEFERRED",
        "ALTER TABLE entry ADD up int REFERENCES entry DEFERRABLE INITIALLY DEFERRED",
        "UPDATE entry SET up = 1",
    )
    one_project.models(MOODS, LABELS=["gone", "ok", "bad"])
    assert RAN.fullmatch(one_project.sync("--dry-run").stderr.splitlines()[-1])
    assert one_project.round_trip()


def test_the_api_returns_it(one_project: Project) -> None:
    begin(one_project)
    with one_project.app.app_context():
        enum_migrate = EnumMigrate()
        with pytest.raises(Refused, match=r"which 1 row of public\.entry\.mood holds"):
            enum_migrate.sync(dry_run=True)
    one_project.sql("UPDATE entry SET mood = 'ok'")
    with one_project.app.app_context():
        [plan] = enum_migrate.sync(dry_run=True).plans
        made = plan.rehearsal
        assert made is not None
        assert (made.upgrade, made.downgrade, made.left_out) == (True, True, "")
        assert 0 < made.seconds < 10
        assert made.size > 0
        [plan] = enum_migrate.sync(dry_run=True, rehearse=False).plans
        assert plan.rehearsal is None
    one_project.sql("ALTER TABLE entry ADD CONSTRAINT few CHECK (mood::text <> 'gone')")
    one_project.models(MOODS, LABELS=["gone", "bad"])
    with one_project.app.app_context(), pytest.raises(Refused, match="SQLSTATE 23514, few on"):
        enum_migrate.sync(dry_run=True, flags=Flags(map=["mood.ok=gone"]))


def test_it_writes_nothing_where_it_refuses(one_project: Project) -> None:
    begin(one_project, "ALTER TABLE entry ADD CONSTRAINT few CHECK (mood::text <> 'ok' OR id = 2)")
    before = sorted(Path(one_project.migrations).rglob("*.py"))
    refused(one_project, *GONE)
    assert sorted(Path(one_project.migrations).rglob("*.py")) == before


MORE = MOODS + "    more = db.Column(db.Integer)\n"


def test_migrate_rehearses_too(one_project: Project) -> None:
    begin(one_project)
    one_project.config["ENUM_MIGRATE_MAP"] = ["mood.gone=ok"]
    one_project.models(MORE, LABELS=["bad", "ok"])
    before = one_project.dump(), one_project.contents()
    one_project.sql("ALTER TABLE entry ADD CONSTRAINT few CHECK (mood::text <> 'ok' OR id = 2)")
    told = " ".join(one_project.db("migrate", expect=1).stderr.split())
    assert "The upgrade fails on this database: " in told
    assert "(SQLSTATE 23514, few on public.entry), at: ALTER TABLE public.entry" in told
    assert "Nothing was written" in told
    one_project.sql("ALTER TABLE entry DROP CONSTRAINT few")
    assert len(one_project.revisions()) == 1
    one_project.config["ENUM_MIGRATE_REHEARSE"] = 1
    one_project.models(MORE, LABELS=["bad", "ok"])
    said = one_project.db("migrate", "--rev-id", "untried").stderr
    assert "Note: it was not rehearsed: it would rewrite, index and refresh " in said
    (one_project.migrations / "versions" / "untried_.py").unlink()
    one_project.config["ENUM_MIGRATE_REHEARSE"] = "always"
    one_project.models(MORE, LABELS=["bad", "ok"])
    assert RAN.search(one_project.db("migrate").output)
    assert (one_project.dump(), one_project.contents()) == before
    one_project.db("upgrade")
    assert one_project.db("enum", "check").stdout.startswith("In sync")
