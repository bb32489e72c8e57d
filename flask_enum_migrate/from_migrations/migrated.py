"""Throwaway databases in which all migrations have run."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from os import PathLike

from ..app.environment import Environment
from . import run
from .databases import Scratch
from .databases import databases


@contextmanager
def migrated(
    environment: Environment,
    *,
    server: str | None = None,
    init_sql: str | PathLike[str] | None = None,
    progress: Callable[[run.Progress], None] | None = None,
) -> Iterator[Scratch]:
    """Let the current app's databases be what its migrations make, until the block ends.

    The app's own are neither touched nor needed.

    :param server: URL of the server to make them on, by default a throwaway one.
    :param init_sql: a file of SQL to prepare them with.
    :param progress: called before each revision, and after the last one.
    :raises ChainFailed: if the migrations don't run.
    :raises ForeignConnection: if env.py wants to connect to another database.
    :raises EnumMigrateError: if there are no such databases for another reason.
    """
    with databases(environment, server=server, init_sql=init_sql) as made:
        run.upgrade(environment, progress or (lambda _: None), made.describe)
        yield made
