"""Leave logging and warnings as they were, whatever env.py configures.

Flask-Migrate's env.py calls ``logging.config.fileConfig``, which closes all handlers, replaces the
root logger's, and disables every logger that its ini doesn't name.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_STATE = ("disabled", "level", "propagate")


@contextmanager
def kept() -> Iterator[None]:
    """Bring loggers, handlers and the filters of warnings back when the block ends."""
    before = {logger: _state(logger) for logger in _loggers()}
    opened, named = _hidden_handlers()
    try:
        with warnings.catch_warnings():
            yield
    finally:
        for logger in _loggers():
            # A logger that is new is as getLogger() makes it.
            state, handlers, filters = before.get(logger, ((False, logging.NOTSET, True), [], []))
            for name, value in zip(_STATE, state, strict=True):
                setattr(logger, name, value)
            logger.handlers[:] = handlers
            logger.filters[:] = filters
        logging.root.manager._clear_cache()  # type: ignore[attr-defined]
        logging._handlers.update(named)  # type: ignore[attr-defined]
        logging._handlerList[:0] = opened  # type: ignore[attr-defined]


def _loggers() -> list[logging.Logger]:
    known = logging.root.manager.loggerDict.values()
    return [logging.root, *(one for one in known if isinstance(one, logging.Logger))]


def _state(logger: logging.Logger) -> tuple[tuple[Any, ...], list[Any], list[Any]]:
    values = tuple(getattr(logger, name) for name in _STATE)
    return values, list(logger.handlers), list(logger.filters)


def _hidden_handlers() -> tuple[list[Any], dict[str, logging.Handler]]:
    """Take the handlers out of where logging.config looks for those that it closes."""
    module: Any = logging
    opened, named = list(module._handlerList), dict(module._handlers)
    module._handlerList.clear()
    module._handlers.clear()
    return opened, named
