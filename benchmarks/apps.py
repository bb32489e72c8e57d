"""Apps in folders of their own: with this extension, with a peer, or with neither."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import make_url

from benchmarks import forked
from benchmarks.lab import Lab
from benchmarks.lab import OutcomeError

MEASURED = Path(__file__).with_name("measured.py")

# Modules are compiled once, as after any installation.
ENVIRONMENT = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}

OURS = "Flask-Enum-Migrate"
PEER = "alembic-postgresql-enum"
PLAIN = "neither"

_APP = """\
import os
from flask import Flask
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy

app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = os.environ["DATABASE_URL"]
app.config["ENUM_MIGRATE_ANALYZE"] = "NO_ANALYZE" not in os.environ
if "ONE_WAIT" in os.environ:
    app.config["ENUM_MIGRATE_LOCK_TIMEOUT"] = None
db = SQLAlchemy(app)
Migrate(app, db)
{setup}
{models}
"""
_SETUP = {
    OURS: "from flask_enum_migrate import EnumMigrate\nEnumMigrate(app)\n",
    PEER: "",
    PLAIN: "",
}


@dataclass(frozen=True)
class Run:
    """What one ``flask`` command cost, beyond the import of the app.

    :param seconds: from start to end.
    :param queries: statements that went to the database.
    :param waited: seconds that these took, commits included.
    :param memory: bytes by which the process' peak grew.
    :param slowest: the statements that took longest, with their seconds.
    """

    exit_code: int
    output: str
    seconds: float
    queries: int
    waited: float
    memory: int
    slowest: list[tuple[float, str]]


class App:
    """An app in a folder.

    :param tools: one of the constants of this module.
    """

    def __init__(self, lab: Lab, tools: str, models: str) -> None:
        self.tools = tools
        self._quick = lab.scale.quick
        self.folder = lab.folder / f"app_{lab.number()}"
        self.folder.mkdir()
        self.edit(models)

    def edit(self, models: str) -> None:
        """Replace the models, as a developer does."""
        source = _APP.format(setup=_SETUP[self.tools], models=models)
        (self.folder / "app.py").write_text(source, encoding="utf-8")

    def start(self, url: str) -> None:
        """Create the migrations folder, once for all apps."""
        made = self.folder.parent / "migrations"
        if not made.exists():
            self.run(url, "db", "init", "-d", str(made))
        shutil.copytree(made, self.folder / "migrations")

    def fork(self, lab: Lab, tools: str, models: str) -> App:
        """Return another app with the same migrations."""
        other = App(lab, tools, models)
        shutil.copytree(self.folder / "migrations", other.folder / "migrations")
        if tools == PEER:  # as its README says
            other._import_peer()
        return other

    def _import_peer(self) -> None:
        env = self.folder / "migrations" / "env.py"
        source = env.read_text(encoding="utf-8")
        env.write_text(f"import alembic_postgresql_enum\n{source}", encoding="utf-8")

    def environment(self, url: str) -> dict[str, str]:
        """Return the environment variables for its processes."""
        given = make_url(url).set(drivername="postgresql+psycopg2")
        return {**ENVIRONMENT, "DATABASE_URL": given.render_as_string(hide_password=False)}

    @property
    def revisions(self) -> set[Path]:
        """The revision files."""
        return set((self.folder / "migrations" / "versions").glob("*.py"))

    def run(self, url: str, *arguments: str, **environment: str) -> Run:
        """Run ``flask …`` in a process of its own; see ``measured.py``.

        :param url: plain URL of the database.
        :param environment: more environment variables.
        :raises OutcomeError: if it fails.
        """
        result = self.folder / "result.json"
        wanted = {**self.environment(url), **environment}
        if self._quick and forked.possible():
            code, errors = forked.run(result, arguments, self.folder, wanted)
        else:
            done = subprocess.run(
                [sys.executable, MEASURED, result, *arguments],
                check=False,
                capture_output=True,
                encoding="utf-8",
                stdin=subprocess.DEVNULL,
                cwd=self.folder,
                env=wanted,
            )
            code, errors = done.returncode, done.stderr
        command = f"flask {' '.join(arguments)} ({self.tools})"
        if code:
            raise OutcomeError(f"{command} failed:\n{errors}")
        run = Run(**json.loads(result.read_text(encoding="utf-8")))
        if run.exit_code:
            raise OutcomeError(f"{command} ended with {run.exit_code}:\n{run.output}")
        return run

    def new_revision(self, url: str, *arguments: str) -> Path:
        """Run ``flask …`` and return the revision file that it wrote."""
        before = self.revisions
        run = self.run(url, *arguments)
        written = self.revisions - before
        if len(written) != 1:
            raise OutcomeError(f"flask {' '.join(arguments)} wrote no revision:\n{run.output}")
        return written.pop()
