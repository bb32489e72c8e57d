"""Retirements beside clients: who gets an error, who waits, and what is left to the next run."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from sqlalchemy import Column
from sqlalchemy import Enum
from sqlalchemy import Integer
from sqlalchemy import MetaData
from sqlalchemy import NullPool
from sqlalchemy import Table
from sqlalchemy import create_engine
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import IntegrityError

from tests.crashes import Patient
from tests.crashes import statements_hook
from tests.postgresql.test_retirement_crashes import CHECKS
from tests.postgresql.test_retirement_crashes import MODELS
from tests.postgresql.test_retirement_crashes import held
from tests.postgresql.test_retirement_crashes import mended
from tests.postgresql.test_retirement_crashes import prepare
from tests.postgresql.test_retirement_modes import checks
from tests.project import Project

SEVERAL = 6_000


def start(project: Project, **settings: Any) -> None:
    """Write a revision that retires a label, and that takes its time."""
    project.config |= {f"ENUM_MIGRATE_{name}": value for name, value in settings.items()}
    prepare(project, "single")


def fails(project: Project) -> DBAPIError:
    result = project.app.test_cli_runner().invoke(args=["db", "upgrade"])
    project.close()
    assert isinstance(result.exception, DBAPIError), result.output
    return result.exception


class Clients:
    """Sessions that never stop to work, each in a thread."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._over = threading.Event()
        self.done = 0
        self.refused: list[str] = []
        self.errors: list[str] = []
        self.longest = 0.0

    @contextmanager
    def working(self, *works: Callable[[psycopg.Connection[Any]], object]) -> Iterator[None]:
        threads = [threading.Thread(target=self._work, args=[work]) for work in works]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._over.set()
            for thread in threads:
                thread.join()

    def _work(self, work: Callable[[psycopg.Connection[Any]], object]) -> None:
        with psycopg.connect(self._url, autocommit=True) as connection:
            while not self._over.is_set():
                began = time.monotonic()
                try:
                    work(connection)
                    self.done += 1
                except psycopg.errors.CheckViolation as error:
                    name = error.diag.constraint_name or ""
                    (self.refused if work is write_old else self.errors).append(name)
                except psycopg.Error as error:
                    self.errors.append(str(error))
                self.longest = max(self.longest, time.monotonic() - began)


def insert(connection: psycopg.Connection[Any]) -> None:
    connection.execute("INSERT INTO job (state, tags) VALUES ('NEW', '{DONE}')")


def write_old(connection: psycopg.Connection[Any]) -> None:
    """Do as old code does that still knows the label."""
    connection.execute("INSERT INTO job (state) VALUES ('OLD')")
    time.sleep(0.01)


def update(connection: psycopg.Connection[Any]) -> None:
    """Change rows in any order, in one transaction: who locks rows in another order deadlocks."""
    with connection.transaction():
        for _ in range(5):
            one = [random.randrange(1, SEVERAL)]
            connection.execute("UPDATE job SET tags = tags || 'NEW'::state WHERE id = %s", one)


def read(connection: psycopg.Connection[Any]) -> None:
    connection.execute("SELECT count(*) FROM job WHERE state <> 'OLD'").fetchall()


def test_nobody_else_gets_an_error(one_project: Project) -> None:
    start(one_project, RETIRE_PAUSE="20ms")
    one_project.sql(
        f"INSERT INTO job (state, tags) SELECT state, tags FROM job, generate_series(1, 9) "
        f"LIMIT {SEVERAL}"
    )
    clients = Clients(one_project.url)
    with clients.working(insert, update, update, read, write_old):
        one_project.db("upgrade")
        time.sleep(0.1)
    assert clients.errors == []
    assert clients.done > 100
    assert {*clients.refused} == {"job_state_not_old"}
    assert checks(one_project) == CHECKS
    assert one_project.rows("SELECT FROM job WHERE state = 'OLD' OR 'OLD' = ANY (tags)") == []


def test_two_at_once(one_project: Project) -> None:
    start(one_project, RETIRE_PAUSE="200ms")
    patient = Patient(one_project, [one_project.url])
    both = [patient.start(["upgrade"]) for _ in range(2)]
    said = [one.communicate()[0] for one in both]
    codes = sorted(one.returncode for one in both)
    assert codes in ([0, 0], [0, 1]), said
    assert all("expected to match one row" in said[n] for n in (0, 1) if both[n].returncode)
    assert mended(one_project)
    patient.close()


def test_what_is_locked_is_waited_for_and_nobody_queues_behind(one_project: Project) -> None:
    start(one_project)
    clients = Clients(one_project.url)
    with psycopg.connect(one_project.url) as holder:
        holder.execute("UPDATE job SET tags = tags WHERE id = 10")
        timer = threading.Timer(1.5, holder.commit)
        timer.start()
        with clients.working(insert, read):
            one_project.db("upgrade")
        timer.join()
    assert (clients.errors, checks(one_project)) == ([], CHECKS)
    assert clients.longest < 1.2  # of 200 ms, on a busy machine
    assert one_project.rows("SELECT FROM job WHERE state = 'OLD'") == []


@pytest.mark.parametrize("driver", ["psycopg2", "psycopg"])
def test_who_is_in_the_way(one_project: Project, driver: str) -> None:
    one_project.driver = driver
    start(one_project, LOCK_TIMEOUT="300ms")
    with psycopg.connect(one_project.url) as reader:
        reader.execute("SELECT FROM job LIMIT 1")
        said, pid = str(fails(one_project)), reader.info.backend_pid
    assert "No lock on public.job in time." in said
    assert f"pid {pid} " in said
    assert "run the same upgrade again" in said
    assert checks(one_project) == []
    assert mended(one_project)


def test_a_row_that_is_locked_at_the_end(one_project: Project) -> None:
    start(one_project, LOCK_TIMEOUT="300ms")
    late = psycopg.connect(one_project.url)

    def hook(number: int, sql: str, connection: Any) -> str:
        if "ADD CONSTRAINT job_state" in sql:  # after all passes
            one_project.sql("INSERT INTO job (state) VALUES ('OLD')")
        if "UPDATE ONLY" in sql and "SKIP LOCKED" not in sql:
            late.execute("SELECT FROM job WHERE state = 'OLD' FOR UPDATE")
        return sql

    with late:
        with statements_hook(hook):
            said = str(fails(one_project))
        assert f"pid {late.info.backend_pid} " in said
    assert checks(one_project) == [(name, False) for name, _ in CHECKS]
    one_project.db("upgrade")
    assert checks(one_project) == CHECKS
    assert held(one_project)["DONE", None] == 1  # type: ignore[index]


def test_rows_with_nowhere_to_go_refuse_before_anything_is_done(one_project: Project) -> None:
    project = one_project
    project.start(MODELS, LABELS=["NEW", "OLD", "DONE"], DEFAULT="NEW")
    project.models(MODELS, LABELS=["NEW", "DONE"], DEFAULT="NEW")
    project.sync("--retire", "OLD")
    before = project.dump()
    project.sql("INSERT INTO job (state, tags) VALUES ('NEW', '{NEW,OLD}')")
    said = str(fails(project))
    assert "public.job.tags holds 'OLD', a label this revision takes away" in said
    assert project.dump() == before
    project.sql("DELETE FROM job")
    project.db("upgrade")
    assert checks(project) == CHECKS
    project.db("downgrade")
    assert project.dump() == before


def test_other_labels_than_known_refuse_before_anything_is_done(one_project: Project) -> None:
    start(one_project)
    one_project.sql("ALTER TYPE state ADD VALUE 'other'")
    before = one_project.dump()
    said = str(fails(one_project))
    assert "public.state has other labels here than this revision knows" in said
    assert (one_project.dump(), held(one_project).total()) == (before, 1500)


def test_old_code_beside_new(one_project: Project) -> None:
    """As docs/cookbook/production.md says: first the upgrade, then the code."""
    start(one_project)
    engine = create_engine(one_project.sqlalchemy_url(), poolclass=NullPool)
    old, new = (
        Table(
            "job",
            MetaData(),
            Column("id", Integer, primary_key=True),
            Column("state", Enum(*known, name="state")),
        )
        for known in (("NEW", "OLD", "DONE"), ("NEW", "DONE"))
    )

    def run(statement: Any) -> list[Any]:
        with engine.begin() as connection:
            result = connection.execute(statement)
            return list(result.all()) if result.returns_rows else []

    with pytest.raises(LookupError, match="'OLD' is not among the defined enum values"):
        run(select(new))  # too early for new code
    one_project.db("upgrade")
    assert len(run(select(new))) == len(run(select(old))) == 1500
    run(old.insert().values(id=9001, state="DONE"))
    run(old.update().where(old.c.id == 9001).values(state="NEW"))
    with pytest.raises(IntegrityError, match="job_state_not_old"):
        run(old.insert().values(id=9002, state="OLD"))
    assert run(select(new.c.state).where(new.c.id > 9000)) == [("NEW",)]
