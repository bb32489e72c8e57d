"""Merges of labels that a unique index rejects are refused before anything is written."""

from __future__ import annotations

import pytest

from tests.kinds import MODEL
from tests.project import Project
from tests.project import watched

LABELS = ["bad", "gone", "ok", "good"]


@pytest.mark.parametrize(
    ("setup", "rows", "refused"),
    [
        ("CREATE UNIQUE INDEX u ON entry (mood)", "('gone', 'bad'), ('ok', 'bad')", True),
        ("CREATE UNIQUE INDEX u ON entry (mood)", "('gone', 'bad'), ('good', 'bad')", False),
        (
            "ALTER TABLE entry ADD CONSTRAINT u UNIQUE (mood, other)",
            "('gone', 'bad'), ('ok', 'bad')",
            True,
        ),
        (
            "ALTER TABLE entry ADD CONSTRAINT u UNIQUE (mood, other)",
            "('gone', 'bad'), ('ok', 'good')",
            False,
        ),
        (
            "ALTER TABLE entry ADD CONSTRAINT u UNIQUE (mood, other)",
            "('gone', NULL), ('ok', NULL)",
            False,
        ),
        (
            "ALTER TABLE entry ADD CONSTRAINT u UNIQUE NULLS NOT DISTINCT (mood, other)",
            "('gone', NULL), ('ok', NULL)",
            True,
        ),
        (
            "CREATE UNIQUE INDEX u ON entry (mood) WHERE other = 'bad'",
            "('gone', 'bad'), ('ok', 'good')",
            False,
        ),
        (
            "CREATE UNIQUE INDEX u ON entry (mood) WHERE other = 'bad'",
            "('gone', 'bad'), ('ok', 'bad')",
            True,
        ),
        ("CREATE INDEX u ON entry (mood)", "('gone', 'bad'), ('ok', 'bad')", False),
        (
            "CREATE UNIQUE INDEX u ON entry (id) INCLUDE (mood)",
            "('gone', 'bad'), ('ok', 'bad')",
            False,
        ),
    ],
)
def test_a_merge_that_a_unique_index_rejects(
    one_project: Project, setup: str, rows: str, refused: bool
) -> None:
    one_project.start(MODEL, setup, f"INSERT INTO entry (mood, other) VALUES {rows}", LABELS=LABELS)
    one_project.models(MODEL, LABELS=["bad", "ok", "good"])
    result = one_project.sync("--map", "mood.gone=ok", expect=int(refused))
    told = "public.entry has rows with 'gone' and with 'ok' that are the same in ("
    assert (told in result.stderr) is refused
    assert (": u rejects that." in result.stderr) is refused
    if not refused:
        one_project.db("upgrade")


def test_two_labels_that_become_one(one_project: Project) -> None:
    one_project.start(
        MODEL,
        "CREATE UNIQUE INDEX u ON entry (mood)",
        "INSERT INTO entry (mood) VALUES ('gone'), ('bad')",
        LABELS=LABELS,
    )
    one_project.models(MODEL, LABELS=["ok", "good"])
    one_project.sync("--map", "mood.gone=ok", "--map", "mood.bad=good")
    max(one_project.revisions(), key=lambda path: path.stat().st_mtime_ns).unlink()
    flags = ("--map", "mood.gone=ok", "--map", "mood.bad=ok")
    refused = one_project.sync(*flags, expect=1).stderr
    assert (
        "rows with 'gone' and with 'bad' that are the same in (mood) once both are 'ok'" in refused
    )


def test_one_query_for_all_indexes(one_project: Project) -> None:
    indexes = [f"CREATE UNIQUE INDEX u{n} ON entry (mood, id) WHERE id > {n}" for n in range(3)]
    one_project.start(
        MODEL,
        *indexes,
        "CREATE UNIQUE INDEX u ON entry (mood)",
        "INSERT INTO entry (mood) VALUES ('gone'), ('bad'), ('ok')",
        LABELS=LABELS,
    )
    one_project.models(MODEL, LABELS=["ok", "good"])
    flags = ("--map", "mood.gone=ok", "--map", "mood.bad=ok")
    with watched() as queries:
        refused = one_project.sync(*flags, expect=1).stderr
    assert refused.count(": u rejects that.") == 2  # of each label that goes
    assert "rejects" not in refused.replace(": u rejects that.", "")
    assert len([sql for sql in queries if "SELECT DISTINCT 0 AS number" in sql]) == 1
