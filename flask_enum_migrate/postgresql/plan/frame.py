"""Steps that stand around the change of a type: locks, statistics, routines, unused types. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Sequence

from ...core.changes import DropType
from ...core.plan import Step
from ...core.schema import Name
from ..objects import made_types
from ..objects.base import Dependent
from ..sql import ddl
from ..sql import guards
from .facts import Facts
from .labels import Alteration
from .labels import known_labels


def step(comment: str, statements: Iterable[str]) -> list[Step]:
    """Return one step for some statements, or none without any."""
    together = tuple(statements)
    return [Step(comment, together)] if together else []


# What values become as text, and where new objects go: as pg_dump has it.
_SETTINGS = {
    "datestyle": "ISO",
    "intervalstyle": "postgres",
    "extra_float_digits": "1",
    "array_nulls": "on",
    "default_tablespace": "",
}


def settled(steps: Sequence[Step], rebuilt: Sequence[Dependent]) -> list[Step]:
    """Return steps under settings that keep values and definitions as they are.

    :param rebuilt: what is created again.
    """
    if not rebuilt:
        return [*steps]
    settings = dict(_SETTINGS)
    if any(dependent.key[0] == "pg_proc" for dependent in rebuilt):
        settings["check_function_bodies"] = "off"  # a body may name what comes back only after it
    return [
        Step(
            "Values and definitions mean the same whatever the session's settings are.",
            (guards.set_for_now(settings),),
        ),
        *steps,
        Step("", (guards.restore(settings),)),
    ]


def lock(tables: Sequence[Name], facts: Facts) -> list[Step]:
    """Return the step that locks all tables before anything is done to them."""
    comment = "All tables are locked at once and in one order"
    if facts.lock_timeout is None:
        return [Step(f"{comment}.", (guards.lock_tables(tables),))]
    for_ever = not any(digit in facts.lock_timeout for digit in "123456789")
    waits = "it waits for them as long as it takes"
    if not for_ever:
        waits = f"after {facts.lock_timeout} of waiting it fails with nothing changed"
    return [
        Step(
            f"{comment}; {waits}.",
            (guards.set_for_now({"lock_timeout": facts.lock_timeout}), guards.lock_tables(tables)),
        )
    ]


def unlock(facts: Facts) -> list[Step]:
    """Return the step that gives ``lock_timeout`` its value back."""
    return [] if facts.lock_timeout is None else [Step("", (guards.restore(["lock_timeout"]),))]


def require_labels(replaced: Sequence[Alteration], facts: Facts) -> list[Step]:
    """Return the step that stops where the types have labels that would get lost."""
    if not replaced:
        return []
    known = {facts.shown(a.change.name): known_labels(a) for a in replaced}
    return [
        Step(
            "It stops where a type has other labels, such as those of another branch.",
            (guards.require_labels(known),),
        )
    ]


def retire(
    replaced: Sequence[Alteration], carried: Sequence[Dependent], facts: Facts
) -> list[Step]:
    """Return the step that gives the new types what the old ones had, and drops the old ones."""
    pairs = [(a.displaced(facts), facts.shown(a.change.new_name)) for a in replaced]
    copied = [*(made_types.replacement(carrier, facts) for carrier in reversed(carried)), *pairs]
    if not copied:
        return []
    return [
        Step(
            "Owners, privileges and comments of types stay as they were.",
            (
                guards.copy_type_properties(copied),
                *(made_types.drop(carrier, facts) for carrier in reversed(carried)),
                *(ddl.drop_type(old) for old, _ in pairs),
            ),
        )
    ]


def drop_unused(drop: DropType, facts: Facts) -> Step:
    """Return the step that drops a type which nothing uses."""
    name = facts.shown(drop.name)
    return Step(f"Nothing uses {name} any more.", (ddl.drop_type(name),))


def create_unused(drop: DropType, facts: Facts) -> Step:
    """Return the step that creates such a type again, as it was."""
    name = facts.shown(drop.name)
    statements = [ddl.create_type(name, drop.labels)]
    if not drop.is_ours:
        statements.append(ddl.owner_to(name, drop.owner))
    if drop.privileges is not None:
        statements.extend(ddl.set_privileges(name, drop.owner, drop.privileges))
    if drop.comment is not None:
        statements.append(ddl.comment_on_type(name, drop.comment))
    return Step("", tuple(statements))


def touch_routines(hanging: Sequence[Dependent], facts: Facts) -> list[str]:
    """Return the statements that make sessions forget routines they compiled with the old type."""
    new = {dependent.key for dependent in hanging}
    return [
        ddl.touch_routine(routine.identity, routine.security_definer)
        for routine in facts.routines
        if routine.may_alter and routine.key not in new
    ]


def analyze(tables: Sequence[Name], replaced: Sequence[Alteration], facts: Facts) -> list[str]:
    """Return ``ANALYZE`` for tables that were rewritten, but not where it would go elsewhere."""
    far = {c.table for a in replaced for c in a.enum.columns if c.has_foreign_children}
    near = [table for table in tables if table not in far]
    return [ddl.analyze(facts.shown(table)) for table in near] if facts.analyze else []
