"""Which kinds of enums there are in which database: the only door to a backend from outside."""

from __future__ import annotations

from functools import cache

from .core.backend import Backend


@cache
def backends(dialect: str) -> tuple[Backend, ...]:
    """Return the backends for a dialect of SQLAlchemy, none where nothing is looked after."""
    if dialect == "postgresql":
        from .postgresql.backend import Enums

        return (Enums(),)
    return ()
