"""Columns that get another type: strings become enums, enums strings, types merge and split."""

from __future__ import annotations

import pytest

from tests.project import Project

STRINGS = """
class Account(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    status = db.Column(db.String(20), nullable=False, server_default="new", index=True)
    kinds = db.Column(db.ARRAY(db.Text), server_default="{}")
"""

ENUMS = """
class Status(enum.Enum):
    new = 1
    open = 2
    closed = 3

class Kind(enum.Enum):
    a = 1
    b = 2

class Account(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    status = db.Column(db.Enum(Status), nullable=False, server_default="new", index=True)
    kinds = db.Column(db.ARRAY(db.Enum(Kind)), server_default="{}")
"""

ROWS = "INSERT INTO account VALUES (1, 'new', '{a,b,NULL}'), (2, 'closed', NULL), (3, 'open', '{}')"


def test_strings_become_enums_and_come_back(project: Project) -> None:
    project.start(STRINGS, ROWS)
    project.models(ENUMS)
    source = project.round_trip()
    assert source.count("ALTER TABLE public.account") == 2  # one rewrite in each direction
    assert project.labels("status") == ["new", "open", "closed"]
    assert project.rows("SELECT id, status::text, kinds::text FROM account ORDER BY 1") == [
        (1, "new", "{a,b,NULL}"),
        (2, "closed", None),
        (3, "open", "{}"),
    ]
    project.sql("INSERT INTO account (id) VALUES (4)")
    assert project.rows("SELECT status::text, kinds::text FROM account WHERE id = 4") == [
        ("new", "{}")
    ]


def test_enums_become_strings_and_come_back(project: Project) -> None:
    project.start(ENUMS, ROWS)
    project.models(STRINGS)
    project.round_trip()
    assert project.rows("SELECT data_type FROM information_schema.columns"
                        " WHERE column_name = 'status'") == [("character varying",)]
    unused = project.db("enum", "check")
    assert "nothing uses the type public.status" in unused.stderr
