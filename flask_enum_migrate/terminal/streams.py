"""Standard output and standard error: what is written, what can't be, and who else may write."""

from __future__ import annotations

import errno
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextlib import redirect_stdout
from typing import IO
from typing import Any

import click


class OutputFailed(BaseException):
    """Something can't be written to a standard stream; no ``except Exception`` stops it.

    :param error: what the operating system says.
    :param done: what was done before, and couldn't be told.
    """

    def __init__(self, error: OSError, done: str = "") -> None:
        super().__init__(str(error))
        self.error = error
        self.done = done

    @property
    def nobody_reads(self) -> bool:
        """Whether the reader of a pipe has left, as ``head`` does: nothing to complain about."""
        return self.error.errno == errno.EPIPE


def write(text: str, *, err: bool = False, nl: bool = True, color: bool | None = None) -> None:
    """Write to standard output, or to standard error.

    :raises OutputFailed: if it can't be.
    """
    stream: IO[Any] | None = sys.stderr if err else sys.stdout
    if stream is None and not err:  # it was closed before we began
        raise OutputFailed(OSError(errno.EBADF, os.strerror(errno.EBADF)))
    try:
        click.echo(text, err=err, nl=nl, color=color)
    except OSError as error:
        _discard(stream)
        raise OutputFailed(error) from None


def _discard(stream: IO[Any] | None) -> None:
    """Let what a stream still holds vanish, or Python would fail again at the end."""
    try:
        number = stream.fileno() if stream else None
    except (OSError, ValueError):
        return
    if number is not None:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, number)
        os.close(nowhere)


def is_terminal(stream: IO[Any] | None) -> bool:
    """Return whether a stream, which may be closed, is a terminal."""
    return stream is not None and stream.isatty()


def width_of(stream: IO[Any] | None) -> int | None:
    """Return the columns of a terminal, or None where long lines may stay long."""
    return shutil.get_terminal_size().columns if is_terminal(stream) else None


@contextmanager
def reserved() -> Iterator[None]:
    """Send to standard error what others write to standard output: loggers, env.py, programs."""
    with _redirected(sys.stdout, sys.stderr), redirect_stdout(sys.stderr):
        yield


@contextmanager
def _redirected(stream: IO[Any] | None, other: IO[Any] | None) -> Iterator[None]:
    """Let the file of one stream be another's, where both have one."""
    try:
        number, target = (one.fileno() if one else -1 for one in (stream, other))
        kept = os.dup(number)
    except (OSError, ValueError):
        yield
        return
    try:
        _flush(stream)
        os.dup2(target, number)
        yield
    finally:
        _flush(stream)
        os.dup2(kept, number)
        os.close(kept)


def _flush(stream: IO[Any] | None) -> None:
    try:
        if stream is not None:
            stream.flush()
    except OSError:
        _discard(stream)
