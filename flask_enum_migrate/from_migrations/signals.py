"""Clean up after Ctrl-C and after the signals that would end the process at once."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_ENDING = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]


class _Ending(BaseException):
    """A signal that ends the process, as an exception that unwinds it first."""

    def __init__(self, number: int) -> None:
        self.number = number


@contextmanager
def unwound() -> Iterator[None]:
    """Leave a block through its ``finally`` clauses on SIGTERM and SIGHUP, and end then by them.

    A signal that the app handles itself is left to it. Outside the main thread this does nothing.
    """

    def end(number: int, frame: Any) -> None:
        raise _Ending(number)

    handlers = {}
    if threading.current_thread() is threading.main_thread():
        handlers = {n: signal.signal(n, end) for n in _ENDING if _is_default(n)}
    try:
        yield
    except _Ending as ending:
        signal.signal(ending.number, signal.SIG_DFL)
        os.kill(os.getpid(), ending.number)
        raise
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


@contextmanager
def delayed() -> Iterator[None]:
    """Let Ctrl-C and the signals of :func:`unwound` wait until the block has ended.

    For what may not stop half way: the start of a server, and its removal.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[tuple[int, Any]] = []
    handlers: dict[int, Any] = {}

    def keep(number: int, frame: Any) -> None:
        came.append((number, frame))

    for number in (signal.SIGINT, *_ENDING):
        if callable(handler := signal.getsignal(number)):
            handlers[number] = handler
            signal.signal(number, keep)
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        for number, frame in came[:1]:
            handlers[number](number, frame)


def _is_default(number: int) -> bool:
    return signal.getsignal(number) == signal.SIG_DFL
