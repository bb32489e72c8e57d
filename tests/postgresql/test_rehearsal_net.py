"""What isn't foreseen is caught: also without foresight, what is written runs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy.engine import make_url

from flask_enum_migrate.postgresql.plan.course import Course
from tests.project import Project

TABLE = """
class {t}(db.Model):
    __tablename__ = "{t}"
    id = db.Column(db.Integer, primary_key=True)
    m = db.Column(db.Enum(*LABELS["{name}"], name="m_{t}"))
    a = db.Column(db.ARRAY(db.Enum(*LABELS["{name}"], name="m_{t}")))
    w = db.Column(db.Integer)
"""
Cases = dict[str, tuple[str, list[str], tuple[str, ...]]]
"""By name: what stands in the way, the new labels, and how they are answered for."""
OLD = ["a", "b", "c"]
ROWS = (
    "INSERT INTO {t} VALUES (1, 'a', '{{a}}', 1), (2, 'b', '{{b}}', 1), (3, 'c', '{{c}}', 1),"
    " (4, NULL, NULL, 2)"
)
KEPT, MAPPED, NULLED = ["a", "b"], ("--map", "m_{t}.c=b"), ("--map-null", "m_{t}.c")
ORDER: tuple[str, ...] = ()

ANSWERS: Cases = {
    "nulls": ("CREATE UNIQUE INDEX ON {t} (m) NULLS NOT DISTINCT", KEPT, NULLED),
    "partial": ("CREATE UNIQUE INDEX ON {t} (m) WHERE id > 1", KEPT, MAPPED),
    "expression": ("CREATE UNIQUE INDEX ON {t} ((coalesce(m, 'a')), w)", KEPT, MAPPED),
    "elements": ("CREATE UNIQUE INDEX ON {t} (a)", KEPT, MAPPED),
    "child": (
        "CREATE TABLE ch () INHERITS ({t}); CREATE UNIQUE INDEX ON ch (m);"
        "INSERT INTO ch VALUES (5, 'b'), (6, 'c')",
        KEPT,
        MAPPED,
    ),
    "exclusion": ("ALTER TABLE {t} ADD EXCLUDE USING btree (m WITH =)", KEPT, MAPPED),
    "checked": ("ALTER TABLE {t} ADD CHECK (m::text <> 'b' OR id = 2)", KEPT, MAPPED),
    "required": ("ALTER TABLE {t} ADD CHECK (m IS NOT NULL OR id = 4)", KEPT, NULLED),
    "strict": (
        "CREATE DOMAIN d_strict AS m_{t} NOT NULL; CREATE TABLE s (d d_strict);"
        "INSERT INTO s VALUES ('c')",
        KEPT,
        NULLED,
    ),
    "held": (
        "CREATE DOMAIN d_held AS m_{t} CHECK (VALUE::text <> 'b'); CREATE TABLE h (d d_held);"
        "INSERT INTO h VALUES ('c')",
        KEPT,
        MAPPED,
    ),
    "ordered": ("ALTER TABLE {t} ADD CHECK (m <= 'b' OR id > 2)", ["b", "c", "a"], ORDER),
    "ranges": (
        "CREATE TYPE r AS RANGE (SUBTYPE = m_{t}); CREATE TABLE rr (r r);"
        "INSERT INTO rr VALUES ('[a,c]')",
        ["c", "b", "a"],
        ORDER,
    ),
    "bounds": (
        "CREATE TABLE bo (m m_{t}) PARTITION BY RANGE (m);"
        "CREATE TABLE bo1 PARTITION OF bo FOR VALUES FROM ('a') TO ('c')",
        ["c", "b", "a"],
        ORDER,
    ),
    "composites": (
        "CREATE TYPE pair AS (k m_{t}, n int); CREATE TABLE co (p pair, ps pair[]);"
        "INSERT INTO co VALUES (NULL, ARRAY[('c', 1)::pair])",
        KEPT,
        MAPPED,
    ),
}
OBJECTS: Cases = {
    "partitioned": (
        "CREATE TABLE pt (id int, m m_{t}) PARTITION BY RANGE (id);"
        "CREATE TABLE pt1 PARTITION OF pt FOR VALUES FROM (0) TO (9);"
        "CREATE INDEX ON pt ((id + 1)) INCLUDE (m); CREATE INDEX ON pt (m) WHERE id > 0",
        ["b", "a", "c"],
        ORDER,
    ),
    "arrays": (
        "CREATE DOMAIN da AS m_{t}[]; CREATE TABLE ad (d da[])",
        ["b", "a", "c"],
        ORDER,
    ),
    "circle": (
        "CREATE VIEW va AS SELECT m FROM {t}; CREATE FUNCTION fa(va) RETURNS m_{t}"
        " LANGUAGE sql AS 'SELECT $1.m'; CREATE OR REPLACE VIEW va AS"
        " SELECT m, NULL::m_{t} AS n FROM {t}; CREATE VIEW vb AS SELECT va.fa FROM va",
        ["b", "a", "c"],
        ORDER,
    ),
    "instead": (
        "CREATE VIEW vi AS SELECT m FROM {t}; CREATE FUNCTION fi() RETURNS trigger"
        " LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; CREATE TRIGGER ti INSTEAD OF INSERT"
        " ON vi FOR EACH ROW EXECUTE FUNCTION fi()",
        ["b", "a", "c"],
        ORDER,
    ),
}


# As the owner of tables and types alone; a superuser has made the rest.
RIGHTS: Cases = {
    "granted": (
        "CREATE VIEW vg AS SELECT m FROM {t}; ALTER VIEW vg OWNER TO {r};"
        "GRANT SELECT ON vg TO {o} WITH GRANT OPTION;"
        "SET ROLE {o}; GRANT SELECT ON vg TO PUBLIC; RESET ROLE",
        ["b", "a", "c"],
        ORDER,
    ),
    "placed": (
        "CREATE SCHEMA others; CREATE VIEW others.vp AS SELECT m FROM {t};"
        "ALTER VIEW others.vp OWNER TO {r}; GRANT USAGE ON SCHEMA others TO {r}",
        ["b", "a", "c"],
        ORDER,
    ),
    "leakproof": (
        "CREATE FUNCTION lp(m_{t}) RETURNS bool LEAKPROOF LANGUAGE sql AS 'SELECT true';"
        "ALTER FUNCTION lp OWNER TO {r}",
        ["b", "a", "c"],
        ORDER,
    ),
    "internal": (
        "CREATE FUNCTION ic(m_{t}, m_{t}) RETURNS int LANGUAGE internal IMMUTABLE AS 'enum_cmp';"
        "ALTER FUNCTION ic OWNER TO {r}",
        ["b", "a", "c"],
        ORDER,
    ),
    "parameter": (
        "CREATE FUNCTION ps(m_{t}) RETURNS int LANGUAGE sql SET log_statement = 'none'"
        " AS 'SELECT 1'; ALTER FUNCTION ps OWNER TO {r}",
        ["b", "a", "c"],
        ORDER,
    ),
    "unreadable": (
        "CREATE TABLE secret (id int); CREATE MATERIALIZED VIEW mu AS SELECT m FROM {t}, secret;"
        "GRANT SELECT ON secret TO {r}; ALTER MATERIALIZED VIEW mu OWNER TO {r};"
        "REVOKE SELECT ON secret FROM {r}",
        ["b", "a", "c"],
        ORDER,
    ),
    "triggered": (
        "CREATE FUNCTION tf() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';"
        "CREATE TRIGGER t BEFORE UPDATE OF m ON {t} FOR EACH ROW EXECUTE FUNCTION tf();"
        "REVOKE ALL ON FUNCTION tf() FROM PUBLIC",
        ["b", "a", "c"],
        ORDER,
    ),
    "referring": (
        "CREATE TABLE looked (m m_{t} PRIMARY KEY); INSERT INTO looked VALUES ('a'), ('b'), ('c');"
        "ALTER TABLE {t} ADD FOREIGN KEY (m) REFERENCES looked; ALTER TABLE looked OWNER TO {r};"
        "REVOKE REFERENCES ON looked FROM {r}",
        ["b", "a", "c"],
        ORDER,
    ),
    "instead of": (
        "CREATE TABLE base (m m_{t}); CREATE VIEW vi AS SELECT m FROM base;"
        "CREATE FUNCTION fi() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';"
        "CREATE TRIGGER ti INSTEAD OF INSERT ON vi FOR EACH ROW EXECUTE FUNCTION fi();"
        "ALTER VIEW vi OWNER TO {o}; GRANT SELECT ON base TO {o}; ALTER TABLE base OWNER TO {r}",
        ["b", "a", "c"],
        ORDER,
    ),
}


def table(case: str) -> str:
    return case.replace(" ", "_")


def models(cases: Cases) -> str:
    return "".join(TABLE.format(name=name, t=table(name)) for name in cases)


def unforeseen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let plans be made whatever stands in their way."""
    nothing: list[object] = []
    planning = "flask_enum_migrate.postgresql.plan.plan"
    monkeypatch.setattr(f"{planning}._refusals", lambda *rest: nothing)
    monkeypatch.setattr(f"{planning}.blocked", lambda *rest, **named: nothing)
    monkeypatch.setattr(Course, "refusals", lambda self: nothing)
    for name in ("_needs_answers", "_needs_labels"):
        monkeypatch.setattr(f"flask_enum_migrate.proposal.{name}", lambda *rest: nothing)


def tried(project: Project, *flags: str) -> str:
    """Sync, and return why it refuses; otherwise the revision has to run, there and back."""
    before = project.dump(), project.contents()
    done = project.db("enum", "sync", "--no-input", *flags, expect=None)
    if done.exit_code:
        assert done.exit_code == 1, done.output
        assert (project.dump(), project.contents()) == before
        return " ".join(done.stderr.split())
    assert "Rehearsed: " in done.stderr
    project.db("upgrade")
    assert project.db("enum", "check").stdout.splitlines()[-1].startswith("In sync")
    project.db("downgrade")
    assert project.dump() == before[0]
    max(project.revisions(), key=lambda path: path.stat().st_mtime_ns).unlink()
    return ""


@pytest.fixture
def made(one_project: Project, request: pytest.FixtureRequest) -> Iterator[tuple[Project, Cases]]:
    """Give a project with a table and a type for each case."""
    cases: Cases = request.param
    suffix = make_url(one_project.url).database
    named = {"r": f"owner_{suffix}", "o": f"other_{suffix}"}
    one_project.portable = False  # what is written goes again
    one_project.start(models(cases), LABELS=dict.fromkeys(cases, OLD))
    for role in named.values():
        one_project.sql(f"CREATE ROLE {role}", f"GRANT CREATE ON SCHEMA public TO {role}")
    for name, (sql, _, _) in cases.items():
        t = table(name)
        one_project.sql(ROWS.format(t=t))
        if cases is RIGHTS:
            one_project.sql(
                *(f"ALTER {o} OWNER TO {named['r']}" for o in (f"TABLE {t}", f"TYPE m_{t}"))
            )
        one_project.sql(sql.format(t=t, **named))
    if cases is RIGHTS:
        one_project.sql(f"ALTER TABLE alembic_version OWNER TO {named['r']}")
        options = {"connect_args": {"options": f"-crole={named['r']}"}}
        one_project.config["SQLALCHEMY_ENGINE_OPTIONS"] = options
    yield one_project, cases
    one_project.close()
    for role in named.values():
        one_project.sql(f"DROP OWNED BY {role} CASCADE", f"DROP ROLE {role}")


CAUGHT = {
    "nulls": "23505",
    "partial": "23505",
    "expression": "23505",
    "elements": "23505",
    "child": "23505",
    "exclusion": "23P01",
    "checked": "23514",
    "required": "23514",
    "strict": "23502",
    "held": "23514",
    "ordered": "23514",
    "ranges": "22000",
    "bounds": "42P16",
    "composites": "22P02",
}


@pytest.mark.parametrize(
    "made", [ANSWERS, OBJECTS, RIGHTS], indirect=True, ids=["answers", "objects", "rights"]
)
def test_what_is_written_runs(made: tuple[Project, Cases], monkeypatch: pytest.MonkeyPatch) -> None:
    project, cases = made
    unforeseen(monkeypatch)
    for name, (_, labels, flags) in cases.items():
        given = [flag.format(t=table(name)) for flag in flags]
        project.models(models(cases), LABELS={**dict.fromkeys(cases, OLD), name: labels})
        why = tried(project, *given)
        if why:
            assert "grade fails on this database" in why, (name, why)
            assert f"(SQLSTATE {CAUGHT.get(name, '')}" in why, (name, why)
        assert why or name not in CAUGHT, name
