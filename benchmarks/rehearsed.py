"""What it costs to rehearse a revision before it is written."""

from __future__ import annotations

from functools import partial
from statistics import median

from benchmarks.apps import OURS
from benchmarks.apps import App
from benchmarks.audit import Audit
from benchmarks.audit import audit_log
from benchmarks.hanging import OBJECTS
from benchmarks.lab import Lab
from benchmarks.lab import execute
from benchmarks.lab import interleaved
from benchmarks.lab import labels
from benchmarks.lab import query
from benchmarks.lab import require
from benchmarks.lab import seconds
from benchmarks.results import Figure
from benchmarks.results import Section

VIEW = "CREATE VIEW v{n} AS SELECT id FROM audit WHERE kind = 'login' AND id > {n}"
WITH, WITHOUT = "--rehearse", "--no-rehearse"


def measure(lab: Lab) -> Section:
    """Time ``sync`` with and without a rehearsal, for more and more rows and dependents."""
    section = Section("Rehearsals")
    quick = lab.scale.quick
    sizes = (0, 500) if quick else (0, 100_000, 1_000_000)
    dependents = 5 if quick else 200
    rows = []
    for size, number in (*((size, 0) for size in sizes), (0, dependents)):
        audit = audit_log(lab, max(size, 1))
        if size == 0:
            execute(audit.url, "TRUNCATE audit")
        execute(audit.url, *(VIEW.format(n=n) for n in range(number)))
        for what, kept in (("added", (*audit.labels, "new")), ("removed", audit.labels[:-1])):
            times = _times(lab, audit, kept)
            ratio = median(times[WITH]) / median(times[WITHOUT])
            shown = [what, f"{size:,}", str(number), seconds(times[WITHOUT]), seconds(times[WITH])]
            rows.append([*shown, f"{ratio:.2f}"])
            lab.say(f"  {' '.join(rows[-1])}")
            if size == 0 and number == 0:
                told = f"`sync` of a label {what} in an empty table, rehearsed, against without"
                section.figures.append(Figure(told, ratio, 1.5))
        lab.drop(audit.url)
    section.say(
        "`flask db enum sync --dry-run` without a rehearsal and with one, which runs upgrade and "
        "downgrade and rolls them back. The whole command, in a process of its own:"
    )
    section.table(["Label", "rows", "views", "without", "with", "ratio"], rows)
    return section


def _times(lab: Lab, audit: Audit, kept: tuple[str, ...]) -> dict[str, list[float]]:
    app = audit.app.fork(lab, OURS, audit.models(kept))
    held = tuple(audit.labels)
    answer = f"eventtype.{held[-1]}={held[0]}"
    flags = () if held[-1] in kept else ("--map", answer)
    before = query(audit.url, OBJECTS)
    found = interleaved(
        lab.scale.long_runs,
        {how: partial(_run, app, audit, how, flags) for how in (WITHOUT, WITH)},
    )
    require(labels(audit.url, "eventtype") == held, "a rehearsal left its labels behind")
    require(query(audit.url, OBJECTS) == before, "a rehearsal left objects behind")
    return found


def _run(app: App, audit: Audit, how: str, flags: tuple[str, ...]) -> float:
    done = app.run(audit.url, "db", "enum", "sync", "--dry-run", "--no-input", how, *flags)
    require(("Rehearsed: " in done.output) == (how == WITH), "it was not rehearsed as told")
    return done.seconds
