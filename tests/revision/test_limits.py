"""How long a revision may be: what a team reviews has to be short enough to be read."""

from __future__ import annotations

import ast
import re

import pytest

from tests.project import Project

MODELS = """
class Entry(db.Model):
    __tablename__ = "audit_event"
    id = db.Column(db.Integer, primary_key=True)
    event = db.Column(db.Enum(*labels, name="eventtype"), nullable=False)
"""
LABELS = ["LOGIN_SUCCESS", "LOGIN_FAILURE", "LOGOUT", "PASSWORD_CHANGE", "PASSWORD_RESET"]
FOUR = LABELS[:4]
ROW = "INSERT INTO audit_event (event) VALUES ('PASSWORD_RESET')"

HANGING = (
    "CREATE VIEW failed AS SELECT id, event FROM audit_event WHERE event = 'LOGIN_FAILURE'",
    "ALTER TABLE audit_event ADD CONSTRAINT c CHECK (event <> 'LOGOUT' OR id > 0)",
)
INDEX = """
    __table_args__ = (db.Index("i", "id", postgresql_where=sa.text("event = 'LOGIN_FAILURE'")),)
"""

# Labels before and after, answers, and the longest upgrade and downgrade, by what changes.
CASES: dict[str, tuple[list[str], list[str], dict[str, str], tuple[int, int]]] = {
    "added": (FOUR, LABELS, {}, (10, 50)),
    "added, mapped": (FOUR, LABELS, {"DOWNGRADE_MAP": "PASSWORD_RESET=LOGOUT"}, (10, 50)),
    "removed": (LABELS, FOUR, {"MAP": "PASSWORD_RESET=LOGIN_FAILURE"}, (50, 12)),
    "removed beside others": (LABELS, FOUR, {"MAP": "PASSWORD_RESET=LOGIN_FAILURE"}, (75, 12)),
    "reordered": (LABELS, LABELS[::-1], {}, (50, 50)),
    "renamed": (LABELS, [*FOUR, "RESET"], {"RENAME": "PASSWORD_RESET=RESET"}, (8, 8)),
}
WIDEST = 160
DEFINITION = re.compile(r" +E?'([^']|'')+'\),")  # PostgreSQL 15 names the table before each column


def lengths(source: str) -> dict[str, int]:
    """Return how many lines each function has to its end, without blank ones."""
    lines = source.splitlines()
    starts = {
        node.name: node.lineno - 1
        for node in ast.parse(source).body
        if isinstance(node, ast.FunctionDef)
    }
    ends = [*sorted(starts.values())[1:], len(lines)]
    return {
        name: sum(bool(line.strip()) for line in lines[start:end])
        for (name, start), end in zip(starts.items(), ends, strict=True)
    }


def check_lengths(source: str, upgrade: int, downgrade: int) -> None:
    found = lengths(source)
    assert found["upgrade"] <= upgrade, source
    assert found["downgrade"] <= downgrade, source
    wide = [line for line in source.splitlines() if len(line) > WIDEST]
    assert [line for line in wide if not DEFINITION.fullmatch(line)] == []


def test_a_retirement_is_short(one_project: Project) -> None:
    one_project.start(MODELS, ROW, labels=LABELS)
    one_project.models(MODELS, labels=FOUR)
    one_project.sync("--retire", "PASSWORD_RESET", "--map", "PASSWORD_RESET=LOGIN_FAILURE")
    source = one_project.revision()
    head, _, functions = source.partition("LOCK_TIMEOUT = ")
    check_lengths(head, 30, 20)
    assert max(map(len, source.splitlines())) <= WIDEST
    assert sum(bool(line.strip()) for line in functions.splitlines()) <= 130


@pytest.mark.parametrize("case", CASES)
def test_a_revision_is_short(one_project: Project, case: str) -> None:
    before, after, answers, limits = CASES[case]
    setup = [ROW] if "MAP" in answers else []
    models = MODELS
    if "others" in case:
        models += INDEX
        setup += HANGING
    one_project.start(models, *setup, labels=before)
    one_project.config |= {f"ENUM_MIGRATE_{key}": [value] for key, value in answers.items()}
    one_project.models(models, labels=after)
    for command in (("migrate",), ("enum", "sync")):
        known = one_project.revisions()
        one_project.db(*command)
        (written,) = {*one_project.revisions()} - {*known}
        check_lengths(written.read_text(encoding="utf-8"), *limits)
        written.unlink()
