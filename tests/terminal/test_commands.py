"""What the commands print, to whom and in which colour."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from flask_enum_migrate.check import DIFFERS
from flask_enum_migrate.check import IN_SYNC
from flask_enum_migrate.check import NEW
from flask_enum_migrate.check import UNDECLARED
from flask_enum_migrate.check import UNUSED
from flask_enum_migrate.check import WRONG_COLUMNS
from flask_enum_migrate.core.alter_enum import AlterEnum
from flask_enum_migrate.core.hints import other_side
from flask_enum_migrate.core.pairing import Pair
from flask_enum_migrate.core.schema import DeclaredEnum
from flask_enum_migrate.core.schema import EnumClass
from flask_enum_migrate.core.schema import LiveEnum
from flask_enum_migrate.core.schema import Name
from flask_enum_migrate.core.wording import message_for
from tests.project import Project
from tests.screens import PROGRAM
from tests.screens import flask
from tests.screens import on_a_terminal

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
        "  + OK    after SAD",
        "  - GONE  no row here holds it; refuses where one does",
        "",
        "1 type: 1 label added, 1 label removed.",
        "Upgrade    rewrites public.item (N kB); nobody reads or writes it meanwhile",
        "Downgrade  rewrites public.item (N kB); nobody reads or writes it meanwhile; refuses "
        "while a row holds OK, unless --downgrade-map says otherwise",
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
        "Hint: 2 of 2 labels of public.mood are the values of models.Mood; the model stores its "
        "names. Choose one:\n"
        "  keep the values, in the model, without a migration:\n"
        "    db.Enum(Mood, values_callable=lambda cls: [m.value for m in cls])\n"
        "  store the names, in the database (instant):\n"
        "    flask db enum sync --rename mood.sad=SAD --rename mood.ok=OK\n"
    )
    assert one_project.db("enum", "check", expect=1).stdout.endswith(
        f"\n\n{hint}Drift: 1 of 1 enum type differs. Next: one of the ways above.\n"
    )
    assert one_project.sync(expect=1).stderr.endswith(f"{hint}Nothing was written.\n")
    one_project.sql("DELETE FROM item")
    assert one_project.sync("--dry-run").stderr.startswith(f"{hint}public.mood\n")
    one_project.sync("--rename", "mood.sad=SAD", "--rename", "mood.ok=OK")
    one_project.db("upgrade")
    assert one_project.labels("mood") == ["SAD", "OK", "NEW"]


def test_leftovers_take_no_hint_away(one_project: Project) -> None:
    """Most labels are the other side's, and one is nobody's any more."""
    values = ", values_callable=lambda cls: [m.value for m in cls]"
    one_project.start(mood("NEW", "GONE", "OLD", more=values))
    one_project.models(mood("NEW", "OLD"))
    said = one_project.db("enum", "check", expect=1)
    assert "Hint: 2 of 3 labels of public.mood are the values of models.Mood" in said.stdout
    assert "  store the names, in the database (rewrites its tables):\n" in said.stdout
    (way,) = re.findall(r"^ {4}flask (db enum sync .*)$", said.stdout, re.MULTILINE)
    one_project.run(*way.split())
    one_project.db("upgrade")
    assert one_project.labels("mood") == ["NEW", "OLD"]


def test_no_way_out_before_the_database_is_at_head(one_project: Project) -> None:
    values = ", values_callable=lambda cls: [m.value for m in cls]"
    one_project.start(mood("SAD", "OK", more=values))
    one_project.db("revision", "-m", "second")
    one_project.models(mood("SAD", "OK"))
    assert one_project.db("enum", "check", expect=1).stdout.endswith(
        "Drift: 1 of 1 enum type differs. The database isn't at head. Next: flask db upgrade\n"
    )


def test_names_in_the_database_and_values_in_the_model(one_project: Project) -> None:
    one_project.start(mood("SAD", "OK"))
    one_project.models(
        mood("SAD", "OK", more=", values_callable=lambda cls: [m.value for m in cls]")
    )
    assert (
        "Hint: 2 of 2 labels of public.mood are the names of models.Mood; the model stores its "
        "values. Choose one:\n"
        "  keep the names, in the model, without a migration:\n"
        "    db.Enum(Mood)\n"
        "  store the values, in the database (instant):\n"
        "    flask db enum sync --rename mood.SAD=sad --rename mood.OK=ok\n"
    ) in one_project.db("enum", "check", expect=1).stdout


def test_no_hint_for_a_plain_difference(one_project: Project) -> None:
    one_project.start(mood("SAD", "OK"))
    one_project.models(mood("SAD", "FINE"))
    assert "Hint" not in one_project.db("enum", "check", expect=1).output


def test_no_hint_where_most_labels_agree() -> None:
    members = (("A", "A"), ("B", "B"), ("NEW", "OLD"))
    enum = DeclaredEnum(Name("", "t"), ("A", "B", "NEW"), (), (EnumClass("m.E", members),))
    name = Name("public", "t")
    assert other_side(Pair(enum, LiveEnum(1, name, ("A", "B", "OLD")), name)) is None
    found = other_side(Pair(enum, LiveEnum(1, name, ("OLD",)), name))
    assert found is not None
    assert found.renames == {"OLD": "NEW"}


def test_long_lists_are_shortened(one_project: Project) -> None:
    one_project.start(LABELS, labels=["a"])
    one_project.models(LABELS, labels=["a", *(f"label{i}" for i in range(100))])
    done = one_project.db("enum", "check", expect=1)
    assert "  … and 88 more\n" in done.stdout
    assert len(done.stdout.splitlines()) < 20
    listed = one_project.db("enum", "list").stdout
    assert "+ label11  and 88 more" in listed


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
    assert done.stderr == (
        "3 types: 1 differs, 1 not in the models, 1 unused. Next: flask db enum check\n"
    )
    assert done.stdout == (
        "TYPE     SCHEMA  STATE              USED BY               LABELS\n"
        "mood     public  differs            item.mood and 1 more  - OK  + GREAT\n"
        "colour   other   not in the models  paint.colour          red, 'dark blue'\n"
        "nobodys  public  unused             -                     (none)\n"
    )
    done = one_project.db("enum", "list", "--drift")
    assert done.stdout.splitlines()[1:] == [
        "mood  public  differs  item.mood and 1 more  - OK  + GREAT"
    ]
    one_project.models(mood("SAD", "OK"))
    done = one_project.db("enum", "list", "--drift")
    assert (done.stdout, done.stderr) == (
        "",
        "3 types: 1 in sync, 1 not in the models, 1 unused.\n",
    )


MANY = """
for number in range(30):
    name = f"a_type_with_a_name_{number}"
    labels = [f"QUITE_A_LONG_LABEL_{n}" for n in range(4)] + (["MORE"] if number in more else [])
    type(f"Table{number}", (db.Model,), {
        "__tablename__": f"a_table_for_the_type_{number}",
        "id": db.Column(db.Integer, primary_key=True),
        "state": db.Column(sa.Enum(*labels, name=name)),
    })
"""


@pytest.mark.parametrize("columns", [80, 120])
def test_thirty_types_are_readable_on_a_terminal(one_project: Project, columns: int) -> None:
    one_project.start(MANY, more=())
    command = flask(one_project, [])
    program = (one_project.folder / "app.py").read_text()
    start, _, _ = program.partition("class Item")
    source = f"{start}import sqlalchemy as sa\nmore = (7, 23)\n{MANY}"
    (one_project.folder / "app.py").write_text(source)
    shown = on_a_terminal(
        [*command, "list"], one_project.folder, columns=columns, NO_COLOR="1"
    ).splitlines()
    assert [line for line in shown if len(line) > columns] == []
    assert len(shown) <= 2 + 30 * (3 if columns == 80 else 2)
    differ = [line for line in shown if " differs" in line and "types" not in line]
    assert [line.split()[0] for line in differ] == ["a_type_with_a_name_23", "a_type_with_a_name_7"]
    assert shown.index(differ[1]) <= 4
    assert sum("+ MORE" in line for line in shown) == 2
    assert shown[-1] == "30 types: 2 differ, 28 in sync. Next: flask db enum check"


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


def test_colours_and_width_of_a_terminal(one_project: Project) -> None:
    one_project.start(LABELS, labels=["alpha", "beta"])
    command = flask(one_project, ["alpha", "beta", "gamma", "delta", "epsilon"])
    folder = one_project.folder
    coloured = on_a_terminal([*command, "check"], folder)
    assert "\x1b[32m  + add 'gamma' after 'beta'\x1b[0m" in coloured
    assert "\x1b[31mDrift\x1b[0m" in coloured
    assert "\x1b" not in on_a_terminal([*command, "check"], folder, NO_COLOR="1")


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


def test_the_likeliest_renames_are_printed_first(one_project: Project) -> None:
    one_project.start(
        LABELS, "INSERT INTO item (state) VALUES ('LOST')", labels=["NEW", "PAID", "LOST"]
    )
    one_project.models(LABELS, labels=["new", "paid", "packed", "sent", "lost"])
    shown = one_project.sync(expect=1).stderr
    assert re.findall("--rename (.*)", shown)[0] == "state.LOST=lost"
    assert len(re.findall("^    --rename (.*)", shown, re.MULTILINE)) == 3


def test_what_may_be_a_rename_is_told(one_project: Project) -> None:
    one_project.start(LABELS, labels=["paid", "packed", "odd"])
    one_project.models(LABELS, labels=["paid", "sent", "wrapped"])
    option = "--rename state.packed=wrapped"
    for migrations in ([], ["--from-migrations"]):
        said = one_project.db("enum", "check", *migrations, expect=1).stderr.splitlines()[-1]
        told = " ".join(["flask db enum sync", *migrations, option])
        assert said == f"Note: if 'packed' is called 'wrapped' now, say so: {told}"
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
                "retired": [],
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
        "unlooked": [],
        "rows": None,
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
    program = PROGRAM.format(url=one_project.sqlalchemy_url(), labels=[], kind="").replace(
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
