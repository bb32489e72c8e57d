"""What sync asks in a terminal, which answers it takes, and that no answer is ever lost."""

from __future__ import annotations

import re
import shlex

import pytest

from flask_enum_migrate import Flags
from flask_enum_migrate.core.errors import Refusal
from flask_enum_migrate.core.errors import Refused
from flask_enum_migrate.core.likeness import is_likely
from flask_enum_migrate.core.pairing import Pair
from flask_enum_migrate.core.schema import DeclaredEnum
from flask_enum_migrate.core.schema import LiveEnum
from flask_enum_migrate.core.schema import Name
from flask_enum_migrate.terminal import commands as cli
from flask_enum_migrate.terminal import invocation
from flask_enum_migrate.terminal.questions import Differing
from flask_enum_migrate.terminal.questions import Given
from flask_enum_migrate.terminal.questions import guessed
from tests.project import Project
from tests.screens import CONTROL_C
from tests.screens import flask
from tests.screens import on_a_terminal

LABELS = """
class Item(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    state = db.Column(sa.Enum(*labels, name="state"))
"""


CHECK = ", native_enum=False, create_constraint=True"


def sync(
    project: Project, labels: list[str], *typed: str, columns: int = 200, kind: str = ""
) -> str:
    """Run sync on a terminal, where labels are those of the models, and type answers."""
    options = [one for one in typed if one.startswith("--")]
    answers = [one for one in typed if not one.startswith("--")]
    command = [*flask(project, labels, kind), "sync", *options]
    return on_a_terminal(command, project.folder, *answers, columns=columns, NO_COLOR="1")


def pasted(shown: str) -> list[str]:
    """Return the last command of ours that is shown, as words."""
    told = re.findall(r"^ {4}(flask db enum sync(?:.*\\\n)*.*)", shown, re.MULTILINE)
    return shlex.split(told[-1].replace("\\\n", " "))


def test_questions_show_both_lists_and_the_rows(one_project: Project) -> None:
    one_project.start(
        LABELS,
        "INSERT INTO item (state) VALUES ('old'), ('gone'), ('gone')",
        labels=["old", "gone", "odd", "stays"],
    )
    answers = ("3", "x", "1", "2", "1", "")
    shown = sync(one_project, ["gones", "fresh", "stays"], "--message=asked", *answers)
    assert shown.startswith(
        """
public.state
  went  old   1 row
        gone  2 rows
        odd   no rows
  came  gones, fresh

1 of 3: What became of old?
  1  renamed to gones
  2  renamed to fresh
  3  removed
  q  stop, and show the answers as options
Answer [1-3, q]: 3

2 of 3: What became of gone?
  1  renamed to gones  (likely)
  2  renamed to fresh
  3  removed
  b  back to the question before
  q  stop, and show the answers as options
Answer [1-3, b, q]: x
Please answer with 1-3, b, q, or with one of the labels.
Answer [1-3, b, q]: 1

3 of 3: What became of odd?
  1  renamed to fresh
  2  removed
  b  back to the question before
  q  stop, and show the answers as options
Answer [1-2, b, q]: 2

public.state loses the label 'old', which 1 row of public.item.state holds.

What becomes of them?
  1  they become gones
  2  they become fresh
  3  they become stays
  4  they become NULL
  b  back to the question before
  q  stop, and show the answers as options
Answer [1-4, b, q]: 1

public.state
  ~ gone   -> gones
  + fresh  after gones
  - old    1 row becomes gones
  - odd    no row here holds it; refuses where one does

1 type: 1 label added, 1 label renamed, 2 labels removed.
Upgrade    rewrites public.item ("""
    )
    assert "Write this migration? [Y/n]: \nWrote " in shown
    assert pasted(shown) == [
        *("flask", "db", "enum", "sync", "--message", "asked"),
        *("--rename", "state.gone=gones", "--map", "state.old=gones"),
    ]


def test_a_string_under_a_check_is_asked_about_like_a_type(one_project: Project) -> None:
    one_project.start(
        LABELS.replace('"state"', f'"state"{CHECK}'),
        "INSERT INTO item (state) VALUES ('old'), ('gone'), ('gone')",
        labels=["old", "gone", "odd", "stays"],
    )
    answers = ("3", "1", "2", "1", "")
    shown = sync(one_project, ["gones", "fresh", "stays"], "-mx", *answers, kind=CHECK)
    assert shown.startswith("\npublic.item.state\n  went  old   1 row\n        gone  2 rows\n")
    assert (
        "\npublic.item.state loses the label 'old', which 1 row of public.item.state holds" in shown
    )
    assert (
        """
public.item.state
  ~ gone   -> gones
  + fresh  after gones
  - old    1 row becomes gones
  - odd    no row here holds it; refuses where one does

1 type: 1 label added, 1 label renamed, 2 labels removed.
Upgrade    no table is rewritten; looks at the rows of public.item ("""
        in shown
    )
    assert "Write this migration? [Y/n]: \nWrote " in shown
    assert pasted(shown)[-4:] == [
        *("--rename", "item.state.gone=gones", "--map", "item.state.old=gones")
    ]
    one_project.db("upgrade")
    assert one_project.rows("SELECT state FROM item ORDER BY id") == [("gones",)] * 3


def test_an_added_label_asks_only_whether_to_write(one_project: Project) -> None:
    one_project.start(LABELS, labels=["a"])
    shown = sync(one_project, ["a", "b"], "")
    assert shown.count("?") == 1
    assert "refuses while a row holds b, unless --downgrade-map says otherwise" in shown
    assert "The same without questions" not in shown
    assert "\nWrote " in shown
    one_project.db("upgrade")
    told = sync(one_project, ["a", "b", "c"], "--downgrade-map=c=a", "n")
    assert "says otherwise" not in told


@pytest.mark.parametrize(
    ("other", "option"), [("kind", "state.old=new"), ("state", "a.state.old=new")]
)
def test_a_schema_is_told_where_two_have_the_type(
    one_project: Project, other: str, option: str
) -> None:
    name = Name("a", "state")
    pair = Pair(DeclaredEnum(name, ("new",), ()), LiveEnum(1, name, ("old",)), name)
    names = frozenset({name, Name("b", other)})
    differing = Differing((pair,), (), (), Flags(), "flask db enum sync", names)
    one_project.models(LABELS, labels=["a"])
    with one_project.app.app_context():
        asked = differing.next_rename(Given(Flags()))
    assert asked
    assert str(asked.topic[0]) == "a.state"
    assert asked.choices[0].then.flags.rename == [option]


@pytest.mark.parametrize(
    ("answer", "new"), [("1", "STORED"), ("stored", "STORED"), ("Stored", "STORED")]
)
def test_labels_are_taken_in_any_case(one_project: Project, answer: str, new: str) -> None:
    one_project.start(LABELS, labels=["archived"])
    shown = sync(one_project, ["STORED", "Other"], answer, "n")
    assert f"~ archived  -> {new}" in shown


def test_a_label_in_two_cases_has_to_be_written_as_it_is(one_project: Project) -> None:
    one_project.start(LABELS, labels=["archived"])
    shown = sync(one_project, ["Stored", "STORED"], "stored", "STORED", "n")
    assert "Please answer with 1-3, q, or with one of the labels.\n" in shown
    assert "~ archived  -> STORED" in shown


def test_an_answer_can_be_taken_back(one_project: Project) -> None:
    one_project.start(
        LABELS, "INSERT INTO item (state) VALUES ('a'), ('b')", labels=["a", "b", "stays"]
    )
    # Before the first question there is none; from the rows it leads back to the labels.
    answers = ("b", "x", "b", "2", "back", "2", "x", "3", "")
    shown = sync(one_project, ["x", "stays"], *answers)
    assert "Please answer with 1-2, q, or with one of the labels." in shown
    assert shown.count("What became of a?") == 3
    assert shown.count("What became of b?") == 2
    assert pasted(shown)[4:] == ["--rename", "state.b=x", "--map-null", "state.a"]
    one_project.db("upgrade")
    assert one_project.rows("SELECT state::text FROM item ORDER BY id") == [(None,), ("x",)]


@pytest.mark.parametrize(("last", "how"), [("q", "stopped"), ("stop", "stopped"), (CONTROL_C, "")])
def test_what_was_answered_is_kept(one_project: Project, last: str, how: str) -> None:
    one_project.start(LABELS, labels=["a", "b", "c"])
    shown = sync(one_project, ["x", "y", "c"], "--message=It's", "2", last)
    assert f"Nothing was written: {how or 'aborted'}. To go on:\n" in shown
    assert pasted(shown)[4:] == ["--message", "It's", "--rename", "state.a=y"]
    assert len(one_project.revisions()) == 1


@pytest.mark.parametrize("last", ["n", CONTROL_C])
def test_answers_are_kept_when_the_plan_is_declined(one_project: Project, last: str) -> None:
    one_project.start(LABELS, labels=["old"])
    shown = sync(one_project, ["new"], "1", last)
    assert "Nothing was written" in shown
    assert pasted(shown)[4:] == ["--rename", "state.old=new"]
    done = one_project.sync(*pasted(shown)[4:], "--no-input", expect=2)
    assert "nothing differs" in done.stderr  # the app in this process has the old models


@pytest.mark.parametrize("last", ["q", CONTROL_C])
def test_nothing_answered_is_nothing_to_paste(one_project: Project, last: str) -> None:
    one_project.start(LABELS, labels=["old"])
    shown = sync(one_project, ["new"], last)
    assert shown.endswith(f"Nothing was written: {'stopped' if last == 'q' else 'aborted'}.\n")


def test_names_and_values_are_explained_before_the_first_question(one_project: Project) -> None:
    one_project.start(LABELS, labels=["new", "done"])
    program = flask(one_project, [])
    app = (one_project.folder / "app.py").read_text()
    app = app.replace("db.Enum(*[], name=", "db.Enum(State, name=").replace(
        "class Item",
        "import enum\nState = enum.Enum('State', {'NEW': 'new', 'DONE': 'done'})\n"
        "State.__module__ = 'app'\n\nclass Item",
    )
    (one_project.folder / "app.py").write_text(app)
    shown = on_a_terminal([*program, "sync"], one_project.folder, "q", columns=80, NO_COLOR="1")
    hint, _, rest = shown.partition("What became of")
    assert rest
    assert "2 of 2 labels of public.state are the values of app.State" in hint
    assert "db.Enum(State, values_callable=lambda cls: [m.value for m in cls])" in hint
    assert pasted(hint)[4:] == ["--rename", "state.new=NEW", "--rename", "state.done=DONE"]
    done = on_a_terminal([*program, *pasted(hint)[3:]], one_project.folder, "", NO_COLOR="1")
    assert "Hint" not in done
    assert "\nWrote " in done


LONG = [f"AS_LONG_AS_COMPLIANCE_{n}" for n in range(4)]


@pytest.mark.parametrize("columns", [80, 120])
def test_all_is_within_the_terminal(one_project: Project, columns: int) -> None:
    one_project.start(
        LABELS, *(f"INSERT INTO item (state) VALUES ('{one}')" for one in LONG), labels=LONG
    )
    shown = sync(
        one_project, [one.lower() for one in LONG], "1", "1", "3", "2", "1", columns=columns
    )
    shown += sync(one_project, ["some other", "label"], "--no-input", columns=columns)
    assert [line for line in shown.splitlines() if len(line) > columns] == []
    assert not re.search(r"--[a-z-]+ *\\?$", shown, re.MULTILINE)  # an option without its value
    refused = pasted(shown)
    assert refused[:5] == ["flask", "db", "enum", "sync", "--no-input"]
    assert refused[5:] == [word for one in LONG for word in ("--map", f"state.{one}=LABEL")]


def test_a_refusal_ends_with_one_command(one_project: Project) -> None:
    one_project.start(
        LABELS,
        "INSERT INTO item (state) VALUES ('REFUNDED_PARTIALLY'), ('OLD')",
        labels=["OLD", "REFUNDED_PARTIALLY"],
    )
    one_project.models(LABELS, labels=["PARTIALLY_REFUNDED", "CHARGED"])
    shown = one_project.sync("-m", "x y", expect=1).stderr
    assert shown.endswith(
        "Nothing was written. To go on, with a label for each LABEL:\n"
        "    flask db enum sync --message 'x y' --map state.OLD=LABEL "
        "--rename state.REFUNDED_PARTIALLY=PARTIALLY_REFUNDED\n"
    )
    words = shlex.split(shown.splitlines()[-1].replace("LABEL", "CHARGED"))
    one_project.run(*words[1:])
    one_project.db("upgrade")
    rows = one_project.rows("SELECT state::text FROM item ORDER BY id")
    assert rows == [("PARTIALLY_REFUNDED",), ("CHARGED",)]


def test_null_where_it_does_not_fit_is_answered_anew(one_project: Project) -> None:
    one_project.start(
        LABELS,
        "ALTER TABLE item ALTER state SET NOT NULL",
        "CREATE TABLE heir () INHERITS (item)",
        "INSERT INTO item (state) VALUES ('old')",
        labels=["old", "b"],
    )
    one_project.models(LABELS, labels=["b"])
    shown = one_project.sync("--map-null", "old", expect=1).stderr
    assert shown.startswith(
        "Refused: public.state loses 'old', but public.heir.state, public.item.state are NOT NULL."
    )
    assert pasted(shown)[4:] == ["--map", "state.old=LABEL"]
    words = shlex.split(shown.splitlines()[-1].replace("LABEL", "b"))
    one_project.run(*words[1:])


def test_no_password_is_printed_again() -> None:
    given = [
        "--server",
        "postgresql://me:hush@host",
        "-x",
        "password=hush",
        "-m",
        "a b",
        "--splice",
    ]
    with cli.sync.make_context("sync", [*given, "--splice", "--no-rehearse"]):
        assert invocation.command(["--map s.a=b"]) == (
            "flask --message 'a b' --no-rehearse --splice --server 'postgresql://me:***@host' "
            "--x-arg 'password=***' --map s.a=b"
        )


def test_no_two_guesses_rename_to_one_label() -> None:
    def refusal(old: str) -> Refusal:
        rename = f"--rename s.{old}=NEW"
        return Refusal("", "", (rename, f"--map s.{old}=LABEL"), guess=rename)

    assert guessed(Refused((refusal("a"), refusal("b")))) == ["--rename s.a=NEW", "--map s.b=LABEL"]
    assert guessed(Refused((refusal("a"), Refusal("no", "way")))) == []


@pytest.mark.parametrize(
    ("old", "new", "likely"),
    [
        ("REFUNDED_PARTIALLY", "PARTIALLY_REFUNDED", True),
        ("payed", "paid", True),
        ("new", "NEW", True),
        ("ARCHIVED", "STORED", False),
        ("LOGIN_FAILURE", "LOGIN_DENIED", True),
        ("old", "fresh", False),
    ],
)
def test_what_is_likely(old: str, new: str, likely: bool) -> None:
    assert is_likely(old, new) is likely


def test_what_was_asked_is_not_told_again(one_project: Project) -> None:
    one_project.start(LABELS, labels=["paid", "packed"])
    shown = sync(one_project, ["paid", "wrapped"], "2", "")
    assert "\nWrote " in shown
    assert "say so" not in shown


def test_without_questions_it_refuses(one_project: Project) -> None:
    one_project.start(LABELS, "INSERT INTO item (state) VALUES ('old')", labels=["old", "b"])
    quiet = sync(one_project, ["b"], "--no-input")
    assert "What becomes of them?" not in quiet
    assert "    --map-null state.old\n" in quiet
    assert pasted(quiet)[4:] == ["--no-input", "--map", "state.old=LABEL"]
    assert len(one_project.revisions()) == 1


def test_nothing_is_asked_where_the_answers_could_not_be_used(one_project: Project) -> None:
    one_project.start(LABELS, labels=["old"])
    (first,) = re.findall(r"^revision = '(\w+)'", one_project.revision(), re.MULTILINE)
    one_project.db("revision", "-m", "second", "--rev-id", "b2")
    shown = sync(one_project, ["new"])
    assert "?" not in shown
    assert shown.endswith("First run: flask db upgrade\nNothing was written.\n")
    one_project.db("revision", "-m", "other", "--rev-id", "c3", "--head", first, "--splice")
    shown = sync(one_project, ["new"])
    assert "?" not in shown
    assert shown.startswith("Nothing was written: The migrations have 2 heads: ")
    shown = sync(one_project, ["new"], "--head=b2")
    assert shown.endswith("First run: flask db upgrade b2\nNothing was written.\n")


@pytest.mark.parametrize("answers", [("n",), ("",), (CONTROL_C,), ()])
def test_the_plan_is_confirmed_once(one_project: Project, answers: tuple[str, ...]) -> None:
    one_project.start(LABELS, labels=["old"])
    shown = sync(one_project, ["new"], "--rename=old=new", *answers)
    question = (
        "\npublic.state\n  ~ old  -> new\nUpgrade    instant, no table is rewritten\n"
        "Downgrade  instant, no table is rewritten\nWrite this migration? [Y/n]: "
    )
    assert shown.startswith(question)
    assert shown.count("?") == 1
    written = answers == ("",)
    assert ("RENAME VALUE 'old' TO 'new'" in one_project.revision()) is written
    assert len(one_project.revisions()) == 1 + written
    if answers == ("n",):
        assert shown.endswith("[Y/n]: n\nNothing was written.\n")


def test_a_dry_run_asks_but_needs_no_consent(one_project: Project) -> None:
    one_project.start(LABELS, labels=["old"])
    shown = sync(one_project, ["new"], "--dry-run", "1")
    assert "Write this migration?" not in shown
    assert "RENAME VALUE 'old' TO 'new'" in shown
    assert pasted(shown)[4:] == ["--dry-run", "--rename", "state.old=new"]


def test_many_candidates_are_offered_by_likeliness(one_project: Project) -> None:
    one_project.start(LABELS, labels=["waiting"])
    new = [f"x{i}" for i in range(20)] + ["waits"]
    shown = sync(one_project, new, "X19", "")
    assert "  1  renamed to waits\n" in shown or "  1  renamed to waits  (likely)\n" in shown
    assert "  10  removed\n  or any of 12 other labels, by name\n" in shown
    assert "RENAME VALUE 'waiting' TO 'x19'" in one_project.revision()


def test_strings_that_are_no_label_are_asked_about(one_project: Project) -> None:
    one_project.start(
        LABELS.replace('sa.Enum(*labels, name="state")', "db.Text, server_default='LEGACY'"),
        "INSERT INTO item (state) VALUES ('a'), ('LEGACY'), ('junk')",
        labels=[],
    )
    assert one_project.labels("state") == []
    shown = sync(one_project, ["a", "b"], "2", "3", "")
    assert "which has no label 'LEGACY', and 1 row holds it.\n" in shown
    assert "1 of 2: What becomes of them?" in shown
    assert pasted(shown)[4:] == ["--map", "state.LEGACY=b", "--map-null", "state.junk"]
    one_project.db("upgrade")
    assert one_project.rows("SELECT state::text FROM item ORDER BY id") == [("a",), ("b",), (None,)]


def test_rows_of_a_database_that_the_migrations_made_are_not_shown(one_project: Project) -> None:
    one_project.start(LABELS, labels=["old"])
    server = (f"--server={one_project.server.url}", "--from-migrations")
    shown = sync(one_project, ["new"], *server, "q")
    assert "public.state\n  went  old\n  came  new\n\nWhat became of old?\n" in shown
