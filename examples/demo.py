"""Play a year in the life of an audit log: a label is added, one renamed, one removed.

Run it with ``make demo``. It works on a copy of the app beside it, on a throwaway server or, where
``DATABASE_URL`` is set, in a database of its own on that server, which is dropped at the end. It
ends with exit code 1 where a command does not do what is told here.
"""

from __future__ import annotations

import contextlib
import difflib
import os
import secrets
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from flask_enum_migrate.from_migrations.server import embedded_server

if TYPE_CHECKING:
    from collections.abc import Iterator

APP = Path(__file__).parent / "audit_log"


class Demo:
    """The app in its folder, and the database that it is on."""

    def __init__(self, folder: Path, url: sa.URL) -> None:
        self.folder = folder
        self.engine = sa.create_engine(url)
        self.environment = {
            **os.environ,
            "DATABASE_URL": url.render_as_string(hide_password=False),
            "PYTHONUNBUFFERED": "1",
        }

    def flask(self, command: str, *, code: int = 0) -> None:
        """Run a ``flask`` command, show it with all that it prints, and judge its exit code.

        :param code: the exit code to expect.
        """
        print(f"\n$ flask {command}", flush=True)
        done = subprocess.run(
            [sys.executable, "-m", "flask", "--app", "audit_log", *shlex.split(command)],
            check=False,
            stdin=subprocess.DEVNULL,
            stderr=subprocess.STDOUT,
            cwd=self.folder,
            env=self.environment,
        )
        if done.returncode != code:
            sys.exit(
                f"\nThe demo stops: 'flask {command}' ended with exit code {done.returncode}, "
                f"where {code} was expected."
            )
        if code:
            print(f"(exit code {code}, as expected)")

    def edit(self, old: str, new: str) -> None:
        """Change ``models.py`` and show the difference."""
        models = self.folder / "audit_log" / "models.py"
        before = models.read_text(encoding="utf-8")
        if before.count(old) != 1:
            sys.exit(f"\nThe demo stops: models.py does not hold this once: {old!r}")
        after = before.replace(old, new)
        models.write_text(after, encoding="utf-8")
        lines = difflib.unified_diff(
            before.splitlines(), after.splitlines(), "models.py", "models.py", lineterm="", n=1
        )
        print("", *lines, sep="\n")

    def sync(self, options: str) -> None:
        """Run ``flask db enum sync`` and show the whole of what it writes."""
        versions = self.folder / "migrations" / "versions"
        before = set(versions.glob("*.py"))
        self.flask(f"db enum sync {options}")
        written = set(versions.glob("*.py")) - before
        if len(written) != 1:
            sys.exit(f"\nThe demo stops: sync wrote {len(written)} revisions, not one.")
        revision = written.pop()
        print(f"\n--- {revision.relative_to(self.folder)}")
        source = revision.read_text(encoding="utf-8")
        print("def upgrade" + source.partition("\ndef upgrade")[2].rstrip())

    def insert(self, *events: tuple[str, str]) -> None:
        """Log events, each a label and the name of a user, and show all rows."""
        statement = "INSERT INTO audit_event (event, username) VALUES ('{}', '{}')"
        print()
        with self.engine.begin() as connection:
            for label, username in events:
                sql = statement.format(label, username)
                print(f"sql> {sql}")
                connection.execute(sa.text(sql))
        self.rows()

    def sql(self, statement: str) -> None:
        """Run a statement and show it."""
        print(f"\nsql> {statement}")
        with self.engine.begin() as connection:
            connection.execute(sa.text(statement))

    def rows(self) -> None:
        """Show the rows as the database holds them."""
        sql = "SELECT id, event, username FROM audit_event ORDER BY id"
        print(f"\nsql> {sql}")
        with self.engine.connect() as connection:
            for number, label, username in connection.execute(sa.text(sql)):
                print(f"{number:>5}  {label:<16} {username}")


def play(demo: Demo) -> None:
    """Play the story."""
    chapter("An app with an audit log, its database made by its first revision")
    demo.flask("db upgrade")
    demo.flask("db enum list")
    demo.insert(
        ("LOGIN_SUCCESS", "ada"),
        ("LOGIN_FAILURE", "bob"),
        ("PASSWORD_RESET", "bob"),
    )

    chapter("Somebody adds LOGOUT_SUCCESS. Alembic finds nothing, this extension does:")
    demo.edit(
        '    LOGIN_FAILURE = "login_failure"\n',
        '    LOGIN_FAILURE = "login_failure"\n    LOGOUT_SUCCESS = "logout_success"\n',
    )
    demo.flask("db enum check", code=1)
    # A downgrade will meet rows that hold the new label: the option says what becomes of them.
    demo.sync('-m "Add LOGOUT_SUCCESS" --downgrade-map eventtype.LOGOUT_SUCCESS=OTHER')
    demo.flask("db upgrade")
    demo.flask("db enum check")
    demo.insert(("LOGOUT_SUCCESS", "ada"))

    chapter("LOGIN_FAILURE gets a better name. No row is touched:")
    demo.edit('LOGIN_FAILURE = "login_failure"', 'LOGIN_DENIED = "login_denied"')
    demo.sync('-m "Rename LOGIN_FAILURE" --rename eventtype.LOGIN_FAILURE=LOGIN_DENIED')
    demo.flask("db upgrade")
    demo.rows()

    chapter("PASSWORD_RESET goes, while rows hold it. Without an answer, sync refuses:")
    demo.edit('    PASSWORD_RESET = "password_reset"\n', "")
    demo.flask('db enum sync -m "Remove PASSWORD_RESET"', code=1)
    demo.sync('-m "Remove PASSWORD_RESET" --map eventtype.PASSWORD_RESET=PASSWORD_CHANGE')
    demo.flask("db upgrade")
    demo.flask("db enum check")
    demo.rows()

    chapter("Another order, while a view hangs on the type:")
    demo.sql("CREATE VIEW denied AS SELECT username FROM audit_event WHERE event = 'LOGIN_DENIED'")
    first, second = '    LOGIN_SUCCESS = "login_success"\n', '    LOGIN_DENIED = "login_denied"\n'
    demo.edit(first + second, second + first)
    demo.sync('-m "Put LOGIN_DENIED first"')
    demo.flask("db upgrade")
    demo.flask("db enum check")

    chapter("And back: four revisions down. Only the merged rows stay merged:")
    demo.flask("db downgrade")
    demo.sql("DROP VIEW denied")  # the first revision, to be undone too, was written without it
    for _ in range(3):
        demo.flask("db downgrade")
    demo.rows()
    chapter("The end")


def chapter(title: str) -> None:
    """Print a heading."""
    print(f"\n\n=== {title}")


@contextlib.contextmanager
def own_database(server: str) -> Iterator[sa.URL]:
    """Create a database on the server, and drop it when the block ends."""
    # The driver is named, as SQLAlchemy 2.0 and 2.1 take a plain postgresql:// for different ones.
    url = sa.make_url(server)
    if url.drivername == "postgresql":
        url = url.set(drivername="postgresql+psycopg2")
    name = f"audit_log_{secrets.token_hex(4)}"
    maintenance = sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with maintenance.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    try:
        yield url.set(database=name)
    finally:
        with maintenance.connect() as connection:
            connection.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))


def main() -> None:
    """Prepare a server, a database and a copy of the app, and play."""
    with contextlib.ExitStack() as stack:
        server = os.environ.get("DATABASE_URL") or stack.enter_context(embedded_server())
        url = stack.enter_context(own_database(server))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory())) / APP.name
        shutil.copytree(APP, folder, ignore=shutil.ignore_patterns("__pycache__"))
        demo = Demo(folder, url)
        stack.callback(demo.engine.dispose)
        play(demo)


if __name__ == "__main__":
    main()
