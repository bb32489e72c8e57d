"""The one door: PostgreSQL's enums, read, looked at closely, and changed.

Types (``CREATE TYPE … AS ENUM``) and strings under a CHECK (:mod:`.checks`) stand in one revision,
so that they are planned and rehearsed together.
"""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import fields
from dataclasses import replace
from typing import TYPE_CHECKING
from typing import cast

from sqlalchemy import Connection

from ..core import backend
from ..core.alter_column_type import AlterColumnType
from ..core.alter_enum import AlterEnum
from ..core.changes import CreateType
from ..core.errors import Refusal
from ..core.errors import Refused
from ..core.pairing import Pairing
from ..core.plan import Direction
from ..core.plan import Plan
from ..core.rehearsal import Functions
from ..core.rehearsal import Rehearsal
from ..core.rehearsal import Terms
from ..core.rows import Stray
from ..core.schema import DeclaredCheck
from ..core.schema import DeclaredColumn
from ..core.schema import LiveColumn
from ..core.schema import LiveSchema
from ..core.schema import Name
from ..core.schema import Place
from .catalog import enums
from .checks import reading as checks

if TYPE_CHECKING:
    from .facts import Facts
    from .plan.facts import Facts as TypeFacts


class Enums:
    """PostgreSQL's enums. What only a plan needs is loaded when one is made."""

    def read(
        self,
        connection: Connection,
        wanted: Collection[DeclaredColumn],
        strings: Collection[DeclaredColumn] = (),
        checked: Collection[DeclaredCheck] = (),
    ) -> LiveSchema:
        wanted = list(wanted)
        live = enums.read(connection, [*wanted, *(one.column for one in checked)], strings)
        return checks.read(connection, live, checked, wanted)

    def inspect(
        self,
        connection: Connection,
        live: LiveSchema,
        pairing: Pairing,
        options: backend.Options,
    ) -> backend.Inspection:
        from .checks.inspection import inspect as inspect_checks
        from .facts import Facts
        from .inspection import inspect
        from .plan.refusals import encoding_blocked

        if blocked := tuple(encoding_blocked(pairing, live.encoding)):
            raise Refused(blocked)
        types = replace(pairing, pairs=tuple(p for p in pairing.pairs if p.live.check is None))
        found = inspect(connection, live, types, options)
        own, held, sizes = inspect_checks(connection, live, pairing, options)
        return replace(
            found,
            held=(*found.held, *held),
            facts=Facts(cast("TypeFacts", found.facts), own, sizes),
        )

    def strays(self, connection: Connection, live: LiveSchema) -> Sequence[Stray]:
        from .checks.inspection import strays

        return strays(connection, live)

    def plan(self, differences: backend.Differences, facts: backend.Facts) -> Plan:
        from .checks.plan import plan as plan_checks
        from .plan.plan import plan

        own = _own(facts)
        changes = tuple(c for c in differences.changes if c.check is None)
        listed = tuple(c for c in differences.changes if c.check is not None)
        added = tuple(c for c in differences.conversions if c.only_adds_check)
        converted = tuple(c for c in differences.conversions if not c.only_adds_check)
        types = replace(differences, changes=changes, conversions=converted)
        return _together(plan(types, own.types), plan_checks(listed, added, own.checks))

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
        columns: Collection[Place],
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
            _own(facts).types if facts else Facts({}),
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
        self, live: LiveSchema, columns: Collection[Place], facts: backend.Facts
    ) -> list[str]:
        from .plan.retirement import again

        return list(again(live, columns, _own(facts).types))

    def affected_defaults(
        self, changes: Sequence[AlterEnum], live: LiveSchema
    ) -> Iterator[LiveColumn]:
        from .plan.defaults import affected

        for change in changes:
            if change.check is None:
                yield from affected(change, live.by_name[change.name].columns)

    def created_again(
        self, change: AlterEnum, facts: backend.Facts, tables: Collection[Name]
    ) -> Iterator[str]:
        own = _own(facts).types
        oid = own.enums[change.name].key
        for dependent in own.dependents:
            if oid in dependent.roots and dependent.rebuilt and dependent.table in tables:
                yield str(dependent)

    def default_texts(self, change: AlterColumnType, column: LiveColumn) -> Sequence[str]:
        from .plan.defaults import default_texts

        return default_texts(change, column)

    def all_values(self, change: AlterColumnType) -> str:
        from .sql.queries import distinct_values

        return distinct_values(change.table, change.column)


def _own(facts: backend.Facts) -> Facts:
    """Return facts that came from here."""
    return cast("Facts", facts)


def _together(types: Plan, listed: Plan) -> Plan:
    """Return both plans as one.

    What changes CHECKs comes first in both directions, for it commits; it doesn't touch types.
    """
    refusals = types.upgrade.refusals + listed.upgrade.refusals
    if refusals:
        return Plan(Direction(refusals=refusals), Direction())
    first = (*listed.upgrade.checks, *listed.upgrade.validating)
    last = (sql for step in listed.upgrade.steps for sql in step.statements)
    return Plan(
        _united(types.upgrade, listed.upgrade),
        _united(types.downgrade, listed.downgrade),
        (*first, *types.stand_in, *last) if types.stand_in else (),
    )


def _united(one: Direction, other: Direction) -> Direction:
    if one.refusals or other.refusals:
        return Direction(refusals=one.refusals + other.refusals)
    joined = {
        field.name: getattr(one, field.name) + getattr(other, field.name)
        for field in fields(one)
        if isinstance(getattr(one, field.name), tuple)
    }
    return replace(one, **joined, lifts=one.lifts and not other.steps)
