"""Servers, databases and projects for the tests; every test has a database of its own."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from tests.project import Project
from tests.servers import Server
from tests.servers import available_servers
from tests.servers import create_database
from tests.servers import drop_database
from tests.servers import running_servers
from tests.starts import shared_folder

SERVERS = available_servers()

TESTS = Path(__file__).parent

# One run of these is enough: they read files, try many cases of what others try once, or are about
# what neither a server's version nor a package's changes.
ONCE = {
    "autogenerate/test_random.py",
    "from_migrations/test_signals.py",
    "postgresql/catalog/test_lock_table.py",
    "postgresql/checks/test_stopped.py",
    "postgresql/test_crashes.py",
    "postgresql/test_properties.py",
    "postgresql/test_retirement_clients.py",
    "postgresql/test_retirement_crashes.py",
    "postgresql/test_strangers.py",
    "terminal/test_commands.py",
    "terminal/test_formats.py",
    "terminal/test_questions.py",
    "terminal/test_streams.py",
    "test_architecture.py",
    "test_benchmarks.py",
    "test_ci_examples.py",
    "test_distributions.py",
    "test_docs.py",
    "test_example.py",
    "test_settings.py",
}
# What `make test-quick` leaves out whole: many cases of what others try once, pages and examples
# followed from end to end, processes of their own, and what waits for seconds.
MANY = {
    "autogenerate/test_random.py",
    "autogenerate/test_rehearsal.py::test_a_lock",
    "from_migrations/test_signals.py",
    "postgresql/checks/test_stopped.py",
    "postgresql/objects/test_dependents.py::test_everything_together",
    "postgresql/objects/test_unqualified_dependents.py",
    "postgresql/test_crashes.py",
    "postgresql/test_properties.py",
    "postgresql/test_rehearsal_kinds.py",
    "postgresql/test_rehearsal_net.py",
    "postgresql/test_retirement_clients.py",
    "postgresql/test_retirement_crashes.py",
    "terminal/test_streams.py",
    "test_benchmarks.py",
    "test_ci_examples.py",
    "test_docs.py",
    "test_example.py",
    "test_readme.py",
    "test_rehearsal.py::test_a_lock_on_what_is_read",
    "test_rehearsal.py::test_a_lock_that_others_hold",
    "test_rehearsal_stopped.py",
}
# So many tests of a module that need a server does `make test-quick` run; a module begins with the
# plainest, and however many it gets, the habit stays as quick.
FIRST = 7
# What everything else rests on.
EVERYWHERE = {"postgresql/plan/test_labels.py"}
if missing := [
    name
    for name in sorted(ONCE | MANY | EVERYWHERE)
    if not (TESTS / name.partition("::")[0]).is_file()
]:
    raise RuntimeError(f"tests/conftest.py names modules that aren't there: {missing}")

# Windows has neither signals for process groups nor pseudo-terminals.
collect_ignore = (
    [
        "from_migrations/test_signals.py",
        "terminal/test_commands.py",
        "terminal/test_streams.py",
    ]
    if sys.platform == "win32"
    else []
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is to run on other servers than the default ones, with other packages, and often.

    Often, that is after each change (``quick``): every test that needs no server, and of the others
    the first case of each module's ``FIRST`` ones on the first server, none of those in ``MANY``.
    """
    tried: dict[str, set[str]] = {}
    for item in items:
        module = item.path.relative_to(TESTS).as_posix()
        by_server = "server" in getattr(item, "fixturenames", ())
        if by_server or module in EVERYWHERE:
            item.add_marker("server")
        if module in EVERYWHERE or not (by_server or module in ONCE):
            item.add_marker("stack")
        name = item.name.partition("[")[0]
        if MANY & {module, f"{module}::{name}"}:
            continue
        if "servers" in getattr(item, "fixturenames", ()):
            before = tried.setdefault(module, set())
            if name in before or len(before) == FIRST:
                continue
            before.add(name)
        item.add_marker("quick")


@pytest.fixture(scope="session")
def servers() -> Iterator[dict[str, Server]]:
    """Start all servers once for this process."""
    with running_servers(SERVERS) as running:
        yield running


@pytest.fixture(params=SERVERS)
def server(request: pytest.FixtureRequest, servers: dict[str, Server]) -> Server:
    """Run the test on each server."""
    return servers[request.param]


@pytest.fixture
def newest(servers: dict[str, Server]) -> Server:
    """Run the test on one server, for what doesn't depend on its version."""
    return servers[SERVERS[0]]


def _project(server: Server, folder: Path) -> Iterator[Project]:
    url = create_database(server)
    project = Project(folder, server, url, shared_folder(folder))
    try:
        yield project
    finally:
        project.close()
        drop_database(server, url)


@pytest.fixture
def project(server: Server, tmp_path: Path) -> Iterator[Project]:
    """An app with an empty database, on each server."""
    yield from _project(server, tmp_path)


@pytest.fixture
def one_project(newest: Server, tmp_path: Path) -> Iterator[Project]:
    """An app with an empty database, on one server."""
    yield from _project(newest, tmp_path)


@pytest.fixture
def roles(server: Server) -> Iterator[str]:
    """Two roles for one test, by the end of their names; they go after its database."""
    suffix = uuid4().hex[:8]
    names = [f"enum_reader_{suffix}", f"enum_owner_{suffix}"]
    with psycopg.connect(server.url, autocommit=True) as connection:
        for name in names:
            connection.execute(f"CREATE ROLE {name}".encode())
    yield suffix
    with psycopg.connect(server.url, autocommit=True) as connection:
        for name in names:
            connection.execute(f"DROP ROLE {name}".encode())
