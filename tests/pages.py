"""Pages of documentation, followed from top to bottom on a real server.

A ``python`` block that begins with a file's name is that file: an excerpt of a revision is compared
with the one that was written, any other is created, and ``app.py`` begins anew, with an empty
database that its first migration fills. A
``diff`` edits ``app.py``, ``sql`` runs in the database, and a ``console`` block holds commands with
what they print. ``…`` stands for lines that are left out; around the models of an ``app.py``, for
the app of another page.

With ``RECORD_PAGES=1`` what a command prints is written into the page where it differs.
"""

from __future__ import annotations

import ast
import importlib
import io
import linecache
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
import traceback
from collections.abc import Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from sqlalchemy.engine import make_url

from flask_enum_migrate.terminal import commands as cli
from tests.servers import Server
from tests.servers import create_database
from tests.servers import drop_database

ROOT = Path(__file__).parent.parent
GAP = "…"
LANGUAGES = {"console", "diff", "python", "sh", "sql"}
SET_UP = (["init"], ["migrate", "-m", "First", "--rev-id", "0c5e1f1b7a10"], ["upgrade"])


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its text, and where its text begins in the page."""

    language: str
    text: str
    start: int

    @property
    def file(self) -> str:
        """The file that the block is, or ``""``."""
        sign = {"python": "#", "sql": "--"}.get(self.language)
        name = re.match(rf"{sign} (\S+\.(?:py|sql))\n", self.text)
        return name[1] if name else ""


def blocks(text: str) -> list[Block]:
    """Return the fenced blocks of a page."""
    found = re.finditer(r"^```(\w+)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [Block(m[1], m[2], m.start(2)) for m in found]


class Reader:
    """Somebody who does what a page says, in a folder with databases of its own.

    :param folder: an empty folder, in which everything happens.
    :param server: the server to make databases on.
    :param around: the app that a page's models belong into, if they stand alone.
    :param sets_up: whether an app gets its first migration without being told.
    """

    def __init__(
        self,
        folder: Path,
        server: Server,
        patch: pytest.MonkeyPatch,
        around: str = "",
        *,
        sets_up: bool = True,
    ) -> None:
        self.folder = folder
        self.server = server
        self.patch = patch
        self.around = around
        self.sets_up = sets_up
        self.exit_code = 0
        self.urls: dict[str, str] = {}
        self.other: psycopg.Connection | None = None

    def follow(self, path: Path) -> int:
        """Do all that a page says, beginning with its app; return how many commands that were."""
        page = path.read_text(encoding="utf-8")
        records = bool(os.environ.get("RECORD_PAGES"))
        found = blocks(page)
        # A page may begin with a change of the app that it shows afterwards.
        first = next(number for number, block in enumerate(found) if block.file == "app.py")
        texts = {}
        for block in (found[first], *found[:first], *found[first + 1 :]):
            texts[block] = self.read(block, records=records)
        if records:
            for block in reversed(found):
                end = block.start + len(block.text)
                page = page[: block.start] + texts[block] + page[end:]
            path.write_text(page, encoding="utf-8")
        return sum(len([*commands(b.text)]) for b in found if b.language == "console")

    def read(self, block: Block, *, records: bool = False) -> str:
        """Do what a block says, and return the block as it should be.

        :param records: whether it may differ from what it is.
        """
        text = block.text
        if block.language == "console":
            text = "".join(self.run(*told, records=records) for told in commands(text))
        elif block.language == "diff":
            self.edit(text)
        elif block.language == "sql" and not block.file:
            self.sql(text)
        elif block.file.startswith("migrations/versions/") and "\nrevision = " not in text:
            text = self.compare_revision(block.file, text, records=records)
        elif block.file == "app.py":
            self.start(self.completed(text))
        elif block.file:
            self.write(block.file, text)
        return text

    def completed(self, text: str) -> str:
        """Return an ``app.py`` with the app of the other page around its models."""
        if not text.startswith(f"# app.py\n# {GAP}\n"):
            return text
        before = self.around.partition("\n\n\nclass ")[0]
        after = self.around.partition("\n\n\ndef create_app")[2]
        models = text.split(f"# {GAP}\n")[1].strip("\n")
        return f"{before}\n\n\n{models}\n\n\ndef create_app{after}"

    def start(self, app: str) -> None:
        """Begin anew: an app without migrations, and empty databases."""
        self.close()
        for name in ("DATABASE_URL", "REPORTS_URL"):
            if name in app:
                self.urls[name] = create_database(self.server)
                driven = make_url(self.urls[name]).set(drivername="postgresql+psycopg2")
                self.patch.setenv(name, driven.render_as_string(hide_password=False))
        shutil.rmtree(self.folder / "migrations", ignore_errors=True)
        self.write("app.py", app)
        for words in SET_UP if self.sets_up else ():
            printed = self.flask(["db", *words])
            assert self.exit_code == 0, printed

    def close(self) -> None:
        """Drop the databases."""
        if self.other:
            self.other.close()
            self.other = None
        sys.modules.pop("app", None)
        for url in self.urls.values():
            drop_database(self.server, url)
        self.urls.clear()

    def write(self, name: str, text: str) -> None:
        file = self.folder / name
        assert file.parent.exists(), name
        file.write_text(text, encoding="utf-8")
        sys.modules.pop(file.stem, None)
        linecache.clearcache()

    def edit(self, diff: str) -> None:
        lines = diff.splitlines()
        before = "".join(f"{line[1:]}\n" for line in lines if not line.startswith("+"))
        after = "".join(f"{line[1:]}\n" for line in lines if not line.startswith("-"))
        source = (self.folder / "app.py").read_text(encoding="utf-8")
        assert source.count(before) == 1, before
        self.write("app.py", source.replace(before, after))

    def sql(self, statements: str) -> None:
        """Run statements, or in another session which keeps its transaction open to a COMMIT."""
        if statements.startswith("-- another session"):
            self.other = self.other or psycopg.connect(
                self.urls["DATABASE_URL"], application_name="nightly report"
            )
            self.other.execute(statements.partition("\n")[2].strip().encode())
            return
        with psycopg.connect(self.urls["DATABASE_URL"], autocommit=True) as connection:
            connection.execute(statements.encode())

    def run(self, command: str, expected: str, *, records: bool = False) -> str:
        """Run a command and compare what it prints; what a person types is part of it.

        :return: the command with what it should be said to print.
        """
        words = shlex.split(command)
        answers = re.findall(r"(?:\[Y/n\]|^Answer \[.+\]): (.+)$", expected, re.MULTILINE)
        if words == ["echo", "$?"]:
            printed = f"{self.exit_code}\n"
        elif words[0] == "python":
            printed = self.python(words[1])
        elif words[0] == "psql":
            printed = self.psql(words[1:])
        elif words[0] == "pytest":
            printed = self.pytest(words[1:])
        elif words[0] == "rm":
            (self.folder / words[1]).unlink()
            printed = ""
        else:
            assert words[0] == "flask", command
            printed = self.flask(words[1:], answers)
        printed = printed.replace(f"{self.folder}{os.sep}", "")
        printed = printed.replace("migrations\\versions\\", "migrations/versions/")  # Windows
        if records and not alike(printed, expected):
            return f"$ {command}\n{shortened(printed)}"
        assert alike(printed, expected), difference(printed, expected, f"$ {command}")
        if expected.strip() == GAP:
            assert self.exit_code == 0, printed
        return f"$ {command}\n{expected}"

    def python(self, name: str) -> str:
        printed = io.StringIO()
        with redirect_stdout(printed):
            exec(compile((self.folder / name).read_text(encoding="utf-8"), name, "exec"), {})
        return printed.getvalue()

    def pytest(self, words: list[str]) -> str:
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "pytest",
                "-q",
                "-p",
                "no:cacheprovider",
                "-p",
                "no:warnings",
                *words,
            ],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(self.folder), "COLUMNS": "80"},
            check=False,
            capture_output=True,
            encoding="utf-8",
            timeout=60,
        )
        self.exit_code = done.returncode
        return re.sub(r" in \d+\.\d+s$", "", done.stdout, flags=re.MULTILINE)

    def psql(self, words: list[str]) -> str:
        program = str(self.server.bindir / "psql")
        done = subprocess.run(
            [program, "--no-psqlrc", "-d", self.urls["DATABASE_URL"], *words],
            check=False,
            capture_output=True,
            encoding="utf-8",
            timeout=60,
        )
        self.exit_code = done.returncode
        return re.sub(r" +$", "", done.stdout + done.stderr, flags=re.MULTILINE)

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

    def compare_revision(self, name: str, text: str, *, records: bool = False) -> str:
        """Compare an excerpt with the revision that was written last under that name."""
        slug = name.partition("_")[2]
        (written,) = (self.folder / "migrations" / "versions").glob(f"*_{slug}")
        source = written.read_text(encoding="utf-8")
        ast.parse(source)
        first, excerpt = text.split("\n", 1)
        expected = f"{GAP}\n{excerpt}{GAP}\n"
        if records and not (excerpt and alike(source, expected)):
            functions = source[source.index("def upgrade") :]
            # The locks, and what restores owner and privileges, are the same everywhere.
            blocks_ = r'(?: {4}op\.execute\(\n {8}"DO \$\$.*?\n {4}\)\n)+'
            functions = re.sub(blocks_, f"    # {GAP}\n", functions, flags=re.DOTALL)
            named = f"# migrations/versions/{written.name}"
            return f"{named if '000000000000' in first else first}\n{functions}"
        assert alike(source, expected), difference(source, expected, name)
        return text


def commands(text: str) -> Iterator[tuple[str, str]]:
    """Yield each command of a console block with what it prints."""
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, _, printed = part.partition("\n")
        yield command, printed


def alike(actual: str, expected: str) -> bool:
    """Compare texts but for ids, sizes, versions and the lines that a ``…`` leaves out."""
    pattern = "".join(
        r"(?:.*\n)*?" if line.strip(" #") == GAP else re.escape(line) + r"\n"
        for line in plain(expected)
    )
    return re.fullmatch(pattern, "".join(f"{line}\n" for line in plain(actual))) is not None


def shortened(printed: str) -> str:
    """Return what a command printed without Alembic's chatter and the way of a traceback."""
    printed = re.sub(
        r"^Traceback \(.*?^(psycopg2\.errors\..*?)\n\n.*",
        rf"{GAP}\n\1\n{GAP}\n",
        printed,
        count=1,
        flags=re.MULTILINE | re.DOTALL,
    )
    chatter = (
        r"INFO  \[alembic\.(?:runtime\.(?:plugins\]|migration\] (?:Context|Will))|ddl)"
        r"|(?:Creating|Please) "
    )
    return re.sub(rf"(?:^(?:{chatter}).*\n)+", f"{GAP}\n", printed, flags=re.MULTILINE)


def difference(actual: str, expected: str, what: str) -> str:
    told = [f"The page says of {what}:", *plain(expected), "but it is:", *plain(actual)]
    return "\n".join(told)


def plain(text: str) -> list[str]:
    """Return the lines that aren't blank, without what differs from run to run."""
    text = re.sub(r"(?<![0-9a-z])[0-9a-f]{12}(?![0-9a-z])", "<id>", text)
    text = re.sub(r"\b\d+(\.\d+)? (bytes|kB)", "<size>", text)
    text = re.sub(r"\b(process |pg_terminate_backend\()\d+", r"\1<pid>", text)
    text = re.sub(r"\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\S\d\d\b", "<time>", text)
    text = re.sub(r"\bPostgreSQL \d+\.\d+", "PostgreSQL <version>", text)
    text = re.sub(r"\brolled back \(.*?\)", "rolled back (<time>)", text)
    return [line.rstrip() for line in text.splitlines() if line.strip()]


def require_blocks_are_read(page: str) -> None:
    """Require that every block is of a language that is read, and that Python parses."""
    found = blocks(page)
    assert {block.language for block in found} <= LANGUAGES
    assert page.count("```") == 2 * len(found)
    for block in found:
        if block.language == "python":
            # A function may be cut off before its first statement.
            ast.parse(re.sub(rf"^( +)# {GAP}$", r"\1...", block.text, flags=re.MULTILINE))


def options(name: str) -> set[str]:
    """Return the options of a command of ours."""
    return {option for param in cli.enum.commands[name].params for option in param.opts}


def project() -> dict[str, Any]:
    """Return what pyproject.toml says about the project."""
    said: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return dict(said["project"])


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that is the working directory, and from which modules are imported."""
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path
