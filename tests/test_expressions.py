"""Labels and types are followed through everything that PostgreSQL deparses, or refused by name."""

from __future__ import annotations

import pytest

from tests.kinds import MODEL
from tests.kinds import ROWS
from tests.project import Project

LABELS = ["bad", "gone", "ok", "good"]
TRIGGER_FUNCTION = "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'"
RENAMED = ["good", "awful", "gone", "ok"]


@pytest.mark.parametrize(
    ("setup", "named"),
    [
        (
            "CREATE FUNCTION g(a text DEFAULT E'x\\nAS y', m mood DEFAULT '{label}')"
            " RETURNS int LANGUAGE sql AS 'SELECT 1'",
            "function public.g(",
        ),
        (
            "CREATE FUNCTION g(\"a\nAS b\" text, m mood DEFAULT '{label}')"
            " RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN 1; END'",
            "function public.g(",
        ),
        (
            "CREATE FUNCTION g(m mood) RETURNS bool LANGUAGE sql"
            " BEGIN ATOMIC SELECT E'x\\nAS y' <> 'q' AND m = '{label}'::mood; END",
            "function public.g(",
        ),
        (
            "CREATE TRIGGER t BEFORE INSERT ON entry FOR EACH ROW WHEN"
            " (NEW.note <> 'an EXECUTE b' AND NEW.mood = '{label}') EXECUTE FUNCTION f('gone')",
            "trigger t on public.entry",
        ),
    ],
    ids=["default", "name of an argument", "body", "trigger"],
)
def test_quoted_text_ends_no_expressions(project: Project, setup: str, named: str) -> None:
    start = "ALTER TABLE entry ADD note text"
    project.start(MODEL, ROWS, TRIGGER_FUNCTION, start, LABELS=LABELS)
    project.sql(setup.replace("{label}", "gone"))
    project.models(MODEL, LABELS=["good", "bad", "ok"])
    refused = project.sync(expect=1).stderr
    assert named in refused
    assert "hangs on it, and it names 'gone'." in refused
    if named.startswith("function"):
        project.sql("DROP FUNCTION g")
    else:
        project.sql("DROP TRIGGER t ON entry")
    project.sql(setup.replace("{label}", "bad"))
    project.models(MODEL, LABELS=RENAMED)
    project.round_trip("--rename", "bad=awful")
