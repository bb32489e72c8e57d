"""Random changes of random types, with random rows and dependents, against a simple model."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck
from hypothesis import Phase
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from flask_enum_migrate.core.diff import Answers
from tests.direct import plan_for
from tests.direct import run
from tests.kinds import KINDS
from tests.postgresql.test_rehearsal_kinds import rehearsed
from tests.servers import Server
from tests.servers import create_database
from tests.servers import drop_database
from tests.servers import pg_dump_schema

# On each server: what pg_dump prints differs from version to version.
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "40"))
PARTS = 4  # for the workers to share

# Objects that name these labels hang on the type, so they stay, under whatever name.
FIXED = ["bad", "ok", "good"]
# What can go along with other kinds, and needs no role.
TOGETHER = [
    "check", "partial and expression indexes", "exclusion", "foreign keys", "materialized views",
    "rules and triggers", "publications and statistics", "inheritance", "partitions", "arrays",
    "foreign tables", "generated columns", "generated columns of the type",
    "generated columns of families", "names of NOT NULL", "checks of families",
    "domains that mention the type", "domains that call routines", "linked operators",
    "operator classes", "disabled foreign keys", "foreign children",
    "parents of different columns",
]  # fmt: skip
# Their constraints would reject random rows.
WITHOUT_ROWS = {"check", "foreign keys", "inheritance"}

label = st.text(
    st.characters(codec="utf-8", exclude_characters="\x00", exclude_categories=["Cs"]), max_size=12
).filter(lambda text: len(text.encode()) <= 63 and text not in FIXED and not text.startswith("{"))


@dataclass(frozen=True)
class Change:
    """A change of one type, and what becomes of each old label."""

    before: tuple[str, ...]
    after: tuple[str, ...]
    renames: dict[str, str]
    mapping: dict[str, str | None]

    def becomes(self, old: str | None) -> str | None:
        if old in self.mapping:
            return self.mapping[old]
        return self.renames.get(old, old) if old is not None else None


@st.composite
def changes(draw: st.DrawFn) -> Change:
    extra = draw(st.lists(label, max_size=5, unique=True))
    before = draw(st.permutations(FIXED + extra))
    removed = draw(st.lists(st.sampled_from(extra), unique=True)) if extra else []
    kept = [x for x in before if x not in removed]
    renamed = draw(st.lists(st.sampled_from(kept), max_size=3, unique=True))
    renames: dict[str, str] = {}
    if draw(st.booleans()) and len(renamed) > 1:  # a cycle
        renames = dict(zip(renamed, renamed[1:] + renamed[:1], strict=True))
    else:
        for old in renamed:
            new = draw(label.filter(lambda x: x not in before and x not in renames.values()))
            renames[old] = new
    new_names = [renames.get(x, x) for x in kept]
    added = draw(st.lists(label, max_size=3, unique=True))
    added = [x for x in added if x not in new_names and x not in removed]
    ordered = draw(st.permutations(new_names)) if draw(st.booleans()) else new_names
    after = list(ordered)
    for x in added:
        after.insert(draw(st.integers(0, len(after))), x)
    targets = st.sampled_from(after) | st.none()
    mapping = {x: draw(targets) for x in removed}
    for x in added:  # several labels that become a new one can't be told apart afterwards
        sources = [old for old, new in mapping.items() if new == x]
        mapping.update(dict.fromkeys(sources[1:]))
    if tuple(before) == tuple(after):  # nothing differs, so there is nothing to say of it
        renames = {}
    return Change(tuple(before), tuple(after), renames, mapping)


def quoted(value: str | None) -> str:
    return "NULL" if value is None else "'" + value.replace("'", "''") + "'"


def element(value: str | None) -> str:
    if value is None:
        return "NULL"
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def listing(change: Change, picked: list[int]) -> tuple[str, ...]:
    """Return labels that an expression lists: one of them stays, under whatever name."""
    found = {change.before[number % len(change.before)] for number in picked}
    moved = {old for old, new in change.mapping.items() if new in change.renames}
    return ("ok", *sorted(found - {"ok"} - moved))


def table_of(name: str) -> str:
    return "entry" if name == "mood" else f"entry_{name}"


def build(url: str, types: dict[str, Change], kinds: list[str], rows: list[list[int]]) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for name, change in types.items():
            labels = ", ".join(map(quoted, change.before))
            connection.execute(f"CREATE TYPE {name} AS ENUM ({labels})".encode())
        for name in types:
            table = table_of(name)
            connection.execute(
                f"CREATE TABLE {table} (id serial PRIMARY KEY, mood {name} DEFAULT 'ok',"
                f" other {name}, tags {name}[] DEFAULT '{{ok,bad}}')".encode()
            )
            change = types[name]
            for row in rows:
                values = [[*change.before, None][i % (len(change.before) + 1)] for i in row]
                array = "'{" + ",".join(map(element, values)).replace("'", "''") + "}'"
                connection.execute(
                    f"INSERT INTO {table} (mood, other, tags) VALUES"
                    f" ({quoted(values[0])}, {quoted(values[1])}, {array})".encode()
                )
        for kind in kinds:
            for sql in KINDS[kind]:
                connection.execute(sql.encode())


def build_lists(url: str, name: str, listed: tuple[str, ...]) -> None:
    table = table_of(name)
    labels = ", ".join(map(quoted, listed))
    array = quoted("{" + ",".join(map(element, listed)) + "}")
    with psycopg.connect(url, autocommit=True) as connection:
        for sql in (
            f"CREATE VIEW listed_{name} AS SELECT id FROM {table} WHERE mood IN ({labels})",
            f"CREATE MATERIALIZED VIEW kept_{name} AS SELECT id FROM {table}"
            f" WHERE other <> ALL ({array}::{name}[]) OR tags && ARRAY[{labels}]::{name}[]",
            f"CREATE INDEX part_{name} ON {table} (id) WHERE mood NOT IN ({labels})",
            f"CREATE DOMAIN some_{name} AS {name} CHECK (VALUE IN ({labels}))",
            f"ALTER TABLE {table} ADD CONSTRAINT lists_{name}"
            f" CHECK (mood IN ({labels}) IS NOT NULL OR id > 0)",
        ):
            connection.execute(sql.encode())


def ids(url: str, relation: str) -> list[int]:
    with psycopg.connect(url) as connection:
        return [n for (n,) in connection.execute(f"SELECT id FROM {relation} ORDER BY id".encode())]


def read(url: str, name: str) -> list[tuple[Any, ...]]:
    table = table_of(name)
    with psycopg.connect(url) as connection:
        query = f"SELECT mood::text, other::text, tags::text[] FROM {table} ORDER BY id"
        return connection.execute(query.encode()).fetchall()


def labels(url: str, name: str) -> tuple[str, ...]:
    with psycopg.connect(url) as connection:
        row = connection.execute(f"SELECT enum_range(NULL::{name})::text[]".encode()).fetchone()
        assert row is not None
        return tuple(row[0])


@pytest.mark.parametrize("part", range(PARTS))
@settings(
    max_examples=EXAMPLES // PARTS,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    print_blob=True,
)
@given(
    types=st.lists(changes(), min_size=1, max_size=3),
    kinds=st.lists(st.sampled_from(TOGETHER), max_size=4, unique=True),
    rows=st.lists(st.lists(st.integers(0, 20), min_size=3, max_size=3), max_size=5),
    picked=st.lists(st.integers(0, 20), max_size=4),
)
def test_any_change_does_what_the_model_says(
    part: int,
    server: Server,
    types: list[Change],
    kinds: list[str],
    rows: list[list[int]],
    picked: list[int],
) -> None:
    named = dict(zip(["mood", "kind", "size"], types, strict=False))
    if {"arrays", "inheritance"}.intersection(kinds):  # a published table takes no UPDATE there
        kinds = [kind for kind in kinds if kind != "publications and statistics"]
    url = create_database(server)
    try:
        build(url, named, kinds, [] if WITHOUT_ROWS.intersection(kinds) else rows)
        listed = {name: listing(change, picked) for name, change in named.items()}
        for name, own in listed.items():
            build_lists(url, name, own)
        before = pg_dump_schema(server, url)
        contents = {name: read(url, name) for name in named}
        answers = {name: Answers(change.renames, change.mapping) for name, change in named.items()}
        wanted = {name: change.after for name, change in named.items()}
        plan = plan_for(url, wanted, answers)
        assert plan.upgrade.refusals == ()
        made = rehearsed(url, wanted, answers)
        assert (made.upgrade, made.failure, made.contrasts) == (True, None, ())
        assert (made.downgrade, made.left_out) == (True, "")
        assert pg_dump_schema(server, url) == before
        assert {name: read(url, name) for name in named} == contents
        run(url, plan.upgrade)
        for name, change in named.items():
            assert labels(url, name) == change.after
            assert read(url, name) == [
                (
                    change.becomes(mood),
                    change.becomes(other),
                    None if tags is None else [change.becomes(tag) for tag in tags],
                )
                for mood, other, tags in contents[name]
            ]
            then = {change.becomes(one) for one in listed[name]} - {None}
            numbered = zip(ids(url, table_of(name)), contents[name], strict=True)
            assert ids(url, f"listed_{name}") == [
                n for n, (mood, _, _) in numbered if change.becomes(mood) in then
            ]
        again = plan_for(url, wanted, {})
        assert again.upgrade.statements == ()
        run(url, plan.downgrade)
        assert pg_dump_schema(server, url) == before
    finally:
        drop_database(server, url)
