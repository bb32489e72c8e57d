"""What stands around the change of a type: what locks and looks, statistics, routines. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace

from ...core.changes import DropType
from ...core.plan import Step
from ...core.schema import Name
from ..objects.base import Dependent
from ..objects.made_types import MadeType
from ..sql import ddl
from ..sql.block import Block
from ..sql.block import Statement
from ..sql.block import require_version
from ..sql.block import together
from ..sql.locks import Lock
from ..sql.quoting import qualified
from ..sql.states import Known
from .facts import Facts
from .labels import Alteration


def step(comment: str, statements: Iterable[str]) -> list[Step]:
    """Return one step for some statements, or none without any."""
    together = tuple(statements)
    return [Step(comment, together)] if together else []


@dataclass(frozen=True)
class Frame:
    """What stands around all that a function does in its transaction.

    :param block: what is locked, known and kept.
    :param drops: the statements that drop what was put aside.
    """

    block: Block
    drops: tuple[str, ...] = ()

    def around(self, steps: Sequence[Step]) -> list[Step]:
        """Return steps as one statement, with what has to be locked or looked at first.

        As one it is done whole or not at all, also where env.py makes no transaction.
        """
        block = self.block
        statements = [
            Statement(sql, one.comment if number == 0 else "")
            for one in steps
            for number, sql in enumerate(one.statements)
        ]
        if not (block.lock.tables or block.labels or block.objects):
            return step("", [together(statements)]) if len(statements) > 1 else [*steps]
        block = replace(block, settings=settings(steps))
        needed = needs(steps)
        first = [require_version(needed)] if needed else []
        return step("", [*first, block.sql(statements, self.drops)])


# By what of a statement a setting matters, and the value under which it means what it meant: that
# of pg_dump.
_SETTINGS = {
    "datestyle": (re.compile(r"::(date|timestamp)|::text::"), "ISO"),
    "intervalstyle": (re.compile(r"::interval|::text::"), "postgres"),
    "extra_float_digits": (re.compile(r"::text::"), "1"),
    "array_nulls": (re.compile(r"NULL.*'::|::text::|array_out"), "on"),
    "default_tablespace": (re.compile(r"^CREATE (UNIQUE )?(INDEX|MATERIALIZED)"), ""),
    # A body may name what comes back only after it.
    "check_function_bodies": (re.compile(r"^CREATE (OR REPLACE )?(FUNCTION|PROCEDURE)"), "off"),
}


# What older servers don't know, and the first major version that does.
_NEEDS = {
    17: re.compile(r" SET EXPRESSION AS "),
    18: re.compile(r"ADD CONSTRAINT \S+ NOT NULL "),
}


def needs(steps: Iterable[Step]) -> int:
    """Return the first major version that can run all of some steps, or 0 for any."""
    statements = [sql for one in steps for sql in one.statements]
    versions = (v for v, words in _NEEDS.items() if any(map(words.search, statements)))
    return max(versions, default=0)


def settings(steps: Iterable[Step]) -> dict[str, str]:
    """Return the settings under which values and definitions stay as they are, if they matter."""
    statements = [sql for one in steps for sql in one.statements]
    return {
        name: value
        for name, (needs, value) in _SETTINGS.items()
        if any(map(needs.search, statements))
    }


def lock(tables: Sequence[Name], families: bool, facts: Facts) -> Lock:
    """Return what is locked before anything is done."""
    return Lock(tuple(tables), families, facts.lock_timeout)


def known_objects(
    hanging: Sequence[Dependent],
    replaced: Sequence[Alteration],
    here: Callable[[str], str],
    afterwards: Callable[[str], str],
    state: Callable[[str], str],
) -> Iterator[Known]:
    """Yield all whose owner, privileges and comment are kept, and what they must be.

    :param here: writes the names of types as they are called before.
    :param afterwards: writes them as they are called afterwards.
    :param state: rewrites the labels in a state.
    """
    for alteration in replaced:
        new = qualified(alteration.change.new_name)
        name = qualified(alteration.change.name)
        labels = () if alteration.keeps_others else tuple(alteration.change.labels)
        yield Known(f"TYPE {new}", "type", (name,), labels=labels)
    for one in hanging:
        for number, kept in enumerate(one.kept()):
            own = number == 0 and one.state_kind and one.rebuilt
            yield Known(
                afterwards(kept.what),
                kept.kind,
                tuple(map(here, kept.names)) if kept.kind in _OF_TYPES else kept.names,
                tuple(map(here, kept.arguments)),
                "domain constraint" if kept.definition else one.state_kind if own else "",
                kept.definition or (here(state(one.state)) if own else ""),
            )


_OF_TYPES = ("type", "domain constraint", "cast")
"""The kinds of objects whose address is made of names of types, as SQL."""


def drops(
    replaced: Sequence[Alteration], carried: Sequence[MadeType], facts: Facts
) -> tuple[str, ...]:
    """Return the statements that drop the types that were put aside."""
    return (
        *(one.drop_old(facts.aside) for one in reversed(carried)),
        *(ddl.drop_type(alteration.old_name) for alteration in replaced),
    )


def drop_unused(drop: DropType) -> Step:
    """Return the step that drops a type which nothing uses."""
    return Step(f"Nothing uses {drop.name} any more.", (ddl.drop_type(drop.name),))


def create_unused(drop: DropType) -> Step:
    """Return the step that creates such a type again, as it was."""
    statements = [ddl.create_type(drop.name, drop.labels)]
    if not drop.is_ours:
        statements.append(ddl.owner_to(drop.name, drop.owner))
    if drop.privileges is not None:
        statements.extend(ddl.set_privileges(drop.name, drop.owner, drop.privileges))
    if drop.comment is not None:
        statements.append(ddl.comment_on_type(drop.name, drop.comment))
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
    return [ddl.analyze(table) for table in near] if facts.analyze else []


def known_labels(replaced: Iterable[Alteration]) -> Mapping[Name, Sequence[str]]:
    """Return the labels that types must have before they are replaced."""
    return {a.change.name: a.change.labels for a in replaced if not a.keeps_others}
