"""``check --from-migrations`` that is stopped half way leaves nothing behind."""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from flask_enum_migrate.from_migrations import signals
from tests.servers import Server

APP = """
import enum
from flask import Flask
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from flask_enum_migrate import EnumMigrate

db = SQLAlchemy()

class Item(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    state = db.Column(db.Enum("a", name="state"))

def create_app():
    app = Flask("app")
    app.config["SQLALCHEMY_DATABASE_URI"] = "postgresql+psycopg2://me@db.invalid/shop"
    db.init_app(app)
    Migrate(app, db)
    EnumMigrate(app)
    return app
"""
REVISION = """'''Wait'''
import time
from pathlib import Path
from alembic import op

revision = "0001"
down_revision = None

def upgrade():
    query = "SELECT current_database(), current_setting('data_directory')"
    found = op.get_bind().exec_driver_sql(query).one()
    Path("running.new").write_text("\\t".join(found))
    Path("running.new").rename("running")
    time.sleep(600)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An app whose only migration waits for long."""
    (tmp_path / "app.py").write_text(APP)
    flask(tmp_path, "init").communicate()
    (tmp_path / "migrations" / "versions" / "0001_wait.py").write_text(REVISION)
    return tmp_path


# Whoever runs the tests may ignore signals, as a shell or nohup does for what it runs.
FLASK = """
import runpy, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
sys.path.insert(0, "")
runpy.run_module("flask", run_name="__main__")
"""
STARTED: list[subprocess.Popen[bytes]] = []


@pytest.fixture(autouse=True)
def _nothing_runs_on() -> Iterator[None]:
    """End what a test that failed has left."""
    yield
    while STARTED:
        with STARTED.pop() as process:
            process.kill()


def flask(folder: Path, *args: str, stderr: int | None = None) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        [sys.executable, "-c", FLASK, "db", *args],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE if stderr is None else stderr,
        start_new_session=True,  # so that a signal to the group reaches what it started, too
    )
    STARTED.append(process)
    return process


def until(condition: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    for _ in range(3000):
        if condition():
            return
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)
    process.kill()
    pytest.fail("it took too long")


def running(folder: Path, *args: str) -> tuple[subprocess.Popen[bytes], str, Path]:
    """Start a check; return it when its migration runs, with its database and data folder."""
    process = flask(folder, "enum", "check", "--from-migrations", *args)
    until((folder / "running").exists, process)
    database, data = (folder / "running").read_text().split("\t")
    return process, database, Path(data)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_on_a_server_that_is_given(folder: Path, newest: Server, number: int) -> None:
    process, database, _ = running(folder, "--server", newest.url)
    os.killpg(process.pid, number)
    stdout, stderr = process.communicate(timeout=60)
    assert b"Traceback" not in stderr
    with psycopg.connect(newest.url) as connection:
        query = "SELECT count(*) FROM pg_database WHERE datname = %s"
        assert connection.execute(query, [database]).fetchone() == (0,)
    ended(process, number, stdout, stderr)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_on_a_server_of_its_own(folder: Path, number: int) -> None:
    process, _, data = running(folder)
    postmaster = int((data / "postmaster.pid").read_text().split()[0])
    os.killpg(process.pid, number)
    stdout, stderr = process.communicate(timeout=60)
    assert not data.parent.exists()
    assert not runs(postmaster)
    ended(process, number, stdout, stderr)


def runs(pid: int) -> bool:
    """Return whether a process runs: one that has ended may wait for init to take notice."""
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def ended(process: subprocess.Popen[bytes], number: int, stdout: bytes, stderr: bytes) -> None:
    """Check that the process said so, or ended by the signal as if it had not caught it."""
    if number == signal.SIGINT:
        assert process.returncode == 2
        assert stderr.endswith(b"Could not tell: It was interrupted.\n")
        assert stdout == b""
    else:
        assert process.returncode == -number


def test_while_the_server_starts(folder: Path, tmp_path: Path) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    os.environ["TMPDIR"] = str(temporary)
    try:
        process = flask(folder, "enum", "check", "--from-migrations")
    finally:
        del os.environ["TMPDIR"]
    until(lambda: any(temporary.glob("fem-*/data/PG_VERSION")), process)
    os.killpg(process.pid, signal.SIGINT)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 2
    assert stderr.endswith(b"Could not tell: It was interrupted.\n")
    assert list(temporary.glob("fem-*")) == []


def test_progress_on_a_terminal(folder: Path, newest: Server) -> None:
    """One line that changes, and is gone at the end."""
    revision = folder / "migrations" / "versions" / "0001_wait.py"
    revision.write_text(
        re.sub(r"def upgrade.*", "def upgrade():\n    pass\n", REVISION, flags=re.S)
    )
    ours, theirs = pty.openpty()
    process = flask(
        folder, "enum", "check", "--from-migrations", "--server", newest.url, stderr=theirs
    )
    os.close(theirs)
    said = b""
    try:
        while chunk := os.read(ours, 1000):
            said += chunk
    except OSError:  # the other end is closed
        pass
    os.close(ours)
    stdout, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert said.startswith(b"Running 1 migration on PostgreSQL ")
    assert said.endswith(b"\r\n1 of 1: 0001 Wait\r\x1b[K")
    assert stdout.endswith(b"\nDrift: 1 of 1 enum type differs. Next: flask db migrate\n")


def test_a_handler_of_the_app_is_left_to_it() -> None:
    came: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, frame: came.append(number))
    try:
        with signals.unwound(), signals.delayed():
            os.kill(os.getpid(), signal.SIGTERM)
            assert came == []
        assert came == [signal.SIGTERM]
    finally:
        signal.signal(signal.SIGTERM, before)


def test_in_another_thread() -> None:
    """Signals can be handled in the main thread only; elsewhere the blocks just run."""
    ran: list[bool] = []

    def run() -> None:
        with signals.unwound(), signals.delayed():
            ran.append(True)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert ran == [True]
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
