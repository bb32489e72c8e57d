"""A look at the catalogs: under which settings, and that they are those of before again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from .statements import query


@dataclass(frozen=True, slots=True)
class Session:
    """Who looks.

    :param role: the current role.
    :param is_superuser: whether that is a superuser.
    :param schemas: the schemas of the app's search path that exist, in order.
    :param version: ``server_version_num``.
    :param encoding: ``server_encoding``, as PostgreSQL names it.
    :param enums: the enum types as ``session.sql`` gives them, if they were wanted.
    """

    role: str
    is_superuser: bool
    schemas: tuple[str, ...]
    version: int
    encoding: str
    enums: tuple[Any, ...] = ()


@contextmanager
def qualified(
    connection: Connection, schema: str = "", *, with_enums: bool = False
) -> Iterator[Session]:
    """Empty the search path for the block, so that names are deparsed schema-qualified.

    Nor are queries compiled in it, and constants are deparsed so that they mean the same anywhere.

    :param schema: the schema whose objects come out unqualified nevertheless.
    :param with_enums: whether to read the enum types in the same query.
    """
    wanted = {"schema": schema, "with_enums": with_enums}
    row = connection.execute(query("session"), wanted).one()
    enums = json.loads(row.enums or "[]")
    settings = json.loads(row.settings)
    # Not as JSON again: psycopg2 spoils backslashes where strings take them for escapes.
    restore = {"names": [*settings], "values": [*settings.values()]}
    try:
        yield Session(
            row.role,
            row.is_superuser,
            tuple(row.schemas),
            row.version,
            row.encoding,
            tuple(enums),
        )
    except BaseException:
        with suppress(DBAPIError):  # a failed transaction takes no statement, and reverts it itself
            connection.execute(query("restore_session"), restore)
        raise
    connection.execute(query("restore_session"), restore)
