"""Run statements inside of a savepoint that is always rolled back."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from ...core.diagnosis import FIELDS
from ...core.diagnosis import sqlstate
from ...core.diagnosis import told
from ...core.rehearsal import Act
from ...core.rehearsal import CantPerform
from ...core.rehearsal import Failure
from ...core.rehearsal import Operation
from ...core.rehearsal import Stage
from ...core.rehearsal import Tell
from ...core.rehearsal import tell_nobody
from ...core.schema import Name
from ..sql import rehearsing
from .statements import query

# What says nothing about the statements: a lock, a time or a transaction that couldn't be had.
_NOT_NOW = {
    "55P03": "it did not get its locks within two seconds",
    "57014": "the server cancelled it, as by statement_timeout",
    "40P01": "another session stood in the way",
    "25006": "the connection is read-only",
}
UNCOMMITTED = "55P04"
"""The code of an error where a label is used in the transaction that added it."""

# What can be run, but not in one transaction with all that came before.
_NOT_HERE = {
    UNCOMMITTED: "PostgreSQL lets a label be used only once it is committed",
    "25001": "PostgreSQL runs it outside of a transaction only",
    "2D000": "it commits on the way",
    "55006": "PostgreSQL runs it only once triggers of what came before have fired",
}


class StatementFailed(Exception):
    """A statement failed.

    :param failure: what the server said.
    :param why: why that says nothing about the revision, in words, or ``""`` where it does.
    """

    def __init__(self, failure: Failure, why: str = "") -> None:
        super().__init__(failure.message)
        self.failure = failure
        self.why = why


def is_autocommit(connection: Connection) -> bool:
    """Return whether nothing could be rolled back."""
    # Not get_isolation_level(): that asks the server, which knows of no autocommit.
    driver: Any = connection.connection.dbapi_connection
    return bool(getattr(driver, "autocommit", False))


@contextmanager
def taken_back(connection: Connection) -> Iterator[None]:
    """Roll back whatever the block does, and the transaction too if it began with it.

    Where that can't be said to the server any more, the connection is closed: then it does so
    itself.
    """
    began = not connection.in_transaction()
    savepoint = connection.begin_nested()
    try:
        yield
    finally:
        try:
            savepoint.rollback()
            if began:
                connection.rollback()
        except BaseException:
            connection.invalidate()
            raise


def prepare(connection: Connection) -> bool:
    """Wait for locks for a short time only, and return whether nothing can be written."""
    return bool(connection.execute(query("rehearsing")).one().read_only)


def run(
    connection: Connection, direction: str, acts: Sequence[Act], tell: Tell = tell_nobody
) -> None:
    """Do what a function of the revision does, and what its COMMIT would check.

    :param direction: ``"upgrade"`` or ``"downgrade"``.
    :param tell: is told how far it is.
    :raises StatementFailed: if the server refuses something.
    """
    for number, act in enumerate(acts, 1):
        tell(Stage(direction, number, len(acts)))
        if isinstance(act, Operation):
            _perform(direction, act)
        elif not rehearsing.ends_transaction(act):
            _run(connection, direction, act)
    rows = connection.execute(query("deferred")).all()
    _run(connection, direction, rehearsing.FIRE)
    if deferred := rehearsing.defer(Name(row.schema, row.name) for row in rows):
        _run(connection, direction, deferred)


def not_now(error: DBAPIError) -> str:
    """Return why an error says nothing about the revision, in words, or ``""`` where it does."""
    return "" if error.connection_invalidated else _NOT_NOW.get(sqlstate(error.orig), "")


def _run(connection: Connection, direction: str, statement: str) -> None:
    try:
        connection.exec_driver_sql(statement, execution_options={"no_parameters": True})
    except DBAPIError as error:
        raise _failed(error, direction, statement) from error


def _perform(direction: str, operation: Operation) -> None:
    try:
        operation.perform()
    except DBAPIError as error:
        failed = _failed(error, direction, error.statement or operation.source)
        failed.failure = replace(failed.failure, alembics=True)
        raise failed from error
    except CantPerform as error:
        failure = Failure(direction, rehearsing.shortened(operation.source), alembics=True)
        raise StatementFailed(failure, str(error)) from error


def _failed(error: DBAPIError, direction: str, statement: str) -> StatementFailed:
    """Return what to raise for a statement that failed.

    :raises DBAPIError: if that was the end of the connection.
    """
    if error.connection_invalidated:
        raise error
    failure = _failure(error, direction, statement)
    code = failure.sqlstate
    why = not_now(error) or _NOT_HERE.get(code, "")
    if code == "53200" and direction == "downgrade":
        why = "both directions at once need more locks than max_locks_per_transaction allows"
    return StatementFailed(failure, why)


def _failure(error: DBAPIError, direction: str, statement: str) -> Failure:
    origin: Any = error.orig
    said = {name: told(origin, name) for name in FIELDS}
    named = (said["schema_name"], said["table_name"] or said["datatype_name"])
    object_ = ".".join(filter(None, (*named, said["column_name"])))
    if constraint := said["constraint_name"]:
        object_ = f"{constraint} on {object_}" if object_ else constraint
    return Failure(
        direction,
        rehearsing.failed_statement(statement, said["internal_query"], said["context"]),
        sqlstate(error.orig),
        " ".join((said["message_primary"] or str(origin)).split()),
        " ".join(said["message_detail"].split()),
        " ".join(said["message_hint"].split()),
        object_,
    )
