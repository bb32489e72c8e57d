"""Added and renamed labels: the same on a million rows as on none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from statistics import median

import psycopg

from benchmarks.apps import OURS
from benchmarks.apps import App
from benchmarks.apps import Run
from benchmarks.audit import LABELS
from benchmarks.audit import Audit
from benchmarks.audit import audit_log
from benchmarks.lab import Lab
from benchmarks.lab import interleaved
from benchmarks.lab import labels
from benchmarks.lab import query
from benchmarks.lab import require
from benchmarks.lab import seconds
from benchmarks.results import Figure
from benchmarks.results import Section

_FILE = "SELECT pg_relation_filenode('audit'), pg_relation_filenode('ix_audit_kind')"


@dataclass(frozen=True)
class _Change:
    name: str
    labels: tuple[str, ...]
    flags: tuple[str, ...] = ()
    short: str = ""


CHANGES = (
    _Change("add a label", (*LABELS, "invite"), short="Add a label"),
    _Change("add one in between", (*LABELS[:2], "invite", *LABELS[2:])),
    _Change(
        "rename a label",
        (*LABELS[:3], "renamed"),
        ("--rename", "eventtype.reset=renamed"),
        short="Rename a label",
    ),
)


def measure(lab: Lab) -> Section:
    """Time ``flask db upgrade`` of such a revision on an empty table and on a large one."""
    large, empty = audit_log(lab, lab.scale.rows), audit_log(lab, 0)
    apps = {}
    for change in CHANGES:
        app = large.app.fork(lab, OURS, large.models(change.labels))
        app.new_revision(large.url, "db", "enum", "sync", "--no-input", *change.flags)
        apps[change.name] = app
    runs = interleaved(
        lab.scale.runs,
        {
            (change.name, audit is large): partial(
                _upgrade, lab, apps[change.name], audit, change.labels
            )
            for change in CHANGES
            for audit in (empty, large)
        },
    )
    section = Section("Added and renamed labels")
    rows = []
    for change in CHANGES:
        none, many = ([run.seconds for run in runs[change.name, big]] for big in (False, True))
        ratio = median(many) / median(none)
        rows.append([change.name, seconds(none), seconds(many), f"{ratio:.2f}"])
        what = f"`flask db upgrade`, {change.name}: {lab.scale.rows:,} rows / no rows"
        short = f"{change.short}: {lab.scale.rows:,} rows, beside none" if change.short else ""
        section.figures.append(Figure(what, ratio, 1.1, short=short))
    section.say(
        f"`flask db upgrade` of a revision that `flask db enum sync` wrote, {lab.scale.runs} runs. "
        "The files of the table and of its index stay the same (`pg_relation_filenode`), and it "
        "goes through while another session holds an ACCESS EXCLUSIVE lock on the table."
    )
    section.table(["Change", "no rows", f"{lab.scale.rows:,} rows", "ratio"], rows)
    lab.drop(large.url)
    lab.drop(empty.url)
    return section


def _upgrade(lab: Lab, app: App, audit: Audit, expected: Sequence[str]) -> Run:
    with lab.copy(audit.url) as url:
        files = query(url, _FILE)
        with psycopg.connect(url) as other:
            other.execute("LOCK TABLE audit IN ACCESS EXCLUSIVE MODE")
            run = app.run(url, "db", "upgrade")
        require(labels(url, "eventtype") == tuple(expected), "the label is not there")
        require(query(url, _FILE) == files, "the table was rewritten")
    return run
