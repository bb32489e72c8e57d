"""What keeps retired labels out of tables, and what lets them in again. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace

from ...core.changes import AlterEnum
from ...core.plan import Retirement
from ...core.schema import Guard
from ...core.schema import Name
from ..objects.column import Column
from ..objects.constraint import Constraint
from ..sql import ddl
from ..sql import retirement as sql
from ..sql.expressions import TypeChange
from ..sql.expressions import follow
from ..sql.expressions import portable
from .facts import Facts

Guards = Mapping[tuple[Name, str], tuple[Guard, ...]]


def guards(change: AlterEnum, facts: Facts) -> Guards:
    """Return the CHECKs that a change adds, by table and column.

    Those that a column had before, by :attr:`Facts.former`, are called as they were.
    """
    taken = {(one.table, one.name) for one in facts.dependents if isinstance(one, Constraint)}
    added: dict[tuple[Name, str], tuple[Guard, ...]] = {}
    for column in facts.enums[change.name].columns:
        if column.inherited or not column.can_be_guarded:
            continue
        former = facts.former.get(column.place, ())
        own = [guard for guard in former if guard.label in change.retired]
        for label in change.new_labels:
            known = {guard.label for guard in (*own, *column.guards)}
            if label in change.retired and label not in known:
                own.append(Guard(label, _free(column, label, taken)))
        if own:
            added[column.place] = tuple(own)
    return added


def _free(column: Column, label: str, taken: set[tuple[Name, str]]) -> str:
    """Return the name of a CHECK that its table has not, and take it."""
    name, number = sql.guard_name(column.table.name, column.column, label), 1
    while (column.table, name) in taken:
        number += 1
        name = sql.guard_name(column.table.name, column.column, label, number)
    taken.add((column.table, name))
    return name


def retirements(change: AlterEnum, facts: Facts) -> tuple[Retirement, ...]:
    """Return what keeps the retired labels of a type out of each table."""
    added = guards(change, facts)
    by_table: dict[Name, list[Column]] = defaultdict(list)
    for column in facts.enums[change.name].columns:
        defaulted = any(g.defaulted and g.label in change.retired for g in column.guards)
        if column.place in added or (defaulted and not column.inherited):
            by_table[column.table].append(column)
    return tuple(_retirement(table, columns, change, added) for table, columns in by_table.items())


def _retirement(table: Name, columns: list[Column], change: AlterEnum, added: Guards) -> Retirement:
    before = {new: old for old, new in change.renames.items()}
    becomes = {
        old: new if new is None else before.get(new, new)
        for old, new in change.mapping.items()
        if old in change.retired
    }
    brief = [_default(column, change, becomes) for column in columns]
    assignments, conditions, constraints = [], [], []
    for column in columns:
        held = sql.Held(column.column, change.name, "a" in column.made_of, column.through)
        labels = [guard.label for guard in added.get(column.place, ())]
        mapping = {label: becomes[label] for label in labels if label in becomes}
        if mapping and not column.generated:
            assignments.append(held.replaced(mapping))
        conditions += [held.holds(label) for label in mapping]
        constraints += [
            (guard.constraint, held.check(guard.label)) for guard in added.get(column.place, ())
        ]
    actions = [action for action in brief if action]
    briefly = (ddl.alter_table(table, actions),) if actions else ()
    where = " OR ".join(conditions)
    checks = [ddl.add_constraint(name, f"CHECK ({check})") for name, check in constraints]
    return Retirement(
        table,
        tuple(column.column for column in columns),
        briefly,
        ", ".join(assignments),
        where,
        tuple(constraints),
        (
            *briefly,
            *([sql.update(table, assignments, where)] if assignments else ()),
            *([ddl.alter_table(table, checks)] if checks else ()),
        ),
    )


def _default(column: Column, change: AlterEnum, becomes: Mapping[str, str | None]) -> str:
    """Return the action that gives a column a default without retired labels, or ``""``."""
    if column.default is None or column.generated:
        return ""
    default = follow(column.default, {change.name: TypeChange(change.name, becomes)}).sql
    if default == follow(column.default, {change.name: TypeChange(change.name)}).sql:
        return ""
    if default is None:
        return ddl.drop_default(column.column)
    return ddl.set_default(column.column, portable(default))


def lifted(change: AlterEnum, facts: Facts) -> dict[Name, tuple[str, ...]]:
    """Return by table what drops the CHECKs of labels that rows may hold again, or that go."""
    by_table: dict[Name, list[str]] = defaultdict(list)
    for column in facts.enums[change.name].columns:
        by_table[column.table] += [
            guard.constraint
            for guard in column.guards
            if guard.label in change.returned and not column.inherited
        ]
    return {
        table: (ddl.alter_table(table, [ddl.drop_constraint(name) for name in names]),)
        for table, names in by_table.items()
        if names
    }


def restored(change: AlterEnum, facts: Facts) -> dict[Name, tuple[str, ...]]:
    """Return by table what adds the CHECKs of labels that have come with a replaced type."""
    ended = replace(change, name=change.new_name)
    return {one.table: one.at_once for one in retirements(ended, facts)}


def before_the_way_back(change: AlterEnum, facts: Facts) -> Facts:
    """Return the facts from which the way back of a change begins, under both names of the type.

    Columns have those CHECKs alone that the change has added; those that it has dropped are known.
    """
    added, enum = guards(change, facts), facts.enums[change.name]
    columns = tuple(replace(column, guards=added.get(column.place, ())) for column in enum.columns)
    then = replace(enum, columns=columns)
    former = {column.place: column.guards for column in enum.columns}
    return replace(
        facts,
        enums={**facts.enums, change.name: then, change.new_name: then},
        former=former,
    )
