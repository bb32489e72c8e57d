"""A label removed and its rows mapped to another one: beside VACUUM FULL, a peer, a recipe."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from statistics import median

import psycopg

from benchmarks.apps import OURS
from benchmarks.apps import PEER
from benchmarks.apps import PLAIN
from benchmarks.apps import App
from benchmarks.audit import LABELS
from benchmarks.audit import Audit
from benchmarks.audit import audit_log
from benchmarks.lab import Lab
from benchmarks.lab import interleaved
from benchmarks.lab import labels
from benchmarks.lab import query
from benchmarks.lab import require
from benchmarks.lab import seconds
from benchmarks.lab import timed
from benchmarks.results import Bars
from benchmarks.results import Figure
from benchmarks.results import Section

VACUUM = "`VACUUM FULL`"
LEAST = "one ALTER TABLE to constants"
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


@dataclass(frozen=True)
class Cost:
    """What one contender took.

    :param seconds: of its statements and its commit.
    :param wal: bytes that it wrote ahead.
    """

    seconds: float
    wal: int


def measure(lab: Lab) -> Section:
    """Time the removal, side by side, and how it grows."""
    section = Section("A removed label, its rows mapped to another one")
    audit = audit_log(lab, lab.scale.rows)
    contenders: dict[str, Contender] = {
        VACUUM: _vacuum,
        LEAST: partial(_least, audit),
        OURS: _ours(lab, audit),
        WITHOUT: _ours(lab, audit, NO_ANALYZE="1"),
        PEER: _peer(lab, audit),
        RECIPE: _recipe(lab, audit),
    }
    costs = _race(lab, audit, contenders, lab.scale.races)
    lab.drop(audit.url)
    times = {name: [cost.seconds for cost in found] for name, found in costs.items()}
    medians = {name: median(values) for name, values in times.items()}
    section.say(
        f"An audit log of {lab.scale.rows:,} rows with two enum columns, a primary key and two "
        "indexes, one of them on an enum column; one label of four goes. Time of the revision's "
        f"statements and its commit, {lab.scale.races} runs. `VACUUM FULL` is the physical limit: "
        "it writes the table once and builds its indexes, page by page; ALTER TABLE writes the "
        "write-ahead log row by row. The second line is the least that this costs: both columns "
        "become a constant in one ALTER TABLE. The peer's revision is the one "
        "that it generates, with `enum_values_to_rename` filled in as its README says; the recipe "
        "is the one that is passed on: UPDATE, a new type, one ALTER TABLE a column through text. "
        "Ours ends with an ANALYZE, because what the planner knew of the columns goes with their "
        "old type; the others leave that to autovacuum, as ours does with "
        "`ENUM_MIGRATE_ANALYZE = False`."
    )
    section.table(
        ["", "median", "fastest", f"/ {VACUUM}", "WAL"],
        [
            [
                name,
                seconds(values),
                seconds([min(values)]),
                f"{medians[name] / medians[VACUUM]:.2f}",
                _megabytes(costs[name]),
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
        beside = f"the {other}" if other == RECIPE else other
        short = f"Remove a label: {lab.scale.rows:,} rows, two columns, beside {beside}"
        section.figures.append(
            Figure(
                what,
                medians[name] / medians[other],
                limit,
                short=short if name == OURS else "",
            )
        )
    section.charts.append(
        Bars(
            f"Remove a label of two enum columns, {lab.scale.rows:,} rows (seconds)",
            [
                (name.replace("`", ""), medians[name], name == OURS)
                for name in times
                if name not in (WITHOUT, LEAST)
            ],
        )
    )
    _grow(lab, section)
    return section


def _grow(lab: Lab, section: Section) -> None:
    """Show what more rows, columns and labels cost."""
    runs = lab.scale.long_runs
    by_rows, by_columns, by_labels = [], [], []
    for rows in lab.scale.more_rows:
        audit = audit_log(lab, rows)
        found = _race(lab, audit, {VACUUM: _vacuum, OURS: _ours(lab, audit)}, runs)
        lab.drop(audit.url)
        per_row = _seconds(found[OURS]) / rows * 1e6
        by_rows.append([f"{rows:,}", *_both(found), f"{per_row:.2f} µs"])
    for columns in (2,) if lab.scale.quick else (1, 2, 4, 8):
        audit = audit_log(lab, lab.scale.rows, columns=columns, others=8 - columns)
        found = _race(lab, audit, {VACUUM: _vacuum, OURS: _ours(lab, audit)}, runs)
        found |= _race(lab, audit, {PEER: _peer(lab, audit)}, 1)
        lab.drop(audit.url)
        by_columns.append([str(columns), *_both(found), seconds([_seconds(found[PEER])])])
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
        "in all (the peer: one run). All are converted in one rewrite; what a column adds is the "
        "CASE that is computed for each row:"
    )
    section.table(["Columns", *header, "the peer"], by_columns)
    section.say(f"More labels, {lab.scale.rows:,} rows and two columns:")
    section.table(["Labels", *header], by_labels)


def _both(costs: dict[str, list[Cost]]) -> list[str]:
    vacuum, ours = _seconds(costs[VACUUM]), _seconds(costs[OURS])
    return [seconds([vacuum]), seconds([ours]), f"{ours / vacuum:.2f}"]


def _seconds(costs: Sequence[Cost]) -> float:
    return median(cost.seconds for cost in costs)


def _megabytes(costs: Sequence[Cost]) -> str:
    return f"{median(cost.wal for cost in costs) / 2**20:,.0f} MB"


def _race(
    lab: Lab, audit: Audit, contenders: dict[str, Contender], runs: int
) -> dict[str, list[Cost]]:
    """Run each contender in copies of the database, and check what it leaves behind."""
    moved = audit.expected({audit.labels[-1]: audit.labels[0]})
    expected = {
        VACUUM: audit.expected({}),
        LEAST: audit.expected(dict.fromkeys(audit.labels, audit.labels[0])),
    }

    def run(name: str) -> Cost:
        with lab.copy(audit.url) as url:
            query(url, "SELECT count(detail) FROM audit")
            written = _written(url)
            taken = contenders[name](url)
            cost = Cost(taken, _written(url) - written)
            kept = audit.labels if name == VACUUM else audit.labels[:-1]
            require(labels(url, "eventtype") == kept, f"{name}: wrong labels")
            require(audit.rows(url) == expected.get(name, moved), f"{name}: wrong rows")
        lab.say(f"  {name}: {taken:.2f} s")
        return cost

    return interleaved(runs, {name: partial(run, name) for name in contenders})


def _written(url: str) -> int:
    [(position,)] = query(url, "SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn")
    return int(position)


def _least(audit: Audit, url: str) -> float:
    made = ", ".join(f"'{label}'" for label in audit.labels[:-1])
    with psycopg.connect(url) as connection:
        connection.execute("ALTER TYPE eventtype RENAME TO gone")
        connection.execute(f"CREATE TYPE eventtype AS ENUM ({made})".encode())
        constant = f"TYPE eventtype USING '{audit.labels[0]}'::eventtype"
        actions = ", ".join(f"ALTER {column} {constant}" for column in audit.columns)
        return timed(lambda: _commit(connection, f"ALTER TABLE audit {actions}"))


def _commit(connection: psycopg.Connection, statement: str) -> None:
    connection.execute(statement.encode())
    connection.commit()


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
