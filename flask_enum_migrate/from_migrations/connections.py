"""Refuse every database connection of this process but those that were allowed.

An env.py that builds its own engine, from the app's configuration or from the environment, would
otherwise migrate the app's own database where a scratch one is meant.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine
from sqlalchemy import event
from sqlalchemy.pool import Pool

from ..core.errors import EnumMigrateError

_MARK = "flask_enum_migrate.allowed"
_ADDRESS = (
    "host",
    "hostaddr",
    "port",
    "unix_sock",
    "dbname",
    "database",
    "db",
    "service",
    "dsn",
    "conninfo",
)
"""What drivers call the parts of an address; the role may differ."""

Address = tuple[tuple[str, ...], tuple[tuple[str, str], ...]]


class ForeignConnection(EnumMigrateError):
    """Something wanted to connect to a database that is not a scratch database.

    :param address: what it wanted, without any password.
    """

    def __init__(self, address: str, command: str = "db") -> None:
        self.address = address
        super().__init__(
            f"env.py, or what it runs, wanted to connect to {address}, which is not a scratch "
            "database. It was stopped before it did.",
            "Let env.py take its engine from Flask-Migrate: "
            "current_app.extensions['migrate'].db.engine, or .engines[bind], as the env.py of "
            f"`flask {command} init` does.",
        )


@contextmanager
def only(engines: Iterable[Engine], command: str = "db") -> Iterator[None]:
    """Let nothing in this process connect anywhere but where some engines do.

    Connections that a pool kept from before are refused too, when they are taken from it, and so
    are those of an engine with a ``creator``. A SQLite database in memory belongs to nobody, and
    stays allowed. What a driver opens without SQLAlchemy is out of reach.

    :param command: the name of Flask-Migrate's command group.
    :raises ForeignConnection: in whatever tries, and at the end of the block if that was hidden.
    """
    allowed = {_address(*engine.dialect.create_connect_args(engine.url)) for engine in engines}
    refused: list[ForeignConnection] = []

    def refuse(shown: str) -> None:
        error = ForeignConnection(shown, command)
        refused.append(error)
        raise error

    def connecting(dialect: Any, record: Any, args: Any, parameters: Any) -> None:
        memory = dialect.name == "sqlite" and (not args or args[0] in ("", ":memory:"))
        if not memory and _address(args, parameters) not in allowed:
            refuse(_shown(dialect.name, args, parameters))
        if record is not None:
            record.info[_MARK] = True

    def opened(connection: Any, record: Any) -> None:
        if not record.info.get(_MARK):
            shown = _described(connection)
            connection.close()  # a pool doesn't, where a listener fails
            refuse(shown)

    def taken(connection: Any, record: Any, proxy: Any) -> None:
        if not record.info.get(_MARK):
            refuse(_described(connection))

    listeners: list[tuple[Any, str, Any]] = [
        (Engine, "do_connect", connecting),
        # An engine with a creator connects without the event above.
        (Pool, "connect", opened),
        (Pool, "checkout", taken),
    ]
    for target, name, listener in listeners:
        event.listen(target, name, listener)
    try:
        yield
    except Exception as error:
        if refused and error is not refused[0]:
            raise refused[0] from error
        raise
    finally:
        for target, name, listener in listeners:
            event.remove(target, name, listener)
    if refused:
        raise refused[0]


def _address(args: Sequence[Any], parameters: Mapping[str, Any]) -> Address:
    named = tuple((name, str(parameters[name])) for name in _ADDRESS if parameters.get(name))
    return tuple(map(str, args)), named


def _shown(dialect: str, args: Sequence[Any], parameters: Mapping[str, Any]) -> str:
    """Return what a driver is about to be given as a URL, without the password."""
    if "dsn" in parameters or "conninfo" in parameters or (args and dialect != "sqlite"):
        return f"a {dialect} database named by a connection string"
    if args:
        return f"{dialect}:///{args[0]}"
    host = parameters.get("unix_sock") or parameters.get("host", "")
    port = f":{parameters['port']}" if parameters.get("port") else ""
    user = f"{parameters['user']}{':***' if parameters.get('password') else ''}@"
    name = next((parameters[key] for key in ("dbname", "database", "db") if key in parameters), "")
    return f"{dialect}://{user if parameters.get('user') else ''}{host}{port}/{name}"


def _described(connection: Any) -> str:
    """Return where an open connection leads to, as far as its driver tells."""
    info = getattr(connection, "info", None)
    try:
        return f"postgresql://{info.user}@{info.host}:{info.port}/{info.dbname}"  # type: ignore[union-attr]
    except Exception:
        return "a database, by a connection that SQLAlchemy did not open"
