"""Find the CHECKs that list labels."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection

from ...core.schema import Name
from ..plan.facts import Listing
from ..sql.membership import allowed
from .session import qualified
from .statements import query


def read(connection: Connection, oids: Collection[int]) -> tuple[Listing, ...]:
    """Find the CHECKs that say which labels of some types rows may hold.

    :param oids: ``pg_type.oid`` of the types.
    """
    if not oids:
        return ()
    with qualified(connection):
        rows = connection.execute(query("listing_checks"), {"oids": list(oids)}).all()
    found = ((row, allowed(row.definition, row.column or "VALUE")) for row in rows)
    return tuple(
        Listing(row.enum, Name(row.schema, row.name), row.column, row.constraint, labels)
        for row, labels in found
        if labels is not None
    )
