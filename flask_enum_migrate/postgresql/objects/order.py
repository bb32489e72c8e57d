"""In which order objects are dropped and created again. Pure.

What one action of ALTER TABLE does shares the statement with its like: PostgreSQL then reads or
rewrites the table once for all of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from contextlib import suppress
from graphlib import CycleError
from graphlib import TopologicalSorter
from itertools import groupby

from ..sql import ddl
from .base import Dependent
from .base import Follow
from .base import Key
from .constraint import Constraint
from .generated_column import GeneratedColumn


def in_order(dependents: Iterable[Dependent]) -> list[Dependent]:
    """Return objects so that each comes behind what it needs; equals keep their order.

    Those that can share a statement come together, if what they need allows.
    """
    by_key = {dependent.key: dependent for dependent in dependents}
    shared: dict[object, Key] = {}
    first = {key: shared.setdefault(one.statement, key) for key, one in by_key.items()}
    for leader in (first, {key: key for key in by_key}):
        with suppress(CycleError):
            return _sorted(by_key, leader)
    return list(by_key.values())  # two rules that need each other's views: the given order is good


def _sorted(by_key: Mapping[Key, Dependent], leader: Mapping[Key, Key]) -> list[Dependent]:
    """Sort objects by what they need.

    :param leader: who stands for whom: those with the same leader come together.
    :raises CycleError: if there is no such order.
    """
    members: dict[Key, list[Dependent]] = defaultdict(list)
    needs: dict[Key, set[Key]] = defaultdict(set)
    for key, dependent in by_key.items():
        members[leader[key]].append(dependent)
        needs[leader[key]] |= {leader[r] for r in dependent.references if r in by_key}
    position = {key: number for number, key in enumerate(members)}
    sorter = TopologicalSorter({key: needs[key] - {key} for key in members})
    sorter.prepare()
    ordered: list[Dependent] = []
    waiting: list[Key] = []
    while sorter.is_active():
        # A routine that PostgreSQL runs for a row may call others of which no catalog knows.
        ready: list[Key] = []
        for key in sorter.get_ready():
            runs = any(member.runs for member in members[key])
            (waiting if runs else ready).append(key)
        if not ready:
            ready, waiting = waiting, []
        ready.sort(key=position.__getitem__)
        ordered.extend(member for key in ready for member in members[key])
        sorter.done(*ready)
    return ordered


def along_with(some: Iterable[Dependent], dependents: Sequence[Dependent]) -> list[Dependent]:
    """Return some objects and all that has to go before them, in the order of creation."""
    found = {one.key for one in some}
    while more := {
        one.key for one in dependents if one.references & found and one.key not in found
    }:
        found |= more
    return in_order(one for one in dependents if one.key in found)


def drop(dependents: Sequence[Dependent]) -> Iterator[str]:
    """Yield the statements that drop objects.

    :param dependents: in the order of :func:`in_order`.
    """
    for together in _shared(reversed(dependents)):
        match together[0]:
            case GeneratedColumn(keeps_its_place=True) as first:
                actions = [one.suspend_action() for one in together if isinstance(one, type(first))]
                yield ddl.alter_table(first.table, actions, only=True)
            case Constraint(is_check=True) as first:
                actions = [one.drop_action() for one in together if isinstance(one, type(first))]
                yield ddl.alter_table(first.table, actions)
            case _:
                yield from (sql for one in together for sql in one.drop())


def create(dependents: Sequence[Dependent], follow: Follow) -> Iterator[str]:
    """Yield the statements that create objects again.

    :param dependents: in the order of :func:`in_order`.
    :param follow: rewrites the labels in a deparsed expression.
    """
    for together in _shared(dependents):
        match together[0]:
            case GeneratedColumn(keeps_its_place=True) as first:
                columns = [one for one in together if isinstance(one, type(first))]
                actions = [column.resume_action(follow) for column in columns]
                yield ddl.alter_table(first.table, actions, only=True)
            case Constraint(is_check=True) as first:
                checks = [one for one in together if isinstance(one, type(first))]
                actions = [check.add_action(follow) for check in checks]
                yield ddl.alter_table(first.table, actions)
                yield from (sql for check in checks for sql in check.properties())
            case _:
                yield from (sql for one in together for sql in one.create(follow))


def _shared(dependents: Iterable[Dependent]) -> Iterator[list[Dependent]]:
    """Yield the objects that share a statement, together."""
    for _, together in groupby(dependents, lambda one: one.statement):
        yield list(together)
