"""A label removed and its rows mapped to another one: beside VACUUM FULL, a peer, a recipe."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
from functools import partial
from statistics import median

import psycopg

from .apps import OURS
from .apps import PEER
from .apps import PLAIN
from .apps import App
from .audit import LABELS
from .audit import Audit
from .audit import audit_log
from .lab import Lab
from .lab import interleaved
from .lab import labels
from .lab import query
from .lab import require
from .lab import seconds
from .lab import timed
from .results import Bars
from .results import Figure
from .results import Section

VACUUM = "`VACUUM FULL`"
WITHOUT = f"{OURS}, without ANALYZE"
RECIPE = "hand-written recipe"

_RECIPE = """\
def upgrade():
    columns = {columns!r}
    for column in columns:
        op.execute(f"UPDATE audit SET {{column}} = '{becomes}' WHERE {{column}} = '{gone}'")
    op.execute("ALTER TYPE eventtype RENAME TO tmp_eventtype")
    op.execute("CREATE TYPE eventtype AS ENUM ({labels})")
    for column in columns:
        op.execute(
            f"ALTER TABLE audit ALTER COLUMN {{column}} TYPE eventtype"
            f" USING {{column}}::text::eventtype"
        )
    op.execute("DROP TYPE tmp_eventtype")
"""

Contender = Callable[[str], float]


def measure(lab: Lab) -> Section:
    """Time the removal, side by side, and how it grows."""
    section = Section("A removed label, its rows mapped to another one")
    audit = audit_log(lab, lab.scale.rows)
    contenders = {
        VACUUM: _vacuum,
        OURS: _ours(lab, audit),
        WITHOUT: _ours(lab, audit, NO_ANALYZE="1"),
        PEER: _peer(lab, audit),
        RECIPE: _recipe(lab, audit),
    }
    times = _race(lab, audit, contenders, lab.scale.long_runs)
    lab.drop(audit.url)
    medians = {name: median(values) for name, values in times.items()}
    section.say(
        f"An audit log of {lab.scale.rows:,} rows with two enum columns, a primary key and two "
        "indexes, one of them on an enum column; one label of four goes. Time of the revision's "
        f"statements and its commit, {lab.scale.long_runs} runs. `VACUUM FULL` is the physical "
        "limit: it writes the table once and builds its indexes. The peer's revision is the one "
        "that it generates, with `enum_values_to_rename` filled in as its README says; the recipe "
        "is the one that is passed on: UPDATE, a new type, one ALTER TABLE a column through text. "
        "Ours ends with an ANALYZE, because what the planner knew of the columns goes with their "
        "old type; the others leave that to autovacuum, as ours does with "
        "`ENUM_MIGRATE_ANALYZE = False`."
    )
    section.table(
        ["", "median", "fastest", f"/ {VACUUM}"],
        [
            [
                name,
                seconds(values),
                seconds([min(values)]),
                f"{medians[name] / medians[VACUUM]:.2f}",
            ]
            for name, values in times.items()
        ],
    )
    remove = f"removal, {lab.scale.rows:,} rows, two columns:"
    for name, other, limit in (
        (OURS, VACUUM, 1.25),
        (WITHOUT, VACUUM, 1.25),
        (OURS, PEER, 0.55),
        (OURS, RECIPE, 0.33),
    ):
        what = f"{remove} {'ours' if name == OURS else 'ours without ANALYZE'} / {other}"
        section.figures.append(Figure(what, medians[name] / medians[other], limit))
    section.charts.append(
        Bars(
            f"Remove a label of two enum columns, {lab.scale.rows:,} rows (seconds)",
            [
                (name.replace("`", ""), medians[name], name == OURS)
                for name in times
                if name != WITHOUT
            ],
        )
    )
    _grow(lab, section)
    return section


def _grow(lab: Lab, section: Section) -> None:
    """Show what more rows, columns and labels cost."""
    runs = 1 if lab.scale.quick else 3
    by_rows, by_columns, by_labels = [], [], []
    for rows in lab.scale.more_rows:
        audit = audit_log(lab, rows)
        found = _race(lab, audit, {VACUUM: _vacuum, OURS: _ours(lab, audit)}, runs)
        lab.drop(audit.url)
        per_row = median(found[OURS]) / rows * 1e6
        by_rows.append([f"{rows:,}", *_both(found), f"{per_row:.2f} µs"])
    for columns in (2,) if lab.scale.quick else (1, 2, 4, 8):
        audit = audit_log(lab, lab.scale.rows, columns=columns, others=8 - columns)
        found = _race(lab, audit, {VACUUM: _vacuum, OURS: _ours(lab, audit)}, runs)
        found |= _race(lab, audit, {PEER: _peer(lab, audit)}, 1)
        lab.drop(audit.url)
        by_columns.append([str(columns), *_both(found), seconds(found[PEER])])
    for number in (9,) if lab.scale.quick else (4, 100):
        names = [f"label_{n:03}" for n in range(number)]
        audit = audit_log(lab, lab.scale.rows, labels=names)
        found = _race(lab, audit, {VACUUM: _vacuum, OURS: _ours(lab, audit)}, runs)
        lab.drop(audit.url)
        by_labels.append([str(number), *_both(found)])
    header = [VACUUM, "ours", "ratio"]
    section.say(f"More rows ({runs} runs, as below):")
    section.table(["Rows", *header, "ours per row"], by_rows)
    section.say(
        f"More columns of the type, in a table of {lab.scale.rows:,} rows with eight enum columns "
        "in all (the peer: one run):"
    )
    section.table(["Columns", *header, "the peer"], by_columns)
    section.say(f"More labels, {lab.scale.rows:,} rows and two columns:")
    section.table(["Labels", *header], by_labels)


def _both(times: dict[str, list[float]]) -> list[str]:
    ratio = median(times[OURS]) / median(times[VACUUM])
    return [seconds(times[VACUUM]), seconds(times[OURS]), f"{ratio:.2f}"]


def _race(
    lab: Lab, audit: Audit, contenders: dict[str, Contender], runs: int
) -> dict[str, list[float]]:
    """Run each contender in copies of the database, and check what it leaves behind."""
    moved = {audit.labels[-1]: audit.labels[0]}
    expected = {True: audit.expected({}), False: audit.expected(moved)}

    def run(name: str) -> float:
        with lab.copy(audit.url) as url:
            query(url, "SELECT count(detail) FROM audit")
            taken = contenders[name](url)
            kept = audit.labels if name == VACUUM else audit.labels[:-1]
            require(labels(url, "eventtype") == kept, f"{name}: wrong labels")
            require(audit.rows(url) == expected[name == VACUUM], f"{name}: wrong rows")
        lab.say(f"  {name}: {taken:.2f} s")
        return taken

    return interleaved(runs, {name: partial(run, name) for name in contenders})


def _vacuum(url: str) -> float:
    with psycopg.connect(url, autocommit=True) as connection:
        return timed(lambda: connection.execute("VACUUM FULL audit"))


def _upgrade(app: App) -> Contender:
    return lambda url: app.run(url, "db", "upgrade").waited


def _ours(lab: Lab, audit: Audit, **environment: str) -> Contender:
    app = audit.app.fork(lab, OURS, audit.models(audit.labels[:-1]))
    answer = f"eventtype.{audit.labels[-1]}={audit.labels[0]}"
    _sync(app, audit.url, answer, **environment)
    return _upgrade(app)


def _sync(app: App, url: str, answer: str, **environment: str) -> None:
    app.run(url, "db", "enum", "sync", "--no-input", "--map", answer, **environment)


def _peer(lab: Lab, audit: Audit) -> Contender:
    app = audit.app.fork(lab, PEER, audit.models(audit.labels[:-1]))
    path = app.new_revision(audit.url, "db", "migrate", "-m", "second")
    source = path.read_text(encoding="utf-8")
    renamed = f"enum_values_to_rename=[({audit.labels[-1]!r}, {audit.labels[0]!r})]"
    require("enum_values_to_rename=[]" in source, f"{PEER} wrote no change")
    path.write_text(source.replace("enum_values_to_rename=[]", renamed, 1), encoding="utf-8")
    return _upgrade(app)


def _recipe(lab: Lab, audit: Audit, names: Sequence[str] = LABELS) -> Contender:
    app = audit.app.fork(lab, PLAIN, audit.models(audit.labels[:-1]))
    path = app.new_revision(audit.url, "db", "revision", "-m", "second")
    source = path.read_text(encoding="utf-8")
    start, end = source.index("def upgrade"), source.index("def downgrade")
    upgrade = _RECIPE.format(
        columns=audit.columns,
        gone=names[-1],
        becomes=names[0],
        labels=", ".join(f"'{name}'" for name in names[:-1]),
    )
    path.write_text(f"{source[:start]}{upgrade}\n\n{source[end:]}", encoding="utf-8")
    return _upgrade(app)
