"""The settings under which the catalogs are read, and that they are those of before again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection
from sqlalchemy import NullPool
from sqlalchemy import create_engine
from sqlalchemy.exc import DBAPIError

from flask_enum_migrate.postgresql.catalog import qualified
from tests.servers import Server


@pytest.fixture
def connection(newest: Server) -> Iterator[Connection]:
    url = newest.url.replace("postgresql:", "postgresql+psycopg:")
    with create_engine(url, poolclass=NullPool).connect() as connection:
        connection.exec_driver_sql("SET search_path TO one, two")
        connection.exec_driver_sql("SET jit TO on")
        connection.commit()
        yield connection


def settings(connection: Connection) -> tuple[str, str]:
    query = "SELECT current_setting('search_path'), current_setting('jit')"
    path, jit = connection.exec_driver_sql(query).one()
    return path, jit


def test_settings_of_a_look(connection: Connection) -> None:
    with qualified(connection):
        assert settings(connection) == ("", "off")
    assert settings(connection) == ("one, two", "on")


def test_settings_after_an_error(connection: Connection) -> None:
    look = qualified(connection, "two")
    look.__enter__()
    assert settings(connection) == ("two", "off")
    error = ZeroDivisionError()
    assert not look.__exit__(type(error), error, None)
    assert settings(connection) == ("one, two", "on")


def test_settings_after_a_failed_query(connection: Connection) -> None:
    with pytest.raises(DBAPIError), qualified(connection):
        connection.exec_driver_sql("SELECT 1/0")
    connection.rollback()
    assert settings(connection) == ("one, two", "on")
