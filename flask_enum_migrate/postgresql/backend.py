"""The one door: PostgreSQL's enum types, read, looked at closely, and changed."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING
from typing import cast

from sqlalchemy import Connection

from ..core import backend
from ..core.changes import AlterColumnType
from ..core.changes import AlterEnum
from ..core.changes import CreateType
from ..core.errors import Refusal
from ..core.pairing import Pairing
from ..core.plan import Plan
from ..core.rehearsal import Functions
from ..core.rehearsal import Rehearsal
from ..core.rehearsal import Terms
from ..core.schema import DeclaredColumn
from ..core.schema import LiveColumn
from ..core.schema import LiveSchema
from ..core.schema import Name
from .catalog import enums

if TYPE_CHECKING:
    from .plan.facts import Facts


class NativeEnums:
    """``CREATE TYPE … AS ENUM``. What only a plan needs is loaded when one is made."""

    def read(
        self,
        connection: Connection,
        wanted: Collection[DeclaredColumn],
        strings: Collection[DeclaredColumn] = (),
    ) -> LiveSchema:
        return enums.read(connection, wanted, strings)

    def inspect(
        self,
        connection: Connection,
        live: LiveSchema,
        pairing: Pairing,
        options: backend.Options,
    ) -> backend.Inspection:
        from .inspection import inspect

        return inspect(connection, live, pairing, options)

    def plan(self, differences: backend.Differences, facts: backend.Facts) -> Plan:
        from .plan.plan import plan

        return plan(differences, _own(facts))

    def rehearse(
        self,
        connection: Connection,
        plan: Plan,
        differences: backend.Differences,
        terms: Terms,
    ) -> Rehearsal:
        from .rehearsal import rehearse

        return rehearse(connection, plan, differences, terms)

    def rehearse_functions(
        self, connection: Connection, functions: Functions, terms: Terms
    ) -> Rehearsal:
        from .rehearsal import rehearse_functions

        return rehearse_functions(connection, functions, terms)

    def users(
        self,
        connection: Connection,
        keys: Collection[int],
        tables: Collection[Name],
        columns: Collection[backend.Place],
    ) -> dict[int, list[str]]:
        from .catalog.users import users

        return users(connection, keys, tables, columns)

    def creation_refusals(
        self,
        connection: Connection,
        creates: Sequence[CreateType],
        facts: backend.Facts | None,
    ) -> tuple[Refusal, ...]:
        from .catalog import taken
        from .catalog.may_create import may_create
        from .plan.facts import Facts
        from .plan.refusals import create_blocked

        known = replace(
            _own(facts) if facts else Facts({}),
            may_create=may_create(connection, {new.name.schema for new in creates}),
            taken=taken.read(connection, [new.name for new in creates]),
        )
        return tuple(refusal for new in creates for refusal in create_blocked(new, known))

    def creation(self, creates: Iterable[CreateType]) -> tuple[list[str], list[str]]:
        from .sql import ddl

        creates = list(creates)
        return (
            [
                (ddl.create_type_if_missing if create.left_over else ddl.create_type)(
                    create.name, create.labels
                )
                for create in creates
            ],
            [ddl.drop_type(create.name) for create in reversed(creates) if not create.left_over],
        )

    def keep_out(self, columns: Iterable[backend.NewColumn]) -> list[str]:
        from .sql import retirement

        return [
            retirement.keep_out(
                one.column.table,
                retirement.Held(one.column.column, one.enum, one.column.array),
                one.labels,
            )
            for one in columns
        ]

    def keep_out_again(
        self, live: LiveSchema, columns: Collection[backend.Place], facts: backend.Facts
    ) -> list[str]:
        from .plan.retirement import again

        return list(again(live, columns, _own(facts)))

    def affected_defaults(
        self, changes: Sequence[AlterEnum], live: LiveSchema
    ) -> Iterator[LiveColumn]:
        from .plan.defaults import affected

        for change in changes:
            yield from affected(change, live.by_name[change.name].columns)

    def created_again(
        self, change: AlterEnum, facts: backend.Facts, tables: Collection[Name]
    ) -> Iterator[str]:
        own = _own(facts)
        oid = own.enums[change.name].key
        for dependent in own.dependents:
            if oid in dependent.roots and dependent.rebuilt and dependent.table in tables:
                yield str(dependent)

    def default_texts(self, change: AlterColumnType, column: LiveColumn) -> Sequence[str]:
        from .plan.conversion import default_texts

        return default_texts(change, column)

    def all_values(self, change: AlterColumnType) -> str:
        from .sql.queries import distinct_values

        return distinct_values(change.table, change.column)


def _own(facts: backend.Facts) -> Facts:
    """Return facts that came from here."""
    return cast("Facts", facts)
