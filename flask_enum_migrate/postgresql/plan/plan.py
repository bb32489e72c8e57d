"""Changes and facts in, the cheapest safe statements out: one direction up, one down. Pure.

Additions and renames are catalog entries (``ADD VALUE``, ``RENAME VALUE``). Only a removal or
another order replaces the type, and then every table is rewritten once, however many of its
columns change. The inverse of a removal is an addition.

A new label can't be used in the transaction that added it (SQLSTATE 55P04), so additions commit.
They come first, anchored on the labels as they are called before this revision's own renames, so
that a revision which was interrupted behind a commit can simply run again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ...core.backend import Differences
from ...core.errors import Refusal
from ...core.plan import Direction
from ...core.plan import Pace
from ...core.plan import Plan
from ...core.plan import Step
from ...core.schema import Name
from ..objects import order
from ..sql import ddl
from . import conversion
from . import guards
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
from .unqualified import qualified
from .unqualified import written


def plan(differences: Differences, facts: Facts) -> Plan:
    """Plan changes of enum types, there and back.

    :return: both directions; where one can't be done it holds the refusals instead.
    """
    facts = guards.without_void(differences, facts)
    if refusals := tuple(_refusals(differences, facts)):
        return Plan(Direction(refusals=refusals), Direction())
    named, own = written(differences, facts)
    forth, back = courses(named, own)
    if refusals := tuple(forth.refusals()):
        return Plan(Direction(refusals=refusals), Direction())
    guarding = guards.forth(named, own)
    forth = replace(forth, lifted=guarding.lifted, guarded=guarding.added)
    upgrade = replace(
        _direction(forth, _upgrade(forth, named)),
        refusing=guarding.refusing,
        retirements=guarding.retirements,
        guards=guarding.names,
        remarks=(*retirement.remarks(named.changes, own), *forth.remarks()),
    )
    reverse = [
        refusal
        for change in differences.changes
        for refusal in blocked(change.reverse(), facts.enums[change.name], facts, today=False)
    ]
    if reverse:
        return Plan(upgrade, Direction(refusals=tuple(reverse)))
    guarding = guards.back(named, own)
    back = replace(back, lifted=guarding.lifted, guarded=guarding.added)
    downgrade = _direction(back, _downgrade(back, named))
    stand_in = () if upgrade.guards else tuple(_stand_in(differences, facts, back))
    downgrade = replace(downgrade, refusing=guarding.refusing, retirements=guarding.retirements)
    return Plan(upgrade, downgrade, stand_in)


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
    yield from _direction(course, _upgrade(course, named)).statements


def _upgrade(course: Course, differences: Differences) -> list[Step]:
    """Return the steps of the upgrade that share a transaction."""
    change = [
        *course.drop_checks(),
        *course.refuse_inside(),
        *course.lift(),
        *course.drop_hanging(),
        *course.rename_labels(),
        *course.replace_types(),
        *(Step("", (ddl.create_type(new.name, new.labels),)) for new in differences.creates),
        *course.convert_rows(),
        *course.add_checks(),
        *course.create_hanging(),
        *course.keep_out(),
    ]
    return [
        *course.frame.around(change),
        *course.afterwards(),
        *map(drop_unused, differences.drops),
    ]


def _downgrade(course: Course, differences: Differences) -> list[Step]:
    """Return the steps of the downgrade that share a transaction."""
    change = [
        *course.drop_checks(),
        *course.refuse_inside(),
        *course.lift(),
        *course.drop_hanging(),
        *course.rename_labels(),
        *course.replace_types(),
        *course.convert_rows(),
        *course.add_checks(),
        *course.create_hanging(),
        *course.keep_out(),
    ]
    return [
        *map(create_unused, differences.drops),
        *course.frame.around(change),
        *course.afterwards(),
        *step("", [ddl.drop_type(new.name) for new in reversed(differences.creates)]),
    ]


def _direction(course: Course, steps: list[Step]) -> Direction:
    facts = course.facts
    return Direction(
        committing=tuple(course.additions()),
        pace=Pace(facts.lock_timeout, facts.retire_pause),
        steps=tuple(steps),
        lifts=course.only_lifts and len(steps) == 1,
        rewritten=tuple(qualified(table, facts) for table in course.rewritten),
        rebuilt=tuple(map(str, [*course.carried, *course.rebuilt])),
        relisted=tuple(map(str, order.along_with(course.relisted, facts.dependents))),
        remarks=tuple(course.remarks()),
        hazards=tuple(course.hazards()),
        untouched=tuple(
            routine.identity
            for routine in facts.routines
            if course.replaces_anything and not routine.may_alter
        ),
    )


def _refusals(differences: Differences, facts: Facts) -> Iterator[Refusal]:
    """Yield why the upgrade can't be done, as far as it can be told without planning it."""
    alterations = [Alteration(change, facts.enums[change.name]) for change in differences.changes]
    yield from lost_defaults(current_defaults(alterations), alterations, facts)
    for alteration in alterations:
        retirable = unretirable.retirable(alteration.change, alteration.enum, facts)
        yield from blocked(alteration.change, alteration.enum, facts, retirable=retirable)
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
