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
    """Return the query of ``sql/<name>.sql``."""
    return text(files(__package__).joinpath("sql", f"{name}.sql").read_text(encoding="utf-8"))
