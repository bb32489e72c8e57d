"""Read what a conversion has to know of the columns that get another type."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection

from ...core.schema import Name
from ...core.schema import Place
from ..objects.column import Column
from ..objects.converted_column import ConvertedColumn
from ..objects.converted_column import Reference
from .session import qualified
from .statements import query


def read(connection: Connection, places: Collection[Place]) -> dict[Place, ConvertedColumn]:
    """Read some columns with their children, and what refers to them.

    Two queries, however many columns there are.

    :param places: their tables, schema-qualified, and names.
    """
    places = list(places)
    if not places:
        return {}
    wanted = json.dumps(
        [
            {"position": i, "schema": table.schema, "table": table.name, "column": column}
            for i, (table, column) in enumerate(places)
        ]
    )
    families: dict[int, list[Column]] = defaultdict(list)
    references: dict[int, list[Reference]] = defaultdict(list)
    with qualified(connection):
        for row in connection.execute(query("converted_columns"), {"wanted": wanted}).mappings():
            families[row["position"]].append(_column(row))
        for found in connection.execute(query("references_to_columns"), {"wanted": wanted}):
            references[found.position].append(
                Reference(found.kind, found.identity, found.what, found.definition, found.name)
            )
    return {
        place: ConvertedColumn(tuple(families[i]), tuple(references[i]))
        for i, place in enumerate(places)
    }


def _column(row: Any) -> Column:
    values = {
        key: value for key, value in row.items() if key not in ("position", "schema", "table")
    }
    values["holds_rows"] = values["relation_kind"] in ("r", "p")
    return Column(table=Name(row["schema"], row["table"]), **values)
