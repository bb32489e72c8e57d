"""What is the same for many tenants is said once; data keeps them apart."""

from __future__ import annotations

import json

import pytest

from tests.app.test_environment import MANY_TENANTS
from tests.app.test_environment import MODELS
from tests.app.test_environment import start
from tests.project import Project

TENANTS = tuple(f"t{number}" for number in range(1, 6))
ENV = MANY_TENANTS.replace('("one", "two")', repr(TENANTS))


@pytest.fixture
def fleet(one_project: Project) -> Project:
    one_project.options = {"qualify": False}
    one_project.sql(*(f"CREATE SCHEMA {tenant}" for tenant in TENANTS))
    start(one_project, ENV)
    return one_project


def test_what_all_have_is_said_once(fleet: Project) -> None:
    for tenant in TENANTS:
        fleet.sql(
            f"INSERT INTO {tenant}.job (id, state) VALUES (1, 'b')",
            f"CREATE TYPE {tenant}.legacy AS ENUM ('x')",
        )
    fleet.models(MODELS, labels=["new", "a"])
    checked = fleet.db("enum", "check", expect=1)
    assert checked.stdout.splitlines() == [
        "state",
        "  in 5 schemas: t1, t2, t3 and 2 more",
        "  used by job.state",
        "  + add 'new' as the first label",
        "  - remove 'b'",
        "  Cost: rewrites job under an ACCESS EXCLUSIVE lock.",
        "",
        "Drift: 5 of 5 enum types differ. Next: flask db enum sync",
    ]
    assert checked.stderr.splitlines() == [
        "Note: nothing uses the type legacy; to drop it: flask db enum sync --drop-unused"
        " (in 5 schemas: t1, t2, t3 and 2 more)",
        "Note: if 'b' is called 'new' now, say so: flask db enum sync --rename state.b=new"
        " (in 5 schemas: t1, t2, t3 and 2 more)",
    ]
    assert fleet.db("enum", "list").stdout.splitlines() == [
        "TYPE    SCHEMA         STATE    USED BY    LABELS",
        "state   t1 and 4 more  differs  job.state  - b  + new",
        "legacy  t1 and 4 more  unused   -          x",
    ]
    refused = fleet.sync(expect=1).stderr
    assert refused.count("Refused: ") == 1
    assert (
        "state loses the label 'b', which 1 row of job.state holds. "
        "That is so in 5 schemas: t1, t2, t3 and 2 more. Say what becomes of them:"
    ) in refused
    said = fleet.sync("--map", "state.b=a").stderr
    assert "state\n  in 5 schemas: t1, t2, t3 and 2 more\n  + new  as the first label\n" in said
    assert "  - b    5 rows become a\n" in said
    [(size,)] = fleet.rows(
        "SELECT pg_size_pretty(sum(pg_total_relation_size(oid))) FROM pg_class"
        " WHERE relname = 'job'"
    )
    assert f"Upgrade    rewrites job ({size}); nobody reads or writes it meanwhile\n" in said
    assert said.count("Upgrade ") == 1
    fleet.db("upgrade")
    assert fleet.db("enum", "check").stdout == "In sync: 5 enum types compared, no difference.\n"


def test_one_that_differs_stands_for_itself(fleet: Project) -> None:
    fleet.sql("ALTER TYPE t3.state ADD VALUE 'more'")
    fleet.models(MODELS, labels=["a", "b", "z"])
    said = fleet.db("enum", "check", expect=1).stdout
    assert said.startswith(
        "state\n  in 4 schemas: t1, t2, t4 and 1 more\n  used by job.state\n"
        "  + add 'z' after 'b'\n  Cost: instant, no table is rewritten.\n\n"
        "t3.state\n  used by job.state\n"
    )
    listed = fleet.db("enum", "list").stdout.splitlines()
    assert [line.split("  ")[1].strip() for line in listed[1:]] == ["t1 and 3 more", "t3"]
    assert "one of them has other labels than the rest" in fleet.sync(expect=1).stderr


def test_data_keeps_them_apart(fleet: Project) -> None:
    fleet.models(MODELS, labels=["a", "b", "z"])
    found = json.loads(fleet.db("enum", "check", "--format", "json", expect=1).stdout)
    assert [one["schema"] for one in found["enums"]] == list(TENANTS)
    errors = [
        line
        for line in fleet.db("enum", "check", "--format", "github", expect=1).stdout.splitlines()
        if line.startswith("::error")
    ]
    assert len(errors) == 1
    assert "state, in 5 schemas: t1, t2, t3 and 2 more: add 'z' after 'b'" in errors[0]


def test_rows_without_a_label(fleet: Project) -> None:
    fleet.sql(
        *(
            f"ALTER TABLE {tenant}.job ADD kind text; INSERT INTO {tenant}.job (kind) VALUES ('y')"
            for tenant in TENANTS
        )
    )
    strings = MODELS + "    kind = db.Column(db.Enum('x', name='kind', native_enum=False))\n"
    fleet.models(strings, labels=["a", "b"])
    said = fleet.db("enum", "check", "--rows", expect=1).stdout
    assert "job.kind\n  in 5 schemas: t1, t2, t3 and 2 more\n  ! 1 row holds 'y'\n\nDrift" in said
