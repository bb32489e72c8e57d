"""One chain, two databases: what revisions do with the rows of a SQLite database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from contextlib import contextmanager
from dataclasses import dataclass
from dataclasses import field
from typing import Any

import pytest
from sqlalchemy import Connection
from sqlalchemy import NullPool
from sqlalchemy import create_engine
from sqlalchemy.exc import IntegrityError
from sqlalchemy.exc import OperationalError

from tests.project import Project

MODELS = """
class Job(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    state = db.Column(db.Enum(*labels, name="state"), nullable=False)
    last = db.Column(db.Enum(*labels, name="state"))
"""
CHECKED = MODELS.replace('name="state"', 'name="state", create_constraint=True')


@dataclass
class Both:
    """A project with one chain, and a SQLite database beside its own."""

    project: Project
    source: str = MODELS
    names: dict[str, Any] = field(default_factory=dict)
    seen: bool = False

    @property
    def url(self) -> str:
        return f"sqlite:///{self.project.folder / 'dev.db'}"

    def start(self, source: str, *rows: str, **names: Any) -> None:
        self.project.start(source, *rows, **names)
        self.source, self.names = source, names
        self.db("upgrade")
        self.sql(*rows)

    def models(self, source: str, **names: Any) -> None:
        self.source, self.names = source, names
        self.project.models(source, **names)

    def sync(self, *args: str) -> str:
        self.project.sync(*args)
        return self.project.revision()

    @contextmanager
    def on_sqlite(self) -> Iterator[None]:
        self.project.config["SQLALCHEMY_DATABASE_URI"] = self.url
        self.project.models(self.source, **self.names)
        try:
            yield
        finally:
            del self.project.config["SQLALCHEMY_DATABASE_URI"]
            self.project.models(self.source, **self.names)

    def db(self, *args: str, expect: int = 0) -> str:
        """Run ``flask db …`` with the app on SQLite."""
        with self.on_sqlite():
            return self.project.db(*args, expect=expect).output

    def begin(self) -> AbstractContextManager[Connection]:
        return create_engine(self.url, poolclass=NullPool).begin()

    def sql(self, *statements: str) -> None:
        with self.begin() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)

    def rows(self, query: str = "SELECT state, last FROM job ORDER BY id") -> list[tuple[Any, ...]]:
        with self.begin() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(query)]


@pytest.fixture
def both(one_project: Project) -> Both:
    return Both(one_project)


ROWS = tuple(
    f"INSERT INTO job (id, state, last) VALUES ({number}, '{state}', {last})"
    for number, (state, last) in enumerate([("a", "'b'"), ("b", "'c'"), ("c", "NULL")])
)
BEFORE = [("a", "b"), ("b", "c"), ("c", None)]


def as_on_postgresql(both: Both, *, merges: bool = False) -> list[tuple[Any, ...]]:
    """Upgrade, downgrade and upgrade both databases: their rows are equal every time."""
    seen = []
    for command in ("upgrade", "downgrade", "upgrade"):
        both.project.db(command)
        both.db(command)
        query = "SELECT state::text, last::text FROM job ORDER BY id"
        seen.append(both.rows())
        assert seen[-1] == both.project.rows(query), command
    if not merges:
        assert seen[1] == BEFORE
        assert seen[2] == seen[0]
    return seen[0]


@pytest.mark.parametrize("source", [MODELS, CHECKED], ids=["plain", "CHECK"])
@pytest.mark.parametrize(
    ("labels", "flags", "after"),
    [
        ("a b c d", [], BEFORE),
        ("a B c", ["--rename", "b=B"], [("a", "B"), ("B", "c"), ("c", None)]),
        ("x y z", ["--rename", "a=x", "--rename", "b=y", "--rename", "c=z"], None),
        ("c a b", [], BEFORE),
        (
            "b c d",
            ["--rename", "a=b", "--rename", "b=c", "--rename", "c=d"],
            [("b", "c"), ("c", "d"), ("d", None)],
        ),
        ("it's %(x)s", ["--rename", "a=it's", "--rename", "b=%(x)s", "--map", "c=it's"], None),
    ],
    ids=["added", "renamed", "all renamed", "reordered", "chain", "quotes"],
)
def test_rows_follow(
    both: Both, source: str, labels: str, flags: list[str], after: list[tuple[Any, ...]] | None
) -> None:
    both.start(source, *ROWS, labels=["a", "b", "c"])
    both.models(source, labels=labels.split())
    both.sync(*flags)
    found = as_on_postgresql(both, merges="--map" in flags)
    assert after is None or found == after


@pytest.mark.parametrize("source", [MODELS, CHECKED], ids=["plain", "CHECK"])
def test_swapped(both: Both, source: str) -> None:
    both.start(source, *ROWS, labels=["a", "b", "c"])
    both.models(source, labels=["b", "a", "c"])
    written = both.sync("--rename", "a=b", "--rename", "b=a")
    assert written.count("sa.case(") == 4
    assert as_on_postgresql(both) == [("b", "a"), ("a", "c"), ("c", None)]


@pytest.mark.parametrize("source", [MODELS, CHECKED], ids=["plain", "CHECK"])
def test_mapped(both: Both, source: str) -> None:
    both.start(source, *ROWS, labels=["a", "b", "c"])
    both.models(source, labels=["a", "c", "new"])
    both.sync("--map", "b=a", "--downgrade-map", "new=c")
    assert as_on_postgresql(both, merges=True) == [("a", "a"), ("a", "c"), ("c", None)]
    both.sql("UPDATE job SET last = 'new'")
    both.db("downgrade")
    assert both.rows() == [("a", "c"), ("a", "c"), ("c", "c")]


@pytest.mark.parametrize("source", [MODELS, CHECKED], ids=["plain", "CHECK"])
def test_mapped_to_null(both: Both, source: str) -> None:
    source = source.replace(", nullable=False", "")
    both.start(source, *ROWS, labels=["a", "b", "c"])
    both.models(source, labels=["a", "b"])
    both.sync("--map-null", "c")
    assert as_on_postgresql(both, merges=True) == [("a", "b"), ("b", None), (None, None)]


def test_a_tab_stays_offline(both: Both) -> None:
    both.start(MODELS, *ROWS, labels=["a", "b", "c"])
    both.models(MODELS, labels=["a\tb", "b", "c"])
    both.sync("--rename", "a=a\tb")
    script = both.db("upgrade", "--sql")
    case = "CASE job.state WHEN 'a' THEN 'a\tb' END"
    assert f"UPDATE job SET state={case} WHERE job.state IN ('a');" in script
    assert as_on_postgresql(both) == [("a\tb", "b"), ("b", "c"), ("c", None)]


def test_offline(both: Both) -> None:
    both.start(MODELS, *ROWS, labels=["a", "b", "c"])
    both.models(MODELS, labels=["b", "a", "c"])
    both.sync("--rename", "a=b", "--rename", "b=a")
    script = both.db("upgrade", "--sql")
    assert "TYPE" not in script
    updates = [line for line in script.splitlines() if line.startswith("UPDATE job")]
    assert updates == [
        f"UPDATE job SET {column}=CASE job.{column} WHEN 'a' THEN 'b' WHEN 'b' THEN 'a' END "
        f"WHERE job.{column} IN ('a', 'b');"
        for column in ("state", "last")
    ]
    both.sql(*updates)
    assert both.rows() == [("b", "a"), ("a", "c"), ("c", None)]


def check_of(both: Both) -> list[str]:
    (created,) = both.rows("SELECT sql FROM sqlite_master WHERE name = 'job'")
    return sorted(line.strip(" \t,") for line in created[0].splitlines() if "CHECK" in line)


def test_the_check_goes_along(both: Both) -> None:
    one = CHECKED.split("    last")[0]
    both.start(one, labels=["a", "b"])
    assert check_of(both) == ["CONSTRAINT state CHECK (state IN ('a', 'b'))"]
    both.models(one, labels=["b", "c"])
    both.sync()
    for _ in range(2):
        both.db("upgrade")
        assert check_of(both) == ["CONSTRAINT state CHECK (state IN ('b', 'c'))"]
        both.db("downgrade")
        assert check_of(both) == ["CONSTRAINT state CHECK (state IN ('a', 'b'))"]
    both.models(one.replace('"state"', '"status"'), labels=["b", "c"])
    both.project.db("upgrade")
    both.sync()
    both.db("upgrade")
    assert check_of(both) == ["CONSTRAINT status CHECK (state IN ('b', 'c'))"]
    with pytest.raises(IntegrityError):
        both.sql("INSERT INTO job VALUES (1, 'a')")


def test_a_naming_convention(both: Both) -> None:
    convention = "db.metadata.naming_convention = {'ck': 'ck_%(table_name)s_%(constraint_name)s'}\n"
    one = convention + CHECKED.split("    last")[0]
    both.start(one, labels=["a", "b"])
    assert check_of(both) == ["CONSTRAINT ck_job_state CHECK (state IN ('a', 'b'))"]
    both.models(one, labels=["a", "b", "c"])
    both.sync()
    both.db("upgrade")
    assert check_of(both) == ["CONSTRAINT ck_job_state CHECK (state IN ('a', 'b', 'c'))"]
    both.db("downgrade")
    assert check_of(both) == ["CONSTRAINT ck_job_state CHECK (state IN ('a', 'b'))"]


def test_a_row_that_the_check_refuses_stops_all_of_it(both: Both) -> None:
    one = CHECKED.split("    last")[0]
    both.start(one, labels=["a", "b"])
    both.sql("INSERT INTO job VALUES (1, 'b')")
    both.models(one, labels=["a"])
    both.sync()
    with pytest.raises(IntegrityError, match="CHECK constraint failed: state"):
        both.db("upgrade")
    tables = both.rows("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1")
    assert tables == [("alembic_version",), ("job",)]
    assert both.rows("SELECT * FROM job") == [(1, "b")]
    both.sql("UPDATE job SET state = 'a'")
    both.db("upgrade")
    assert check_of(both) == ["CONSTRAINT state CHECK (state IN ('a'))"]


def test_a_copy_loses_neither_rows_nor_triggers(both: Both) -> None:
    one = CHECKED.split("    last")[0]
    both.start(one, labels=["a", "b"])
    both.sql(
        "INSERT INTO job VALUES (1, 'b')",
        "CREATE TRIGGER noted AFTER INSERT ON job BEGIN SELECT 1; END",
    )
    both.models(one, labels=["a", "b", "c"])
    both.sync()
    said = both.db("upgrade", expect=1)
    assert "SQLite would lose noted with the table that it copies" in said
    both.sql("DROP TRIGGER noted", "CREATE TABLE child (job REFERENCES job ON DELETE CASCADE)")
    both.sql("INSERT INTO child VALUES (1)")
    env = both.project.migrations / "env.py"
    plain, context = env.read_text(), "with connectable.connect() as connection:\n"
    assert context in plain
    on = f"{context}        connection.exec_driver_sql('PRAGMA foreign_keys = ON')\n"
    env.write_text(plain.replace(context, on))
    assert "SQLite would lose child with the table" in both.db("upgrade", expect=1)
    env.write_text(plain)
    both.db("upgrade")
    assert both.rows("SELECT * FROM child") == [(1,)]


DEFAULT = MODELS.split("    last")[0].replace("nullable=False", "server_default=default")


def test_a_default_follows(both: Both) -> None:
    both.start(DEFAULT, labels=["a", "b"], default="b")
    both.models(DEFAULT, labels=["a", "B"], default="B")
    both.sync("--rename", "b=B")
    both.db("upgrade")
    both.sql("INSERT INTO job (id) VALUES (1)")
    assert both.rows("SELECT state FROM job") == [("B",)]
    both.db("downgrade")
    both.sql("INSERT INTO job (id) VALUES (2)")
    assert both.rows("SELECT state FROM job") == [("b",), ("b",)]


def test_strings_become_an_enum_and_back(both: Both) -> None:
    string = MODELS.replace('db.Enum(*labels, name="state")', "db.String(20)")
    both.start(string, *ROWS)
    both.models(CHECKED, labels=["a", "b"])
    both.sync("--map", "state.c=b")
    as_on_postgresql(both, merges=True)
    assert check_of(both) == [
        "CONSTRAINT state_last CHECK (last IN ('a', 'b'))",
        "CONSTRAINT state_state CHECK (state IN ('a', 'b'))",
    ]
    with pytest.raises(IntegrityError):
        both.sql("UPDATE job SET state = 'c'")
    both.models(string)
    both.sync()
    as_on_postgresql(both, merges=True)


STRINGS = MODELS.replace('"state")', '"state", native_enum=False, create_constraint=True)', 1)
STRINGS = STRINGS.replace(
    'name="state"))', 'name="last", native_enum=False, create_constraint=True))'
)


def test_strings_under_a_check_follow(both: Both) -> None:
    both.start(STRINGS, *ROWS, labels=["a", "b", "c"])
    both.models(STRINGS, labels=["b", "a", "longer"])
    swapped = [f"--rename={column}.{pair}" for column in COLUMNS for pair in ("a=b", "b=a")]
    mapped = [f"--map={column}.c=longer" for column in COLUMNS]
    both.sync(*swapped, *mapped)
    assert as_on_postgresql(both) == [("b", "a"), ("a", "longer"), ("longer", None)]
    assert check_of(both) == [
        "CONSTRAINT last CHECK (last IN ('b', 'a', 'longer'))",
        "CONSTRAINT state CHECK (state IN ('b', 'a', 'longer'))",
    ]


COLUMNS = ("job.state", "job.last")


def test_a_check_comes_and_goes_with_a_conversion(both: Both) -> None:
    both.start(MODELS, *ROWS, labels=["a", "b", "c"])
    both.models(STRINGS, labels=["a", "b"])
    both.sync(*(f"--map={column}.c=b" for column in COLUMNS))
    as_on_postgresql(both, merges=True)
    assert check_of(both) == [
        "CONSTRAINT last CHECK (last IN ('a', 'b'))",
        "CONSTRAINT state CHECK (state IN ('a', 'b'))",
    ]
    both.models(MODELS, labels=["a", "b", "new"])
    both.sync()
    as_on_postgresql(both, merges=True)
    assert check_of(both) == []


NO_IMPORT = "import sqlalchemy as sa\n"


@pytest.mark.parametrize("imports", [True, False])
def test_a_template_without_sqlalchemy(both: Both, *, imports: bool) -> None:
    both.start(MODELS, *ROWS, labels=["a", "b", "c"])
    mako = both.project.migrations / "script.py.mako"
    text = mako.read_text().replace(NO_IMPORT, "")
    mako.write_text(text if imports else text.replace('${imports if imports else ""}', ""))
    both.models(MODELS, labels=["a", "b", "C"])
    if imports:
        assert both.sync("--rename", "c=C").count(NO_IMPORT) == 1
        assert as_on_postgresql(both) == [("a", "b"), ("b", "C"), ("C", None)]
    else:
        before = both.project.revisions()
        said = both.project.db("enum", "sync", "--rename", "c=C", expect=2).stderr
        assert "lacked the line 'import sqlalchemy as sa', and was removed." in said
        assert both.project.revisions() == before


def test_all_of_migrate_runs_on_both(both: Both) -> None:
    """The first revision, a new table and labels at once, and all of it gone again."""
    both.start(CHECKED.split("    last")[0], labels=["a", "b"])
    other = CHECKED.split("    last")[0] + CHECKED.replace("Job", "Task").replace("state", "kind")
    other = other.split("    last")[0]
    both.models(other, labels=["a", "b", "c"])
    both.project.db("migrate")
    written = both.project.revision()
    assert "create_constraint=True).with_variant(postgresql.ENUM(" in written
    for command in ("upgrade", "downgrade", "upgrade"):
        both.project.db(command)
        both.db(command)
    both.sql("INSERT INTO job VALUES (1, 'c')", "INSERT INTO task VALUES (1, 'c')")
    with pytest.raises(IntegrityError):
        both.sql("INSERT INTO task VALUES (2, 'd')")
    checks = "SELECT count(*) FROM pg_constraint WHERE contype = 'c' AND conrelid <> 0"
    assert both.project.rows(checks) == [(0,)]
    both.sql("DELETE FROM job")
    both.project.db("downgrade", "base")
    both.db("downgrade", "base")
    assert both.rows("SELECT name FROM sqlite_master WHERE type = 'table'") == [
        ("alembic_version",)
    ]


def test_standing_answers_of_migrate(both: Both) -> None:
    both.start(MODELS, *ROWS, labels=["a", "b", "c"])
    both.project.config["ENUM_MIGRATE_RENAME"] = ["a=b", "b=a"]
    both.models(MODELS + "    more = db.Column(db.Integer)\n", labels=["b", "a", "c"])
    both.project.config["ENUM_MIGRATE_RENAME"] = ["c=C"]
    both.models(MODELS + "    more = db.Column(db.Integer)\n", labels=["a", "b", "C"])
    both.project.db("migrate")
    assert "else:\n" in both.project.revision()
    assert as_on_postgresql(both) == [("a", "b"), ("b", "C"), ("C", None)]


ODD = """
class Job(db.Model):
    __tablename__ = "Or der"
    id = db.Column(db.Integer, primary_key=True)
    keys = db.Column(db.Enum(*labels, name="state"))
    by = db.Column("select %", db.Enum(*labels, name="state"))
"""


@pytest.mark.parametrize("flags", [["--rename", "a=A"], ["--rename", "a=A", "--rename", "b=B"]])
def test_names_that_need_quotes(both: Both, flags: list[str]) -> None:
    both.start(ODD, labels=["a", "b"])
    both.sql("""INSERT INTO "Or der" VALUES (1, 'a', 'b')""", """UPDATE "Or der" SET keys = 'a'""")
    both.models(ODD, labels=["A", "B" if len(flags) > 2 else "b"])
    both.sync(*flags)
    both.db("upgrade")
    assert both.rows('SELECT * FROM "Or der"') == [(1, "A", both.names["labels"][1])]
    both.db("downgrade")
    assert both.rows('SELECT * FROM "Or der"') == [(1, "a", "b")]


def test_a_view_has_no_rows_to_change(both: Both) -> None:
    view = MODELS + MODELS.replace("Job", "Seen").replace("nullable=False", "info={}")
    both.project.migrate_options["include_object"] = lambda _, name, kind, *args: (
        (name, kind) != ("seen", "table") or both.seen
    )
    both.start(MODELS, *ROWS, labels=["a", "b", "c"])
    for sql in (both.project.sql, both.sql):
        sql("CREATE VIEW seen AS SELECT * FROM job")
    both.seen = True
    both.models(view, labels=["A", "b", "c"])
    assert '"seen"' not in both.sync("--rename", "a=A")
    assert as_on_postgresql(both) == [("A", "b"), ("b", "c"), ("c", None)]


MULTIDB = MODELS + MODELS.replace("Job", "Event").replace(
    "    id", "    __bind_key__ = 'audit'\n    id"
)


def test_each_bind_has_its_own(both: Both) -> None:
    both.project.config["SQLALCHEMY_BINDS"] = {"audit": f"sqlite:///{both.project.folder}/audit.db"}
    both.project.models(MULTIDB, labels=["a", "b", "c"])
    both.project.db("init", "--multidb")
    both.start(MULTIDB, *ROWS, labels=["a", "b", "c"])
    both.models(MULTIDB, labels=["a", "B", "c"])
    written = both.sync("--rename", "b=B")
    assert written.count("sa.update(") == 4
    assert "sa.update(" not in written.split("def upgrade_audit")[1]
    assert as_on_postgresql(both) == [("a", "B"), ("B", "c"), ("c", None)]


def test_a_chain_from_before_is_mended(both: Both) -> None:
    """As docs/cookbook/sqlite.md says."""
    first, second = BEFORE_CHAIN
    both.project.portable = False
    both.project.models(MODELS, labels=["a", "b"])
    both.project.db("init")
    versions = both.project.migrations / "versions"
    (versions / "first.py").write_text(first)
    (versions / "second.py").write_text(second)
    both.project.db("upgrade")
    both.names = {"labels": ["a", "b"]}
    with pytest.raises(OperationalError, match='near "TYPE": syntax error'):
        both.db("upgrade")
    guard = '    if op.get_context().dialect.name == "postgresql":\n    '
    executed = "    op.execute("
    (versions / "first.py").write_text(first.replace(executed, guard + executed))
    with pytest.raises(OperationalError, match='near "TYPE": syntax error'):
        both.db("upgrade")
    guard = '    if op.get_context().dialect.name != "postgresql":\n        return\n'
    (versions / "second.py").write_text(second.replace("():\n", f"():\n{guard}"))
    for command in ("upgrade", "downgrade", "upgrade"):
        both.db(command)
    both.sql("INSERT INTO job VALUES (1, 'b', NULL)")
    both.db("downgrade", "base")
    both.project.db("downgrade", "base")


BEFORE_CHAIN = (
    """
import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision, down_revision = "0001", None

def upgrade():
    op.execute("CREATE TYPE state AS ENUM ('a')")
    op.create_table(
        "job",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("state", postgresql.ENUM("a", name="state", create_type=False), nullable=False),
        sa.Column("last", postgresql.ENUM("a", name="state", create_type=False)),
    )

def downgrade():
    op.drop_table("job")
    op.execute("DROP TYPE state")
""",
    """
from alembic import op

revision, down_revision = "0002", "0001"

def upgrade():
    op.execute("ALTER TYPE public.state ADD VALUE IF NOT EXISTS 'b' AFTER 'a'")

def downgrade():
    op.execute("ALTER TYPE public.state RENAME VALUE 'b' TO 'gone'")
""",
)
