"""Enums that no plain column declares, and those that nobody compares: looked into, or named."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import mysql
from sqlalchemy.dialects import sqlite

from flask_enum_migrate.app import models
from flask_enum_migrate.core.schema import Unlooked
from tests.project import Project

ITEM = """
class Item(db.Model):
    id = db.Column(db.Integer, primary_key=True)
"""
STATE = ITEM + '    state = db.Column(db.Enum(*labels, name="state"))\n'
STANDING = 'pg.ENUM(*labels, name="state", metadata=db.metadata)\n' + ITEM
DOMAIN = ITEM + '    state = db.Column({}pg.DOMAIN("flow", db.Enum(*labels, name="state")){})\n'


def table(project: Project, type_: str, *more: str) -> None:
    """Make a table whose column the models' first migration doesn't make."""
    project.models(ITEM)
    project.db("init")
    project.db("revision", "-m", "first")
    project.db("upgrade")
    project.sql(*more, f"CREATE TABLE item (id serial PRIMARY KEY, state {type_})")


def test_an_enum_without_a_name_is_named(one_project: Project) -> None:
    table(one_project, "state", "CREATE TYPE state AS ENUM ('A', 'B')")
    one_project.models(ITEM + "    state = db.Column(db.Enum('A', 'B', 'NEW'))\n")
    for command in ("check", "list", "sync"):
        said = one_project.db("enum", command).output
        assert (
            "item.state was not compared: its db.Enum has no name; give it one: "
            "db.Enum(…, name=…)." in said
        )
        assert "no enum types" not in said


def test_labels_that_nothing_holds_are_named(one_project: Project) -> None:
    why = "it is a string, and no CHECK lists its labels"
    one_project.models(ITEM + "    state = db.Column(db.Enum('A', native_enum=False, name='s'))\n")
    one_project.db("init")
    one_project.db("migrate", "-m", "first")
    one_project.db("upgrade")
    done = one_project.db("enum", "check")
    assert f"item.state was not compared: {why}." in done.stderr
    assert done.stdout == "Nothing was compared.\n"
    assert why in one_project.db("enum", "list").stderr


def test_columns_of_other_databases_are_named(one_project: Project, tmp_path: Path) -> None:
    source = ITEM + '    state = db.Column(db.Enum("A", name="s", create_constraint=True))\n'
    one_project.config["SQLALCHEMY_DATABASE_URI"] = f"sqlite:///{tmp_path / 'own.db'}"
    one_project.models(source)
    one_project.db("init")
    assert "item.state was not compared: a CHECK" in one_project.db("enum", "check").stderr


def test_what_each_database_does_not_compare() -> None:
    metadata = sa.MetaData()
    sa.Table("t", metadata, sa.Column("x", sa.Enum("a", name="e")))
    (found,) = models.unlooked(metadata, mysql.dialect())
    assert (str(found.column), found.why) == ("t.x", Unlooked.INLINE)
    assert not [*models.unlooked(metadata, sqlite.dialect())]


def test_a_type_of_the_metadata_is_compared_and_kept(one_project: Project) -> None:
    table(one_project, "text", "CREATE TYPE state AS ENUM ('a')")
    one_project.models(STANDING, labels=["a"])
    assert one_project.db("enum", "check").stdout == (
        "In sync: 1 enum type compared, no difference.\n"
    )
    assert "nothing to write" in one_project.sync("--drop-unused").stderr
    one_project.models(STANDING, labels=["a", "b"])
    assert "used by the MetaData" in one_project.db("enum", "check", expect=1).stdout
    one_project.round_trip("--drop-unused")
    assert one_project.labels("state") == ["a", "b"]


def test_a_type_of_the_metadata_that_the_database_lacks(one_project: Project) -> None:
    one_project.start(ITEM)
    one_project.models(STANDING, labels=["a", "b"])
    told = "Note: the type state exists only in the models; that is for: flask db migrate"
    assert told in one_project.db("enum", "check").stderr
    assert told in one_project.sync().stderr
    one_project.db("migrate")
    assert "# The models declare it. state may be left over already;" in one_project.revision()
    for _ in range(2):  # it stays
        one_project.db("upgrade")
        assert one_project.labels("state") == ["a", "b"]
        assert one_project.db("enum", "check").stdout.startswith("In sync: 1 enum type")
        one_project.db("downgrade")
    one_project.db("upgrade")
    assert "No changes in schema" in one_project.db("migrate").output


def test_a_domain_that_a_new_table_brings(one_project: Project) -> None:
    """SQLAlchemy makes the domain with the table, and leaves it; the type has to be there."""
    one_project.portable = False  # SQLite has no domains
    one_project.start("")
    source = DOMAIN.format("", "")
    one_project.models(source, labels=["a", "b"])
    said = one_project.db("migrate").stderr
    assert "CREATE TYPE state AS ENUM ('a', 'b')" in one_project.revision()
    if "name 'Enum' is not defined" in said:  # an older Alembic writes a DOMAIN that can't run
        return
    assert "Note" not in said
    for _ in range(2):
        one_project.db("upgrade")
        assert one_project.db("enum", "check").stdout.startswith("In sync: 1 enum type")
        one_project.db("downgrade")
        one_project.sql("DROP DOMAIN flow")
    one_project.db("upgrade")
    assert "No changes in schema" in one_project.db("migrate").output


@pytest.mark.parametrize(
    ("before", "after", "type_"), [("", "", "flow"), ("pg.ARRAY(", ")", "flow[]")]
)
def test_a_domain_is_looked_into(one_project: Project, before: str, after: str, type_: str) -> None:
    source = DOMAIN.format(before, after)
    table(one_project, type_, "CREATE TYPE state AS ENUM ('a')", "CREATE DOMAIN flow AS state")
    one_project.models(source, labels=["a"])
    assert one_project.db("enum", "check").stdout.startswith("In sync: 1 enum type")
    assert "not in the models" not in one_project.db("enum", "list").stdout
    one_project.models(source, labels=["a", "b"])
    said = one_project.db("enum", "check", expect=1).stdout
    assert "item.state (by the domain flow)" in said
    one_project.round_trip()
    one_project.models(source, labels=["b"])
    one_project.round_trip()


def test_a_label_twice(one_project: Project) -> None:
    one_project.start(STATE, labels=["A", "B"])
    one_project.models(STATE, labels=["A", "B", "B"])
    said = "item.state declares the type state with the label 'B' twice."
    for command in ("check", "sync", "list"):
        assert said in one_project.db("enum", command, expect=2).stderr
    done = one_project.db("migrate", expect=1)
    assert f"Nothing was written: {said}" in done.stderr
    if "check" in one_project.db("--help").stdout.split():  # Flask-Migrate 4.0 has none
        done = one_project.db("check", expect=2)
        assert f"Could not tell: {said}" in done.stderr
        assert "Nothing was written" not in done.stderr


@pytest.mark.parametrize("name", ["t" * 70, "é" * 40])
def test_a_name_that_postgresql_cuts(one_project: Project, name: str) -> None:
    source = STATE.replace('"state"', repr(name))
    one_project.start(source, labels=["a"])
    assert "1 enum type compared" in one_project.db("enum", "check").stdout
    assert "No changes in schema" in one_project.db("migrate").output
    one_project.models(source, labels=["b"])
    one_project.round_trip("--rename", "a=b")


def test_contradicting_models_in_the_words_of_each_command(one_project: Project) -> None:
    one_project.start(STATE, labels=["a"])
    one_project.models(STATE + '    other = db.Column(db.Enum("x", name="state"))\n', labels=["a"])
    assert "Nothing was written: item.state declares" in one_project.db("migrate", expect=1).stderr
    if "check" in one_project.db("--help").stdout.split():  # Flask-Migrate 4.0 has none
        assert "Could not tell: item.state declares" in one_project.db("check", expect=2).stderr
