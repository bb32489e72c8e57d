"""``flask db enum check`` and ``sync`` in large schemas, beside ``flask db check``."""

from __future__ import annotations

from functools import partial
from statistics import median

from benchmarks.apps import OURS
from benchmarks.apps import PEER
from benchmarks.apps import PLAIN
from benchmarks.apps import App
from benchmarks.apps import Run
from benchmarks.lab import Lab
from benchmarks.lab import execute
from benchmarks.lab import interleaved
from benchmarks.lab import require
from benchmarks.lab import seconds
from benchmarks.proxy import delayed
from benchmarks.results import Bars
from benchmarks.results import Figure
from benchmarks.results import Section

DELAY = 0.005

_MODELS = """
import sqlalchemy as sa

types = [sa.Enum("a", "b", "c", "d"{more}, name=f"type_{{n}}") for n in range({types})]
for n in range({tables}):
    db.Table(
        f"table_{{n}}",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("first", types[2 * n % {types}], nullable=False, server_default="a"),
        sa.Column("second", types[(2 * n + 1) % {types}]),
    )
"""

CHECK = "`flask db enum check`"
SYNC = "`flask db enum sync`"
AWARE = "`flask db check`, sees enums"
PLAIN_CHECK = "`flask db check`, plain"
PEER_CHECK = f"`flask db check`, {PEER}"


def measure(lab: Lab) -> Section:
    """Time looks at a large schema, count their queries, and show how both grow."""
    types, tables = (10, 20) if lab.scale.quick else (200, 1_000)
    section = Section("Large schemas")
    url = _schema(lab, types, tables)
    ours = App(lab, OURS, _models(types, tables))
    ours.start(url)
    ours.run(url, "db", "stamp", "head")
    apps = {
        PLAIN_CHECK: ours.fork(lab, PLAIN, _models(types, tables)),
        PEER_CHECK: ours.fork(lab, PEER, _models(types, tables)),
    }
    commands = {
        CHECK: ("db", "enum", "check"),
        SYNC: ("db", "enum", "sync", "--no-input"),
        AWARE: ("db", "check"),
        PLAIN_CHECK: ("db", "check"),
        PEER_CHECK: ("db", "check"),
    }

    def run(at: str, name: str) -> Run:
        found = apps.get(name, ours).run(at, *commands[name])
        lab.say(f"  {name}: {found.seconds:.2f} s, {found.queries} queries")
        return found

    near = interleaved(lab.scale.long_runs, {name: partial(run, url, name) for name in commands})
    with delayed(url, DELAY) as far_url:
        runs = 1 if lab.scale.quick else 3
        far = interleaved(runs, {name: partial(run, far_url, name) for name in commands})
    _compare(section, f"{types:,} types, {tables:,} tables, {2 * tables:,} enum columns", near, far)
    _changed(lab, section, ours, url, types, tables)
    lab.drop(url)
    _grow(lab, section)
    return section


def _compare(
    section: Section, size: str, near: dict[str, list[Run]], far: dict[str, list[Run]]
) -> None:
    times = {name: [run.seconds for run in runs] for name, runs in near.items()}
    away = {name: [run.seconds for run in runs] for name, runs in far.items()}
    medians = {name: median(values) for name, values in times.items()}
    plain, far_plain = medians[PLAIN_CHECK], median(away[PLAIN_CHECK])
    section.say(
        f"{size}, nothing to change. Times are beyond the import of the app, {len(times[CHECK])} "
        f"runs, and {len(away[CHECK])} through a proxy that delays each message to the server by "
        "5 ms. Queries are those that SQLAlchemy sends, Alembic's look at `alembic_version` "
        "included."
    )
    section.table(
        ["", "queries", "time", "/ plain", "with 5 ms", "/ plain"],
        [
            [
                name,
                str(near[name][0].queries),
                seconds(times[name]),
                f"{medians[name] / plain:.2f}",
                seconds(away[name]),
                f"{median(away[name]) / far_plain:.2f}",
            ]
            for name in times
        ],
    )
    for name in (CHECK, SYNC):
        section.figures += [
            Figure(
                f"{name}, {size}: time / plain `flask db check`",
                medians[name] / plain,
                0.15,
                short=f"{name}: {size}, beside plain `flask db check`",
            ),
            Figure(f"{name}, {size}: queries", near[name][0].queries, 6, 0),
        ]
    section.charts.append(
        Bars(
            f"Check {size} (seconds)",
            [(name.replace("`", ""), medians[name], name in (CHECK, SYNC)) for name in times],
        )
    )


def _changed(lab: Lab, section: Section, app: App, url: str, types: int, tables: int) -> None:
    """Show what it costs to plan a change of every type."""
    rows = []
    for count in (1, types):
        models = _models(types, tables).replace("\nfor n in", _EDIT.format(count=count), 1)
        app.edit(models)
        command = ("db", "enum", "sync", "--dry-run", "--no-input", "--no-rehearse", "-m", "all")
        found = [app.run(url, *command)]
        require(found[0].output.count("ADD VALUE") == count, "sync did not plan every type")
        rows.append([f"{count:,}", str(found[0].queries), seconds([found[0].seconds])])
    section.say("`flask db enum sync --dry-run` where types of these gain a label:")
    section.table(["Types that differ", "queries", "time"], rows)


_EDIT = """
types[:{count}] = [sa.Enum("a", "b", "c", "d", "e", name=one.name) for one in types[:{count}]]
for n in"""


def _grow(lab: Lab, section: Section) -> None:
    """Show time, queries and memory from one type to thousands."""
    sizes = ((1, 1), (50, 250), (200, 1_000), (1_000, 4_000), (5_000, 10_000))
    rows, queries = [], set()
    for types, tables in ((1, 1), (5, 10)) if lab.scale.quick else sizes:
        url = _schema(lab, types, tables)
        app = App(lab, OURS, _models(types, tables))
        app.start(url)
        app.run(url, "db", "stamp", "head")
        runs = [app.run(url, "db", "enum", "check") for _ in range(1 if lab.scale.quick else 3)]
        lab.drop(url)
        queries |= {run.queries for run in runs}
        times = [run.seconds for run in runs]
        rows.append(
            [
                f"{types:,}",
                f"{2 * tables:,}",
                str(runs[0].queries),
                seconds(times),
                f"{median(times) / tables / 2 * 1e6:,.0f} µs",
                f"{median(run.memory for run in runs) / 2**20:,.0f} MB",
            ]
        )
        lab.say(f"  {' '.join(rows[-1])}")
    require(len(queries) == 1, f"the number of queries grows: {queries}")
    section.say(
        f"{CHECK} as the schema grows; memory is by how much the process' peak rose after the "
        "import of the app:"
    )
    section.table(["Types", "Columns", "queries", "time", "per column", "memory"], rows)


def _models(types: int, tables: int) -> str:
    return _MODELS.format(types=types, tables=tables, more="")


def _schema(lab: Lab, types: int, tables: int) -> str:
    """Create the database, in steps that one transaction's locks suffice for."""
    url = lab.create()
    for start in range(0, types, 500):
        execute(
            url,
            f"""DO $$ BEGIN FOR n IN {start} .. {min(start + 500, types) - 1} LOOP
                EXECUTE format('CREATE TYPE type_%s AS ENUM (''a'', ''b'', ''c'', ''d'')', n);
                END LOOP; END $$""",
        )
    for start in range(0, tables, 500):
        execute(
            url,
            f"""DO $$ BEGIN FOR n IN {start} .. {min(start + 500, tables) - 1} LOOP
                EXECUTE format('CREATE TABLE table_%s (id serial PRIMARY KEY, '
                    'first type_%s NOT NULL DEFAULT ''a'', second type_%s)',
                    n, 2 * n % {types}, (2 * n + 1) % {types});
                END LOOP; END $$""",
        )
    execute(
        url,
        "ANALYZE pg_class, pg_attribute, pg_type, pg_enum, pg_depend, pg_attrdef, pg_constraint, "
        "pg_index, pg_namespace",
    )
    return url
