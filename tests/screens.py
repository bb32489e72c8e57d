"""Commands in a process and on a pseudo-terminal of their own, and what they show there."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.project import Project

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
    state = db.Column(db.Enum(*{labels!r}, name="state"{kind}))
"""


def flask(project: Project, labels: list[str], kind: str = "") -> list[str]:
    """Write the app to a file and return the command that checks it in a process of its own.

    :param kind: what else is said of the enum.
    """
    program = PROGRAM.format(url=project.sqlalchemy_url(), labels=labels, kind=kind)
    (project.folder / "app.py").write_text(program)
    return [sys.executable, "-m", "flask", "db", "enum"]


def _heeds_control_c() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])


CONTROL_C, END_OF_FILE = "\x03", "\x04"


def on_a_terminal(
    command: list[str], folder: Path, *answers: str, columns: int = 200, **environment: str
) -> str:
    """Run a command on a terminal and return what it shows.

    :param answers: typed in turn, each when a question waits for it; then end of file.
    :param columns: how wide the terminal is.
    """
    master, terminal = pty.openpty()
    env = {**os.environ, "COLUMNS": str(columns), "TERM": "xterm", **environment}
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
