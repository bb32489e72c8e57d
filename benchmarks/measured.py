"""Run one ``flask`` command in a process of its own, and write down what it cost.

It is run as a file in the folder of an app, and knows nothing of this package::

    python measured.py RESULT.json db enum check

Several commands with ``&&`` in between are run one after the other; the figures are of the last.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any


class Meter:
    """What SQLAlchemy asked of the database, and for how long it had to wait."""

    def __init__(self) -> None:
        self.queries = 0
        self.seconds = 0.0
        self.statements: list[tuple[float, str]] = []
        self._started = 0.0

    def attach(self) -> None:
        """Watch every engine of this process."""
        from sqlalchemy import event
        from sqlalchemy.engine import Engine
        from sqlalchemy.engine.default import DefaultDialect

        event.listen(Engine, "before_cursor_execute", self._before)
        event.listen(Engine, "after_cursor_execute", self._after)
        commit = DefaultDialect.do_commit

        def do_commit(dialect: Any, connection: Any) -> None:
            with self._timed("COMMIT"):
                commit(dialect, connection)  # type: ignore[no-untyped-call]

        DefaultDialect.do_commit = do_commit  # type: ignore[method-assign]

    def _before(self, *_: Any) -> None:
        self._started = perf_counter()

    def _after(self, connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        self.queries += 1
        self._add(statement)

    @contextmanager
    def _timed(self, statement: str) -> Iterator[None]:
        self._started = perf_counter()
        yield
        self._add(statement)

    def _add(self, statement: str) -> None:
        seconds = perf_counter() - self._started
        self.seconds += seconds
        self.statements.append((seconds, " ".join(statement.split())[:60]))


def peak_memory() -> int:
    """Return the most memory that this process had so far, in bytes; 0 where that is unknown."""
    try:
        status = Path("/proc/self/status").read_text(encoding="utf-8")
        # Not getrusage() on Linux: there a process inherits the peak of the one that started it.
        return next(
            int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM:")
        )
    except (OSError, StopIteration):
        pass
    try:
        import resource
    except ImportError:  # Windows
        return 0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def _commands(arguments: tuple[str, ...]) -> list[list[str]]:
    commands: list[list[str]] = [[]]
    for argument in arguments:
        if argument == "&&":
            commands.append([])
        else:
            commands[-1].append(argument)
    return commands


def main(result: str, *arguments: str) -> None:
    """Import the app, run the command, and write the figures as JSON."""
    sys.path[0] = str(Path.cwd())
    import app  # type: ignore[import-not-found]

    *first, last = _commands(arguments)
    for command in first:
        done = app.app.test_cli_runner().invoke(args=command, catch_exceptions=False)
        if done.exit_code:
            sys.exit(done.output)
    meter = Meter()
    meter.attach()
    memory, started = peak_memory(), perf_counter()
    done = app.app.test_cli_runner().invoke(args=last, catch_exceptions=False)
    seconds = perf_counter() - started
    figures = {
        "exit_code": done.exit_code,
        "output": done.output,
        "seconds": seconds,
        "queries": meter.queries,
        "waited": meter.seconds,
        "memory": peak_memory() - memory,
        "slowest": sorted(meter.statements, reverse=True)[:25],
    }
    Path(result).write_text(json.dumps(figures), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
