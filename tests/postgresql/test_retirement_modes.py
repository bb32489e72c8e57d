"""Retirements in a real app, however env.py runs migrations: rows, CHECKs, and the way back."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psycopg
import pytest

from flask_enum_migrate import EnumMigrate
from flask_enum_migrate.core.flags import Flags
from tests.app.test_environment import AUTOCOMMIT
from tests.app.test_environment import OWN_TRANSACTION
from tests.app.test_environment import PER_MIGRATION
from tests.app.test_environment import use_env
from tests.project import Project
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
    retire(project)
    forth = script(project, "upgrade", f"{first}:head")
    assert forth.count("BEGIN;") == forth.count("COMMIT;") - forth.count("  COMMIT;")
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
