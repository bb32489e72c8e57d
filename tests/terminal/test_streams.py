"""What can't be written, who doesn't read, and who else writes: commands run as a shell does."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import SERVERS
from tests.servers import Server
from tests.servers import create_database
from tests.servers import drop_database

APP = """
import logging
import sys
from flask import Flask
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from flask_enum_migrate import EnumMigrate

db = SQLAlchemy()

class Item(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    state = db.Column(db.Enum("a", "b", name="state"))
    other = db.Column(db.Enum("x", name="other"))

def create_app():
    app = Flask("app")
    app.config["SQLALCHEMY_DATABASE_URI"] = {url!r}
    db.init_app(app)
    Migrate(app, db)
    EnumMigrate(app)
    logging.basicConfig(stream=sys.stdout, level=logging.INFO)
    return app
"""


class Shell:
    """A folder with an app, and a shell in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, script: str) -> subprocess.CompletedProcess[str]:
        """Run a script; its exit code is that of the first program of a pipe."""
        return subprocess.run(
            ["bash", "-c", script + "\nexit ${PIPESTATUS[0]}"],
            cwd=self.folder,
            env={"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "HOME": str(self.folder)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    def add(self) -> None:
        """Add a label to the models."""
        app = self.folder / "app.py"
        app.write_text(app.read_text().replace('"b", name', '"b", "c", name'))

    def revisions(self) -> int:
        return len([*(self.folder / "migrations" / "versions").glob("*.py")])


@pytest.fixture(scope="module")
def origin(servers: dict[str, Server], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """An app whose database is at head."""
    server = servers[SERVERS[0]]
    url, shell = create_database(server), Shell(tmp_path_factory.mktemp("origin"))
    driven = url.replace("postgresql://", "postgresql+psycopg2://", 1)
    (shell.folder / "app.py").write_text(APP.format(url=driven))
    try:
        for args in ("init", "migrate", "upgrade"):
            assert shell(f"flask db {args}").returncode == 0
        yield shell
    finally:
        drop_database(server, url)


@pytest.fixture
def shell(origin: Shell, tmp_path: Path) -> Shell:
    """The same in a folder of its own; nothing here changes the database."""
    return Shell(Path(shutil.copytree(origin.folder, tmp_path / "app")))


COMMANDS = ["check", "check --format json", "list", "sync --sql", "sync --dry-run"]
FULL = "standard output can't be written to: No space left on device.\n"


@pytest.mark.parametrize("command", COMMANDS)
def test_nobody_reads(shell: Shell, command: str) -> None:
    shell.add()
    # The reader is gone before anything is written.
    done = shell(f"flask db enum {command} 2>errors | exec 0<&-")
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "")
    said = (shell.folder / "errors").read_text()
    assert "Traceback" not in said
    assert "report" not in said
    assert "Broken" not in said


@pytest.mark.parametrize("command", ["check --format json", "list"])
def test_a_full_disk(shell: Shell, command: str) -> None:
    done = shell(f"flask db enum {command} >/dev/full")
    assert done.returncode == 2
    assert done.stderr == f"Could not tell: {FULL}"


def test_a_closed_standard_output(shell: Shell) -> None:
    done = shell("flask db enum check >&-")
    assert done.returncode == 2
    assert done.stderr == (
        "Could not tell: standard output can't be written to: Bad file descriptor.\n"
    )
    done = shell("flask db enum list 2>&- >&-")
    assert (done.returncode, done.stdout, done.stderr) == (2, "", "")
    done = shell("flask db enum sync --dry-run <&-")
    assert "nothing to write" in done.stderr


@pytest.mark.parametrize(
    ("stdout", "why"),
    [("/dev/full", "No space left on device"), ("&-", "Bad file descriptor")],
)
def test_sync_says_what_was_written(shell: Shell, stdout: str, why: str) -> None:
    shell.add()
    done = shell(f"flask db enum sync >{stdout}")
    assert done.returncode == 2
    assert shell.revisions() == 2
    wrote, failed = done.stderr.splitlines()[-2:]
    assert wrote.startswith("Wrote migrations/versions/")
    assert (shell.folder / wrote.removeprefix("Wrote ")).is_file()
    assert failed == f"Standard output can't be written to: {why}."
    assert "Nothing was written" not in done.stderr
    assert "Traceback" not in done.stderr


def test_sync_says_that_nothing_was_written(shell: Shell) -> None:
    shell.add()
    done = shell("flask db enum sync --sql >/dev/full")
    assert done.returncode == 2
    assert done.stderr.endswith(f"Nothing was written: {FULL}")


@pytest.mark.parametrize("options", ["", " --from-migrations"])
def test_json_beside_logging(shell: Shell, options: str) -> None:
    """The root logger of the app writes INFO to standard output."""
    versions = shell.folder / "migrations" / "versions"
    (first,) = versions.glob("*.py")
    first.write_text(
        first.read_text().replace(
            "def upgrade():\n",
            "def upgrade():\n    print('printed')\n    __import__('os').system('echo run')\n"
            "    __import__('logging').getLogger('app').warning('logged')\n",
        )
    )
    env = shell.folder / "migrations" / "env.py"
    env.write_text(env.read_text().replace("fileConfig(config.config_file_name)", "pass"))
    done = shell(f"flask db enum check --format json{options}")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["outcome"] == "in sync"
    for said in ("printed", "run", "WARNING:app:logged"):
        assert (f"{said}\n" in done.stderr) == bool(options)
    assert "INFO" not in done.stderr
