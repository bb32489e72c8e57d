"""More locks than the server has room for are foreseen, with the setting that would do."""

from __future__ import annotations

import re

import pytest

from flask_enum_migrate.postgresql.plan.facts import LockTable
from tests.project import Project
from tests.test_rehearsal import changed

MODELS = """
for n in range(TABLES):
    db.Table(
        f"t_{n}",
        db.Column("id", db.Integer, primary_key=True),
        db.Column("state", db.Enum(*LABELS, name="state"), index=True),
        db.Column("note", db.Text),
    )
"""


def made(project: Project, tables: int) -> None:
    project.models(MODELS, TABLES=tables, LABELS=["a", "b", "c"])
    project.db("init")
    project.sql("CREATE TYPE state AS ENUM ('a', 'b', 'c')")
    for first in range(0, tables, 100):
        project.sql(
            *(
                f"CREATE TABLE t_{n} (id int PRIMARY KEY, state state, note text);"
                f"CREATE INDEX ON t_{n} (state)"
                for n in range(first, min(first + 100, tables))
            )
        )


def told(text: str) -> tuple[int, int] | None:
    found = re.search(
        r"It takes about ([\d,]+) locks at once, and this server may have room for 6,656 only: set "
        r"max_locks_per_transaction = (\d+) there, and restart it\.",
        " ".join(text.replace("\n    #", "").split()),
    )
    return (int(found[1].replace(",", "")), int(found[2])) if found else None


def test_many_tables(one_project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    one_project.portable = False  # the tables are in no migration
    made(one_project, 420)
    one_project.models(MODELS, TABLES=420, LABELS=["a", "b"])
    assert told(one_project.sync("--dry-run").stdout) == (6_720, 128)
    # Whether there is room for more depends on what else the server does with its memory.
    changed(monkeypatch, upgrade="DO $$ BEGIN RAISE out_of_memory; END $$")
    said = one_project.sync("--no-input", expect=1).stderr
    assert "The upgrade fails on this database: " in said
    assert told(said) == (6_720, 128)
    assert "and restart it. Then run this command again." in " ".join(said.split())


def test_some_tables(one_project: Project) -> None:
    made(one_project, 20)
    one_project.models(MODELS, TABLES=20, LABELS=["a", "b"])
    one_project.portable = False
    assert told(one_project.sync("--dry-run").stdout) is None


@pytest.mark.parametrize(("locks", "advice"), [(6400, ""), (6401, "= 128"), (25_601, "= 512")])
def test_the_setting_that_would_do(locks: int, advice: str) -> None:
    assert advice in LockTable(64, 100).short_of(locks)
    assert bool(advice) == bool(LockTable(64, 100).short_of(locks))
