"""``sync --from-migrations``: a revision is written without the app's database."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from flask_enum_migrate import EnumMigrate
from flask_enum_migrate import Flags
from flask_enum_migrate import SettingError
from tests.project import Project
from tests.project import Result

MODELS = """
class Event(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    state = db.Column(sa.Enum(*labels, name="state"), server_default="OPEN")
"""


def sync(project: Project, *args: str, expect: int = 0) -> Result:
    server = ("--from-migrations", "--server", project.server.url)
    return project.sync(*server, *args, expect=expect)


def functions(project: Project) -> str:
    """Return the functions of the newest revision without sizes."""
    _, _, source = project.revision().partition("def upgrade")
    return re.sub(r" \([\d.]+ \w+\)", "", source)


def on_sqlite(project: Project, folder: Path, labels: list[str]) -> None:
    """Let the app fall back to SQLite, but for what the environment says."""
    project.config["SQLALCHEMY_DATABASE_URI"] = f"sqlite:///{folder / 'dev.db'}"
    project.models(MODELS, labels=labels)


def nowhere(project: Project, labels: list[str]) -> None:
    project.config["SQLALCHEMY_DATABASE_URI"] = "postgresql+psycopg2://nobody@localhost:1/nowhere"
    project.models(MODELS, labels=labels)


def test_the_revision_is_the_one_of_a_database(project: Project) -> None:
    project.portable = False  # the view by hand stays in the way back
    project.start(MODELS, labels=["OPEN", "CLOSED", "HELD"])
    project.sql("CREATE VIEW held AS SELECT * FROM event WHERE state = 'HELD'")
    (first,) = project.revisions()
    source = first.read_text()
    first.write_text(
        source.replace(
            "    # ### end Alembic commands ###\n\n\ndef downgrade",
            "    op.execute(\"CREATE VIEW held AS SELECT * FROM event WHERE state = 'HELD'\")\n\n\n"
            "def downgrade",
        )
    )
    project.models(MODELS, labels=["OPEN", "HELD", "NEW"])
    project.sync("--rev-id", "aa")
    known = functions(project)
    (second,) = set(project.revisions()) - {first}
    second.unlink()
    nowhere(project, ["OPEN", "HELD", "NEW"])
    done = sync(project, "--rev-id", "aa")
    assert functions(project) == known
    assert "kB" not in done.output
    said = done.stderr.splitlines()
    assert said[-4] == (
        "Rows were not looked at: no database. The revision refuses where a row holds CLOSED; "
        "--map says what becomes of them."
    )
    assert said[-2] == "Next: read it, then run: flask db upgrade"
    assert said[-1].startswith("Rehearsed: upgrade and downgrade ran")
    del project.config["SQLALCHEMY_DATABASE_URI"]
    project.models(MODELS, labels=["OPEN", "HELD", "NEW"])
    project.db("upgrade")
    project.db("enum", "check")
    project.db("enum", "check", "--from-migrations", "--server", project.server.url)
    project.db("downgrade")
    assert project.labels("state") == ["OPEN", "CLOSED", "HELD"]


def test_a_row_that_nobody_looked_at_is_refused_by_the_revision(one_project: Project) -> None:
    rows = "INSERT INTO event (state) VALUES ('CLOSED')"
    one_project.start(MODELS, rows, labels=["OPEN", "CLOSED"])
    one_project.models(MODELS, labels=["OPEN"])
    sync(one_project)
    with pytest.raises(Exception, match="holds 'CLOSED'"):
        one_project.db("upgrade", expect=None)
    assert one_project.rows("SELECT state::text FROM event") == [("CLOSED",)]


def test_what_check_names_next_writes_what_the_migrations_lack(one_project: Project) -> None:
    migrations = ("--from-migrations", "--server", one_project.server.url)
    one_project.start(MODELS, labels=["OPEN", "CLOSED"])
    one_project.sql("ALTER TYPE state ADD VALUE 'NEW'")  # by hand, in this database only
    one_project.models(MODELS, labels=["OPEN", "CLOSED", "NEW"])
    one_project.db("enum", "check")
    assert "nothing to write" in one_project.sync().stderr
    said = one_project.db("enum", "check", *migrations, expect=1).stdout
    assert said.endswith(" Next: flask db enum sync --from-migrations\n")
    sync(one_project)
    one_project.db("upgrade")
    one_project.db("enum", "check")
    one_project.db("enum", "check", *migrations)


def test_hints_name_the_command_that_compares_with_the_migrations(one_project: Project) -> None:
    values = """
class State(enum.Enum):
    OPEN = "open"
    CLOSED = "closed"

class Event(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    state = db.Column(sa.Enum(State, values_callable=lambda cls: [m.value for m in cls]))
"""
    one_project.start(values)
    one_project.models(values.replace(", values_callable=lambda cls: [m.value for m in cls]", ""))
    server = ("--from-migrations", "--server", one_project.server.url)
    answers = "--rename state.open=OPEN --rename state.closed=CLOSED"
    said = one_project.db("enum", "check", *server, expect=1).stdout
    assert f"    flask db enum sync --from-migrations {answers}\n" in said
    assert said.endswith("Next: one of the ways above.\n")
    said = sync(one_project, "--dry-run").stderr
    assert f"    flask db enum sync --from-migrations {answers}\n" in said
    said = one_project.db("enum", "check", expect=1).stdout
    assert f"    flask db enum sync {answers}\n" in said


def test_answers_leave_nothing_unlooked(one_project: Project) -> None:
    one_project.start(MODELS, labels=["OPEN", "CLOSED", "HELD"])
    nowhere(one_project, ["OPEN", "DONE"])
    done = sync(one_project, "--rename", "CLOSED=DONE", "--map", "state.HELD=OPEN", "-m", "Tidy up")
    assert "Rows were not looked at" not in done.stderr
    assert "  - HELD    rows become OPEN\n" in done.stderr
    (path,) = (one_project.migrations / "versions").glob("*_tidy_up.py")
    assert "RENAME" in path.read_text() or "CASE" in path.read_text()


def test_rows_that_a_migration_inserts_are_known(one_project: Project) -> None:
    one_project.start(MODELS, labels=["OPEN", "CLOSED"])
    (first,) = one_project.revisions()
    first.write_text(
        first.read_text().replace(
            "    # ### end Alembic commands ###\n\n\ndef downgrade",
            "    op.execute(\"INSERT INTO event (state) VALUES ('CLOSED')\")\n\n\ndef downgrade",
        )
    )
    nowhere(one_project, ["OPEN"])
    done = sync(one_project, expect=1)
    assert "which 1 row of public.event.state holds" in done.stderr
    last, command = done.stderr.splitlines()[-2:]
    assert last == "Nothing was written. To go on, with a label for each LABEL:"
    assert command.startswith("    flask db enum sync --from-migrations ")
    assert command.endswith(" --map state.CLOSED=LABEL")


def test_dry_run_and_sql(one_project: Project) -> None:
    one_project.start(MODELS, labels=["OPEN", "CLOSED"])
    nowhere(one_project, ["OPEN", "CLOSED", "NEW"])
    done = sync(one_project, "--dry-run")
    assert "ADD VALUE IF NOT EXISTS 'NEW'" in done.stdout
    assert "Rows were not looked at" not in done.stderr
    done = sync(one_project, "--sql")
    assert "ADD VALUE IF NOT EXISTS 'NEW'" in done.stdout
    assert done.stdout.endswith("COMMIT;\n\n")


def test_a_string_that_becomes_an_enum(one_project: Project) -> None:
    source = "class Event(db.Model):\n    id = db.Column(db.Integer, primary_key=True)\n"
    source += "    state = db.Column({type})\n"
    one_project.start(source.format(type="sa.String(9)"))
    one_project.models(source.format(type="sa.Enum('a', name='state')"))
    said = sync(one_project).stderr
    assert "The revision refuses where a row holds what is no label of public.state;" in said


def test_nothing_to_do(one_project: Project) -> None:
    one_project.start(MODELS, labels=["OPEN"])
    nowhere(one_project, ["OPEN"])
    assert sync(one_project).stderr.endswith(
        "The enums of models and database agree: nothing to write.\n"
    )


def test_on_sqlite_it_says_what_to_set(one_project: Project, tmp_path: Path) -> None:
    one_project.start(MODELS, labels=["OPEN"])
    on_sqlite(one_project, tmp_path, ["OPEN", "NEW"])
    said = sync(one_project, expect=2).stderr
    assert said.startswith("Nothing was written: No bind is PostgreSQL, only sqlite. Set DATABASE")


def test_the_options_belong_together(one_project: Project) -> None:
    one_project.start(MODELS, labels=["OPEN"])
    said = one_project.sync("--server", "postgresql://x", expect=2).stderr
    assert "--server and --init-sql belong to --from-migrations." in said
    with one_project.app.app_context(), pytest.raises(SettingError, match="from_migrations=True"):
        EnumMigrate().sync(server="postgresql://x")


def test_from_python(one_project: Project) -> None:
    one_project.start(MODELS, labels=["OPEN", "CLOSED"])
    nowhere(one_project, ["OPEN", "SHUT"])
    server = one_project.server.url
    with one_project.app.app_context():
        tried = EnumMigrate().sync(from_migrations=True, server=server, dry_run=True)
        assert tried.unseen_values == ("CLOSED",)
        flags = Flags(rename=["CLOSED=SHUT"])
        written = EnumMigrate().sync(from_migrations=True, server=server, flags=flags)
        assert (written.unseen_values, written.from_migrations) == ((), True)
        assert written.path is not None
