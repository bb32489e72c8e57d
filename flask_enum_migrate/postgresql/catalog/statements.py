"""The queries of this folder, each a whole file that psql and EXPLAIN take as it is.

A ``:name`` in them is a parameter: SQLAlchemy binds it, and psql puts its variable there.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from sqlalchemy import TextClause
from sqlalchemy import text


@cache
def query(name: str) -> TextClause:
    """Return the query of ``sql/<name>.sql``, without its comments.

    SQLAlchemy would take a parameter in a comment for one of the query, which not all drivers do.
    """
    source = files(__package__).joinpath("sql", f"{name}.sql").read_text(encoding="utf-8")
    return text("".join(line for line in source.splitlines(True) if line.lstrip()[:2] != "--"))
