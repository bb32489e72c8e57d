"""Run commands in forks of this process, which has imported already what they need.

That is for trying that everything runs: what is measured begins as a process of its own.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import tempfile
import threading
from collections.abc import Mapping
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

IMPORTED = (
    "alembic.command",
    "flask_migrate.cli",
    "flask_sqlalchemy",
    "psycopg2",
    "flask_enum_migrate.terminal.commands",
)


def possible() -> bool:
    """Return whether this process may be forked now: not on Windows, nor beside threads."""
    return hasattr(os, "fork") and threading.active_count() == 1


def run(
    result: Path, arguments: Sequence[str], folder: Path, environment: Mapping[str, str]
) -> tuple[int, str]:
    """Do what ``python measured.py RESULT …`` does.

    :return: exit code, and what was written to standard error.
    """
    for name in IMPORTED:
        import_module(name)
    with tempfile.TemporaryFile("w+", encoding="utf-8") as errors:
        given = (result, arguments, folder, environment, errors.fileno())
        child = multiprocessing.get_context("fork").Process(target=_child, args=given)
        child.start()
        child.join()
        errors.seek(0)
        return child.exitcode or 0, errors.read()


def _child(
    result: Path,
    arguments: Sequence[str],
    folder: Path,
    environment: Mapping[str, str],
    errors: int,
) -> None:
    from benchmarks import measured

    os.dup2(errors, sys.__stderr__.fileno() if sys.__stderr__ else 2)
    os.dup2(errors, 1)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    measured.main(str(result), *arguments)
