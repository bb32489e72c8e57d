"""Retired labels at the command line: the question, the list, and what machines read."""

from __future__ import annotations

import json

import pytest

from flask_enum_migrate import proposal
from flask_enum_migrate.app.environment import Environment
from flask_enum_migrate.core.errors import Refused
from flask_enum_migrate.core.rename_and_map import Flags
from flask_enum_migrate.settings import current_settings
from flask_enum_migrate.sync import Wanted
from flask_enum_migrate.sync import sync
from flask_enum_migrate.terminal.questions import Given
from flask_enum_migrate.terminal.questions import as_options
from flask_enum_migrate.terminal.questions import next_row
from tests.project import Project
from tests.screens import flask
from tests.screens import on_a_terminal

JOB = """
class Job(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    state = db.Column(sa.Enum(*labels, name="state"))
"""
GUARD = "ALTER TABLE job ADD CONSTRAINT quiet CHECK (state <> 'OLD')"
LABELS = ["NEW", "OLD", "DONE"]


def test_what_is_said_of_them(one_project: Project) -> None:
    project = one_project
    project.start(JOB + JOB.replace("Job", "Note"), labels=LABELS)
    project.sql(GUARD)
    project.models(JOB + JOB.replace("Job", "Note"), labels=["NEW", "DONE"])
    said = project.db("enum", "check", expect=1).stdout
    assert "  ~ retire 'OLD' on public.note.state\n" in said
    assert "  Cost: changes rows while others read and write, no table is rewritten.\n" in said
    assert "NEW, OLD, DONE" not in project.db("enum", "list").stdout
    project.sql(GUARD.replace("job", "note"))
    assert project.db("enum", "check").stdout.startswith("In sync: 1 enum type compared")
    assert project.db("enum", "list").stdout.rstrip().endswith("NEW, DONE  retired: OLD")
    (found,) = json.loads(project.db("enum", "check", "--format", "json").stdout)["enums"]
    assert (found["database"], found["retired"], found["changes"]) == (LABELS, ["OLD"], [])
    project.models(JOB + JOB.replace("Job", "Note"), labels=LABELS)
    said = project.db("enum", "check", expect=1).stdout
    assert "  ~ bring back 'OLD'\n  Cost: instant, no table is rewritten.\n" in said
    assert "+ OLD" in project.db("enum", "list").stdout
    (found,) = json.loads(project.db("enum", "check", "--format", "json", expect=1).stdout)["enums"]
    assert found["changes"] == [{"kind": "bring_back_value", "label": "OLD"}]
    said = project.sync().stderr
    assert "  + OLD  comes back, retired until now\n" in said
    assert "Upgrade    instant, no table is rewritten" in said


def test_an_expression_in_the_way_is_asked_about(one_project: Project) -> None:
    project = one_project
    project.start(JOB, "INSERT INTO job (state) VALUES ('OLD')", labels=LABELS)
    project.sql("CREATE VIEW few AS SELECT id FROM job WHERE state = 'OLD'")
    project.models(JOB, labels=["NEW", "DONE"])
    said = project.db("enum", "sync", "--no-input", expect=1).stderr
    assert "Or keep 'OLD' in the type:\n    --retire state.OLD\n" in said
    command = [*flask(project, ["NEW", "DONE"]), "sync"]
    shown = on_a_terminal(command, project.folder, "1", "2", "n", columns=200, NO_COLOR="1")
    assert "What becomes of 'OLD'?\n  1  retired: it stays in the type, and a CHECK" in shown
    assert "2  they become DONE\n" in shown
    assert "  - OLD  retired; 1 row becomes DONE\n" in shown
    assert "changes rows of public.job" in shown
    assert "--retire state.OLD --map state.OLD=DONE" in shown


def test_much_is_asked_about(one_project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project = one_project
    project.start(JOB, "INSERT INTO job (state) VALUES ('NEW')", labels=LABELS)
    project.models(JOB, labels=["NEW", "DONE"])
    monkeypatch.setattr(proposal, "MUCH", 1)
    assert "rewrites public.job" in project.db("enum", "sync", "--no-input", "--dry-run").stderr

    def planned(given: Given) -> list[str]:
        with project.app.app_context():
            result = sync(
                Environment(None, ()),
                current_settings(),
                Wanted(flags=given.flags, dry_run=True, rewritten=given.rewritten),
            )
        project.db("enum", "list")  # closes the connections
        return [type(one).__name__ for one in result.plans[0].changes[0].changes]

    with pytest.raises(Refused) as error:
        planned(Given(Flags()))
    assert "to take it out rewrites" in error.value.refusals[0].fact
    asked = next_row(error.value, Given(Flags()))
    assert asked is not None
    assert asked.text == "What becomes of 'OLD'?"
    removed, retired = (choice.then for choice in asked.choices)
    assert planned(removed) == ["DropValue"]
    assert planned(retired) == ["RetireValue"]


def test_the_answers_as_options() -> None:
    flags = Flags(retire=["state.OLD", "state.GONE"])
    assert as_options(flags, Flags(retire=["state.GONE"])) == ["--retire state.OLD"]
