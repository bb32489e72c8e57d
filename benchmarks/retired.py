"""A label that goes from a table in use: retired, beside the rewrite."""

from __future__ import annotations

import threading
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from random import randrange
from statistics import median
from time import perf_counter
from time import sleep

import psycopg

from benchmarks.apps import OURS
from benchmarks.apps import App
from benchmarks.audit import Audit
from benchmarks.audit import audit_log
from benchmarks.lab import Lab
from benchmarks.lab import execute
from benchmarks.lab import interleaved
from benchmarks.lab import labels
from benchmarks.lab import query
from benchmarks.lab import require
from benchmarks.lab import seconds
from benchmarks.results import Figure
from benchmarks.results import Section

LABELS = tuple(f"label_{n}" for n in range(10))
"""One row in ten holds the last one."""
GONE, KEPT = LABELS[-1], LABELS[0]
REWRITE, RETIRE = "rewrite", "retirement"
FLAGS = {REWRITE: (), RETIRE: ("--retire", f"eventtype.{GONE}")}

_WRITTEN = "SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn"
_SIZE = "SELECT pg_total_relation_size('audit')"
_GUARDED = "SELECT convalidated FROM pg_constraint WHERE conname = 'audit_kind_not_label_9'"


@dataclass(frozen=True)
class Cost:
    """What a removal cost while clients worked.

    :param stall: the longest that one of their statements took, in seconds.
    :param seconds: from start to end of ``flask db upgrade``.
    :param wal: bytes that were written ahead, by the clients too.
    :param size: bytes of the table afterwards, with its indexes.
    """

    stall: float
    seconds: float
    wal: int
    size: int


def measure(lab: Lab) -> Section:
    """Time both ways while three clients insert, update and select, and how retiring grows."""
    section = Section("A label that goes from a table in use")
    rows = 2 * lab.scale.rows
    audit = audit_log(lab, rows, labels=LABELS, columns=1)
    ten = _race(lab, audit, (REWRITE, RETIRE), lab.scale.long_runs)
    execute(audit.url, f"UPDATE audit SET kind = '{KEPT}' WHERE kind = '{GONE}'")
    execute(audit.url, "VACUUM (FULL, FREEZE, ANALYZE) audit")
    none = _race(lab, audit, (REWRITE, RETIRE), lab.scale.long_runs)
    lab.drop(audit.url)
    section.say(
        f"An audit log of {rows:,} rows with an enum column, a primary key and two indexes, one of "
        "them on the enum column. One label of ten goes while three clients insert, update and "
        f"select; {lab.scale.long_runs} runs. A stall is the longest statement of any of them. "
        "The write-ahead log holds their writes too; behind a `CHECKPOINT`, whose first change of "
        "a page writes it whole, and with rows that are scattered over all pages, a retirement "
        "writes as much of it as the rewrite, or more:"
    )
    header = ["Rows that hold it", "", "longest stall", "time", "WAL", "table afterwards"]
    section.table(header, [*_rows("10 %", ten), *_rows("none", none)])
    what = f"a label of {rows:,} rows in use, retired:"
    section.figures += [
        Figure(f"{what} longest stall, ms", _stall(ten[RETIRE]) * 1000, 60, 0),
        Figure(
            f"{what} longest stall / the rewrite's",
            _stall(ten[RETIRE]) / _stall(ten[REWRITE]),
            0.05,
            3,
            short=f"Longest stall while a label goes: {rows:,} rows, retired, beside the rewrite",
        ),
        Figure(f"{what} time / the rewrite's", _ratio(ten, "seconds"), 2),
        Figure(f"{what} time / the rewrite's, no row holds it", _ratio(none, "seconds"), 1),
        Figure(f"{what} WAL / the rewrite's, no row holds it", _ratio(none, "wal"), 0.15),
    ]
    _grow(lab, section)
    return section


def _grow(lab: Lab, section: Section) -> None:
    """Show what more rows cost."""
    rows, per_row = [], []
    for number in (lab.scale.rows, 10 * lab.scale.rows):
        audit = audit_log(lab, number, labels=LABELS, columns=1)
        [cost] = _race(lab, audit, (RETIRE,), 1)[RETIRE]
        lab.drop(audit.url)
        per_row.append(cost.seconds / number)
        stall = seconds([cost.stall])
        rows.append([f"{number:,}", stall, seconds([cost.seconds]), f"{per_row[-1] * 1e6:.2f} µs"])
    section.say("More rows, one in ten of which holds the label (one run):")
    section.table(["Rows", "longest stall", "time", "per row"], rows)
    what = f"retired, time per row: {10 * lab.scale.rows:,} rows / {lab.scale.rows:,}"
    section.figures.append(Figure(what, per_row[1] / per_row[0], 1.5))


def _rows(held: str, costs: dict[str, list[Cost]]) -> Iterator[list[str]]:
    for name, found in costs.items():
        yield [
            held,
            name,
            seconds([_stall(found)]),
            seconds([cost.seconds for cost in found]),
            f"{median(cost.wal for cost in found) / 2**20:,.0f} MB",
            f"{median(cost.size for cost in found) / 2**20:,.0f} MB",
        ]


def _stall(costs: Sequence[Cost]) -> float:
    return median(cost.stall for cost in costs)


def _ratio(costs: dict[str, list[Cost]], what: str) -> float:
    ours, other = ([getattr(cost, what) for cost in costs[name]] for name in (RETIRE, REWRITE))
    return float(median(ours) / median(other))


def _race(lab: Lab, audit: Audit, ways: Sequence[str], runs: int) -> dict[str, list[Cost]]:
    apps = {}
    for way in ways:
        app = audit.app.fork(lab, OURS, audit.models(LABELS[:-1]))
        answers = ("--map", f"eventtype.{GONE}={KEPT}", *FLAGS[way])
        app.new_revision(audit.url, "db", "enum", "sync", "--no-input", "--no-rehearse", *answers)
        apps[way] = app
    return interleaved(runs, {way: partial(_run, lab, audit, apps[way], way) for way in ways})


def _run(lab: Lab, audit: Audit, app: App, way: str) -> Cost:
    with lab.copy(audit.url) as url:
        [(many,)] = query(url, "SELECT count(detail) FROM audit")
        [(written,)] = query(url, _WRITTEN)
        with _clients(url, many) as stalls:
            taken = app.run(url, "db", "upgrade").seconds
        [(now,)], [(size,)] = query(url, _WRITTEN), query(url, _SIZE)
        cost = Cost(max(stalls), taken, int(now - written), int(size))
        retired = way == RETIRE
        require(labels(url, "eventtype") == LABELS[: None if retired else -1], "wrong labels")
        require(query(url, _GUARDED) == [(True,)] * retired, "not kept out")
        [(held,)] = query(url, f"SELECT count(*) FROM audit WHERE kind::text = '{GONE}'")
        [(left,)] = query(url, f"SELECT count(*) FROM audit WHERE id <= {many}")
        require((held, left) == (0, many), "wrong rows")
    lab.say(f"  {way}: {cost.seconds:.2f} s, longest stall {cost.stall * 1000:.0f} ms")
    return cost


@contextmanager
def _clients(url: str, rows: int) -> Iterator[list[float]]:
    """Let three clients work meanwhile; what is yielded becomes the time of each statement."""
    stalls: list[float] = []
    over = threading.Event()

    def work(statement: Callable[[int], str]) -> None:
        with psycopg.connect(url, autocommit=True) as connection:
            while not over.is_set():
                sql = statement(1 + randrange(rows)).encode()
                began = perf_counter()
                connection.execute(sql)
                stalls.append(perf_counter() - began)
                sleep(0.001)

    works: list[Callable[[int], str]] = [
        lambda n: f"INSERT INTO audit (at, kind, detail) VALUES (now(), '{KEPT}', '{n}')",
        lambda n: f"UPDATE audit SET detail = 'new' WHERE id = {n}",
        lambda n: f"SELECT * FROM audit WHERE id = {n}",
    ]
    execute(url, f"SELECT setval('audit_id_seq', {rows})")
    threads = [threading.Thread(target=work, args=[one]) for one in works]
    for thread in threads:
        thread.start()
    try:
        yield stalls
    finally:
        over.set()
        for thread in threads:
            thread.join()
