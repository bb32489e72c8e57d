"""Plan and run a change without app and revision file: fast enough for hundreds of examples."""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import replace

import psycopg
from sqlalchemy import NullPool
from sqlalchemy import create_engine

from flask_enum_migrate.core.backend import Differences
from flask_enum_migrate.core.diff import Answers
from flask_enum_migrate.core.diff import alter
from flask_enum_migrate.core.pairing import pair
from flask_enum_migrate.core.plan import Direction
from flask_enum_migrate.core.plan import Plan
from flask_enum_migrate.core.schema import DeclaredColumn
from flask_enum_migrate.core.schema import DeclaredEnum
from flask_enum_migrate.core.schema import Name
from flask_enum_migrate.postgresql.catalog import dependents
from flask_enum_migrate.postgresql.catalog import enums as catalog
from flask_enum_migrate.postgresql.objects.column import EnumType
from flask_enum_migrate.postgresql.plan.facts import Facts
from flask_enum_migrate.postgresql.plan.plan import plan


def plan_for(
    url: str,
    wanted: Mapping[str, Sequence[str]],
    answers: Mapping[str, Answers],
    unqualified: str = "",
) -> Plan:
    """Plan what makes the types of ``public`` have the wanted labels.

    :param url: plain URL of the database.
    :param unqualified: the schema that is left out of names.
    """
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"), poolclass=NullPool)
    with engine.begin() as connection:
        column = DeclaredColumn(Name("public", "none"), "none")
        live = catalog.read(connection, [column])
        declared = [
            DeclaredEnum(Name("public", name), tuple(labels), (column,))
            for name, labels in wanted.items()
        ]
        changes = [
            change
            for found in pair(declared, live).pairs
            if (change := alter(found, answers.get(found.live.name.name, Answers())))
        ]
        enums = {enum.name: enum for enum in live.enums if isinstance(enum, EnumType)}
        oids = [enums[change.name].key for change in changes]
        found = dependents.read(connection, oids, unqualified)
        facts = Facts(enums, found, unqualified=unqualified, version=live.version)
        return plan(Differences(tuple(changes)), facts)


def run(url: str, direction: Direction) -> None:
    """Run a direction as a revision does: what commits first, the rest in one transaction."""
    with psycopg.connect(url, autocommit=True) as connection:
        for sql in direction.committing:
            connection.execute(sql.encode())
        for retirement in direction.retirements:
            for sql in retirement.at_once:
                connection.execute(sql.encode())
        with connection.transaction():
            for step in direction.steps:
                for sql in step.statements:
                    connection.execute(sql.encode())


def failing(direction: Direction, times: int) -> Iterator[Direction]:
    """Yield a direction whose block fails at different places, from its beginning to its end."""
    step, *others = direction.steps
    *before, block = step.statements
    # Statements of the block begin on lines of their own, behind the end of another.
    places = [found.end() for found in re.finditer(r";\n {4}(?!BEGIN|END)(?=[A-Z])", block)]
    for place in sorted(
        {places[number * (len(places) - 1) // (times - 1)] for number in range(times)}
    ):
        broken = f"{block[:place]}PERFORM 1 / 0;\n    {block[place:]}"
        yield replace(direction, steps=(replace(step, statements=(*before, broken)), *others))
