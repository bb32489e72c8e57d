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
        connection.exec_driver_sql("SET standard_conforming_strings TO off")
        connection.commit()
        yield connection


def settings(connection: Connection) -> tuple[str, ...]:
    names = ("search_path", "jit", "standard_conforming_strings")
    query = ", ".join(f"current_setting('{name}')" for name in names)
    return tuple(connection.exec_driver_sql(f"SELECT {query}").one())


def test_settings_of_a_look(connection: Connection) -> None:
    with qualified(connection):
        assert settings(connection) == ("", "off", "on")
    assert settings(connection) == ("one, two", "on", "off")


def test_settings_after_an_error(connection: Connection) -> None:
    look = qualified(connection, "two")
    look.__enter__()
    assert settings(connection) == ("two", "off", "on")
    error = ZeroDivisionError()
    assert not look.__exit__(type(error), error, None)
    assert settings(connection) == ("one, two", "on", "off")


def test_settings_after_a_failed_query(connection: Connection) -> None:
    with pytest.raises(DBAPIError), qualified(connection):
        connection.exec_driver_sql("SELECT 1/0")
    connection.rollback()
    assert settings(connection) == ("one, two", "on", "off")
