"""Names as the revision writes them, resolved once before anything is planned. Pure.

With ``ENUM_MIGRATE_QUALIFY = False`` one schema is left out of all names, for the search path to
say which is meant. A plan works with the names that are written; only what is told to a person
has the schema again.
"""

from __future__ import annotations

from dataclasses import replace

from ...core.backend import Differences
from ...core.schema import Name
from ..objects.column import Column
from ..objects.column import EnumType
from ..objects.converted_column import ConvertedColumn
from ..objects.unqualified import stripped
from ..sql import quoting
from ..sql.expressions import TypeChange
from ..sql.expressions import follow
from .facts import Facts


def written(differences: Differences, facts: Facts) -> tuple[Differences, Facts]:
    """Return changes and facts with names as they are written."""
    schema = facts.unqualified
    if not schema:
        return differences, facts
    types = {name: TypeChange(stripped(schema, name)) for name in facts.enums}
    types |= {
        create.name: TypeChange(stripped(schema, create.name)) for create in differences.creates
    }

    def column(one: Column) -> Column:
        return replace(
            stripped(schema, one),
            through=_sql(schema, one.through),
            typed_table=_sql(schema, one.typed_table),
            parents=tuple(_sql(schema, parent) for parent in one.parents),
            default=one.default and (follow(one.default, types).sql or "NULL"),
        )

    def enum(one: EnumType) -> EnumType:
        return replace(
            one, name=stripped(schema, one.name), columns=tuple(map(column, one.columns))
        )

    enums = [enum(one) for one in facts.enums.values()]
    return stripped(schema, differences), replace(
        facts,
        enums={one.name: one for one in enums},
        columns={
            (stripped(schema, table), name): ConvertedColumn(
                tuple(map(column, one.family)), one.references
            )
            for (table, name), one in facts.columns.items()
        },
        inside={
            (enum, (stripped(schema, table), name)): paths
            for (enum, (table, name)), paths in facts.inside.items()
        },
        sizes={stripped(schema, table): size for table, size in facts.sizes.items()},
    )


def qualified(name: Name, facts: Facts) -> Name:
    """Return the whole name of what is written without its schema."""
    return Name(name.schema or facts.unqualified, name.name)


def _sql(schema: str, sql: str) -> str:
    """Return a name that PostgreSQL has quoted as it is written."""
    return sql.removeprefix(f"{quoting.identifier(schema)}.")
