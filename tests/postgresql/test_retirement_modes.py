"""Retirements in a real app, however env.py runs migrations: rows, CHECKs, and the way back."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psycopg
import pytest

from flask_enum_migrate import EnumMigrate
from flask_enum_migrate.core.errors import RevisionFileError
from flask_enum_migrate.core.rename_and_map import Flags
from tests.app.test_environment import AUTOCOMMIT
from tests.app.test_environment import OWN_TRANSACTION
from tests.app.test_environment import PER_MIGRATION
from tests.app.test_environment import use_env
from tests.project import Project
from tests.revision.test_file import OWN_TEMPLATE
from tests.revision.test_file import own_template
from tests.revision.test_offline import EXOTIC
from tests.revision.test_offline import Twin

MODELS = """
class Job(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    state = db.Column(db.Enum(*LABELS, name="state"), nullable=False, server_default=DEFAULT)
    tags = db.Column(db.ARRAY(db.Enum(*LABELS, name="state")))
class Item(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    state = db.Column(db.Enum(*LABELS, name="state"))
    kind = db.Column(db.Enum(*KINDS, name="kind"))
"""
# A row in ten holds the label.
ROWS = (
    "INSERT INTO job (state, tags) SELECT v::state, ARRAY[v, 'NEW', NULL]::state[] FROM (SELECT "
    "CASE WHEN n % 10 = 0 THEN 'OLD' ELSE 'NEW' END FROM generate_series(1, 2000) n) s (v)",
    "INSERT INTO item (state, kind) VALUES ('OLD', 'x'), ('DONE', 'y'), (NULL, NULL)",
)
BEFORE: dict[str, Any] = {"LABELS": ["NEW", "OLD", "DONE"], "KINDS": ["x", "y"], "DEFAULT": "OLD"}
AFTER: dict[str, Any] = {"LABELS": ["NEW", "DONE"], "KINDS": ["y"], "DEFAULT": "DONE"}
ANSWERS = Flags(map=["state.OLD=DONE", "kind.x=y"], retire=["state.OLD", "kind.x"])

ENVIRONMENTS = {
    "single": "",
    "multidb": "",
    "own transaction": OWN_TRANSACTION,
    "per migration": PER_MIGRATION,
    "autocommit": AUTOCOMMIT,
}
CHECKS = [
    ("item_kind_not_x", True),
    ("item_state_not_old", True),
    ("job_state_not_old", True),
    ("job_tags_not_old", True),
]
HELD = """SELECT 'job', state::text, tags::text, count(*) FROM job GROUP BY 1, 2, 3
    UNION ALL SELECT 'item', state::text, kind::text, count(*) FROM item GROUP BY 1, 2, 3
    ORDER BY 1, 2, 3"""
CHANGED = [
    ("item", "DONE", "y", 2),
    ("item", None, None, 1),
    ("job", "DONE", "{DONE,NEW,NULL}", 200),
    ("job", "NEW", "{NEW,NEW,NULL}", 1800),
]
FOUND = """SELECT conname::text, convalidated FROM pg_constraint
    WHERE contype = 'c' AND conname ~ '_not_' ORDER BY 1"""


def checks(project: Project) -> list[tuple[object, ...]]:
    return project.rows(FOUND)


def use_mode(project: Project, env: str, source: str, rows: Sequence[str], **names: Any) -> None:
    """Create a database by the first models, in an app whose env.py is one of several."""
    project.models(source, **names)
    project.db("init", *(["--multidb"] if env == "multidb" else []))
    if ENVIRONMENTS[env]:
        use_env(project, ENVIRONMENTS[env])
    project.start(source, *rows, **names)


def start(project: Project, env: str) -> None:
    use_mode(project, env, MODELS, ROWS, **BEFORE)


def retire(project: Project, flags: Flags = ANSWERS) -> str:
    """Write the revision that retires labels, and return its source."""
    project.models(MODELS, **AFTER)
    with project.app.app_context():
        EnumMigrate().sync(flags=flags)
    return project.revision()


@pytest.mark.parametrize("driver", ["psycopg2", "psycopg"])
@pytest.mark.parametrize("env", ENVIRONMENTS)
def test_there_and_back(one_project: Project, env: str, driver: str) -> None:
    one_project.driver = driver
    start(one_project, env)
    before = one_project.dump()
    source = retire(one_project)
    assert source.count("def retire(") == 1
    one_project.db("upgrade")
    assert one_project.rows(HELD) == CHANGED
    assert checks(one_project) == CHECKS
    assert "In sync" in one_project.db("enum", "check").stdout
    upgraded = one_project.dump()
    one_project.db("downgrade")
    assert one_project.dump() == before
    assert one_project.rows(HELD) == CHANGED
    one_project.db("upgrade")
    assert one_project.dump() == upgraded


def script(project: Project, way: str, span: str) -> str:
    """Return what Alembic prints, or writes for the only bind."""
    printed = project.db(way, span, "--sql").stdout
    files = [*Path().glob("*.sql")]
    return files[0].read_text(encoding="utf-8") if files else printed


@pytest.mark.parametrize("env", ["single", "multidb"])
def test_as_a_script(
    one_project: Project, env: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project, psql = one_project, Twin(one_project, one_project.url)
    monkeypatch.chdir(tmp_path)
    start(project, env)
    before = project.dump()
    [(first,)] = project.rows("SELECT version_num FROM alembic_version")
    project.models(MODELS, **AFTER)
    answers = [f"--map={answer}" for answer in ANSWERS.map]
    answers += [f"--retire={label}" for label in ANSWERS.retire]
    shown = project.sync(*answers, "--sql").stdout
    retire(project)
    forth = script(project, "upgrade", f"{first}:head")
    assert forth.count("BEGIN;") == forth.count("COMMIT;") - forth.count("  COMMIT;")
    assert [line for line in shown.splitlines() if "ADD CONSTRAINT" in line] == [
        line for line in forth.splitlines() if "ADD CONSTRAINT" in line
    ]
    psql.run(forth)
    assert project.rows(HELD) == CHANGED
    assert checks(project) == CHECKS
    assert "In sync" in project.db("enum", "check").stdout
    [(head,)] = project.rows("SELECT version_num FROM alembic_version")
    psql.run(script(project, "downgrade", f"{head}:{first}"))
    assert project.dump() == before


ODD = """
class Odd(db.Model):
    __tablename__ = "Odd 'table' 100% :a"
    id = db.Column(db.Integer, primary_key=True)
    state = db.Column("St:ate %s", db.Enum(*LABELS, name="State %"))
    tags = db.Column("order", db.ARRAY(db.Enum(*LABELS, name="State %")))
"""


@pytest.mark.parametrize("driver", ["psycopg2", "psycopg"])
def test_odd_labels_and_names(one_project: Project, driver: str) -> None:
    project, psql = one_project, Twin(one_project, one_project.url)
    project.driver = driver
    project.start(ODD, LABELS=[*EXOTIC, "NEW"])
    table = """public."Odd 'table' 100% :a\""""
    with psycopg.connect(project.url) as connection:
        for label in EXOTIC:
            insert = f"""INSERT INTO {table} ("St:ate %s", "order")
                VALUES (%(a)s::"State %", ARRAY[%(a)s]::"State %"[])"""
            insert = insert.replace("%", "%%").replace("%%(a)s", "%(a)s")
            connection.execute(insert.encode(), {"a": label})
    before = project.dump()
    [(first,)] = project.rows("SELECT version_num FROM alembic_version")
    project.models(ODD, LABELS=["NEW"])
    with project.app.app_context():
        called = [f"State %.{label}" for label in EXOTIC]
        flags = Flags(map=[f"{label}=NEW" for label in called], retire=called)
        EnumMigrate().sync(flags=flags)
    for way in ("online", "offline"):
        if way == "online":
            project.db("upgrade")
        else:
            psql.run(script(project, "upgrade", f"{first}:head"))
        query = f"""SELECT "St:ate %s"::text, "order"::text, count(*) FROM {table} GROUP BY 1, 2"""
        assert project.rows(query) == [("NEW", "{NEW}", len(EXOTIC))]
        assert "In sync" in project.db("enum", "check").stdout
        project.db("downgrade")
        assert project.dump() == before


TABLES = (
    "CREATE DOMAIN dom AS state; CREATE DOMAIN doms AS state[]",
    "CREATE TABLE bare (d dom, a doms, s state, k kind DEFAULT 'x')",
    "CREATE TABLE part (id int, s state DEFAULT 'OLD', at date) PARTITION BY RANGE (at)",
    "CREATE TABLE part1 PARTITION OF part FOR VALUES FROM ('2026-01-01') TO ('2026-02-01')"
    " PARTITION BY LIST (id)",
    "CREATE TABLE part1_1 PARTITION OF part1 (s DEFAULT 'NEW') FOR VALUES IN (1, 2)",
    "CREATE TABLE part2 PARTITION OF part FOR VALUES FROM ('2026-02-01') TO ('2026-03-01')",
    "CREATE TABLE parent (s state); CREATE TABLE child (t state) INHERITS (parent)",
    'CREATE TABLE "Made" (s state, g state GENERATED ALWAYS AS (s) STORED)',
    "CREATE VIEW v AS SELECT * FROM part WHERE s = 'OLD'",
    "INSERT INTO bare VALUES ('OLD', '{OLD,NEW}', 'OLD', 'x'), ('NEW', NULL, NULL, 'y')",
    "INSERT INTO part VALUES (1, 'OLD', '2026-01-05'), (2, 'OLD', '2026-02-05')",
    "INSERT INTO parent VALUES ('OLD'); INSERT INTO child VALUES ('OLD', 'OLD')",
    "INSERT INTO \"Made\" VALUES ('OLD')",
    "CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
    "CREATE TRIGGER touched BEFORE UPDATE ON bare FOR EACH ROW EXECUTE FUNCTION touch()",
)


def test_kinds_of_tables_and_columns(project: Project) -> None:
    start(project, "single")
    project.sql(*TABLES)
    before = project.dump()
    source = retire(project)
    assert "Triggers that fire for each row that changes: touched of public.bare." in source
    assert source.count('"public.bare",\n') == 1
    project.db("upgrade")
    assert project.rows("SELECT bare::text FROM bare ORDER BY 1") == [
        ('(DONE,"{DONE,NEW}",DONE,y)',),
        ("(NEW,,,y)",),
    ]
    assert project.rows("SELECT s::text FROM part") == [("DONE",)] * 2
    assert project.rows("SELECT s::text FROM parent") == [("DONE",)] * 2
    assert project.rows("SELECT t::text FROM child") == [("DONE",)]
    assert project.rows('SELECT s::text, g::text FROM "Made"') == [("DONE", "DONE")]
    assert all(valid for _, valid in checks(project))
    assert "In sync" in project.db("enum", "check").stdout
    upgraded = project.dump()
    project.sql("CREATE TABLE part3 PARTITION OF part FOR VALUES FROM ('2026-03-01') TO (MAXVALUE)")
    with pytest.raises(psycopg.errors.CheckViolation):
        project.sql("INSERT INTO part VALUES (5, 'OLD', '2026-03-05')")
    project.sql("DROP TABLE part3")
    project.db("downgrade")
    assert project.dump() == before
    project.db("upgrade")
    assert project.dump() == upgraded


def test_names_leave_the_schema_out(one_project: Project) -> None:
    one_project.options["qualify"] = False
    start(one_project, "single")
    source = retire(one_project)
    assert "public." not in source
    one_project.db("upgrade")
    assert (one_project.rows(HELD), checks(one_project)) == (CHANGED, CHECKS)
    one_project.db("downgrade")
    assert checks(one_project) == []


def test_the_name_of_a_check_is_free(one_project: Project) -> None:
    start(one_project, "single")
    one_project.sql("ALTER TABLE job ADD CONSTRAINT job_state_not_old CHECK (id > 0)")
    retire(one_project)
    one_project.db("upgrade")
    assert ("job_state_not_old2", True) in checks(one_project)
    assert "In sync" in one_project.db("enum", "check").stdout


def test_operators_that_somebody_made(one_project: Project) -> None:
    start(one_project, "single")
    for name, result in (("=", "false"), ("<>", "true")):
        one_project.sql(
            f"CREATE FUNCTION is_{result}(state, state) RETURNS boolean RETURN {result}",
            f"CREATE OPERATOR {name} (FUNCTION = is_{result}, LEFTARG = state, RIGHTARG = state)",
        )
    retire(one_project)
    one_project.db("upgrade")
    assert checks(one_project) == CHECKS
    one_project.sql("DROP OPERATOR = (state, state)")
    assert one_project.rows(HELD) == CHANGED
    assert "In sync" in one_project.db("enum", "check").stdout


def test_how_far_it_is_stands_in_the_log(one_project: Project) -> None:
    start(one_project, "single")
    retire(one_project)
    path = max(one_project.revisions(), key=lambda path: path.stat().st_mtime_ns)
    path.write_text(path.read_text().replace("- told > 5:", "- told > 0:"))
    said = one_project.db("upgrade").output
    assert "[alembic.runtime.migration] job: 100% read, 200 rows changed" in said


def test_what_env_py_sets_for_one_transaction_is_refused(one_project: Project) -> None:
    start(one_project, "single")
    before = one_project.dump()
    retire(one_project)
    env = one_project.migrations / "env.py"
    source, run = env.read_text(), "            context.run_migrations()\n"
    assert run in source
    sets = '            connection.exec_driver_sql("SET LOCAL search_path TO public")\n'
    env.write_text(source.replace(run, sets + run))
    said = one_project.db("upgrade", expect=1).output
    assert "Error: A commit ends env.py's SET LOCAL of role or search_path." in said
    assert one_project.dump() == before


@pytest.mark.parametrize("env", ["single", "multidb"])
def test_rows_become_a_new_label_and_a_renamed_one(one_project: Project, env: str) -> None:
    source = MODELS.replace("DEFAULT", "'DONE'").replace("*KINDS", "*LABELS")
    source = source.replace('name="kind"', 'name="other"')
    before = ["NEW", "OLD", "OLDER", "DONE"]
    rows = (ROWS[0], "INSERT INTO item (state, kind) VALUES ('OLDER', 'OLDER'), ('OLD', 'DONE')")
    use_mode(one_project, env, source, rows, LABELS=before)
    one_project.models(source.replace("'DONE'", "'READY'"), LABELS=["NEW", "MOVED", "READY"])
    flags = [f"--rename={name}.DONE=READY" for name in ("state", "other")]
    flags += [f"--map={name}.OLD=MOVED" for name in ("state", "other")]
    flags += [f"--map={name}.OLDER=READY" for name in ("state", "other")]
    flags += [f"--retire={name}.{old}" for name in ("state", "other") for old in before[1:3]]
    one_project.sync(*flags)
    one_project.db("upgrade")
    found = one_project.rows("SELECT state::text, kind::text FROM item ORDER BY id")
    assert found == [("READY", "READY"), ("MOVED", "READY")]
    assert one_project.labels("state") == ["NEW", "MOVED", "OLD", "OLDER", "READY"]
    assert len(checks(one_project)) == 8
    assert "In sync" in one_project.db("enum", "check").stdout


def test_a_template_that_knows_no_retirements_is_refused(one_project: Project) -> None:
    start(one_project, "single")
    own_template(one_project, OWN_TEMPLATE)
    with pytest.raises(RevisionFileError, match="leaves out a statement"):
        retire(one_project)
