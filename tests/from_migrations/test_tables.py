"""``check --from-migrations --tables``: ``flask db check`` without a database."""

from __future__ import annotations

import re

import pytest

from flask_enum_migrate import EnumMigrate
from flask_enum_migrate import SettingError
from tests.project import Project
from tests.project import Result

BEFORE = """
class Team(db.Model):
    id = db.Column(db.Integer, primary_key=True)

class Item(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    state = db.Column(sa.Enum("a", name="state"))
    text = db.Column(sa.String(9))
    was = db.Column(sa.Integer, index=True)
    size = db.Column(sa.Integer)
    plain = db.Column(sa.String(9))

class Gone(db.Model):
    id = db.Column(db.Integer, primary_key=True)
"""
AFTER = """
class Team(db.Model):
    id = db.Column(db.Integer, primary_key=True)

class Item(db.Model):
    __table_args__ = (sa.UniqueConstraint("size", "text", name="uq"), {"comment": "Things"})
    id = db.Column(db.Integer, primary_key=True)
    state = db.Column(sa.Enum("a", "b", name="state"))
    text = db.Column(sa.String(20))
    size = db.Column(sa.Integer, nullable=False, index=True)
    team_id = db.Column(sa.ForeignKey("team.id", name="fk_team"))
    plain = db.Column(sa.Enum("x", name="plain"))

class Fresh(db.Model):
    id = db.Column(db.Integer, primary_key=True)
"""


def check(project: Project, *args: str, expect: int) -> Result:
    server = ("--from-migrations", "--tables", "--server", project.server.url)
    return project.db("enum", "check", *server, *args, expect=expect)


def test_tables(project: Project) -> None:
    project.start(BEFORE)
    assert check(project, expect=0).stdout == (
        "In sync: 1 enum type and all tables compared, no difference.\n"
    )
    project.models(AFTER)
    done = check(project, expect=1)
    _, _, tables = done.stdout.partition("\n\nfresh\n")
    assert tables == (
        "  + create the table\n\n"
        "gone\n"
        "  - drop the table\n\n"
        "item\n"
        "  + add column team_id INTEGER\n"
        "  ~ text: becomes VARCHAR(20), is VARCHAR(9)\n"
        "  ~ size: becomes NOT NULL\n"
        "  - remove index ix_item_was (was)\n"
        "  + add index ix_item_size (size)\n"
        "  + add constraint uq (size, text)\n"
        "  + add foreign key fk_team (team_id)\n"
        "  + add comment\n"
        "  - remove column was\n\n"
        "Drift: 2 of 2 enum types differ, and so do 3 tables. Next: flask db migrate\n"
    )
    assert "Note: " not in done.stderr
    # Each is what Alembic finds in a database.
    theirs = project.db("check", expect=1).output
    found = re.findall(r"\('(?:add|remove|modify)_(?!enum)", theirs)
    assert len(found) == len(re.findall(r"^  [-+~] ", tables, re.MULTILINE))


def test_tables_alone(one_project: Project) -> None:
    one_project.start(BEFORE.replace('sa.Enum("a", name="state")', "sa.Integer"))
    assert check(one_project, expect=0).stdout == ("In sync: all tables compared, no difference.\n")
    one_project.models(BEFORE.replace('sa.Enum("a", name="state")', "sa.Integer, index=True"))
    assert check(one_project, expect=1).stdout == (
        "item\n  + add index ix_item_state (state)\n\n"
        "Drift: 1 table differs. Next: flask db migrate\n"
    )


def test_settings_of_env_py_hold(one_project: Project) -> None:
    one_project.start(BEFORE)
    one_project.migrate_options = {
        "include_object": lambda item, name, type_, reflected, to: name not in ("gone", "fresh"),
        "compare_type": False,
    }
    one_project.models(AFTER)
    said = check(one_project, expect=1).stdout
    assert "gone" not in said
    assert "fresh" not in said
    assert "VARCHAR(20)" not in said
    assert "+ add column team_id INTEGER" in said


def test_machines_are_told(one_project: Project) -> None:
    one_project.start(BEFORE)
    one_project.models(BEFORE.replace("sa.String(9)", "sa.String(9), nullable=False", 1))
    told = check(one_project, "--format", "github", expect=1).stdout
    assert "::item: text: becomes NOT NULL" in told


def test_from_python(one_project: Project) -> None:
    one_project.start(BEFORE)
    one_project.models(BEFORE.replace("sa.String(9)", "sa.String(9), nullable=False", 1))
    server = one_project.server.url
    with one_project.app.app_context():
        result = EnumMigrate().check(from_migrations=True, tables=True, server=server)
        assert result.tables is not None
        assert [(one.kind, one.column, one.text) for one in result.tables] == [
            ("modify_nullable", "text", "text: becomes NOT NULL")
        ]
        assert (result.in_sync, result.drift) == (False, ())
        assert EnumMigrate().check(from_migrations=True, server=server).in_sync
        with pytest.raises(AssertionError, match="Drift: 1 table differs"):
            EnumMigrate().assert_in_sync(from_migrations=True, tables=True, server=server)
        with pytest.raises(SettingError, match="tables is for from_migrations=True"):
            EnumMigrate().check(tables=True)


def test_it_belongs_to_migrations(one_project: Project) -> None:
    one_project.start(BEFORE)
    said = one_project.db("enum", "check", "--tables", expect=2).stderr
    assert "--tables belong to --from-migrations" in said


def test_several_heads(one_project: Project) -> None:
    one_project.start(BEFORE)
    one_project.db("revision", "-m", "second", "--head", "base", "--splice")
    one_project.models(BEFORE.replace("sa.String(9)", "sa.String(9), nullable=False", 1))
    said = check(one_project, expect=1).stdout.splitlines()[-1]
    assert said.endswith("Next: flask db merge heads")
