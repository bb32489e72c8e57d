"""Show on standard error how far the migrations have got."""

from __future__ import annotations

import shutil
import sys
import time
from threading import Timer

from ..core.rehearsal import Stage
from ..core.rehearsal import Tell
from ..core.wording import counted
from ..core.wording import plain
from ..from_migrations.run import Progress
from .streams import is_terminal
from .streams import write

_PATIENCE = 5.0
"""Seconds after which a log, which can't be overwritten as a terminal can, gets another line."""

_SECOND = 1.0
"""Seconds after which it is told that something takes a while."""


class ProgressLine:
    """One line that changes on a terminal; in a log, one line for each bind and a few more."""

    def __init__(self) -> None:
        self._bind: str | None = None
        self._open = False
        self._told = 0.0

    def __call__(self, now: Progress) -> None:
        if now.bind != self._bind:
            self._bind = now.bind
            self._clear()
            bind = f" (bind {now.bind})" if now.bind else ""
            self._line(f"Running {counted(now.total, 'migration')} on {now.database}{bind}.")
            self._told = time.monotonic()
        current = f"{now.done + 1} of {now.total}: {now.revision} {now.message}"
        if is_terminal(sys.stderr):
            self._clear()
            if now.revision:
                room = shutil.get_terminal_size().columns - 1
                write(plain(current)[:room], err=True, nl=False)
                self._open = True
        elif now.revision and time.monotonic() - self._told > _PATIENCE:
            self._line(current)
            self._told = time.monotonic()

    def close(self) -> None:
        """Leave the terminal at the beginning of an empty line."""
        self._clear()

    def _clear(self) -> None:
        if self._open:
            write("\r\x1b[K", err=True, nl=False)
            self._open = False

    @staticmethod
    def _line(text: str) -> None:
        write(plain(text), err=True)


class Rehearsing:
    """Tells how far a rehearsal is, if it takes longer than a second."""

    def __init__(self) -> None:
        self._timer = Timer(_SECOND, self._show)
        self._timer.daemon = True
        self._stage: Stage | None = None
        self._told: float | None = None

    def __enter__(self) -> Tell:
        self._timer.start()
        return self._now

    def __exit__(self, *failure: object) -> None:
        self._timer.cancel()
        self._timer.join()
        if self._told is not None and is_terminal(sys.stderr):
            write("\r\x1b[K", err=True, nl=False)

    def _now(self, stage: Stage) -> None:
        self._stage = stage
        if self._told is not None:
            self._show()

    def _show(self) -> None:
        stage, now = self._stage, time.monotonic()
        text = "Rehearsing: what is done on this database is rolled back"
        if stage:
            place = f", place {stage.place} of {stage.places}" if stage.places > 1 else ""
            text += f"; {stage.direction}{place}, statement {stage.number} of {stage.total}"
        if is_terminal(sys.stderr):
            room = shutil.get_terminal_size().columns - 1
            write(f"\r\x1b[K{f'{text} …'[:room]}", err=True, nl=False)
        elif self._told is None or now - self._told > _PATIENCE:
            write(f"{text} …", err=True)
        else:
            return
        self._told = now
