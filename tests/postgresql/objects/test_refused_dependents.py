"""What can't come back as it was is refused by name, before anything is written."""

from __future__ import annotations

import pytest

from tests.kinds import KINDS
from tests.kinds import MODEL
from tests.kinds import ROWS
from tests.project import Project


@pytest.mark.parametrize(
    ("setup", "refusal"),
    [
        (
            "CREATE DOMAIN d AS text CONSTRAINT dc CHECK (VALUE <> 'ok'::mood::text);"
            " CREATE TABLE held (v d[])",
            "check constraint dc on public.d hangs on it, and its domain is part of other types",
        ),
        (
            "CREATE INDEX i ON entry (mood);"
            " UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'i'::regclass",
            "index public.i hangs on it, and it is invalid",
        ),
        (
            "CREATE TYPE c AS (e entry); CREATE DOMAIN d AS c[]; CREATE TABLE held (v d)",
            "table column public.held.v hangs on it, and its type is made of rows of a table that",
        ),
        (
            "CREATE DOMAIN d AS entry[]; CREATE TABLE held (v d)",
            "table column public.held.v hangs on it, and its type is made of rows of a table that",
        ),
        (
            "CREATE VIEW v AS SELECT mood FROM entry; CREATE TABLE held (v v)",
            "table column public.held.v hangs on it, and it holds rows of a view",
        ),
    ],
    ids=[
        "check of a domain in arrays",
        "invalid index",
        "rows in a composite type",
        "rows in a domain",
        "rows of a view",
    ],
)
def test_what_cannot_come_back_is_refused_by_name(
    project: Project, setup: str, refusal: str
) -> None:
    project.start(MODEL, ROWS, setup, LABELS=["bad", "gone", "ok", "good"])
    project.models(MODEL, LABELS=["bad", "ok", "good"])
    assert refusal in project.sync(expect=1).stderr
    project.models(MODEL, LABELS=["bad", "gone", "ok", "good", "new"])
    project.sync()
    project.db("upgrade")
    schema = project.dump()
    assert "can't be undone by itself" in project.db("downgrade", expect=1).stderr
    assert project.dump() == schema


@pytest.mark.parametrize(
    ("labels", "flags"),
    [(["good", "OK", "bad"], ("--rename", "ok=OK")), (["bad", "good"], ("--map", "mood.ok=bad"))],
    ids=["renamed", "removed"],
)
def test_an_aggregate_that_begins_with_a_label_is_refused(
    one_project: Project, labels: list[str], flags: tuple[str, ...]
) -> None:
    """Its INITCOND is text, which no rename in place on the way back would change."""
    one_project.start(
        MODEL.replace(', server_default="ok"', ""), ROWS, LABELS=["bad", "gone", "ok", "good"]
    )
    one_project.sql("DELETE FROM entry", *KINDS["other aggregates"][:5])
    one_project.models(MODEL.replace(', server_default="ok"', ""), LABELS=labels)
    refused = one_project.sync(*flags, expect=1).stderr
    assert "aggregate public.moving(public.mood) hangs on it, and its INITCOND is 'ok'" in refused


def test_a_generated_column_before_others(project: Project) -> None:
    project.start(
        MODEL,
        ROWS,
        "ALTER TABLE entry ADD g bool GENERATED ALWAYS AS (mood = 'ok') STORED, ADD after int",
        LABELS=["bad", "gone", "ok", "good"],
    )
    project.models(MODEL, LABELS=["good", "bad", "ok"])
    if project.rows("SELECT current_setting('server_version_num')::int >= 170000") == [(True,)]:
        project.round_trip()
        return
    assert "would move it behind the columns that follow it" in project.sync(expect=1).stderr


def test_a_generated_column_added_again_is_told(project: Project) -> None:
    project.start(
        MODEL,
        "ALTER TABLE entry ADD g bool GENERATED ALWAYS AS (mood = 'ok') STORED",
        LABELS=["bad", "gone", "ok", "good"],
    )
    project.models(MODEL, LABELS=["good", "bad", "ok"])
    newer = project.rows("SELECT current_setting('server_version_num')::int >= 170000")[0][0]
    told = "public.entry.g is dropped, added again as the last column and computed anew."
    assert (told in project.round_trip()) is not newer


def test_generated_columns_among_several_parents(project: Project) -> None:
    project.start(
        MODEL,
        "CREATE TABLE a (m mood, x text, g mood GENERATED ALWAYS AS (m) STORED)",
        "CREATE TABLE d (g mood GENERATED ALWAYS AS (m) STORED, m mood)",
        "CREATE TABLE c () INHERITS (a, d)",
        LABELS=["bad", "gone", "ok", "good"],
    )
    project.models(MODEL, LABELS=["good", "bad", "ok"])
    refused = project.sync(expect=1).stderr
    assert "public.c has several parents, and its column 'g' is generated" in refused


def test_a_generated_not_null_among_several_parents(project: Project) -> None:
    project.start(
        MODEL,
        "CREATE TABLE a (m mood, g text NOT NULL GENERATED ALWAYS AS"
        " (CASE m WHEN 'ok' THEN 'a' ELSE 'b' END) STORED)",
        "CREATE TABLE b () INHERITS (a)",
        "CREATE TABLE c () INHERITS (b, a)",
        LABELS=["bad", "gone", "ok", "good"],
    )
    project.models(MODEL, LABELS=["good", "bad", "ok"])
    if project.rows("SELECT current_setting('server_version_num')::int >= 180000") == [(True,)]:
        refused = project.sync(expect=1).stderr
        assert "public.c has several parents, and its generated column 'g' is NOT NULL" in refused
        return
    project.round_trip()


def test_what_only_a_superuser_can_create(roles: str, project: Project) -> None:
    member = f"enum_owner_{roles}"
    project.start(
        MODEL,
        ROWS,
        *KINDS["operator classes"],
        *KINDS["disabled foreign keys"],
        f"DO $$ BEGIN EXECUTE format('GRANT %I TO {member}', current_user); END $$",
        LABELS=["bad", "gone", "ok", "good"],
    )
    project.config["SQLALCHEMY_ENGINE_OPTIONS"] = {"connect_args": {"options": f"-crole={member}"}}
    project.models(MODEL, LABELS=["bad", "ok", "good"])
    refused = project.sync(expect=1).stderr
    assert "operator class public.oc USING btree hangs on it, and only a superuser can" in refused
    assert (
        "foreign key self on public.entry hangs on it, and only a superuser can set the state of"
        " its triggers" in refused
    )
