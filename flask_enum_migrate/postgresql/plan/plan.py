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
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import replace

from ...core.changes import AlterColumnType
from ...core.changes import AlterEnum
from ...core.changes import CreateType
from ...core.changes import DropType
from ...core.errors import Refusal
from ...core.plan import Direction
from ...core.plan import Plan
from ...core.schema import Name
from ..objects import generated_column as generated
from ..objects import made_types
from ..objects import order
from ..objects.base import Dependent
from ..sql import ddl
from ..sql.expressions import follow
from ..sql.expressions import portable
from ..sql.expressions import rename
from . import conversion
from .defaults import Defaults
from .defaults import changed_defaults
from .defaults import changed_tables
from .defaults import differing_defaults
from .defaults import follow_defaults
from .facts import Facts
from .frame import analyze
from .frame import create_unused
from .frame import drop_unused
from .frame import lock
from .frame import require_labels
from .frame import retire
from .frame import settled
from .frame import step
from .frame import touch_routines
from .frame import unlock
from .labels import Alteration
from .labels import additions
from .labels import displace
from .labels import renames
from .refusals import blocked
from .refusals import dependents_blocked
from .rewrite import casts
from .rewrite import replaced_columns
from .rewrite import rewrite_tables


def plan(
    changes: Sequence[AlterEnum],
    drops: Sequence[DropType],
    facts: Facts,
    conversions: Sequence[AlterColumnType] = (),
    creates: Sequence[CreateType] = (),
) -> Plan:
    """Plan changes of enum types, there and back.

    :param changes: what differs about each type.
    :param drops: types to drop because nothing uses them.
    :param facts: what the database holds.
    :param conversions: columns that get another type.
    :param creates: types that only these columns need.
    :return: both directions; where one can't be done it holds the refusals instead.
    """
    forth = [Alteration(change, facts.enums[change.name]) for change in changes]
    back = [Alteration(a.change.reverse(), a.enum) for a in reversed(forth)]
    before = {
        column: column.default
        for alteration in forth
        for column in alteration.enum.columns
        if not column.through and not column.generated
    }
    after, refusals = follow_defaults(before, forth, facts)
    merged = [
        Alteration(merge, facts.enums[merge.name])
        for merge in conversion.merges(conversions, facts.enums)
    ]
    retyped = {
        facts.shown(a.change.name): facts.shown(a.change.new_name)
        for a in (*forth, *merged)
        if a.change.name != a.change.new_name
    }
    upgrade = _direction(
        forth,
        [*forth, *merged],
        facts,
        before,
        after,
        conversions,
        creates,
        merged,
        retyped,
        today=True,
    )
    if refusals or upgrade.refusals:
        return Plan(Direction(refusals=(*refusals, *upgrade.refusals)), Direction())
    returning = [change.reverse() for change in reversed(conversions)]
    downgrade = _direction(back, [], facts, after, before, returning, (), merged, retyped)
    dropped = [step("", [ddl.drop_type(facts.shown(new.name))]) for new in reversed(creates)]
    return Plan(
        replace(upgrade, steps=(*upgrade.steps, *(drop_unused(drop, facts) for drop in drops))),
        replace(
            downgrade,
            steps=(
                *(create_unused(drop, facts) for drop in drops),
                *downgrade.steps,
                *(step for steps in dropped for step in steps),
            ),
        ),
    )


def _direction(
    alterations: Sequence[Alteration],
    origin: Sequence[Alteration],
    facts: Facts,
    before: Defaults,
    after: Defaults,
    conversions: Sequence[AlterColumnType] = (),
    creates: Sequence[CreateType] = (),
    merged: Sequence[Alteration] = (),
    retyped: Mapping[Name, Name] | None = None,
    *,
    today: bool = False,
) -> Direction:
    """Plan one direction.

    :param origin: the changes that definitions have to follow: they are those of today.
    :param creates: the types that columns are converted to.
    :param merged: the types whose columns all become columns of another one.
    :param retyped: the types of today that are called otherwise after the upgrade.
    :param today: whether it starts from the database as it is now.
    """
    if refusals := (
        *(r for a in alterations for r in blocked(a.change, a.enum, facts, today=today)),
        *(r for new in creates for r in conversion.creation_blocked(new, facts)),
        *(r for r in _conversions_blocked(conversions, merged, facts) if today),
    ):
        return Direction(refusals=refusals)
    replaced = [a for a in alterations if a.change.replaces_type]
    in_place = [a for a in alterations if not a.change.replaces_type]
    committing = tuple(sql for a in in_place for sql in additions(a, facts))
    renaming = [step for a in alterations for step in renames(a, facts)]
    hanging = _hanging_on([*replaced, *merged], facts)
    if today and hanging and (bare := [name for name in retyped or {} if not name.schema]):
        return Direction(refusals=tuple(_bare_refusal(name, hanging[0]) for name in bare))
    rebuilt = [dependent for dependent in hanging if dependent.rebuilt and not dependent.is_type]
    for a in replaced:
        rebuilt = [
            generated.standing_in(d, a.change.kept) if a.enum.key in d.roots else d for d in rebuilt
        ]
    carried = [dependent for dependent in hanging if dependent.is_type]
    following = {facts.shown(a.change.name): a.following(facts) for a in origin}

    def followed(sql: str) -> str:
        return portable(follow(sql, following).sql or sql)

    # Objects are read as they are today: the upgrade creates them otherwise, and the downgrade
    # drops them so.
    names = retyped or {}
    dropped_as, created_as = ({}, names) if today else (names, {})

    detoured = _columns(rebuilt, "pg_class column", facts) | generated.added_again(rebuilt, facts)
    elsewhere = _columns(rebuilt, "pg_attrdef", facts)
    defaults = changed_defaults(in_place, facts, before, after, elsewhere)
    rewrites = replaced_columns(
        replaced, facts, before, after, elsewhere=elsewhere, detoured=detoured
    )
    converted = (
        rewrite
        for change in conversions
        for rewrite in conversion.convert(change, alterations, facts, elsewhere, today=today)
    )
    tables, rewritten = rewrite_tables([*rewrites, *converted], facts)
    casts_before, casts_after = casts(replaced, facts, detoured)
    back = [
        *(rename(sql, created_as) for sql in order.create(rebuilt, followed)),
        *(sql for d in hanging if not d.rebuilt for sql in order.restore(d)),
        *order.refresh(rebuilt),
    ]
    main = [
        *step(
            "What hangs on the type goes first …",
            [rename(sql, dropped_as) for sql in order.drop(rebuilt)],
        ),
        *renaming,
        *require_labels(replaced, facts),
        *(displace(a, facts) for a in replaced),
        *step(
            "The types that are made of it are replaced too.",
            [
                *(sql for carrier in carried for sql in made_types.displace(carrier, facts)),
                *(
                    rename(sql, created_as)
                    for carrier in carried
                    for sql in made_types.create(carrier, followed)
                ),
            ],
        ),
        *step("", [ddl.create_type(facts.shown(new.name), new.labels) for new in creates]),
        *casts_before,
        *tables,
        *defaults,
        *step("… and comes back as it was.", back),
        *casts_after,  # expressions of generated columns hold them until they are back
        *retire(replaced, carried, facts),
        *step(
            "Open sessions compile these anew.",
            touch_routines(hanging, facts) if replaced or conversions else [],
        ),
        *step("Their statistics went with the old columns.", analyze(rewritten, replaced, facts)),
    ]
    steps = settled(main, [*rebuilt, *carried])
    touched = {
        *rewritten,
        *changed_tables(in_place, before, after),
        *order.locked_tables(rebuilt, facts),
    }
    touched -= {c.table for a in alterations for c in a.enum.columns if c.relation_kind == "f"}
    if touched:
        locked = sorted(facts.shown(table) for table in touched)
        steps = [*lock(locked, facts), *steps, *unlock(facts)]
    return Direction(
        committing=committing,
        steps=tuple(steps),
        rewritten=tuple(rewritten),
        rebuilt=tuple(map(str, [*carried, *rebuilt])),
        remarks=(
            *(
                f"The default of {column} becomes {default or 'none'}."
                for column, default, _ in differing_defaults(alterations, before, after)
            ),
            *generated.remarks(rebuilt),
            *(
                remark
                for change in conversions
                if today and change.old.enum not in {merge.change.name for merge in merged}
                for remark in conversion.remarks(change, facts)
            ),
        ),
        hazards=tuple(_hazards(replaced, conversions, facts)),
        untouched=tuple(
            routine.identity
            for routine in facts.routines
            if (replaced or conversions) and not routine.may_alter
        ),
    )


def _conversions_blocked(
    conversions: Sequence[AlterColumnType], merged: Sequence[Alteration], facts: Facts
) -> Iterator[Refusal]:
    names = {merge.change.name for merge in merged}
    for change in conversions:
        yield from conversion.blocked(change, facts, names)
    for merge in merged:
        why = f"{merge.change.name} becomes {merge.change.new_name}, and can't:"
        yield from dependents_blocked(merge.change, merge.enum, facts, why)


def _bare_refusal(name: Name, dependent: Dependent) -> Refusal:
    return Refusal(
        f"{name} gets another name and has to be replaced, and {dependent} hangs on it. Without "
        "its schema the name can't be told from a column's.",
        "Rename the type first, in a revision of its own, or set ENUM_MIGRATE_QUALIFY = True.",
    )


def _hazards(
    replaced: Sequence[Alteration], conversions: Sequence[AlterColumnType], facts: Facts
) -> Iterator[str]:
    """Yield what running sessions will notice."""
    if replaced or conversions:
        yield (
            "Sessions with prepared statements on these columns get one error each, "
            "and then go on: cached plan must not change result type."
        )
    for routine in facts.routines:
        if (replaced or conversions) and not routine.may_alter:
            yield f"Sessions that ran {routine.identity} must reconnect: it isn't ours to touch."


def _hanging_on(replaced: Sequence[Alteration], facts: Facts) -> list[Dependent]:
    """Return what has to be rebuilt around the replacement of some types, in their order."""
    oids = {alteration.enum.key for alteration in replaced}
    return order.in_order(d for d in facts.dependents if d.roots & oids)


def _columns(rebuilt: Sequence[Dependent], catalog: str, facts: Facts) -> set[tuple[Name, str]]:
    """Return the columns that some of these objects are, or are the defaults of."""
    return {(facts.place(*d.names[:2]), d.names[2]) for d in rebuilt if d.key[0] == catalog}
