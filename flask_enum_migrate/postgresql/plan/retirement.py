"""What keeps retired labels out of tables, and what lets them in again. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import replace

from ...core.alter_enum import AlterEnum
from ...core.plan import Retirement
from ...core.schema import Guard
from ...core.schema import LiveSchema
from ...core.schema import Name
from ...core.schema import Place
from ...core.wording import some
from ..objects.column import Column
from ..objects.constraint import Constraint
from ..sql import ddl
from ..sql import quoting
from ..sql import retirement as sql
from .defaults import Defaults
from .defaults import current_defaults
from .defaults import default_action
from .defaults import retired_defaults
from .facts import Facts
from .labels import Alteration

Guards = Mapping[Place, tuple[Guard, ...]]


def guards(change: AlterEnum, facts: Facts) -> Guards:
    """Return the CHECKs that a change adds, by table and column.

    Those that a column had before, by :attr:`Facts.former`, are called as they were.
    """
    taken = {(one.table, one.name) for one in facts.dependents if isinstance(one, Constraint)}
    taken |= {
        (facts.shown(one.table), one.name) for one in facts.obstacles if one.what == "constraint"
    }
    added: dict[Place, tuple[Guard, ...]] = {}
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
    """Return what keeps the retired labels of a type out of each table.

    The defaults of children and partitions are their own.
    """
    added, settled = guards(change, facts), _settled(change, facts)
    tables: dict[Name, list[Column]] = defaultdict(list)
    for column in facts.enums[change.name].columns:
        if column.place in added or column in settled:
            tables[column.table].append(column)
    rows = [
        _retirement(table, columns, change, added, settled, facts)
        for table, columns in tables.items()
    ]
    if rows and (said := tuple(_said(change, facts))):
        last = rows[-1]
        rows[-1] = replace(last, after=(*last.after, *said), at_once=(*last.at_once, *said))
    return tuple(rows)


def _said(change: AlterEnum, facts: Facts) -> Iterator[str]:
    """Yield what gives back the comments of CHECKs that a column had before.

    Those of children and partitions too, which come with their parents'.
    """
    for column in facts.enums[change.name].columns:
        for guard in facts.former.get(column.place, ()):
            if guard.label in change.retired:
                yield from commented(column.table, guard)


def commented(table: Name, guard: Guard) -> Iterator[str]:
    """Yield what gives back the comment of a CHECK that is created again, if it has one."""
    if guard.comment is not None:
        yield ddl.comment_on_constraint(guard.constraint, table, guard.comment)


def together(rows: Iterable[Retirement]) -> tuple[Retirement, ...]:
    """Return one row for each table, whichever types its columns are of."""
    by_table: dict[Name, Retirement] = {}
    for row in rows:
        if row.table in by_table:
            row = _both(by_table[row.table], row)
        by_table[row.table] = row
    return tuple(by_table.values())


def _both(one: Retirement, other: Retirement) -> Retirement:
    return replace(
        one,
        columns=one.columns + other.columns,
        brief=one.brief + other.brief,
        change=sql.listed([*filter(None, (one.change, other.change))], ","),
        where=sql.listed([*filter(None, (one.where, other.where))], " OR"),
        constraints=one.constraints + other.constraints,
        after=tuple(dict.fromkeys((*one.after, *other.after))),
        at_once=one.at_once + other.at_once,
    )


def refusing(change: AlterEnum, facts: Facts) -> tuple[str, ...]:
    """Return what refuses, before anything is committed, where labels are retired."""
    added = guards(change, facts)
    stuck: dict[Name, dict[tuple[str, str], str]] = defaultdict(dict)
    for column in facts.enums[change.name].columns:
        if column.generated:  # it follows what it is computed from
            continue
        held = _held(column, change, facts)
        for guard in added.get(column.place, ()):
            if guard.label not in change.mapping and guard.label in change.labels:
                stuck[column.table][column.column, guard.label] = held.holds(guard.label)
    if not added:
        return ()
    new = [one.label for one in change.added]
    found = [sql.Stuck(table, conditions) for table, conditions in stuck.items()]
    return (sql.refuse(change.name, change.labels, new, found),)


def _settled(change: AlterEnum, facts: Facts) -> Defaults:
    """Return the defaults that name retired labels, as they become."""
    alteration = Alteration(change, facts.enums[change.name])
    before = current_defaults([alteration])
    after = retired_defaults(before, [alteration])
    return {column: after[column] for column in before if after[column] != before[column]}


def _held(column: Column, change: AlterEnum, facts: Facts) -> sql.Held:
    array = "a" in column.made_of
    return sql.Held(column.column, change.name, array, column.through)


def _retirement(
    table: Name,
    columns: list[Column],
    change: AlterEnum,
    added: Guards,
    settled: Defaults,
    facts: Facts,
) -> Retirement:
    before = {new: old for old, new in change.renames.items()}
    becomes = {old: before.get(new or "", new) for old, new in change.mapping.items()}
    assignments, conditions, constraints = [], [], []
    for column in columns:
        held = _held(column, change, facts)
        labels = [guard.label for guard in added.get(column.place, ())]
        mapping = {label: becomes[label] for label in labels if label in becomes}
        if mapping and not column.generated:
            assignments.append(held.replaced(mapping))
            conditions += [held.holds(label) for label in mapping]
        constraints += [
            (guard.constraint, held.check(guard.label)) for guard in added.get(column.place, ())
        ]
    brief = [
        ddl.alter_table(
            table,
            [default_action(column, settled[column])],
            only=column.inherited or column.has_children,
        )
        for column in columns
        if column in settled
    ]
    checks = [ddl.add_constraint(name, f"CHECK ({check})") for name, check in constraints]
    where = sql.listed(conditions, " OR")
    return Retirement(
        table,
        tuple(column.column for column in columns if column.place in added),
        sql.relation(table),
        tuple(brief),
        sql.listed(assignments, ","),
        where,
        tuple((quoting.identifier(name), check) for name, check in constraints),
        (ddl.analyze(table),) if assignments and facts.analyze else (),
        (
            *brief,
            *([sql.update(table, assignments, where)] if assignments else ()),
            *([ddl.alter_table(table, checks)] if checks else ()),
        ),
    )


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
        table: (
            ddl.alter_table(table, [ddl.drop_constraint(name, missing_ok=True) for name in names]),
        )
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


def remarks(changes: Iterable[AlterEnum], facts: Facts) -> Iterator[str]:
    """Yield what else happens where labels are retired, in words."""
    retiring = [change for change in changes if change.retirements]
    if not retiring:
        return
    yield "A retired label stays in its type, and a CHECK keeps it out of every row from then on."
    for change in retiring:
        columns = facts.enums[change.name].columns
        for column, default in _settled(change, facts).items():
            yield f"The default of {column} becomes {default or 'none'}."
        tables = {column.table for column in columns}
        fire = [
            one.name
            for one in facts.obstacles
            if one.what == "trigger" and facts.shown(one.table) in tables
        ]
        if fire and any(one.mapped for one in change.retirements):
            yield f"Triggers that fire for each row that changes: {some(fire, 5)}."
        for column in columns:
            if column.relation_kind == "m":
                yield f"Until it is refreshed, {column.table} holds what it held."


def again(live: LiveSchema, places: Collection[Place], facts: Facts) -> Iterator[str]:
    """Yield what keeps labels out of columns that are as they were, but for their CHECKs."""
    for enum in live.enums:
        for column in enum.columns:
            if not isinstance(column, Column) or column.place not in places or column.inherited:
                continue
            type_ = facts.shown(enum.name)
            held = sql.Held(column.column, type_, "a" in column.made_of, column.through)
            checks = [
                ddl.add_constraint(guard.constraint, f"CHECK ({held.check(guard.label)})")
                for guard in column.guards
            ]
            if checks:
                yield ddl.alter_table(facts.shown(column.table), checks)
            for guard in column.guards:
                yield from commented(facts.shown(column.table), guard)
