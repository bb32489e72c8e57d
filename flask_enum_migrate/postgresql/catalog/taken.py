"""Find which names are taken: tables, domains and all other types share theirs with enums."""

from __future__ import annotations

import json
from collections.abc import Iterable

from sqlalchemy import Connection

from ...core.schema import Name
from ..sql.quoting import ASIDE
from .session import qualified
from .statements import query


def read(connection: Connection, names: Iterable[Name]) -> dict[Name, str]:
    """Return which of some names are taken, and those that look like types put aside.

    :param names: those that are wanted.
    :return: by name what has it, such as ``table public.state``.
    """
    wanted = [{"schema": name.schema, "name": name.name} for name in sorted(set(names))]
    if not wanted:
        return {}
    with qualified(connection):
        values = {"names": json.dumps(wanted), "aside": f"{ASIDE}[0-9]*$"}
        rows = connection.execute(query("taken_names"), values)
        return {Name(row.schema, row.name): row.what for row in rows}
