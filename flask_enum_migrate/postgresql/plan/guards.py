"""The CHECKs that keep labels out of columns: which a plan drops and adds, in which place. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import replace

from ...core.alter_column_type import AlterColumnType
from ...core.backend import Differences
from ...core.plan import Retirement
from ...core.schema import Guard
from ...core.schema import Name
from ..objects.constraint import Constraint
from ..sql import ddl
from ..sql import retirement as sql
from . import retirement
from .facts import Facts

ByTable = Mapping[Name, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Guarding:
    """What one direction does about CHECKs that keep labels out.

    :param lifted: by table what drops them, before all else in the transaction.
    :param added: by table what adds them, behind all else.
    :param refusing: what refuses before anything is committed.
    :param retirements: what comes before the transaction.
    :param names: the names of all of them.
    """

    lifted: ByTable
    added: ByTable
    refusing: tuple[str, ...]
    retirements: tuple[Retirement, ...]
    names: frozenset[str] = frozenset()


def forth(differences: Differences, facts: Facts) -> Guarding:
    """Return what the upgrade does."""
    retired = [row for one in differences.changes for row in retirement.retirements(one, facts)]
    added = [(one, _kept_out(one, differences, facts)) for one in differences.conversions]
    names = {name for _, name in void(differences, facts)}
    names |= {
        guard.constraint
        for one in differences.changes
        for guards in retirement.guards(one, facts).values()
        for guard in guards
    }
    names |= {guard.constraint for _, guards in added for guard in guards}
    return Guarding(
        _merged(
            *(retirement.lifted(one, facts) for one in differences.changes),
            *(_dropped(one, _void(one, facts)) for one in differences.conversions),
        ),
        _merged(*(_added(one, guards) for one, guards in added)),
        tuple(block for one in differences.changes for block in retirement.refusing(one, facts)),
        retirement.together(retired),
        frozenset(names),
    )


def back(differences: Differences, facts: Facts) -> Guarding:
    """Return what the downgrade does, from the same facts."""
    returning = [
        (one.reverse(), retirement.before_the_way_back(one, facts))
        for one in reversed(differences.changes)
    ]
    in_place = [one for one in returning if not one[0].replaces_type]
    replaced = [one for one in returning if one[0].replaces_type]
    conversions = differences.conversions
    return Guarding(
        _merged(
            *(retirement.lifted(*one) for one in returning),
            *(_dropped(one, _kept_out(one, differences, facts)) for one in conversions),
        ),
        _merged(
            *(retirement.restored(*one) for one in replaced),
            *(_added(one.reverse(), _void(one, facts)) for one in conversions),
        ),
        tuple(block for one in in_place for block in retirement.refusing(*one)),
        retirement.together(row for one in in_place for row in retirement.retirements(*one)),
    )


def void(differences: Differences, facts: Facts) -> set[tuple[Name, str]]:
    """Return table and name of the CHECKs that changes drop: nothing has to carry them along."""
    found = {
        (column.table, guard.constraint)
        for change in differences.changes
        for column in facts.enums[change.name].columns
        for guard in column.guards
        if guard.label in change.returned
    }
    for change in differences.conversions:
        found |= {
            (column.table, guard.constraint)
            for column in facts.family(change.place)
            for guard in _void(change, facts)
        }
    return found


def without_void(differences: Differences, facts: Facts) -> Facts:
    """Return the facts without the CHECKs that changes drop."""
    gone = {(facts.shown(table), name) for table, name in void(differences, facts)}
    return replace(
        facts,
        dependents=tuple(
            one
            for one in facts.dependents
            if not (isinstance(one, Constraint) and (one.table, one.name) in gone)
        ),
    )


def _void(change: AlterColumnType, facts: Facts) -> tuple[Guard, ...]:
    """Return the CHECKs of a column that keep out what its new type has not."""
    guards = facts.family(change.place)[0].guards
    return tuple(guard for guard in guards if guard.label not in change.new.labels)


def _kept_out(change: AlterColumnType, differences: Differences, facts: Facts) -> tuple[Guard, ...]:
    """Return the CHECKs that a column needs because of what is retired of its new type."""
    name = change.new.enum
    altered = next((one for one in differences.changes if one.new_name == name), None)
    if altered:
        labels = altered.new_labels
    else:
        labels = facts.enums[name].labels if name and name in facts.enums else ()
    return tuple(
        Guard(label, sql.guard_name(change.table.name, change.column, label))
        for label in labels
        if label not in change.new.labels
    )


def _dropped(change: AlterColumnType, guards: Iterable[Guard]) -> ByTable:
    drops = [ddl.drop_constraint(guard.constraint) for guard in guards]
    return {change.table: (ddl.alter_table(change.table, drops),)} if drops else {}


def _added(change: AlterColumnType, guards: Iterable[Guard]) -> ByTable:
    if change.new.enum is None:
        return {}
    held = sql.Held(change.column, change.new.enum, change.array)
    checks = [
        ddl.add_constraint(guard.constraint, f"CHECK ({held.check(guard.label)})")
        for guard in guards
    ]
    said = [sql for guard in guards for sql in retirement.commented(change.table, guard)]
    return {change.table: (ddl.alter_table(change.table, checks), *said)} if checks else {}


def _merged(*by_change: ByTable) -> dict[Name, tuple[str, ...]]:
    merged: dict[Name, tuple[str, ...]] = {}
    for by_table in by_change:
        for table, statements in by_table.items():
            merged[table] = (*merged.get(table, ()), *statements)
    return merged
