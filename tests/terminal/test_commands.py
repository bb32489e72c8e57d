"""What the commands print, to whom and in which colour."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from flask_enum_migrate.check import DIFFERS
from flask_enum_migrate.check import IN_SYNC
from flask_enum_migrate.check import NEW
from flask_enum_migrate.check import UNDECLARED
from flask_enum_migrate.check import UNUSED
from flask_enum_migrate.check import WRONG_COLUMNS
from flask_enum_migrate.core.changes import AlterEnum
from flask_enum_migrate.core.hints import names_and_values
from flask_enum_migrate.core.pairing import Pair
from flask_enum_migrate.core.schema import DeclaredEnum
from flask_enum_migrate.core.schema import EnumClass
from flask_enum_migrate.core.schema import LiveEnum
from flask_enum_migrate.core.schema import Name
from flask_enum_migrate.core.wording import message_for
from tests.project import Project

MODELS = """
class Mood(enum.Enum):
    {members}

class Item(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    mood = db.Column(db.Enum(Mood{more}))
    moods = db.Column(db.ARRAY(db.Enum(Mood{more})))
"""

LABELS = """
class Item(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    state = db.Column(sa.Enum(*labels, name="state"))
"""


def mood(*names: str, more: str = "") -> str:
    members = "; ".join(f"{name} = {name.lower()!r}" for name in names)
    return MODELS.format(members=members, more=more)


def test_check_says_what_differs_and_what_it_costs(one_project: Project) -> None:
    one_project.start(mood("SAD", "OK", "GONE"))
    assert one_project.db("enum", "check").stdout == (
        "In sync: 1 enum type compared, no difference.\n"
    )
    one_project.models(mood("SAD", "MEH", "OK", "GONE"))
    done = one_project.db("enum", "check", expect=1)
    assert done.stderr == ""
    assert done.stdout == (
        "public.mood\n"
        "  models.Mood, used by item.mood, item.moods\n"
        "  + add 'MEH' after 'SAD'\n"
        "  Cost: instant, no table is rewritten.\n"
        "\n"
        "Drift: 1 of 1 enum type differs. Next: flask db enum sync\n"
    )
    one_project.models(mood("OK", "SAD"))
    assert one_project.db("enum", "check", expect=1).stdout.splitlines()[2:5] == [
        "  - remove 'GONE'",
        "  ~ reorder to 'OK', 'SAD'",
        "  Cost: rewrites public.item under an ACCESS EXCLUSIVE lock.",
    ]


def test_check_when_the_database_is_behind(one_project: Project) -> None:
    one_project.start(mood("SAD"))
    one_project.models(mood("SAD", "OK"))
    one_project.sync()
    assert one_project.db("enum", "check", expect=1).stdout.splitlines()[-1] == (
        "Drift: 1 of 1 enum type differs. The database isn't at head. Next: flask db upgrade"
    )
    refused = one_project.sync(expect=1)
    assert refused.stderr.endswith("First run: flask db upgrade\nNothing was written.\n")
    one_project.models(mood("SAD"))
    done = one_project.db("enum", "check")
    assert done.stdout.startswith("In sync: ")
    assert done.stderr == "Note: the database isn't at head; next: flask db upgrade\n"


def test_check_with_several_heads(one_project: Project) -> None:
    one_project.start(mood("SAD"))
    (first,) = re.findall(r"^revision = '(\w+)'", one_project.revision(), re.MULTILINE)
    for name in ("b2", "c3"):
        one_project.db("revision", "--rev-id", name, "--head", first, "--splice")
    done = one_project.db("enum", "check")
    assert done.stderr == (
        "Note: the migrations have 2 heads: b2, c3; next: flask db merge heads\n"
    )
    one_project.models(mood("SAD", "OK"))
    last = (
        "Drift: 1 of 1 enum type differs. The migrations have 2 heads: b2, c3. "
        "Next: flask db merge heads"
    )
    for ready in (False, True):
        if ready:
            one_project.db("upgrade", "heads")
        done = one_project.db("enum", "check", expect=1)
        assert done.stdout.splitlines()[-1] == last
    made = one_project.db("enum", "check", "--from-migrations", expect=1)
    assert made.stdout.splitlines()[-1] == last
    one_project.db("merge", "heads")
    one_project.db("upgrade")
    done = one_project.db("enum", "check", expect=1)
    assert done.stdout.splitlines()[-1].endswith("differs. Next: flask db enum sync")


def test_sync_says_what_it_wrote(one_project: Project) -> None:
    one_project.start(mood("SAD", "GONE"))
    one_project.models(mood("SAD", "OK"))
    done = one_project.sync("-m", "It's 100%")
    (path,) = re.findall(r"^Wrote (.*)$", done.stdout, re.MULTILINE)
    assert done.stdout == f"Wrote {path}\n"
    assert Path(path).read_text() == one_project.revision()
    lines = re.sub(r"\d+ (kB|ms)", r"N \1", done.stderr).splitlines()
    assert lines == [
        "public.mood",
        "  + add 'OK' after 'SAD'",
        "  - remove 'GONE'",
        "  Upgrade:   rewrites public.item (N kB) under an ACCESS EXCLUSIVE lock.",
        "  Downgrade: rewrites public.item (N kB) under an ACCESS EXCLUSIVE lock.",
        "Note: if 'GONE' is called 'OK' now, remove the file and say so, and nothing is rewritten: "
        "--rename mood.GONE=OK",
        "Next: read it, then run: flask db upgrade",
        "Rehearsed: upgrade and downgrade ran on this database and were rolled back (N ms).",
    ]


def test_dry_run_and_sql_print_data_only(one_project: Project) -> None:
    one_project.start(mood("SAD"))
    one_project.models(mood("SAD", "OK"))
    tried = one_project.sync("--dry-run")
    compile(tried.stdout, "body", "exec")
    assert "def upgrade():" in tried.stdout
    assert "\nNothing was written, as this is a dry run.\n" in tried.stderr
    assert tried.stderr.splitlines()[-1].startswith("Rehearsed: ")
    sql = one_project.sync("--sql")
    assert "ALTER TYPE public.mood ADD VALUE IF NOT EXISTS 'OK' AFTER 'SAD';" in sql.stdout
    assert sql.stderr == ""


def test_nothing_to_write(one_project: Project) -> None:
    one_project.start(mood("SAD"))
    done = one_project.sync()
    assert done.stdout == ""
    assert done.stderr == "The enums of models and database agree: nothing to write.\n"


def test_new_columns_are_left_to_migrate(one_project: Project) -> None:
    one_project.start(LABELS, labels=["a"])
    more = LABELS + '    also = db.Column(sa.Enum(*labels, name="state"))\n'
    note = "Note: item.also exists only in the models; that is for: flask db migrate\n"
    one_project.models(more, labels=["a"])
    assert one_project.db("enum", "check").stderr == note
    assert one_project.sync().stderr.startswith(note)
    one_project.models(more.replace('name="state"', 'name="other"', 1), labels=["a"])
    done = one_project.db("enum", "check", expect=1)
    assert "Drift: " in done.stdout


def test_column_of_another_type(one_project: Project) -> None:
    one_project.start(
        "class Item(db.Model):\n"
        "    id = db.Column(db.Integer, primary_key=True)\n"
        "    state = db.Column(sa.LargeBinary)\n"
    )
    one_project.models(LABELS, labels=["a"])
    done = one_project.db("enum", "check", expect=1)
    assert "  ! item.state is bytea in the database, not state" in done.stdout
    assert done.stdout.endswith("Next: convert the columns in a migration of your own.\n")
    refused = one_project.sync(expect=1).stderr
    assert "It can't be converted by itself; do it in a migration of your own" in refused


def test_unused_types_are_mentioned(one_project: Project) -> None:
    one_project.start(LABELS, "CREATE TYPE nobodys AS ENUM ('x')", labels=["a"])
    assert one_project.db("enum", "check").stderr == (
        "Note: nothing uses the type public.nobodys; to drop it: flask db enum sync --drop-unused\n"
    )


def test_values_in_the_database_and_names_in_the_model(one_project: Project) -> None:
    values = ", values_callable=lambda cls: [m.value for m in cls]"
    one_project.start(mood("SAD", "OK", more=values), "INSERT INTO item (mood) VALUES ('sad')")
    one_project.models(mood("SAD", "OK", "NEW"))
    hint = (
        "The labels in the database are the values of models.Mood, the model stores its names: was "
        "it declared without db.Enum(Mood, values_callable=lambda cls: [member.value for member in "
        "cls])?"
    )
    assert f"  Hint: {hint}\n" in one_project.db("enum", "check", expect=1).stdout
    assert f"Note: {hint}\nNothing was written.\n" in one_project.sync(expect=1).stderr
    one_project.sql("DELETE FROM item")
    assert f"  Hint: {hint}\n" in one_project.sync("--dry-run").stderr


def test_names_in_the_database_and_values_in_the_model(one_project: Project) -> None:
    one_project.start(mood("SAD", "OK"))
    one_project.models(
        mood("SAD", "OK", more=", values_callable=lambda cls: [m.value for m in cls]")
    )
    assert (
        "  Hint: The labels in the database are the names of models.Mood, the model stores its "
        "values: is the values_callable of its db.Enum(...) new, or not wanted?\n"
    ) in one_project.db("enum", "check", expect=1).stdout


def test_no_hint_for_a_plain_difference(one_project: Project) -> None:
    one_project.start(mood("SAD", "OK"))
    one_project.models(mood("SAD", "FINE"))
    assert "Hint" not in one_project.db("enum", "check", expect=1).output


def test_no_hint_where_most_labels_agree() -> None:
    members = (("A", "A"), ("B", "B"), ("NEW", "OLD"))
    enum = DeclaredEnum(Name("", "t"), ("A", "B", "NEW"), (), (EnumClass("m.E", members),))
    name = Name("public", "t")
    assert names_and_values(Pair(enum, LiveEnum(1, name, ("A", "B", "OLD")), name)) == ""
    assert names_and_values(Pair(enum, LiveEnum(1, name, ("OLD",)), name)) != ""


def test_long_lists_are_shortened(one_project: Project) -> None:
    one_project.start(LABELS, labels=["a"])
    one_project.models(LABELS, labels=["a", *(f"label{i}" for i in range(100))])
    done = one_project.db("enum", "check", expect=1)
    assert "  … and 88 more\n" in done.stdout
    assert len(done.stdout.splitlines()) < 20
    listed = one_project.db("enum", "list").stdout
    assert "label10 and 89 more" in listed


NASTY = ["\x1b[2J\x1b]0;x\x07", "a\nb", "\u202eevil", "\t", "\x9b31m", "'\"", "ok"]


def test_labels_cannot_steer_the_terminal(one_project: Project) -> None:
    one_project.start(LABELS, labels=["ok"])
    one_project.models(LABELS, labels=NASTY)
    outputs = [
        one_project.db("enum", "check", expect=1).output,
        one_project.db("enum", "list").output,
        one_project.sync("--rename", "ok=\x1b[2J", expect=2).output,
        one_project.sync("--dry-run").output,
        one_project.sync().output,
    ]
    one_project.db("upgrade")
    outputs.append(one_project.db("enum", "list").output)
    for label in NASTY[:-1]:
        literal = label.replace("'", "''")
        one_project.sql(f"INSERT INTO item (state) VALUES ('{literal}')")
    one_project.models(LABELS, labels=["ok"])
    outputs.append(one_project.sync(expect=1).output)
    for output in outputs:
        assert not set(output) - {c for c in output if c.isprintable()} - {"\n"}
    assert r"\x1b[2J" in outputs[0]


def test_list_is_a_table(one_project: Project) -> None:
    one_project.start(
        mood("SAD", "OK"),
        "CREATE SCHEMA other",
        "CREATE TYPE other.colour AS ENUM ('red', 'dark blue')",
        "CREATE TABLE other.paint (colour other.colour)",
        "CREATE TYPE nobodys AS ENUM ()",
    )
    one_project.models(mood("SAD", "GREAT"))
    done = one_project.db("enum", "list")
    assert done.stderr == ""
    assert done.stdout == (
        "TYPE     SCHEMA  STATE              USED BY               LABELS\n"
        "colour   other   not in the models  paint.colour          red, 'dark blue'\n"
        "mood     public  differs            item.mood and 1 more  models:   SAD, GREAT\n"
        "                                                          database: SAD, OK\n"
        "nobodys  public  unused             -                     (none)\n"
    )


def test_list_of_nothing(one_project: Project) -> None:
    one_project.models("class Item(db.Model):\n    id = db.Column(db.Integer, primary_key=True)\n")
    one_project.db("init")
    done = one_project.db("enum", "list")
    assert done.stdout == ""
    assert done.stderr.startswith("There are no enum types")


def test_help_shows_examples(one_project: Project) -> None:
    one_project.models(LABELS, labels=["a"])
    for command, example in (
        ("sync", "app db enum sync --rename LOGIN_FAILURE=LOGIN_DENIED"),
        ("check", "app db enum check"),
        ("list", "app db enum list"),
    ):
        shown = one_project.db("enum", command, "--help").stdout
        assert example in shown
        assert max(map(len, shown.splitlines())) <= 80
    assert "  list   " in one_project.db("enum", "--help").stdout


def test_help_tells_what_the_options_take(one_project: Project) -> None:
    one_project.models(LABELS, labels=["a"])
    sync, check, list_ = (
        " ".join(one_project.db("enum", command, "--help").stdout.split())
        for command in ("sync", "check", "list")
    )
    assert "on a downgrade OLD again, if NEW is new" in sync
    assert "OLD is any value" in sync
    assert "write SCHEMA.TYPE in" in sync
    for option in ("rename", "map", "map-null", "downgrade-map"):
        assert f"sync --{option} " in sync
    assert "[default: text]" in check
    assert "as postgresql://" in check
    for state in (IN_SYNC, DIFFERS, WRONG_COLUMNS, NEW, UNDECLARED, UNUSED):
        assert f" {state} " in list_
    assert "2 it could not tell" in list_


@pytest.mark.parametrize(
    ("new_name", "new_labels", "message"),
    [
        ("public.parcel", ["ups", "dhl"], "Rename carrier to parcel"),
        (
            "public.parcel",
            ["dhl", "fedex"],
            "Rename carrier to parcel, add fedex, remove ups in parcel",
        ),
        ("far.carrier", ["ups", "dhl"], "Move carrier to far"),
        (
            "far.parcel",
            ["dhl"],
            "Move carrier to far, rename carrier to parcel, remove ups in parcel",
        ),
        ("public.carrier", ["ups", "dhl", "fedex"], "Add fedex in carrier"),
    ],
)
def test_the_message_made_from_the_changes(
    new_name: str, new_labels: list[str], message: str
) -> None:
    name = Name(*new_name.split("."))
    change = AlterEnum(Name("public", "carrier"), name, ("ups", "dhl"), tuple(new_labels))
    assert message_for([change]) == message


PROGRAM = """

from flask import Flask
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from flask_enum_migrate import EnumMigrate

app = Flask("app")
app.config["SQLALCHEMY_DATABASE_URI"] = {url!r}
db = SQLAlchemy(app)
Migrate(app, db)
EnumMigrate(app)

class Item(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    state = db.Column(db.Enum(*{labels!r}, name="state"))
"""


def flask(project: Project, labels: list[str]) -> list[str]:
    """Write the app to a file and return the command that checks it in a process of its own."""
    program = PROGRAM.format(url=project.sqlalchemy_url(), labels=labels)
    (project.folder / "app.py").write_text(program)
    return [sys.executable, "-m", "flask", "db", "enum"]


def _heeds_control_c() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])


CONTROL_C, END_OF_FILE = "\x03", "\x04"


def on_a_terminal(command: list[str], folder: Path, *answers: str, **environment: str) -> str:
    """Run a command on a terminal of 60 columns and return what it shows.

    :param answers: typed in turn, each when a question waits for it; then end of file.
    """
    master, terminal = pty.openpty()
    env = {**os.environ, "COLUMNS": "60", "TERM": "xterm", **environment}
    process = subprocess.Popen(
        command,
        cwd=folder,
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        env=env,
        # A shell lets what it runs in the background ignore Ctrl-C.
        preexec_fn=_heeds_control_c,
    )
    os.close(terminal)
    shown, waiting, unheeded = b"", list(answers), False
    give_up = time.monotonic() + 60
    while True:
        # Python misses a Ctrl-C between the prompt and its wait for a key: press it again.
        if not select.select([master], [], [], 1 if unheeded else 60)[0]:
            if unheeded and time.monotonic() < give_up:
                process.send_signal(signal.SIGINT)
                continue
            process.kill()
            process.wait()
            pytest.fail(f"Nothing more was shown for a minute after: {shown.decode()}")
        unheeded = False
        try:
            shown += os.read(master, 65536)
        except OSError:  # the other end is closed
            break
        give_up = time.monotonic() + 60
        if shown.endswith(b"]: "):
            answer = waiting.pop(0) if waiting else END_OF_FILE
            if answer == CONTROL_C:
                process.send_signal(signal.SIGINT)
                unheeded = True
            else:
                os.write(master, answer.encode() + (b"" if answer == END_OF_FILE else b"\n"))
    os.close(master)
    process.wait()
    return shown.decode().replace("\r\n", "\n")


def test_colours_and_width_of_a_terminal(one_project: Project) -> None:
    one_project.start(LABELS, labels=["alpha", "beta"])
    command = flask(one_project, ["alpha", "beta", "gamma", "delta", "epsilon"])
    folder = one_project.folder
    coloured = on_a_terminal([*command, "check"], folder)
    assert "\x1b[32m  + add 'gamma' after 'beta'\x1b[0m" in coloured
    assert "\x1b[31mDrift\x1b[0m" in coloured
    assert "\x1b" not in on_a_terminal([*command, "check"], folder, NO_COLOR="1")
    table = on_a_terminal([*command, "list"], folder, NO_COLOR="1").splitlines()
    assert max(map(len, table)) <= 72
    assert len(table) > 3


def test_no_colours_in_a_pipe_and_any_encoding(one_project: Project) -> None:
    one_project.start(LABELS, labels=["a"])
    command = flask(one_project, ["a", "größer", *map(str, range(20))])
    done = subprocess.run(
        [*command, "check"],
        cwd=one_project.folder,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert b"  + add 'gr\\xf6\\xdfer' after 'a'\n" in done.stdout
    assert b"\x1b" not in done.stdout + done.stderr


def test_sync_asks_in_a_terminal(one_project: Project) -> None:
    one_project.start(
        LABELS,
        "INSERT INTO item (state) VALUES ('old'), ('gone'), ('odd')",
        labels=["old", "gone", "odd", "stays"],
    )
    command = [*flask(one_project, ["gones", "fresh", "stays"]), "sync", "-m", "asked"]
    folder = one_project.folder
    answers = ("3", "x", "1", "", "stays", "3", "stays", "")
    shown = on_a_terminal(command, folder, *answers, NO_COLOR="1")
    assert shown.startswith(
        """public.state has lost 'old'. What became of it?
  1  it is called 'gones' now
  2  it is called 'fresh' now
  3  it was removed
Answer [3]: 3
public.state has lost 'gone'. What became of it?
  1  it is called 'gones' now
  2  it is called 'fresh' now
  3  it was removed
Answer [3]: x
Please answer with a number from 1 to 3, or with one of the labels.
Answer [3]: 1
public.state has lost 'odd'. What became of it?
  1  it is called 'fresh' now
  2  it was removed
Answer [2]:\x20
public.state loses the label 'old', which 1 row of public.item.state holds. What becomes of them?
  1  they become 'gones'
  2  they become 'fresh'
  3  they become 'stays'
  4  they become NULL
  5  stop, and write nothing
Answer [5]: stays
public.state loses the label 'odd', which 1 row of public.item.state holds. What becomes of them?
  1  they become 'gones'
  2  they become 'fresh'
  3  they become 'stays'
  4  they become NULL
  5  stop, and write nothing
Answer [5]: 3
public.state gains 'fresh'. What does a downgrade do with rows that hold it?
  1  they become 'old'
  2  they become 'gone'
  3  they become 'odd'
  4  they become 'stays'
  5  it refuses, and changes nothing
Answer [5]: stays
"""
    )
    assert "rewrites public.item (" in shown
    assert "Write this migration? [Y/n]: " in shown
    assert "\nWrote " in shown
    assert shown.splitlines()[-2] == (
        "The same without questions: --rename public.state.gone=gones --map state.old=stays "
        "--map state.odd=stays --downgrade-map public.state.fresh=stays"
    )


def test_no_downgrade_is_asked_about_that_an_answer_decides(one_project: Project) -> None:
    one_project.start(
        LABELS, "INSERT INTO item (state) VALUES ('sent'), ('new')", labels=["new", "sent"]
    )
    command = [*flask(one_project, ["new", "delivered", "lost"]), "sync"]
    answers = ("3", "lost", "new", "")
    shown = on_a_terminal(command, one_project.folder, *answers, NO_COLOR="1")
    assert "gains 'delivered'. What does a downgrade do with rows that hold it?" in shown
    assert shown.splitlines()[-2] == (
        "The same without questions: --map state.sent=lost --downgrade-map "
        "public.state.delivered=new"
    )
    assert "isn't known any more" not in one_project.revision()
    one_project.db("upgrade")
    one_project.sql("INSERT INTO item (state) VALUES ('delivered')")
    one_project.db("downgrade")
    rows = one_project.rows("SELECT state::text FROM item ORDER BY id")
    assert rows == [("sent",), ("new",), ("new",)]


def test_the_likeliest_renames_are_printed_first(one_project: Project) -> None:
    one_project.start(
        LABELS, "INSERT INTO item (state) VALUES ('LOST')", labels=["NEW", "PAID", "LOST"]
    )
    one_project.models(LABELS, labels=["new", "paid", "packed", "sent", "lost"])
    shown = one_project.sync(expect=1).stderr
    assert re.findall("--rename (.*)", shown)[0] == "state.LOST=lost"
    assert len(re.findall("--rename (.*)", shown)) == 3


def test_what_may_be_a_rename_is_told(one_project: Project) -> None:
    one_project.start(LABELS, labels=["paid", "packed", "odd"])
    one_project.models(LABELS, labels=["paid", "sent", "wrapped"])
    option = "--rename state.packed=wrapped"
    for command in (["enum", "check"], ["enum", "check", "--from-migrations"]):
        assert one_project.db(*command, expect=1).stderr.splitlines()[-1] == (
            f"Note: if 'packed' is called 'wrapped' now, say so: flask db enum sync {option}"
        )
    for only_look in ("--dry-run", "--sql"):
        said = one_project.sync(only_look).stderr
        assert f"Note: if 'packed' is called 'wrapped' now, say so: {option}\n" in said
    one_project.models(LABELS, labels=["paid", "wrapped", "odd"])
    before = {*one_project.revisions()}
    assert one_project.db("migrate").stderr.endswith(
        "Note: if 'packed' is called 'wrapped' now, remove the file and say so, and nothing is "
        f"rewritten: flask db enum sync {option}\n"
    )
    for path in set(one_project.revisions()) - before:
        path.unlink()
    done = one_project.sync("--rename", "state.packed=wrapped")
    assert "Note" not in done.stderr
    assert "rewritten" in done.stderr


def test_what_was_asked_is_not_told_again(one_project: Project) -> None:
    one_project.start(LABELS, labels=["paid", "packed"])
    command = [*flask(one_project, ["paid", "wrapped"]), "sync"]
    shown = on_a_terminal(command, one_project.folder, "2", "", "", NO_COLOR="1")
    assert "\nWrote " in shown
    assert "say so" not in shown


def test_no_answer_writes_nothing(one_project: Project) -> None:
    one_project.start(LABELS, "INSERT INTO item (state) VALUES ('old')", labels=["old", "b"])
    command = [*flask(one_project, ["b"]), "sync"]
    shown = on_a_terminal(command, one_project.folder, "", NO_COLOR="1")
    assert shown.endswith("Nothing was written.\n")
    assert "    --map-null state.old\n" in shown
    quiet = on_a_terminal([*command, "--no-input"], one_project.folder, NO_COLOR="1")
    assert "What becomes of them?" not in quiet
    assert quiet.endswith("Nothing was written.\n")
    assert len(one_project.revisions()) == 1


def test_nothing_is_asked_where_the_answers_could_not_be_used(one_project: Project) -> None:
    one_project.start(LABELS, labels=["old"])
    command = [*flask(one_project, ["new"]), "sync"]
    (first,) = re.findall(r"^revision = '(\w+)'", one_project.revision(), re.MULTILINE)
    one_project.db("revision", "-m", "second", "--rev-id", "b2")
    shown = on_a_terminal(command, one_project.folder, NO_COLOR="1")
    assert "?" not in shown
    assert shown.endswith("First run: flask db upgrade\nNothing was written.\n")
    one_project.db("revision", "-m", "other", "--rev-id", "c3", "--head", first, "--splice")
    shown = on_a_terminal(command, one_project.folder, NO_COLOR="1")
    assert "?" not in shown
    assert shown.startswith("Nothing was written: The migrations have 2 heads: ")
    shown = on_a_terminal([*command, "--head", "b2"], one_project.folder, NO_COLOR="1")
    assert shown.endswith("First run: flask db upgrade b2\nNothing was written.\n")


@pytest.mark.parametrize("answers", [("n",), ("",), (CONTROL_C,), ()])
def test_the_plan_is_confirmed_once(one_project: Project, answers: tuple[str, ...]) -> None:
    one_project.start(LABELS, labels=["old"])
    command = [*flask(one_project, ["new"]), "sync", "--rename", "old=new"]
    shown = on_a_terminal(command, one_project.folder, *answers, NO_COLOR="1")
    question = (
        "public.state\n  ~ rename 'old' to 'new'\n  Upgrade:   instant, no table is rewritten.\n"
        "  Downgrade: instant, no table is rewritten.\nWrite this migration? [Y/n]: "
    )
    assert shown.startswith(question)
    assert shown.count("?") == 1
    written = answers == ("",)
    assert ("RENAME VALUE 'old' TO 'new'" in one_project.revision()) is written
    assert len(one_project.revisions()) == 1 + written
    if answers == ("n",):
        assert shown.endswith("[Y/n]: n\nNothing was written.\n")


def test_control_c_at_a_question_writes_nothing(one_project: Project) -> None:
    one_project.start(LABELS, labels=["old"])
    command = [*flask(one_project, ["new"]), "sync"]
    shown = on_a_terminal(command, one_project.folder, "1", CONTROL_C, NO_COLOR="1")
    assert shown.endswith("Nothing was written: aborted.\n")
    assert len(one_project.revisions()) == 1


def test_a_dry_run_asks_but_needs_no_consent(one_project: Project) -> None:
    one_project.start(LABELS, labels=["old"])
    command = [*flask(one_project, ["new"]), "sync", "--dry-run"]
    shown = on_a_terminal(command, one_project.folder, "1", NO_COLOR="1")
    assert "Write this migration?" not in shown
    assert "RENAME VALUE 'old' TO 'new'" in shown
    assert "--rename public.state.old=new" in shown.splitlines()[-2]


def test_many_candidates_are_offered_by_likeliness(one_project: Project) -> None:
    one_project.start(LABELS, labels=["waiting"])
    new = [f"x{i}" for i in range(20)] + ["waits"]
    command = [*flask(one_project, new), "sync"]
    shown = on_a_terminal(command, one_project.folder, "x19", "", "", NO_COLOR="1")
    assert "  1  it is called 'waits' now\n" in shown
    assert "  10  it was removed\n  or any of 12 other labels, as it is written\n" in shown
    assert "RENAME VALUE 'waiting' TO 'x19'" in one_project.revision()


def test_strings_that_are_no_label_are_asked_about(one_project: Project) -> None:
    one_project.start(
        LABELS.replace('sa.Enum(*labels, name="state")', "db.Text, server_default='LEGACY'"),
        "INSERT INTO item (state) VALUES ('a'), ('LEGACY'), ('junk')",
        labels=[],
    )
    assert one_project.labels("state") == []
    command = [*flask(one_project, ["a", "b"]), "sync"]
    shown = on_a_terminal(command, one_project.folder, "2", "3", "", NO_COLOR="1")
    assert "which has no label 'LEGACY', and 1 row holds it. What becomes of them?" in shown
    assert "--map state.LEGACY=b --map-null state.junk" in shown.splitlines()[-2]
    one_project.db("upgrade")
    assert one_project.rows("SELECT state::text FROM item ORDER BY id") == [("a",), ("b",), (None,)]


def test_check_as_json(one_project: Project) -> None:
    one_project.start(mood("SAD", "GONE"))
    assert json.loads(one_project.db("enum", "check", "--format", "json").stdout) == {
        "version": 1,
        "outcome": "in sync",
        "compared": "database",
        "at_head": True,
        "next": "",
        "enums": [
            {
                "schema": "public",
                "name": "mood",
                "bind": "",
                "state": "in sync",
                "drift": False,
                "models": ["SAD", "GONE"],
                "database": ["SAD", "GONE"],
                "classes": ["models.Mood"],
                "columns": ["item.mood", "item.moods"],
                "changes": [],
                "wrong_columns": [],
                "missing_columns": [],
                "rewrites": [],
                "hint": "",
                "file": "",
                "line": None,
            }
        ],
        "tables": None,
        "skipped": [],
        "notes": [],
    }
    one_project.models(mood("SAD", "OK\u00e4"))
    drift = json.loads(one_project.db("enum", "check", "--format", "json", expect=1).stdout)
    assert drift["outcome"] == "drift"
    assert drift["next"] == "flask db enum sync"
    assert drift["enums"][0]["changes"] == [
        {"kind": "add_value", "label": "OK\u00e4", "after": "SAD"},
        {"kind": "drop_value", "label": "GONE", "mapped": False, "becomes": None},
    ]
    (one_project.migrations / "env.py").write_text("raise ValueError('no')")
    failed = one_project.db("enum", "check", "--format", "json", expect=2)
    assert json.loads(failed.stdout)["outcome"] == "could not tell"
    assert "ValueError: no" in json.loads(failed.stdout)["error"]
    assert failed.stderr.startswith("Could not tell: ")


def test_check_for_github(one_project: Project) -> None:
    one_project.start(mood("SAD"))
    program = PROGRAM.format(url=one_project.sqlalchemy_url(), labels=[]).replace(
        'db.Enum(*[], name="state")', "db.Enum(Mood)"
    )
    program = program.replace("state =", "mood =").replace(
        "class Item", "class Mood(enum.Enum):\n    SAD = 1\n    OK = 2\n\nclass Item"
    )
    program = "import enum\n" + program
    (one_project.folder / "app.py").write_text(program)
    line = program.splitlines().index("class Mood(enum.Enum):") + 1
    done = subprocess.run(
        [sys.executable, "-m", "flask", "db", "enum", "check", "--format", "github"],
        cwd=one_project.folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert done.stdout.splitlines() == [
        f"::error file=app.py,line={line},title=flask db enum check::"
        "public.mood: add 'OK' after 'SAD'%0ANext: flask db enum sync",
        "Drift: 1 of 1 enum type differs. Next: flask db enum sync",
    ]
    (one_project.migrations / "env.py").write_text("raise ValueError('100%')")
    failed = one_project.db("enum", "check", "--format", "github", expect=2)
    assert failed.stdout.startswith("::error title=flask db enum check::Could not tell: ")
    assert "100%25" in failed.stdout
