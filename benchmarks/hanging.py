"""What hangs on a type: how long it takes to find, and to drop and create again."""

from __future__ import annotations

from functools import partial
from statistics import median

from benchmarks.apps import OURS
from benchmarks.apps import App
from benchmarks.audit import Audit
from benchmarks.audit import audit_log
from benchmarks.lab import Lab
from benchmarks.lab import OutcomeError
from benchmarks.lab import execute
from benchmarks.lab import interleaved
from benchmarks.lab import labels
from benchmarks.lab import query
from benchmarks.lab import require
from benchmarks.lab import seconds
from benchmarks.results import Figure
from benchmarks.results import Section

KINDS = {
    "CHECK constraints": (
        "ALTER TABLE audit ADD CONSTRAINT c{n} CHECK (kind <> 'login' OR id <> -{n})",
    ),
    "partial indexes": ("CREATE INDEX p{n} ON audit (id) WHERE kind = 'failure'",),
    "foreign keys": (
        "CREATE TABLE kinds_{n} (kind eventtype PRIMARY KEY)",
        "INSERT INTO kinds_{n} SELECT unnest(enum_range(NULL, 'failure'::eventtype))",
        "ALTER TABLE audit ADD FOREIGN KEY (kind) REFERENCES kinds_{n}",
    ),
    "views": ("CREATE VIEW v{n} AS SELECT * FROM audit WHERE kind = 'login'",),
    "materialized views": (
        "CREATE MATERIALIZED VIEW m{n} AS SELECT kind, count(*) FROM audit GROUP BY kind",
    ),
    "triggers": (
        "CREATE FUNCTION noted_{n}() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        "CREATE TRIGGER t{n} BEFORE UPDATE ON audit FOR EACH ROW WHEN (NEW.kind = 'login')"
        " EXECUTE FUNCTION noted_{n}()",
    ),
    "policies": ("CREATE POLICY r{n} ON audit USING (kind <> 'login')",),
    "functions": (
        "CREATE FUNCTION f{n}(kind eventtype) RETURNS eventtype LANGUAGE sql AS 'SELECT kind'",
    ),
    "extended statistics": ("CREATE STATISTICS s{n} ON kind, kind_2 FROM audit",),
    "generated columns": (
        "ALTER TABLE audit ADD g{n} boolean GENERATED ALWAYS AS (kind = 'login') STORED",
    ),
}

OBJECTS = """
    SELECT (SELECT count(*) FROM pg_class), (SELECT count(*) FROM pg_constraint),
           (SELECT count(*) FROM pg_trigger), (SELECT count(*) FROM pg_policy),
           (SELECT count(*) FROM pg_proc), (SELECT count(*) FROM pg_statistic_ext)
"""

_MODELS = """
for n in range({types}):
    db.Table(
        f"log_{{n}}",
        db.Column("id", db.Integer, primary_key=True),
        db.Column("kind", db.Enum(*{labels!r}, name=f"type_{{n}}"), nullable=False),
    )
"""


def measure(lab: Lab) -> Section:
    """Count the queries that find dependents, and time the rewrite with each kind of them."""
    section = Section("What hangs on a type")
    _find(lab, section)
    _rebuild(lab, section)
    return section


def _find(lab: Lab, section: Section) -> None:
    """Look for the dependents of one type and of many."""
    types, objects = (2, 8) if lab.scale.quick else (50, 200)
    rows, queries = [], set()
    for some, hanging in ((1, 1), (1, objects), (types, objects)):
        url = lab.create()
        app = App(lab, OURS, _MODELS.format(types=some, labels=("a", "b", "c")))
        app.start(url)
        app.run(url, "db", "migrate", "&&", "db", "upgrade")
        for n in range(some):
            view = f"VIEW v_{n}_{{i}} AS SELECT id, kind FROM log_{n} WHERE kind = 'a'"
            execute(url, *(f"CREATE {view.format(i=i)}" for i in range(hanging // some)))
        app.edit(_MODELS.format(types=some, labels=("a", "b")))
        runs = [
            app.run(
                url, "db", "enum", "sync", "--dry-run", "--no-input", "--no-rehearse", "-m", "all"
            )
            for _ in range(1 if lab.scale.quick else 3)
        ]
        require(runs[0].output.count("CREATE VIEW") >= hanging, "dependents were not found")
        lab.drop(url)
        queries |= {run.queries for run in runs}
        finding = [_finding(run.slowest) for run in runs]
        times = [run.seconds for run in runs]
        shown = (str(some), str(hanging), str(runs[0].queries), seconds(finding), seconds(times))
        rows.append([*shown])
        lab.say(f"  {' '.join(shown)}")
    section.say(
        "`flask db enum sync --dry-run` where every type loses a label and views hang on it. One "
        "query finds and reads all dependents of all types:"
    )
    section.table(["Types", "Dependents", "queries", "that query", "the command"], rows)
    what = f"more queries for {objects} dependents of {types} types than for one of one"
    section.figures.append(Figure(what, max(queries) - min(queries), 0, 0))


def _finding(statements: list[tuple[float, str]]) -> float:
    for taken, text in statements:
        if "WITH RECURSIVE root" in text or text.startswith("-- Everything that hangs on some"):
            return taken
    raise OutcomeError("the query that finds dependents is not among the slowest")


def _rebuild(lab: Lab, section: Section) -> None:
    """Time the removal of a label with several objects of one kind, and without."""
    number, size = (2, 500) if lab.scale.quick else (10, 100_000)
    runs = lab.scale.long_runs
    kinds = dict(list(KINDS.items())[:2]) if lab.scale.quick else KINDS
    audit = audit_log(lab, size)
    # No row holds the label that goes: with foreign keys, two labels can't become one.
    held = f"= '{audit.labels[0]}' WHERE {{0}} = '{audit.labels[-1]}'"
    for column in audit.columns:
        execute(audit.url, f"UPDATE audit SET {column} {held.format(column)}")
    execute(audit.url, "VACUUM FULL audit", "VACUUM (FREEZE, ANALYZE) audit")
    cases = {"nothing": _case(lab, audit, (), 0)}
    cases |= {kind: _case(lab, audit, made, number) for kind, made in kinds.items()}
    times = interleaved(
        runs, {kind: partial(_upgrade, lab, audit, *case) for kind, case in cases.items()}
    )
    for _, url in cases.values():
        lab.drop(url)
    lab.drop(audit.url)
    bare = median(times["nothing"])
    noise = (max(times["nothing"]) - min(times["nothing"])) / 2
    section.say(
        f"To remove a label that none of {size:,} rows holds takes {seconds([bare])}, "
        f"± {seconds([noise])} in {runs} runs. What {number} objects of one kind add:"
    )
    section.table(
        [f"{number} of them", "in all", "added", "each"],
        [[kind, *_added(times[kind], bare, noise, number)] for kind in kinds],
    )


def _added(times: list[float], bare: float, noise: float, number: int) -> list[str]:
    added = median(times) - bare
    if added <= noise:
        return [seconds(times), f"< {seconds([noise])}", ""]
    return [seconds(times), seconds([added]), f"{added / number * 1000:.0f} ms"]


def _case(lab: Lab, audit: Audit, made: tuple[str, ...], number: int) -> tuple[App, str]:
    """Return the app with its revision, and the database with the objects."""
    url = lab.create(audit.url)
    execute(url, *(sql.format(n=n) for n in range(1, number + 1) for sql in made))
    app = audit.app.fork(lab, OURS, audit.models(audit.labels[:-1]))
    app.new_revision(url, "db", "enum", "sync", "--no-input")
    return app, url


def _upgrade(lab: Lab, audit: Audit, app: App, template: str) -> float:
    with lab.copy(template) as url:
        before = query(url, OBJECTS)
        run = app.run(url, "db", "upgrade")
        require(labels(url, "eventtype") == audit.labels[:-1], "wrong labels")
        require(query(url, OBJECTS) == before, "objects got lost")
    return run.waited
