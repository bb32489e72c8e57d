"""A revision is run on the database at hand, and rolled back, before it is written."""

from __future__ import annotations

import re

import pytest

from tests.project import Project

MOODS = """
class Entry(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    mood = db.Column(db.Enum(*LABELS, name="mood"), nullable=False)
"""
ROWS = "INSERT INTO entry (mood) VALUES ('bad'), ('ok'), ('gone')"
OLD = ["bad", "ok", "gone"]
RAN = re.compile(
    r"Rehearsed: upgrade and downgrade ran on this database and were rolled back \(.*\)\."
)


@pytest.mark.parametrize("driver", ["psycopg2", "psycopg"])
@pytest.mark.parametrize(
    ("labels", "flags"),
    [
        (["bad", "ok"], ["--map", "mood.gone=ok"]),
        (["ok", "bad", "gone"], []),
        (["new", "bad", "ok", "gone"], []),
        (["bad", "fine", "gone"], ["--rename", "mood.ok=fine"]),
    ],
)
def test_the_last_line_says_what_is_proven(
    project: Project, driver: str, labels: list[str], flags: list[str]
) -> None:
    project.driver = driver
    project.start(MOODS, ROWS, LABELS=OLD)
    schema, rows = project.dump(), project.contents()
    project.models(MOODS, LABELS=labels)
    assert RAN.fullmatch(project.sync("--dry-run", *flags).stderr.splitlines()[-1])
    assert project.dump() == schema
    assert project.contents() == rows
    assert RAN.fullmatch(project.sync(*flags).stderr.splitlines()[-1])
    assert project.dump() == schema
    assert project.contents() == rows
    project.db("upgrade")
