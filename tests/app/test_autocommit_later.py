"""Written under a transaction, run on an AUTOCOMMIT connection: all of it happens, or nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from tests.app.test_environment import AUTOCOMMIT
from tests.app.test_environment import use_env
from tests.project import Project

MODELS = """
class Job(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    state = db.Column(db.Enum(*LABELS, name="state"), server_default="a", index=True)
    kind = db.Column(KIND)
"""
HANGING = (
    "CREATE VIEW busy AS SELECT id, state FROM job WHERE state = 'b'",
    "CREATE INDEX partial ON job (id) WHERE state <> 'a'",
    "GRANT SELECT ON busy TO PUBLIC",
    "INSERT INTO job VALUES (1, 'a', 'x'), (2, 'b', NULL), (3, 'c', 'y')",
)
STRING, ENUM = "db.String(9)", "db.Enum('x', 'y', name='kind')"


@contextmanager
def stopped_at(number: int) -> Iterator[list[int]]:
    """Fail before a statement that isn't a SELECT."""
    seen = [0]

    def look(connection: object, cursor: object, sql: str, *rest: object) -> None:
        if sql.lstrip()[:6].lower() != "select":
            seen[0] += 1
            if seen[0] == number + 1:
                raise RuntimeError(sql)

    event.listen(Engine, "before_cursor_execute", look)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", look)


@pytest.mark.parametrize(
    ("labels", "kind", "flags"),
    [
        ("a b", STRING, ["--map", "state.c=b"]),
        ("c b a", STRING, []),
        ("b a c", STRING, ["--rename", "state.a=b", "--rename", "state.b=a"]),
        ("a b c", ENUM, []),
        ("a B", ENUM, ["--map", "state.c=B", "--rename", "state.b=B"]),
    ],
    ids=["removed", "reordered", "swapped", "converted", "all"],
)
def test_it_is_done_whole(one_project: Project, labels: str, kind: str, flags: list[str]) -> None:
    project = one_project
    project.start(MODELS.replace("KIND", STRING), *HANGING, LABELS=["a", "b", "c"])
    before = project.dump(), project.contents()
    project.models(MODELS.replace("KIND", kind), LABELS=labels.split())
    project.sync(*flags)
    project.db("upgrade")
    after = project.dump(), project.contents()
    project.db("downgrade")
    if "--map" not in flags:
        assert (project.dump(), project.contents()) == before
    before = project.dump(), project.contents()
    use_env(project, AUTOCOMMIT)
    project.models(MODELS.replace("KIND", kind), LABELS=labels.split())
    for number in range(9):
        with stopped_at(number) as seen:
            project.db("upgrade", expect=None)
        if seen[0] <= number:
            break
        now = project.dump(), project.contents()
        assert now in (before, after), (number, seen)
        if now == before:
            project.db("upgrade")
        else:  # it was stopped before Alembic could note it
            project.db("stamp", "head")
        assert (project.dump(), project.contents()) == after
        project.db("downgrade")
    assert number > 1
    project.db("upgrade")
    assert (project.dump(), project.contents()) == after
    project.db("downgrade")
    project.db("upgrade")
    assert (project.dump(), project.contents()) == after
