"""``check --format json`` against its schema, and GitHub's annotations as its runner reads them."""

from __future__ import annotations

import copy
import importlib.resources
import json
import re
import types
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from flask_enum_migrate.check import CheckResult
from flask_enum_migrate.check import EnumState
from flask_enum_migrate.core.changes import Change
from flask_enum_migrate.core.schema import DeclaredEnum
from flask_enum_migrate.core.schema import EnumClass
from flask_enum_migrate.core.schema import Name
from flask_enum_migrate.terminal import formats
from flask_enum_migrate.terminal.source_lines import SourceLine
from flask_enum_migrate.terminal.source_lines import of_enum
from tests.project import Project

SCHEMA: dict[str, Any] = json.loads(
    (importlib.resources.files("flask_enum_migrate.terminal") / "check.schema.json").read_text(
        "utf-8"
    )
)


def closed(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema with unknown keys forbidden, so that none goes undocumented."""
    made = copy.deepcopy(schema)

    def close(node: object) -> None:
        if isinstance(node, dict):
            if "properties" in node:
                node["additionalProperties"] = False
            for value in node.values():
                close(value)
        elif isinstance(node, list):
            for value in node:
                close(value)

    close(made)
    return made


VALIDATOR = jsonschema.Draft202012Validator(closed(SCHEMA))


def checked(project: Project, expect: int, *args: str) -> dict[str, Any]:
    done = project.db("enum", "check", "--format", "json", *args, expect=expect)
    answer: dict[str, Any] = json.loads(done.stdout)
    VALIDATOR.validate(answer)
    return answer


def test_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$defs"]["result"]["properties"]["version"] == {"const": formats.VERSION}
    assert SCHEMA["$defs"]["failure"]["properties"]["version"] == {"const": formats.VERSION}


def test_every_kind_of_change_is_in_the_schema() -> None:
    kinds = {re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower() for cls in Change.__args__}
    listed = {entry["$ref"].rpartition("/")[2] for entry in SCHEMA["$defs"]["change"]["oneOf"]}
    assert listed == kinds


MODELS = """
class Mood(enum.Enum):
    SAD = 1
    OK = 2

class Item(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    mood = db.Column(sa.Enum(Mood))
    kind = db.Column(sa.Enum(*labels, name=kind))
    free = db.Column({free})
    fresh = db.Column(sa.Enum("x", name="fresh")){more}
"""


def models(project: Project, labels: list[str], kind: str = "kind", **parts: str) -> None:
    source = MODELS.format(free=parts.get("free", "sa.String(9)"), more=parts.get("more", ""))
    project.models(source, labels=labels, kind=kind)


def test_json(one_project: Project) -> None:
    models(one_project, ["a", "b", "c"])
    one_project.db("init")
    models(one_project, ["a", "b", "c"])
    one_project.db("migrate")
    one_project.db("upgrade")
    one_project.sql("CREATE TYPE lonely AS ENUM ('x')", "CREATE TYPE used AS ENUM ('x')")
    one_project.sql("CREATE TABLE elsewhere (used used)")
    assert checked(one_project, 0)["outcome"] == "in sync"
    models(
        one_project,
        ["c", "b", "d"],
        "sort",
        free="sa.Enum('y', name='free')",
        more='\n    new = db.Column(sa.Enum("x", name="new"))',
    )
    drift = checked(one_project, 1)
    assert drift["next"] == "flask db enum sync"
    enums = {enum["name"]: enum for enum in drift["enums"]}
    assert [change["kind"] for change in enums["kind"]["changes"]] == [
        "rename_type",
        "add_value",
        "drop_value",
        "reorder_values",
    ]
    states = {name: (enum["state"], enum["drift"]) for name, enum in enums.items()}
    assert states == {
        "mood": ("in sync", False),
        "fresh": ("in sync", False),
        "kind": ("differs", True),
        "free": ("columns of another type", True),
        "new": ("not in the database", False),
        "used": ("not in the models", False),
        "lonely": ("unused", False),
    }
    assert enums["free"]["wrong_columns"] == [
        {"column": "item.free", "type": "character varying(9)", "wanted": "free"}
    ]
    assert drift["compared"] == "database"
    assert enums["kind"]["rewrites"] == ["public.item"]
    assert enums["free"]["rewrites"] == ["public.item"]
    assert enums["mood"]["rewrites"] == []
    assert enums["new"]["missing_columns"] == ["item.new"]
    assert drift["tables"] is None
    assert "item.new exists only in the models; that is for: flask db migrate" in drift["notes"]
    assert {enum["hint"] for enum in drift["enums"]} == {""}


def test_json_says_where_and_why(
    one_project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The labels are the members' values, and an enum of another table is new."""
    (tmp_path / "placed_models.py").write_text(PLACED)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.chdir(tmp_path)
    module = __import__("placed_models")
    kept: list[type] = []
    old = "class Item(db.Model):\n    id = db.Column(db.Integer, primary_key=True)\n"
    one_project.start(old + "    mood = db.Column(sa.Enum('sad', 'ok', name='mood'))\n")
    one_project.models("kept.extend(make(db))", make=module.make, kept=kept)
    server = ("--from-migrations", "--tables", "--server", one_project.server.url)
    answer = checked(one_project, 1, *server)
    enums = {enum["name"]: enum for enum in answer["enums"]}
    assert enums["mood"]["hint"].startswith("2 of 2 labels of public.mood are the values of placed")
    assert (enums["mood"]["file"], enums["mood"]["line"]) == ("placed_models.py", 3)
    assert enums["fresh"]["missing_columns"] == ["note.fresh"]
    assert [(t["table"], t["kind"], t["text"], t["file"], t["line"]) for t in answer["tables"]] == [
        ("note", "add_table", "create the table", "placed_models.py", 10)
    ]
    # A place for each: of the class, of the model that no migration makes a table for.
    told = one_project.db("enum", "check", "--format", "github", *server, expect=1).stdout
    lines = [read(line) for line in told.splitlines() if line.startswith("::error")]
    assert [properties["line"] for properties, _ in lines] == ["3", "10", "10"]
    assert [message.splitlines()[0] for _, message in lines] == [
        "public.mood: add 'SAD' as the first label",
        "fresh: no migration makes the type, nor note.fresh",
        "note: create the table",
    ]
    assert all(m.splitlines()[-1] == "Next: flask db migrate" for _, m in lines)


PLACED = """import enum

class Mood(enum.Enum):
    SAD = "sad"
    OK = "ok"


def make(db):
    # models
    class Note(db.Model):
        id = db.Column(db.Integer, primary_key=True)
        fresh = db.Column(db.Enum("x", name="fresh"))

    class Item(db.Model):
        id = db.Column(db.Integer, primary_key=True)
        mood = db.Column(db.Enum(Mood))

    return Note, Item
"""


def test_json_of_migrations(one_project: Project) -> None:
    models(one_project, ["a"])
    one_project.db("init")
    one_project.db("migrate")
    server = ("--from-migrations", "--server", one_project.server.url)
    assert checked(one_project, 0, *server)["compared"] == "migrations"
    (path,) = one_project.revisions()
    path.write_text(path.read_text().replace("    op.create_table", "    0/0\n    op.create_table"))
    failed = checked(one_project, 2, *server)
    assert failed["revision"] == path.name.partition("_")[0]
    assert failed["error"].endswith("failed: ZeroDivisionError: division by zero.")


def test_json_of_a_failure(one_project: Project) -> None:
    models(one_project, ["a"])
    failed = checked(one_project, 2)
    assert failed["outcome"] == "could not tell"
    assert failed["next"] == "Create it: flask db init"


@pytest.mark.parametrize(
    "wrong",
    [
        {"version": 2},
        {"outcome": "fine"},
        {"enums": [{}]},
        {"more": 1},
        {"skipped": [{"bind": None, "dialect": "sqlite"}]},
    ],
)
def test_schema_would_notice(wrong: dict[str, Any]) -> None:
    right = json.loads(formats.as_json(CheckResult((), (), ()), ""))
    VALIDATOR.validate(right)
    assert not VALIDATOR.is_valid({**right, **wrong})


# As actions/toolkit and the runner have it: a command's properties and data are escaped alike,
# but for ":" and ",", which separate properties only.
COMMAND = re.compile(r"::(?P<name>error|notice) (?P<properties>[^:]*)::(?P<data>[^\r\n]*)")


def read(line: str) -> tuple[dict[str, str], str]:
    """Read an annotation as the runner does."""
    found = COMMAND.fullmatch(line)
    assert found is not None, line
    pairs = (pair.split("=", 1) for pair in found["properties"].split(","))
    return {key: unescaped(value) for key, value in pairs}, unescaped(found["data"])


def unescaped(text: str) -> str:
    for char in "\r\n:,":
        text = text.replace(f"%{ord(char):02X}", char)
    return text.replace("%25", "%")


HOSTILE = "a, b: c=d::error ::x%0A%25 100%\r\nñ\u2028\t\"'\\"


@pytest.mark.parametrize("text", [HOSTILE, "", "::", "%", ":,", "%2C%3A", "\n", "a=b,line=9"])
def test_annotation_survives_the_runner(text: str) -> None:
    properties, message = read(formats.annotation(text, SourceLine(text, 7)))
    assert message == text
    file = {"file": text} if text else {}
    assert properties == {**file, "line": "7", "title": "flask db enum check"}
    assert "\n" not in formats.annotation(text, SourceLine(text))


def test_labels_with_anything(one_project: Project) -> None:
    source = "class Item(db.Model):\n    id = db.Column(db.Integer, primary_key=True)\n"
    source += "    state = db.Column(sa.Enum(*labels, name='state'))\n"
    one_project.start(source, labels=["a"])
    one_project.models(source, labels=["a", HOSTILE])
    done = one_project.db("enum", "check", "--format", "github", expect=1)
    annotated, last = done.stdout.split("\n")[0], done.stdout.splitlines()[-1]
    assert read(annotated)[1].splitlines() == [
        f"public.state: add {HOSTILE!r} after 'a'",
        "Next: flask db enum sync",
    ]
    assert last.startswith("Drift: ")


def state_of(path: str) -> EnumState:
    declared = DeclaredEnum(Name("", "x"), ("a",), (), (EnumClass(path, (("a", "a"),)),))
    return EnumState("", "differs", declared=declared)


CLASSES = '''"""Classes at known lines."""
import enum

class First(enum.Enum):
    A = 1

class Outer:
    class Second(enum.Enum):
        A = 1
'''


def test_place_of_a_class(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, one_project: Project
) -> None:
    (tmp_path / "back, end").mkdir()
    file = tmp_path / "back, end" / "some_classes.py"
    file.write_text(CLASSES)
    monkeypatch.syspath_prepend(str(file.parent))
    __import__("some_classes")
    monkeypatch.delenv("GITHUB_WORKSPACE", raising=False)
    monkeypatch.chdir(file.parent)
    assert of_enum(state_of("some_classes.First")) == [SourceLine(file.name, 4)]
    assert of_enum(state_of("some_classes.Outer.Second")) == [SourceLine(file.name, 8)]
    monkeypatch.chdir("/")
    assert of_enum(state_of("some_classes.First")) == [
        SourceLine(file.relative_to("/").as_posix(), 4)
    ]
    # A job may work in a folder of the checkout; annotations are relative to its root.
    monkeypatch.chdir(file.parent)
    for variable in ("GITHUB_WORKSPACE", "CI_PROJECT_DIR"):
        with monkeypatch.context() as patch:
            patch.setenv(variable, str(tmp_path))
            assert of_enum(state_of("some_classes.First")) == [
                SourceLine("back, end/some_classes.py", 4)
            ]
    # What isn't checked out can't be shown in a change.
    (tmp_path / "another").mkdir()
    monkeypatch.chdir(tmp_path / "another")
    with one_project.app.app_context():
        one_project.models("")
    with one_project.app.app_context():
        assert of_enum(state_of("some_classes.First")) == []


def test_place_of_a_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, one_project: Project
) -> None:
    """Labels that come from strings are annotated where the model is."""
    file = tmp_path / "some_models.py"
    file.write_text(
        "def make(db, labels):\n"
        "    class Item(db.Model):\n"
        "        id = db.Column(db.Integer, primary_key=True)\n"
        "        state = db.Column(db.Enum(*labels, name='state'))\n"
        "        free = db.Column(db.Enum('x', name='free') if len(labels) > 1 else db.String)\n"
        "    return Item\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.chdir(tmp_path)
    module: types.ModuleType = __import__("some_models")
    kept: list[type] = []  # SQLAlchemy knows models by weak references
    source = "kept.append(make(db, labels))"
    one_project.start(source, labels=["a"], make=module.make, kept=kept)
    one_project.models(source, labels=["a", "b"], make=module.make, kept=kept)
    done = one_project.db("enum", "check", "--format", "github", expect=1)
    read_lines = [read(line) for line in done.stdout.splitlines() if line.startswith("::")]
    assert [properties["line"] for properties, _ in read_lines] == ["2", "2"]
    assert [properties["file"] for properties, _ in read_lines] == ["some_models.py"] * 2
    assert [message for _, message in read_lines] == [
        "public.state: add 'b' after 'a'\nNext: flask db enum sync",
        "free: item.free is character varying in the database, not free\nNext: flask db enum sync",
    ]


def test_notes_are_notices(one_project: Project) -> None:
    models(one_project, ["a"])
    one_project.db("init")
    one_project.db("migrate")
    one_project.db("upgrade")
    one_project.sql("CREATE TYPE lonely AS ENUM ('x')")
    done = one_project.db("enum", "check", "--format", "github")
    notice, last = done.stdout.splitlines()
    assert notice.startswith("::notice title=")
    assert read(notice)[1] == (
        "nothing uses the type public.lonely; to drop it: flask db enum sync --drop-unused"
    )
    assert last == "In sync: 3 enum types compared, no difference."
    assert done.stderr == ""


def test_the_summary_of_a_job(
    one_project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = "class Item(db.Model):\n    id = db.Column(db.Integer, primary_key=True)\n"
    source += "    state = db.Column(sa.Enum(*labels, name='state'))\n"
    one_project.start(source, labels=["a"])
    file = tmp_path / "summary.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(file))
    one_project.db("enum", "check")
    assert not file.exists()  # nobody asked for GitHub's format
    one_project.db("enum", "check", "--format", "github")
    one_project.models(source, labels=["a", "```"])
    one_project.db("enum", "check", "--format", "github", expect=1)
    one_project.db("enum", "check", "--format", "github", "-d", "nowhere", expect=2)
    assert file.read_text() == (
        "### flask db enum check: in sync\n\n"
        "```text\nIn sync: 1 enum type compared, no difference.\n```\n"
        "### flask db enum check: drift\n\n"
        "````text\npublic.state\n  used by item.state\n  + add '```' after 'a'\n"
        "  Cost: instant, no table is rewritten.\n\n"
        "Drift: 1 of 1 enum type differs. Next: flask db enum sync\n````\n"
        "### flask db enum check: could not tell\n\n"
        "```text\nThere is no migrations folder 'nowhere' (no env.py in it). "
        "Create it: flask db init -d nowhere\n```\n"
    )
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path))
    done = one_project.db("enum", "check", "--format", "github", expect=1)
    assert "Note: GITHUB_STEP_SUMMARY can't be written to: " in done.stderr


def test_gitlab(one_project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A report of Code Quality, as GitLab documents it."""
    monkeypatch.chdir(tmp_path)
    models(one_project, ["a", "b"])
    one_project.db("init")
    one_project.db("migrate")
    one_project.db("upgrade")
    done = one_project.db("enum", "check", "--format", "gitlab")
    assert json.loads(done.stdout) == []
    assert done.stderr == "In sync: 3 enum types compared, no difference.\n"
    models(one_project, ["a", "c"], free="sa.Enum('y', name='free')")
    issues = json.loads(one_project.db("enum", "check", "--format", "gitlab", expect=1).stdout)
    again = json.loads(one_project.db("enum", "check", "--format", "gitlab", expect=1).stdout)
    assert issues == again
    assert [issue["description"] for issue in issues] == [
        "public.kind: add 'c' after 'a'; remove 'b'; Next: flask db enum sync",
        "free: item.free is character varying(9) in the database, not free; "
        "Next: flask db enum sync",
    ]
    for issue in issues:
        assert issue["check_name"] == "flask db enum check"
        assert issue["severity"] == "major"
        assert issue["location"] == {"path": "migrations/env.py", "lines": {"begin": 1}}
        assert re.fullmatch(r"[0-9a-f]{64}", issue["fingerprint"])
    assert len({issue["fingerprint"] for issue in issues}) == 2
    (failed,) = json.loads(
        one_project.db("enum", "check", "--format", "gitlab", "-d", "nowhere", expect=2).stdout
    )
    assert failed["severity"] == "blocker"
