"""Changes and facts in, the cheapest safe statements out: one direction up, one down. Pure.

Additions and renames are catalog entries (``ADD VALUE``, ``RENAME VALUE``). Only a removal or
another order replaces the type, and then every table is rewritten once, however many of its
columns change. The inverse of a removal is an addition.

A new label can't be used in the transaction that added it (SQLSTATE 55P04), so additions commit.
They come first, anchored on the labels as they are called before this revision's own renames, so
that a revision which was interrupted behind a commit can simply run again.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import replace

from ...core.backend import Differences
from ...core.changes import AlterEnum
from ...core.errors import Refusal
from ...core.plan import Direction
from ...core.plan import Plan
from ...core.plan import Retirement
from ...core.plan import Step
from ...core.schema import Name
from ..objects.constraint import Constraint
from ..sql import ddl
from . import conversion
from . import retirement
from . import unretirable
from .course import Course
from .course import courses
from .defaults import current_defaults
from .defaults import lost_defaults
from .facts import Facts
from .frame import create_unused
from .frame import drop_unused
from .frame import step
from .labels import Alteration
from .labels import with_additions
from .refusals import blocked
from .refusals import dependents_blocked
from .written import qualified
from .written import written


def plan(differences: Differences, facts: Facts) -> Plan:
    """Plan changes of enum types, there and back.

    :return: both directions; where one can't be done it holds the refusals instead.
    """
    facts = _without_guards(differences.changes, facts)
    if refusals := tuple(_refusals(differences, facts)):
        return Plan(Direction(refusals=refusals), Direction())
    named, own = written(differences, facts)
    changes = named.changes
    forth, back = courses(named, own)
    forth = replace(forth, lifted=_merged(retirement.lifted(one, own) for one in changes))
    if refusals := tuple(forth.refusals()):
        return Plan(Direction(refusals=refusals), Direction())
    retired = tuple(row for one in changes for row in retirement.retirements(one, own))
    upgrade = _direction(forth, _upgrade(forth, named), retired)
    upgrade = replace(
        upgrade,
        guards=_guards(retired, changes, own),
        remarks=(*retirement.remarks(differences.changes, facts), *upgrade.remarks),
    )
    reverse = [
        refusal
        for change in differences.changes
        for refusal in blocked(change.reverse(), facts.enums[change.name], facts, today=False)
    ]
    if reverse:
        return Plan(upgrade, Direction(refusals=tuple(reverse)))
    back, retired = _back(back, changes, own)
    downgrade = _direction(back, _downgrade(back, named), retired)
    return Plan(upgrade, downgrade, tuple(_stand_in(differences, facts, back)))


def _back(
    back: Course, changes: Sequence[AlterEnum], facts: Facts
) -> tuple[Course, tuple[Retirement, ...]]:
    """Return the way back with the CHECKs that it drops and adds, and what comes before it."""
    returning = [
        (one.reverse(), retirement.before_the_way_back(one, facts)) for one in reversed(changes)
    ]
    in_place = [one for one in returning if not one[0].replaces_type]
    replaced = [one for one in returning if one[0].replaces_type]
    back = replace(
        back,
        lifted=_merged(retirement.lifted(*one) for one in returning),
        guarded=_merged(retirement.restored(*one) for one in replaced),
    )
    return back, tuple(row for one in in_place for row in retirement.retirements(*one))


def _merged(by_change: Iterable[Mapping[Name, tuple[str, ...]]]) -> dict[Name, tuple[str, ...]]:
    merged: dict[Name, tuple[str, ...]] = {}
    for by_table in by_change:
        for table, statements in by_table.items():
            merged[table] = (*merged.get(table, ()), *statements)
    return merged


def _guards(
    retired: Iterable[Retirement], changes: Iterable[AlterEnum], facts: Facts
) -> frozenset[str]:
    """Return the names of the CHECKs that the upgrade adds or drops."""
    dropped = {
        guard.constraint
        for change in changes
        for column in facts.enums[change.name].columns
        for guard in column.guards
        if guard.label in change.returned
    }
    return frozenset({name for one in retired for name, _ in one.constraints} | dropped)


def _without_guards(changes: Iterable[AlterEnum], facts: Facts) -> Facts:
    """Return the facts without the CHECKs that a change drops: they are not created again."""
    gone = {
        (facts.shown(column.table), guard.constraint)
        for change in changes
        for column in facts.enums[change.name].columns
        for guard in column.guards
        if guard.label in change.returned
    }
    if not gone:
        return facts
    staying = tuple(
        one
        for one in facts.dependents
        if not (isinstance(one, Constraint) and (one.table, one.name) in gone)
    )
    return replace(facts, dependents=staying)


def _stand_in(differences: Differences, facts: Facts, back: Course) -> Iterator[str]:
    """Yield statements that do in one transaction what it takes several to do.

    That is how a rehearsal comes to the labels that the downgrade uses: they come with the types,
    which are all created anew, and not by ``ADD VALUE``.
    """
    again = [one for one in back.in_place if one.change.added]
    if not again and not any(
        change.added and not change.replaces_type for change in differences.changes
    ):
        return
    anew = tuple(replace(one, anew=one.anew or bool(one.added)) for one in differences.changes)
    everything = replace(differences, changes=anew)
    if tuple(_refusals(everything, facts)):
        return
    named, own = written(everything, facts)
    course, _ = courses(named, own)
    if tuple(course.refusals()):
        return
    more = {one.change.name: with_additions(one) for one in again}
    course = replace(
        course,
        alterations=[
            replace(one, more=more.get(one.change.new_name, ())) for one in course.alterations
        ],
    )
    yield from _direction(course, _upgrade(course, named), ()).statements


def _upgrade(course: Course, differences: Differences) -> list[Step]:
    """Return the steps of the upgrade that share a transaction."""
    change = [
        *course.lift(),
        *course.drop_hanging(),
        *course.rename_labels(),
        *course.replace_types(),
        *(Step("", (ddl.create_type(new.name, new.labels),)) for new in differences.creates),
        *course.convert_rows(),
        *course.create_hanging(),
    ]
    return [
        *course.guard.around(change),
        *course.afterwards(),
        *map(drop_unused, differences.drops),
    ]


def _downgrade(course: Course, differences: Differences) -> list[Step]:
    """Return the steps of the downgrade that share a transaction."""
    change = [
        *course.lift(),
        *course.drop_hanging(),
        *course.rename_labels(),
        *course.replace_types(),
        *course.convert_rows(),
        *course.create_hanging(),
        *course.keep_out(),
    ]
    return [
        *map(create_unused, differences.drops),
        *course.guard.around(change),
        *course.afterwards(),
        *step("", [ddl.drop_type(new.name) for new in reversed(differences.creates)]),
    ]


def _direction(course: Course, steps: list[Step], retired: tuple[Retirement, ...]) -> Direction:
    facts = course.facts
    return Direction(
        committing=tuple(course.additions()),
        steps=tuple(steps),
        rewritten=tuple(qualified(table, facts) for table in course.rewritten),
        rebuilt=tuple(map(str, [*course.carried, *course.rebuilt])),
        remarks=tuple(course.remarks()),
        hazards=tuple(course.hazards()),
        untouched=tuple(
            routine.identity
            for routine in facts.routines
            if course.replaces_anything and not routine.may_alter
        ),
        retirements=retired,
    )


def _refusals(differences: Differences, facts: Facts) -> Iterator[Refusal]:
    """Yield why the upgrade can't be done, as far as it can be told without planning it."""
    alterations = [Alteration(change, facts.enums[change.name]) for change in differences.changes]
    yield from lost_defaults(current_defaults(alterations), alterations, facts)
    for alteration in alterations:
        yield from blocked(alteration.change, alteration.enum, facts)
        yield from unretirable.blocked(alteration.change, alteration.enum, facts)
    for new in differences.creates:
        yield from conversion.creation_blocked(new, facts)
    merges = list(conversion.merges(differences.conversions, facts.enums))
    merged: set[Name | None] = {merge.name for merge in merges}
    for change in differences.conversions:
        yield from conversion.blocked(change, facts, merged)
    for merge in merges:
        why = f"{merge.name} becomes {merge.new_name}, and can't:"
        yield from dependents_blocked(merge, facts.enums[merge.name], facts, why)
