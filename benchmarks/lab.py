"""One server, databases that are copied instead of filled again, and how often to run what."""

from __future__ import annotations

import os
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any
from typing import TypeVar

import psycopg
from psycopg import sql
from sqlalchemy.engine import make_url

SETTINGS = {
    "autovacuum": "off",
    "checkpoint_timeout": "1h",
    "max_wal_size": "16GB",
    "max_locks_per_transaction": "1024",
    "shared_buffers": "1GB",
}
"""Nothing but the measured runs may work meanwhile; all else is PostgreSQL's default."""


K = TypeVar("K")
T = TypeVar("T")


class OutcomeError(AssertionError):
    """A contender did not do what is measured, so that its time means nothing."""


@dataclass(frozen=True)
class Scale:
    """How much is measured.

    :param quick: whether only to try that everything runs.
    :param rows: the rows of the large table.
    :param more_rows: the numbers of rows by which growth is shown.
    :param runs: how often what takes milliseconds is run.
    :param races: how often what decides is run, where it takes seconds.
    :param long_runs: how often all else is run.
    """

    quick: bool
    rows: int
    more_rows: tuple[int, ...]
    runs: int
    races: int
    long_runs: int


FULL = Scale(False, 1_000_000, (100_000, 1_000_000, 3_000_000), 15, 9, 5)
QUICK = Scale(True, 1_000, (500,), 1, 1, 1)


class Lab:
    """The server and the folder to work in.

    :param url: plain ``postgresql://`` URL of the maintenance database.
    """

    def __init__(self, url: str, folder: Path, scale: Scale, say: Callable[[str], None]) -> None:
        self.url = url
        self.folder = folder
        self.scale = scale
        self.say = say
        self._numbers = count(1)

    def number(self) -> int:
        """Return a number that was not used yet."""
        return next(self._numbers)

    def create(self, template: str = "template0") -> str:
        """Create a database, as a copy of another one, and return its plain URL.

        :param template: the plain URL of the other one.
        """
        name = f"bench_{os.getpid()}_{self.number()}"
        source = make_url(template).database if "://" in template else template
        self._administer(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy").format(
                sql.Identifier(name), sql.Identifier(source or "")
            )
        )
        return make_url(self.url).set(database=name).render_as_string(hide_password=False)

    def drop(self, url: str) -> None:
        """Drop a database and end what is connected to it."""
        name = sql.Identifier(make_url(url).database or "")
        self._administer(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))

    @contextmanager
    def copy(self, template: str) -> Iterator[str]:
        """Copy a database for the block, written to disk and read once."""
        url = self.create(template)
        try:
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute("CHECKPOINT")
            yield url
        finally:
            self.drop(url)

    def server(self) -> dict[str, str]:
        """Return the server's version and the settings that matter here."""
        names = ["server_version", *SETTINGS, "maintenance_work_mem", "wal_level", "fsync"]
        with psycopg.connect(self.url) as connection:
            query = "SELECT current_setting(%s)"
            return {name: connection.execute(query, [name]).fetchall()[0][0] for name in names}

    def _administer(self, statement: sql.Composed) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statement)


def execute(url: str, *statements: str) -> None:
    """Run statements in one database, each committed."""
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def query(url: str, statement: str) -> list[tuple[Any, ...]]:
    """Return what a query gives."""
    with psycopg.connect(url) as connection:
        return connection.execute(statement.encode()).fetchall()


def labels(url: str, type_: str) -> tuple[str, ...]:
    """Return the labels of an enum type, in order."""
    statement = (
        "SELECT enumlabel FROM pg_enum JOIN pg_type t ON t.oid = enumtypid "
        f"WHERE typname = '{type_}' ORDER BY enumsortorder"
    )
    return tuple(label for (label,) in query(url, statement))


def timed(action: Callable[[], object]) -> float:
    """Return how many seconds an action takes."""
    started = perf_counter()
    action()
    return perf_counter() - started


def interleaved(runs: int, contenders: Mapping[K, Callable[[], T]]) -> dict[K, list[T]]:
    """Run all contenders in turn, each time beginning with another one."""
    names = list(contenders)
    results: dict[K, list[T]] = {name: [] for name in names}
    for turn in range(runs):
        first = turn % len(names)
        for name in names[first:] + names[:first]:
            results[name].append(contenders[name]())
    return results


def require(true: bool, what: str) -> None:
    """Stop where a contender's outcome is wrong.

    :raises OutcomeError: if it is.
    """
    if not true:
        raise OutcomeError(what)


def seconds(values: Sequence[float]) -> str:
    """Return the median of some times, with its unit."""
    value = median(values)
    return f"{value * 1000:,.0f} ms" if value < 0.9995 else f"{value:,.2f} s"
