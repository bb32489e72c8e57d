"""The README, followed from top to bottom in one project on a real server.

A ``python`` block that begins with a file's name is that file: a revision's is compared with the
one that was written, any other is created. A ``diff`` edits ``app.py``, ``sql`` runs in the
database, and a ``console`` block holds commands with what they print. ``…`` stands for lines that
are left out.
"""

from __future__ import annotations

import ast
import importlib
import io
import linecache
import re
import shlex
import sys
import tomllib
import traceback
from collections.abc import Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass
from dataclasses import fields
from pathlib import Path
from types import SimpleNamespace

import psycopg
import pytest
from sqlalchemy.engine import make_url

from flask_enum_migrate import cli
from flask_enum_migrate.settings import Settings
from tests.servers import Server
from tests.servers import create_database
from tests.servers import drop_database

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
GAP = "…"


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its text and the line of the README it begins at."""

    language: str
    text: str
    line: int


def blocks() -> list[Block]:
    found = re.finditer(r"^```(\w+)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    return [Block(m[1], m[2], README.count("\n", 0, m.start()) + 1) for m in found]


class Reader:
    """Somebody who does what the README says, in a folder with a database of its own."""

    def __init__(self, folder: Path, url: str, patch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.url = url
        self.patch = patch
        self.exit_code = 0

    def read(self, block: Block) -> None:
        name = re.match(r"# (\S+\.py)\n", block.text)
        if block.language == "console":
            for command, expected in commands(block.text):
                self.run(command, expected)
        elif block.language == "diff":
            self.edit(block.text)
        elif block.language == "sql":
            self.sql(block.text)
        elif block.language == "python" and name and name[1].startswith("migrations/"):
            self.compare_revision(name[1], block.text.partition("\n")[2])
        elif block.language == "python" and name:
            self.write(name[1], block.text)

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text, encoding="utf-8")
        sys.modules.pop(Path(name).stem, None)
        linecache.clearcache()

    def edit(self, diff: str) -> None:
        lines = diff.splitlines()
        before = "".join(f"{line[1:]}\n" for line in lines if not line.startswith("+"))
        after = "".join(f"{line[1:]}\n" for line in lines if not line.startswith("-"))
        source = (self.folder / "app.py").read_text(encoding="utf-8")
        assert source.count(before) == 1, before
        self.write("app.py", source.replace(before, after))

    def sql(self, statement: str) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statement.encode())

    def run(self, command: str, expected: str) -> None:
        """Run a command and compare what it prints; what a person types is part of it."""
        words = shlex.split(command)
        answers = re.findall(r"(?:\[Y/n\]|^Answer \[\d+\]): (.+)$", expected, re.MULTILINE)
        if words == ["echo", "$?"]:
            printed = f"{self.exit_code}\n"
        elif words[0] == "python":
            printed = self.python(words[1])
        else:
            assert words[0] == "flask", command
            printed = self.flask(words[1:], answers)
        assert_like(printed, expected, f"$ {command}")
        if expected.strip() == GAP:
            assert self.exit_code == 0, printed

    def python(self, name: str) -> str:
        printed = io.StringIO()
        with redirect_stdout(printed):
            exec(compile((self.folder / name).read_text(encoding="utf-8"), name, "exec"), {})
        return printed.getvalue()

    def flask(self, words: list[str], answers: list[str] | None = None) -> str:
        sys.modules.pop("app", None)
        module = importlib.import_module("app")
        app = module.create_app()
        terminal = SimpleNamespace(isatty=lambda: bool(answers))
        self.patch.setattr(cli, "sys", SimpleNamespace(stdin=terminal, exit=sys.exit))
        typed = "".join(f"{answer}\n" for answer in answers or ())
        result = app.test_cli_runner().invoke(args=words, input=typed)
        with app.app_context():
            for engine in module.db.engines.values():
                engine.dispose()
        self.exit_code = result.exit_code
        printed: str = result.output
        if result.exception and not isinstance(result.exception, SystemExit):
            printed += "".join(traceback.format_exception(result.exception))
        return printed

    def compare_revision(self, name: str, expected: str) -> None:
        slug = name.partition("_")[2]
        (written,) = (self.folder / "migrations" / "versions").glob(f"*_{slug}")
        source = written.read_text(encoding="utf-8")
        ast.parse(source)
        assert_like(source, f"{GAP}\n{expected}{GAP}\n", name)


def commands(text: str) -> Iterator[tuple[str, str]]:
    """Yield each command of a console block with what it prints."""
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, _, printed = part.partition("\n")
        yield command, printed


def assert_like(actual: str, expected: str, what: str) -> None:
    """Compare texts but for revision ids, sizes and the lines that a ``…`` leaves out."""
    actual_lines, expected_lines = plain(actual), plain(expected)
    pattern = "".join(
        r"(?:.*\n)*?" if line.strip(" #") == GAP else re.escape(line) + r"\n"
        for line in expected_lines
    )
    assert re.fullmatch(pattern, "".join(f"{line}\n" for line in actual_lines)), "\n".join(
        [f"The README says of {what}:", *expected_lines, "but it is:", *actual_lines]
    )


def plain(text: str) -> list[str]:
    """Return the lines that aren't blank, without what differs from run to run."""
    text = re.sub(r"(?<![0-9a-z])[0-9a-f]{12}(?![0-9a-z])", "<id>", text)
    text = re.sub(r"\b\d+(\.\d+)? (bytes|kB)", "<size>", text)
    return [line.rstrip() for line in text.splitlines() if line.strip()]


@pytest.fixture
def reader(newest: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Reader]:
    url = create_database(newest)
    given = make_url(url).set(drivername="postgresql+psycopg2")
    monkeypatch.setenv("DATABASE_URL", given.render_as_string(hide_password=False))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)
    try:
        yield Reader(tmp_path, url, monkeypatch)
    finally:
        sys.modules.pop("app", None)
        drop_database(newest, url)


def test_everything_is_as_the_readme_says(reader: Reader) -> None:
    story = blocks()
    app = next(block for block in story if block.text.startswith("# app.py"))
    reader.read(app)
    for words in (["init"], ["migrate", "-m", "Create the audit log"], ["upgrade"]):
        reader.flask(["db", *words])
        assert reader.exit_code == 0
    read = 0
    for block in story:
        if block is not app:
            reader.read(block)
            read += block.language == "console"
    assert read >= 8


def test_no_block_is_left_unread() -> None:
    assert {block.language for block in blocks()} <= {"console", "diff", "python", "sh", "sql"}
    assert README.count("```") == 2 * len(blocks())
    for block in blocks():
        if block.language == "python":
            # A function may be cut off before its first statement.
            ast.parse(re.sub(r"^( *)# …$", r"\1...", block.text, flags=re.MULTILINE))


def test_settings_and_their_defaults() -> None:
    rows = re.findall(r"^\| `ENUM_MIGRATE_(\w+)` \| `(.+?)` \|", README, re.MULTILINE)
    told = {name.lower(): ast.literal_eval(default) for name, default in rows}
    assert told == {field.name: getattr(Settings(), field.name) for field in fields(Settings)}


def test_options_of_the_commands() -> None:
    table = re.findall(r"^\| `(--[a-z-]+) ", README, re.MULTILINE)
    text = re.findall(r"`(?:sync |check )?(--[a-z-]+)", README)
    known = {option for name in ("sync", "check") for option in options(name)}
    assert len(table) >= 4
    assert {*table, *text} <= known


def options(name: str) -> set[str]:
    return {option for param in cli.enum.commands[name].params for option in param.opts}


def test_make_targets_and_extras() -> None:
    made = set(re.findall(r"^([a-z0-9.-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    shell = "".join(block.text for block in blocks() if block.language == "sh")
    targets = re.findall(r"^make ([\w.-]+)", shell, re.MULTILINE)
    assert targets
    assert {*targets} <= made
    extras = re.findall(r"flask-enum-migrate\[(\w+)\]", README)
    assert extras
    assert {*extras} <= set(project["optional-dependencies"])
    (oldest,) = re.findall(r"^It needs .*?newer", README, re.MULTILINE | re.DOTALL)
    for dependency in (*project["dependencies"], f"Python{project['requires-python']}"):
        name, _, version = dependency.partition(">=")
        if name not in ("click", "Jinja2"):
            assert f"{name} {version}".lower() in oldest.lower()


def test_links_to_files() -> None:
    for target in re.findall(r"\]\((?!https?:|#)([^)]+)\)", README):
        assert (ROOT / target).exists(), target
