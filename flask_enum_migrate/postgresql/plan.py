"""Changes and facts in, the cheapest safe statements out: one direction up, one down. Pure.

Additions and renames are catalog entries (``ADD VALUE``, ``RENAME VALUE``). Only a removal or
another order replaces the type, and then every table is rewritten once, however many of its
columns change. The inverse of a removal is an addition.

A new label can't be used in the transaction that added it (SQLSTATE 55P04), so additions commit.
They come first, anchored on the labels as they are called before this revision's own renames, so
that a revision which was interrupted behind a commit can simply run again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace
from functools import cached_property

from ..core.changes import AlterEnum
from ..core.changes import DropType
from ..core.errors import Refusal
from ..core.schema import LiveColumn
from ..core.schema import LiveEnum
from ..core.schema import Name
from . import ddl
from . import rebuild
from .dependents import Dependent
from .expressions import TypeChange
from .expressions import follow


@dataclass(frozen=True, slots=True)
class TableSize:
    """How large a table is.

    :param total: bytes of the table with its indexes and TOAST.
    :param rows: the planner's estimate, or -1 where the table was never analyzed.
    """

    total: int
    rows: int


@dataclass(frozen=True, slots=True)
class Facts:
    """What the plan has to know of the database, apart from the changes.

    :param enums: the types as they are, by name.
    :param dependents: what PostgreSQL doesn't carry along when a type is replaced.
    :param sizes: the sizes of tables.
    :param lock_timeout: ``lock_timeout`` for the statements that lock tables, or None.
    :param unqualified: the schema that is left out of names, or ``""``.
    """

    enums: Mapping[Name, LiveEnum]
    dependents: tuple[Dependent, ...] = ()
    sizes: Mapping[Name, TableSize] = field(default_factory=dict)
    lock_timeout: str | None = "10s"
    unqualified: str = ""

    def shown(self, name: Name) -> Name:
        """Return a name as the revision writes it."""
        return Name("", name.name) if name.schema == self.unqualified else name


@dataclass(frozen=True, slots=True)
class Step:
    """Statements that belong together.

    :param comment: one line that says what for, or ``""``.
    :param statements: SQL, in order.
    """

    comment: str
    statements: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Direction:
    """One function of the revision.

    :param committing: statements that have to be committed before the rest runs.
    :param steps: the rest, in the order of execution.
    :param rewritten: the tables that are rewritten.
    :param rebuilt: what is dropped and created again, in words.
    :param refusals: why this direction can't be done; nothing else is set then.
    """

    committing: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()
    rewritten: tuple[Name, ...] = ()
    rebuilt: tuple[str, ...] = ()
    refusals: tuple[Refusal, ...] = ()

    @property
    def statements(self) -> tuple[str, ...]:
        """All statements in the order of execution."""
        return self.committing + tuple(sql for step in self.steps for sql in step.statements)


@dataclass(frozen=True, slots=True)
class Plan:
    """Both functions of the revision."""

    upgrade: Direction
    downgrade: Direction


def plan(changes: Sequence[AlterEnum], drops: Sequence[DropType], facts: Facts) -> Plan:
    """Plan changes of enum types, there and back.

    :param changes: what differs about each type.
    :param drops: types to drop because nothing uses them.
    :param facts: what the database holds.
    :return: both directions; where one can't be done it holds the refusals instead.
    """
    forth = [_Alteration(change, facts.enums[change.name]) for change in changes]
    back = [_Alteration(a.change.reverse(), a.enum) for a in reversed(forth)]
    before = {
        column: column.default
        for alteration in forth
        for column in alteration.enum.columns
        if not column.through and not column.generated
    }
    after, refusals = _follow_defaults(before, forth)
    upgrade = _direction(forth, forth, facts, before, after)
    if refusals or upgrade.refusals:
        return Plan(Direction(refusals=(*refusals, *upgrade.refusals)), Direction())
    downgrade = _direction(back, [], facts, after, before)
    return Plan(
        replace(upgrade, steps=(*upgrade.steps, *(_drop(drop, facts) for drop in drops))),
        replace(downgrade, steps=(*(_recreate(drop, facts) for drop in drops), *downgrade.steps)),
    )


@dataclass(frozen=True)
class _Alteration:
    """A change of one type in one direction, and the type with its columns as they are now."""

    change: AlterEnum
    enum: LiveEnum

    @property
    def following(self) -> TypeChange:
        """What becomes of constants of the type."""
        labels: dict[str, str | None] = {**self.change.renames, **self.change.mapping}
        return TypeChange(self.change.new_name, labels)

    @cached_property
    def displaced(self) -> Name:
        """The name of the old type while the new one takes its place."""
        return Name(self.change.name.schema, ddl.shortened(self.change.name.name, "__old"))

    @cached_property
    def _aside(self) -> dict[str, str]:
        return {}

    def temporary(self, label: str) -> str:
        """Return the free label that stands in for one whose name is taken for a while."""
        if label not in self._aside:
            taken = {*self.change.labels, *self.change.new_labels, *self._aside.values()}
            candidate, number = ddl.shortened(label, "__new"), 1
            while candidate in taken:
                number += 1
                candidate = ddl.shortened(label, f"__new{number}")
            self._aside[label] = candidate
        return self._aside[label]

    def column_defaults(self, defaults: _Defaults) -> Iterator[tuple[LiveColumn, str | None]]:
        for column in self.enum.columns:
            if column in defaults:
                yield column, defaults[column]


_Defaults = Mapping[LiveColumn, str | None]


def _follow_defaults(
    before: _Defaults, alterations: Sequence[_Alteration]
) -> tuple[_Defaults, list[Refusal]]:
    """Return the defaults after the changes, and those that name a label with nowhere to go."""
    following = {a.change.name: a.following for a in alterations}
    after: dict[LiveColumn, str | None] = {}
    refusals: list[Refusal] = []
    for alteration in alterations:
        removed = [drop.label for drop in alteration.change.removed]
        for column, default in alteration.column_defaults(before):
            if default is None:
                after[column] = None
                continue
            followed = follow(default, following, removed)
            after[column] = followed.sql
            if followed.lost:
                refusals.append(_default_refusal(alteration.change, column, default, followed.lost))
    return after, refusals


def _default_refusal(
    change: AlterEnum, column: LiveColumn, default: str, lost: Sequence[str]
) -> Refusal:
    unmapped = [label for label in lost if label not in change.mapping]
    fact = f"The default of {column} is {default}, which names {_listed(lost)}."
    if not unmapped:
        return Refusal(fact, "It can't follow by itself: change the default first.")
    flags = tuple(f"--map {f'{change.name.name}.{label}=LABEL'!r}" for label in unmapped)
    return Refusal(fact, "Say what becomes of it, or change the default first.", flags)


def _listed(labels: Iterable[str]) -> str:
    return ", ".join(repr(label) for label in labels)


def _direction(
    alterations: Sequence[_Alteration],
    origin: Sequence[_Alteration],
    facts: Facts,
    before: _Defaults,
    after: _Defaults,
) -> Direction:
    """Plan one direction.

    :param origin: the changes that definitions have to follow: they are those of today.
    """
    if refusals := tuple(
        refusal
        for a in alterations
        for refusal in blocked(a.change, a.enum, facts, today=bool(origin))
    ):
        return Direction(refusals=refusals)
    replaced = [a for a in alterations if a.change.replaces_type]
    in_place = [a for a in alterations if not a.change.replaces_type]
    committing = tuple(sql for a in in_place for sql in _additions(a, facts))
    renames = [step for a in alterations for step in _renames(a, facts)]
    hanging = _hanging_on(replaced, facts)
    rebuilt = [dependent for dependent in hanging if dependent.rebuilt]
    tables, rewritten = _tables(replaced, facts, before, after, _own_defaults(rebuilt))
    defaults = _changed_defaults(in_place, facts, before, after)
    following = {a.change.name: a.following for a in origin}
    steps = [
        *(Step("", (rebuild.drop(d),)) for d in reversed(rebuilt)),
        *renames,
        *(_displace(a, facts) for a in replaced),
        *tables,
        *defaults,
        *(
            Step("", tuple(rebuild.create(d, lambda sql: follow(sql, following).sql or sql)))
            for d in rebuilt
        ),
        *(Step("", (rebuild.restore(d),)) for d in hanging if not d.rebuilt),
        *(Step("", (sql,)) for sql in rebuild.refresh(rebuilt)),
        *(_retire(a, facts) for a in replaced),
    ]
    touched = {*rewritten, *_roots(in_place, before, after), *rebuild.locked_tables(rebuilt)}
    if touched:
        locked = sorted(facts.shown(table) for table in touched)
        steps = [*_lock(locked, facts), *steps, *_unlock(facts)]
    return Direction(committing, tuple(steps), tuple(rewritten), tuple(map(str, rebuilt)))


def _hanging_on(replaced: Sequence[_Alteration], facts: Facts) -> list[Dependent]:
    """Return what has to be rebuilt around the replacement of some types, in their order."""
    oids = {alteration.enum.oid for alteration in replaced}
    return rebuild.in_order(d for d in facts.dependents if d.roots & oids)


def _own_defaults(rebuilt: Sequence[Dependent]) -> set[tuple[Name, str]]:
    """Return the columns whose default comes back only with the function it calls."""
    return {(Name(*d.names[:2]), d.names[2]) for d in rebuilt if d.key[0] == "pg_attrdef"}


def _additions(alteration: _Alteration, facts: Facts) -> Iterator[str]:
    """Yield ``ADD VALUE`` for every new label, anchored on names from before the renames."""
    change = alteration.change
    original = {new: old for old, new in change.renames.items()}
    name = facts.shown(change.name)
    kept = {change.renamed(label) for label in change.kept}
    first = next((label for label in change.new_labels if label in kept), None)
    for added in change.added:
        label = added.label
        if label in change.labels:  # it is free only when the old bearer has been renamed
            label = original[added.label] = alteration.temporary(added.label)
        anchor = added.after if added.after is not None else first
        anchor = original.get(anchor, anchor) if anchor is not None else None
        if added.after is not None:
            yield ddl.add_value(name, label, after=anchor)
        else:
            yield ddl.add_value(name, label, before=anchor)


def _renames(alteration: _Alteration, facts: Facts) -> Iterator[Step]:
    """Yield ``RENAME VALUE`` in an order in which every new text is free, then ``RENAME TO``."""
    change = alteration.change
    name = facts.shown(change.name)
    pending = dict(change.renames)
    if not change.replaces_type:
        for added in change.added:
            if added.label in change.labels:
                pending[alteration.temporary(added.label)] = added.label
    present = {*change.labels, *pending}
    statements: list[str] = []

    def rename(label: str, new_label: str) -> None:
        statements.append(ddl.rename_value(name, label, new_label))
        present.discard(label)
        present.add(new_label)

    while pending:
        free = next((label for label, new in pending.items() if new not in present), None)
        if free is not None:
            rename(free, pending.pop(free))
            continue
        # Every target is taken: by a label of the same cycle, or by one that goes with the type.
        target = next(iter(pending.values()))
        aside = alteration.temporary(target)
        rename(target, aside)
        if target in pending:
            pending[aside] = pending.pop(target)
    if statements:
        yield Step("", tuple(statements))
    if change.replaces_type:
        return
    moves = []
    if change.name.schema != change.new_name.schema:
        moves.append(ddl.set_schema(name, change.new_name.schema))
        name = facts.shown(Name(change.new_name.schema, change.name.name))
    if change.name.name != change.new_name.name:
        moves.append(ddl.rename_type(name, change.new_name.name))
    if moves:
        yield Step("", tuple(moves))


def _displaced_labels(alteration: _Alteration) -> dict[str, str | None]:
    """Return old label to new label as they are called once :func:`_renames` has run."""
    change = alteration.change
    kept = {change.renamed(label): change.renamed(label) for label in change.kept}
    removed = {drop.label: drop for drop in change.removed}
    targets = set(change.renames.values())
    pairs: dict[str, str | None] = {}
    for label in change.labels:
        if label not in removed:
            pairs[change.renamed(label)] = kept[change.renamed(label)]
        elif removed[label].mapped:
            called = alteration.temporary(label) if label in targets else label
            pairs[called] = removed[label].becomes
    return pairs


def _displace(alteration: _Alteration, facts: Facts) -> Step:
    change = alteration.change
    return Step(
        "",
        (
            ddl.rename_type(facts.shown(change.name), alteration.displaced.name),
            ddl.create_type(facts.shown(change.new_name), change.new_labels),
        ),
    )


def _retire(alteration: _Alteration, facts: Facts) -> Step:
    old, new = facts.shown(alteration.displaced), facts.shown(alteration.change.new_name)
    return Step(
        f"Owner, privileges and comment of {new} stay as they were.",
        (ddl.copy_type_properties(old, new), ddl.drop_type(old)),
    )


def _tables(
    replaced: Sequence[_Alteration],
    facts: Facts,
    before: _Defaults,
    after: _Defaults,
    elsewhere: set[tuple[Name, str]],
) -> tuple[list[Step], list[Name]]:
    """Return the one ``ALTER TABLE`` of each table, and which tables it rewrites.

    The columns of children and partitions change with their parent's, but their defaults are
    their own, and block the change just the same.

    :param elsewhere: columns whose default is taken care of elsewhere.
    """
    by_table: dict[Name, list[tuple[_Alteration, LiveColumn]]] = defaultdict(list)
    for alteration in replaced:
        for column in alteration.enum.columns:
            by_table[column.table].append((alteration, column))
    drops: list[Step] = []
    rewrites: list[Step] = []
    sets: list[Step] = []
    rewritten: list[Name] = []
    for table in sorted(by_table):
        columns = sorted(by_table[table], key=lambda item: item[1].column)
        related = any(column.inherited or column.has_children for _, column in columns)
        drop = [ddl.drop_default(c.column) for _, c in columns if before[c] is not None]
        put = [
            _set_default(c, after[c], facts, replaced) for _, c in columns if after[c] is not None
        ]
        types = [a for alt, c in columns if not c.inherited for a in _column_actions(alt, c, facts)]
        shown = facts.shown(table)
        if related:
            drops += [Step("", (ddl.alter_table(shown, drop, only=True),))] if drop else []
            sets += [Step("", (ddl.alter_table(shown, put, only=True),))] if put else []
            drop, put = [], []
        if types:
            rewritten.append(table)
            sql = ddl.alter_table(shown, [*drop, *types, *put])
            rewrites.append(Step(_cost(table, facts), (sql,)))
    return [*drops, *rewrites, *sets], rewritten


def _column_actions(alteration: _Alteration, column: LiveColumn, facts: Facts) -> Iterator[str]:
    old, new = facts.shown(alteration.displaced), facts.shown(alteration.change.new_name)
    pairs = _displaced_labels(alteration)
    table = facts.shown(column.table)
    if not column.dimensions:
        using = ddl.convert_scalar(table, column.column, old, new, pairs)
    else:
        moved = {label: becomes for label, becomes in pairs.items() if label != becomes}
        targets = set(alteration.change.renames.values())
        refused = [
            alteration.temporary(drop.label) if drop.label in targets else drop.label
            for drop in alteration.change.removed
            if not drop.mapped
        ]
        using = ddl.convert_array(table, column.column, old, new, moved, refused)
    yield ddl.alter_column_type(column.column, new, column.dimensions, using)
    if column.storage:
        yield ddl.set_storage(column.column, column.storage)
    if column.compression:
        yield ddl.set_compression(column.column, column.compression)


def _set_default(
    column: LiveColumn, default: str | None, facts: Facts, alterations: Sequence[_Alteration]
) -> str:
    names = {a.change.new_name: TypeChange(facts.shown(a.change.new_name)) for a in alterations}
    return ddl.set_default(column.column, follow(default or "NULL", names).sql or "NULL")


def _roots(alterations: Sequence[_Alteration], before: _Defaults, after: _Defaults) -> list[Name]:
    return [column.table for column, _, _ in _differing(alterations, before, after)]


def _differing(
    alterations: Sequence[_Alteration], before: _Defaults, after: _Defaults
) -> Iterator[tuple[LiveColumn, str | None, _Alteration]]:
    """Yield the defaults that don't become what they should by the renames alone."""
    following = {
        a.change.name: TypeChange(a.change.new_name, a.change.renames) for a in alterations
    }
    for alteration in alterations:
        for column, default in alteration.column_defaults(before):
            by_itself = None if default is None else follow(default, following).sql
            if by_itself != after[column]:
                yield column, after[column], alteration


def _changed_defaults(
    in_place: Sequence[_Alteration], facts: Facts, before: _Defaults, after: _Defaults
) -> list[Step]:
    steps = []
    for column, default, alteration in _differing(in_place, before, after):
        action = (
            ddl.drop_default(column.column)
            if default is None
            else _set_default(column, default, facts, [alteration])
        )
        only = column.inherited or column.has_children
        steps.append(Step("", (ddl.alter_table(facts.shown(column.table), [action], only=only),)))
    return steps


def _lock(tables: Sequence[Name], facts: Facts) -> list[Step]:
    comment = "All tables are locked at once and in one order"
    if facts.lock_timeout is None:
        return [Step(f"{comment}.", (ddl.lock_tables(tables),))]
    return [
        Step(
            f"{comment}; after {facts.lock_timeout} of waiting it fails with nothing changed.",
            (ddl.set_lock_timeout(facts.lock_timeout), ddl.lock_tables(tables)),
        )
    ]


def _unlock(facts: Facts) -> list[Step]:
    return [] if facts.lock_timeout is None else [Step("", (ddl.restore_lock_timeout(),))]


def _cost(table: Name, facts: Facts) -> str:
    size = facts.sizes.get(table)
    about = f", about {human_size(size.total)}," if size else ""
    return f"Rewrites {facts.shown(table)}{about} under an ACCESS EXCLUSIVE lock."


def human_size(size: int) -> str:
    """Return bytes as ``pg_size_pretty`` would put them, in powers of 1,024."""
    value, unit = float(size), "bytes"
    for larger in ("kB", "MB", "GB", "TB"):
        if value < 1024:
            break
        value, unit = value / 1024, larger
    return f"{value:.0f} {unit}" if value >= 10 or unit == "bytes" else f"{value:.1f} {unit}"


def _drop(drop: DropType, facts: Facts) -> Step:
    name = facts.shown(drop.name)
    return Step(f"Nothing uses {name} any more.", (ddl.drop_type(name),))


def _recreate(drop: DropType, facts: Facts) -> Step:
    name = facts.shown(drop.name)
    statements = [ddl.create_type(name, drop.labels)]
    if drop.owner:
        statements.append(ddl.owner_to(name, drop.owner))
    if drop.privileges is not None:
        statements.extend(ddl.set_privileges(name, drop.owner, drop.privileges))
    if drop.comment is not None:
        statements.append(ddl.comment_on_type(name, drop.comment))
    return Step("", tuple(statements))


def blocked(
    change: AlterEnum, enum: LiveEnum, facts: Facts, *, today: bool = True
) -> Iterator[Refusal]:
    """Yield why a change can't be made.

    :param enum: the type as it is now.
    :param today: whether the change starts from the database as it is now.
    """
    for label in change.new_labels:
        if problem := label_problem(label):
            yield Refusal(
                f"{change.new_name} would get the label {label!r}: {problem}.", "Shorten it."
            )
    if enum.extension:
        yield Refusal(
            f"{enum.name} belongs to the extension {enum.extension!r}.",
            "Leave its labels to that extension.",
        )
    if not enum.may_alter:
        yield Refusal(
            f"{enum.name} is owned by {enum.owner!r}, and the current role isn't a member.",
            f"Connect as {enum.owner!r}.",
        )
    if not change.replaces_type:
        return
    schema = change.name.schema
    if not enum.may_create:
        yield Refusal(
            f"Replacing {enum.name} needs the right to create types in the schema {schema!r}.",
            f"GRANT CREATE ON SCHEMA {ddl.identifier(schema)} TO the role that migrates.",
        )
    why = f"{enum.name} has to be replaced, and can't be:"
    for column in enum.columns:
        if column.partition_key:
            yield Refusal(
                f"{why} {column.table} is partitioned by {column.column!r}.",
                "PostgreSQL can't change the type of a partition key.",
            )
        if column.typed_table:
            yield Refusal(f"{why} {column.table} is a typed table.", "Take it off its type first.")
        if not column.may_alter:
            yield Refusal(
                f"{why} the current role doesn't own {column.table}.", "Connect as its owner."
            )
    removed = {drop.label for drop in change.removed} if today else set()
    for dependent in facts.dependents:
        if enum.oid in dependent.roots and (
            problem := dependent.problem or _names_removed(dependent, change, removed)
        ):
            yield Refusal(
                f"{why} {dependent} hangs on it, and {problem}.",
                "Drop it in a migration of its own before this one, and create it again after it.",
            )
        elif enum.oid in dependent.roots and facts.unqualified:
            yield Refusal(
                f"{why} {dependent} hangs on it, and its definition names schemas.",
                "Set ENUM_MIGRATE_QUALIFY = True, or drop it in a migration before this one.",
            )


def _names_removed(dependent: Dependent, change: AlterEnum, removed: set[str]) -> str:
    following = {change.name: TypeChange(change.new_name, change.renames)}
    for sql in rebuild.definitions(dependent):
        if lost := follow(sql, following, removed).lost:
            return f"it names {_listed(lost)}"
    return ""


def label_problem(label: str) -> str:
    """Return why PostgreSQL can't hold a label, or ``""``."""
    try:
        size = len(label.encode())
    except UnicodeEncodeError:
        return "it isn't valid Unicode"
    if "\x00" in label:
        return "PostgreSQL's text can't hold a NUL"
    return f"it has {size} bytes, and 63 is the most" if size > ddl.MAX_BYTES else ""
