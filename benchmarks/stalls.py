"""How long others wait while an upgrade waits for a lock: clients beside a long reader."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median
from threading import Event
from threading import Thread
from time import perf_counter
from time import sleep

import psycopg

from benchmarks.apps import OURS
from benchmarks.apps import App
from benchmarks.audit import Audit
from benchmarks.audit import audit_log
from benchmarks.lab import Lab
from benchmarks.lab import interleaved
from benchmarks.lab import labels
from benchmarks.lab import require
from benchmarks.lab import seconds
from benchmarks.results import Figure
from benchmarks.results import Section

PLAIN_WAIT = "one wait of 10 s"
CLIENTS = 4
_ROW = "SELECT detail FROM audit WHERE id = 7"
_WAITS = "SELECT 1 FROM pg_locks WHERE relation = 'audit'::regclass AND NOT granted"
_LATEST = 60


class Clients:
    """Connections that ask for one row again and again."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._ended = Event()
        self.longest = 0.0
        self.errors: list[Exception] = []

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Ask for the length of the block."""
        threads = [Thread(target=self._ask) for _ in range(CLIENTS)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._ended.set()
            for thread in threads:
                thread.join()

    def _ask(self) -> None:
        try:
            with psycopg.connect(self._url, autocommit=True) as connection:
                while not self._ended.wait(0.005):
                    started = perf_counter()
                    connection.execute(_ROW)
                    self.longest = max(self.longest, perf_counter() - started)
        except psycopg.Error as error:
            self.errors.append(error)


@contextmanager
def reader(url: str, lasting: float) -> Iterator[None]:
    """Let a transaction that has read the table stay open.

    :param lasting: seconds from when somebody first waits for a lock on the table.
    """
    with psycopg.connect(url) as connection, psycopg.connect(url, autocommit=True) as other:
        connection.execute(_ROW)

        def read() -> None:
            until = perf_counter() + _LATEST
            while perf_counter() < until and not other.execute(_WAITS).fetchone():
                sleep(0.01)
            sleep(lasting)
            connection.rollback()

        thread = Thread(target=read)
        thread.start()
        try:
            yield
        finally:
            thread.join()


def measure(lab: Lab) -> Section:
    """Measure the longest stall of others, beside that of a plain wait for the lock."""
    section = Section("What others wait for")
    lasting = 1.0 if lab.scale.quick else 8.0
    audit = audit_log(lab, 1_000)
    apps = {OURS: _app(lab, audit), PLAIN_WAIT: _app(lab, audit, ONE_WAIT="1")}
    stalls = interleaved(
        1 if lab.scale.quick else 3,
        {
            name: lambda name=name, app=app: _stall(lab, audit, app, lasting, plain=name != OURS)  # type: ignore[misc]
            for name, app in apps.items()
        },
    )
    ratio = median(stalls[OURS]) / median(stalls[PLAIN_WAIT])
    what = f"longest stall beside a reader of {lasting:g} s: ours / {PLAIN_WAIT} for the lock"
    short = f"Longest stall of others behind a removal that waits for a reader of {lasting:g} s, "
    limit = 1 if lab.scale.quick else 0.1
    section.figures.append(Figure(what, ratio, limit, 3, f"{short}beside one wait of 10 s"))
    section.say(
        f"A transaction that has read the table stays open for {lasting:g} s more, once an upgrade "
        f"wants to rewrite the table, while {CLIENTS} clients ask for one of its rows, again and "
        "again. Whoever waits for the lock on the whole table stops all that come behind. The same "
        "revision, with its own waits of 200 ms, and with `ENUM_MIGRATE_LOCK_TIMEOUT = None` under "
        "`lock_timeout = '10s'`; how long a client had to wait at most:"
    )
    rows = [[name, seconds(stalls[name]), f"{max(stalls[name]):.2f} s"] for name in apps]
    section.table(["", "longest stall", "worst run"], rows)
    lab.drop(audit.url)
    return section


def _app(lab: Lab, audit: Audit, **environment: str) -> App:
    app = audit.app.fork(lab, OURS, audit.models(audit.labels[:-1]))
    answer = f"eventtype.{audit.labels[-1]}={audit.labels[0]}"
    app.run(audit.url, "db", "enum", "sync", "--map", answer, **environment)
    return app


def _stall(lab: Lab, audit: Audit, app: App, lasting: float, *, plain: bool) -> float:
    with lab.copy(audit.url) as url:
        clients = Clients(url)
        environment = {"PGOPTIONS": "-c lock_timeout=10s"} if plain else {}
        with clients.asking(), reader(url, lasting):
            app.run(url, "db", "upgrade", **environment)
        require(not clients.errors, f"a client failed: {clients.errors}")
        require(labels(url, "eventtype") == audit.labels[:-1], "the label is still there")
    return clients.longest
