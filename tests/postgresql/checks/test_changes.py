"""CHECKs are changed on a real server, up and down, with rows."""

from __future__ import annotations

import random
import re
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
import pytest
from sqlalchemy import NullPool
from sqlalchemy import create_engine
from sqlalchemy import text

from flask_enum_migrate.core.diff import NO_ANSWERS
from flask_enum_migrate.core.diff import Answers
from flask_enum_migrate.core.diff import alter
from flask_enum_migrate.core.pairing import Pair
from flask_enum_migrate.core.plan import Direction
from flask_enum_migrate.core.plan import Plan
from flask_enum_migrate.core.schema import DeclaredEnum
from flask_enum_migrate.core.schema import Name
from flask_enum_migrate.postgresql.checks.catalog import CheckedEnum
from flask_enum_migrate.postgresql.checks.catalog import read
from flask_enum_migrate.postgresql.checks.plan import Facts
from flask_enum_migrate.postgresql.checks.plan import plan
from tests.servers import Server
from tests.servers import create_database
from tests.servers import drop_database
from tests.servers import pg_dump_schema

TABLE = """
CREATE TABLE t (
    id serial PRIMARY KEY, e varchar(2) DEFAULT 'AA' CONSTRAINT st CHECK (e IN ('AA', 'BB'))
);
CREATE INDEX ON t (e);
COMMENT ON CONSTRAINT st ON t IS 'it''s %s kept';
"""

PLACE = (Name("public", "t"), "e")


@dataclass
class Base:
    server: Server
    url: str
    driver: str

    def run(self, sql: str) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(sql.encode())

    def rows(self) -> list[str | None]:
        with psycopg.connect(self.url) as connection:
            return [e for (e,) in connection.execute("SELECT e FROM t ORDER BY id")]

    def dump(self) -> str:
        dump = pg_dump_schema(self.server, self.url)
        return re.sub(r"character varying\(\d+\)", "character varying", dump)

    def live(self, place: tuple[Name, str] = PLACE) -> CheckedEnum:
        url = self.url.replace("postgresql:", "postgresql+psycopg:")
        with create_engine(url, poolclass=NullPool).connect() as connection:
            (found,) = read(connection, [(place, "st", ())])
        assert isinstance(found.enum, CheckedEnum)
        return found.enum

    def plan(
        self,
        *labels: str,
        answers: Answers = NO_ANSWERS,
        timeout: str | None = "10s",
        place: tuple[Name, str] = PLACE,
    ) -> Plan:
        one = self.live(place)
        width = max(map(len, labels))
        declared = DeclaredEnum(one.name, labels, (), is_string=True, width=width)
        change = alter(Pair(declared, one, one.name), answers)
        assert change is not None
        return plan([change], [], Facts({one.name: one}, timeout))

    def apply(self, direction: Direction) -> None:
        """Run a function as Alembic does: what may run twice first, each statement committed."""
        assert not direction.refusals
        url = self.url.replace("postgresql:", f"postgresql+{self.driver}:")
        engine = create_engine(url, poolclass=NullPool)
        for statement in direction.statements:
            with engine.begin() as connection:
                connection.execute(text(statement))


@pytest.fixture
def driver() -> str:
    return "psycopg"


@pytest.fixture
def base(server: Server, driver: str) -> Iterator[Base]:
    url = create_database(server)
    made = Base(server, url, driver)
    made.run(TABLE)
    yield made
    drop_database(server, url)


def block(direction: Direction) -> str:
    """Return the one statement that changes CHECKs."""
    return direction.checks[-1]


def run(base: Base, direction: Direction) -> None:
    """Run what changes CHECKs, and what refuses before."""
    for statement in direction.checks:
        base.run(statement)


def fill(base: Base, *labels: str | None) -> None:
    with psycopg.connect(base.url) as connection, connection.cursor() as cursor:
        cursor.executemany("INSERT INTO t (e) VALUES (%s)", [(label,) for label in labels])


CASES = {
    "added": (("AA", "BB", "CCCC"), NO_ANSWERS, ["AA", "BB", None]),
    "renamed": (("AA", "B2"), Answers({"BB": "B2"}), ["AA", "B2", None]),
    "swapped": (("BB", "AA"), Answers({"AA": "BB", "BB": "AA"}), ["BB", "AA", None]),
    "shifted": (("BB", "CC"), Answers({"AA": "BB", "BB": "CC"}), ["BB", "CC", None]),
    "default renamed": (
        ("it's\\%:x $$", "BB"),
        Answers({"AA": "it's\\%:x $$"}),
        ["it's\\%:x $$", "BB", None],
    ),
    "removed": (("AA", "CC"), Answers(mapping={"BB": "CC"}), ["AA", "CC", None]),
}


@pytest.mark.parametrize("driver", ["psycopg", "psycopg2"])
@pytest.mark.parametrize("case", CASES)
def test_up_and_down_leave_what_was_there(base: Base, case: str, driver: str) -> None:
    labels, answers, rows = CASES[case]
    fill(base, "AA", "BB", None)
    before = base.dump()
    made = base.plan(*labels, answers=answers)
    up, down = made.upgrade, made.downgrade
    for statement in up.checks:  # as after a crash behind it
        base.run(statement)
    base.apply(up)
    assert base.rows() == rows
    assert {*base.live().labels} == {*labels}
    if not up.steps:  # what is in transactions of its own may run again, and changes nothing
        base.apply(up)
    assert base.rows() == rows
    base.apply(down)
    assert base.rows() == ["AA", "BB", None]
    assert base.dump() == before
    if not down.steps:
        base.apply(down)
    assert base.dump() == before


def test_rows_may_become_another_label_or_null(base: Base) -> None:
    fill(base, "AA", "BB", None)
    before = base.dump()
    made = base.plan("BB", answers=Answers(mapping={"AA": None}))
    up, down = made.upgrade, made.downgrade
    base.apply(up)
    assert base.rows() == [None, "BB", None]
    assert base.live().column.default is None
    base.apply(down)
    assert base.dump() == before  # the default has come back


def test_a_row_that_holds_what_goes_is_named_and_nothing_changes(base: Base) -> None:
    fill(base, "AA", "BB")
    before = base.dump()
    up = base.plan("AA").upgrade
    with pytest.raises(psycopg.errors.CheckViolation, match=r"public\.t\.e holds 'BB', a label"):
        run(base, up)
    assert (base.dump(), base.rows()) == (before, ["AA", "BB"])


def test_a_check_that_the_revision_does_not_know_is_refused(base: Base) -> None:
    up = base.plan("AA", "BB", "CC").upgrade
    for other in ("CHECK (e IN ('AA', 'BB', 'ZZ'))", "CHECK (e <> 'AA')"):
        base.run(f"ALTER TABLE t DROP CONSTRAINT st, ADD CONSTRAINT st {other}")
        before = base.dump()
        with pytest.raises(
            psycopg.errors.ObjectNotInPrerequisiteState, match="this revision knows"
        ):
            run(base, up)
        assert base.dump() == before
    base.run("ALTER TABLE t DROP CONSTRAINT st")
    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState, match="not there"):
        run(base, up)


def test_the_order_of_labels_makes_no_difference(base: Base) -> None:
    up = base.plan("AA", "BB", "CC").upgrade
    base.run("ALTER TABLE t DROP CONSTRAINT st, ADD CONSTRAINT st CHECK (e IN ('BB', 'AA'))")
    base.apply(up)
    assert base.live().labels == ("AA", "BB", "CC")


def test_the_session_keeps_its_lock_timeout(base: Base) -> None:
    up = base.plan("AA", "BB", "CC").upgrade
    with psycopg.connect(base.url) as connection:
        connection.execute("SET lock_timeout = '7s'")
        connection.execute(block(up).encode())
        assert connection.execute("SHOW lock_timeout").fetchone() == ("7s",)


def test_it_waits_for_the_lock_and_gives_up(base: Base) -> None:
    up = base.plan("AA", "BB", "CC", timeout="500ms").upgrade
    patient = base.plan("AA", "BB", "CC", timeout="30s").upgrade
    with psycopg.connect(base.url) as reader:
        reader.execute("SELECT * FROM t")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            run(base, up)
        waiting = threading.Thread(target=base.run, args=(block(patient),))
        waiting.start()
        time.sleep(0.5)
        reader.rollback()
        waiting.join(10)
    assert base.live().labels == ("AA", "BB", "CC")


def test_a_view_keeps_a_column_from_growing(base: Base) -> None:
    base.run("CREATE VIEW v AS SELECT e FROM t")
    up = base.plan("AA", "BB", "LONGER").upgrade
    fact = "public.t.e has to become varchar(6), and the view public.v names it."
    assert up.refusals[0].fact == fact
    up = base.plan("AA", "BB", "CC").upgrade
    base.apply(up)


def test_a_default_that_goes_needs_an_answer(base: Base) -> None:
    up = base.plan("BB").upgrade
    assert up.refusals[0].fact == "public.t.e loses 'AA', which is its default."


def test_partitions_follow(base: Base) -> None:
    base.run(
        "DROP TABLE t; CREATE TABLE t (id serial, e varchar(2) CONSTRAINT st CHECK (e IN "
        "('AA', 'BB'))) PARTITION BY RANGE (id); CREATE TABLE t1 PARTITION OF t DEFAULT"
    )
    fill(base, "AA", "BB")
    before = base.dump()
    made = base.plan("AA", "LONGER", answers=Answers({"BB": "LONGER"}))
    up, down = made.upgrade, made.downgrade
    base.apply(up)
    assert base.rows() == ["AA", "LONGER"]
    base.apply(down)
    assert (base.dump(), base.rows()) == (before, ["AA", "BB"])


POOL = ["A", "B", "it's", "a\\b", "", "%s", ":x", "é", "$$", "x NOT VALID", "longer one"]


@pytest.mark.parametrize("driver", ["psycopg", "psycopg2"])
def test_rows_become_what_a_simple_model_says(base: Base, driver: str) -> None:
    for seed in range(12):
        base.run(f"DROP TABLE IF EXISTS t CASCADE; {TABLE}")
        as_a_simple_model_says(base, random.Random(seed))


def as_a_simple_model_says(base: Base, dice: random.Random) -> None:
    old = dice.sample(POOL, dice.randint(1, 5))
    listed = ", ".join("'" + label.replace("'", "''") + "'" for label in old)
    base.run(
        "ALTER TABLE t ALTER e DROP DEFAULT, ALTER e TYPE varchar(11), DROP CONSTRAINT st, "
        f"ADD CONSTRAINT st CHECK (e IN ({listed}))"
    )
    rows = [dice.choice([*old, None]) for _ in range(8)]
    fill(base, *rows)
    new = dice.sample(POOL, dice.randint(1, 5))
    if {*old} == {*new}:
        new = [*new, "other"]
    gone = [label for label in old if label not in new]
    mapping = {label: dice.choice([*new, None]) for label in gone}
    before = base.dump()
    made = base.plan(*new, answers=Answers(mapping=mapping))
    up, down = made.upgrade, made.downgrade
    base.apply(up)
    wanted = [mapping.get(row, row) if row is not None else None for row in rows]
    assert base.rows() == wanted
    assert {*base.live().labels} == {*new}
    if all(row is None or row in old for row in wanted):
        base.apply(down)
        assert base.rows() == wanted
        assert base.dump() == before


def test_names_that_need_quotes(base: Base) -> None:
    base.run(
        """DROP TABLE t; CREATE SCHEMA "S s"; CREATE TABLE "S s"."T ""t" ("it's" varchar(1)
        CONSTRAINT "C ' c" CHECK ("it's" IN ('A', 'B')));
        INSERT INTO "S s"."T ""t" VALUES ('A'), ('B')"""
    )
    place = (Name("S s", 'T "t'), "it's")
    made = base.plan("A", "CC", answers=Answers({"B": "CC"}), place=place)
    up, down = made.upgrade, made.downgrade
    base.apply(up)
    assert base.live(place).labels == ("A", "CC")
    base.apply(down)
    assert base.live(place).labels == ("A", "B")


def test_a_failure_at_any_statement_leaves_all_as_it_was(base: Base) -> None:
    fill(base, "AA", "BB")
    up = base.plan("AA", "LONGER", answers=Answers({"BB": "LONGER"})).upgrade
    before = base.dump()
    found = re.findall(r"\n *(?:ALTER|UPDATE|SET CONSTRAINTS|EXECUTE)[^;]*;", block(up))
    assert len(found) == 6
    for statement in found:
        broken = block(up).replace(statement, f"{statement}\nRAISE 'stopped';")
        with pytest.raises(psycopg.errors.RaiseException, match="stopped"):
            base.run(broken)
        assert (base.dump(), base.rows()) == (before, ["AA", "BB"])
        assert base.live().width == 2
    base.apply(up)
    assert base.rows() == ["AA", "LONGER"]


def test_a_lock_that_is_not_had_says_who_has_it(base: Base) -> None:
    up = base.plan("AA", "BB", "CC", timeout="300ms").upgrade
    with psycopg.connect(base.url, application_name="a report") as reader:
        reader.execute("SELECT * FROM t")
        with pytest.raises(psycopg.errors.LockNotAvailable, match=r"In the way is pid \d+ .*rep"):
            run(base, up)


def test_a_restored_check_is_known(base: Base) -> None:
    up = base.plan("AA", "BB", "CC").upgrade
    base.run("ALTER TABLE t ALTER e TYPE varchar(9)")  # reads as after a restore
    base.apply(up)
    assert (base.live().labels, base.live().width) == (("AA", "BB", "CC"), 9)
