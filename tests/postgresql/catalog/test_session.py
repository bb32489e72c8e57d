"""The settings under which the catalogs are read, and that they are those of before again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection
from sqlalchemy import NullPool
from sqlalchemy import create_engine
from sqlalchemy.exc import DBAPIError

from flask_enum_migrate.postgresql.catalog.session import qualified
from tests.servers import Server

BEFORE = {
    "jit": "on",
    "standard_conforming_strings": "off",
    "quote_all_identifiers": "on",
    "datestyle": "'SQL, DMY'",
    "intervalstyle": "sql_standard",
    "extra_float_digits": "0",
}
LOOKING = ("off", "on", "off", "ISO, DMY", "postgres", "1")


@pytest.fixture
def connection(newest: Server) -> Iterator[Connection]:
    url = newest.url.replace("postgresql:", "postgresql+psycopg:")
    with create_engine(url, poolclass=NullPool).connect() as connection:
        connection.exec_driver_sql("SET search_path TO one, two")
        for name, value in BEFORE.items():
            connection.exec_driver_sql(f"SET {name} TO {value}")
        connection.commit()
        yield connection


def settings(connection: Connection) -> tuple[str, ...]:
    query = ", ".join(f"current_setting('{name}')" for name in ("search_path", *BEFORE))
    return tuple(connection.exec_driver_sql(f"SELECT {query}").one())


def test_settings_of_a_look(connection: Connection) -> None:
    before = settings(connection)
    assert before == ("one, two", "on", "off", "on", "SQL, DMY", "sql_standard", "0")
    with qualified(connection):
        assert settings(connection) == ("", *LOOKING)
    assert settings(connection) == before


def test_settings_after_an_error(connection: Connection) -> None:
    before, look = settings(connection), qualified(connection, "two")
    look.__enter__()
    assert settings(connection) == ('"two"', *LOOKING)  # quoted, as all names are before
    error = ZeroDivisionError()
    assert not look.__exit__(type(error), error, None)
    assert settings(connection) == before


def test_settings_after_a_failed_query(connection: Connection) -> None:
    before = settings(connection)
    with pytest.raises(DBAPIError), qualified(connection):
        connection.exec_driver_sql("SELECT 1/0")
    connection.rollback()
    assert settings(connection) == before
