"""One direction of a plan: what is to be done, in the parts that its steps are made of. Pure.

Objects are read as they are today: the upgrade creates them otherwise, and the downgrade drops
them so.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace
from functools import cached_property

from ...core.alter_column_type import AlterColumnType
from ...core.backend import Differences
from ...core.changes import BringBackValue
from ...core.changes import RetireValue
from ...core.errors import Refusal
from ...core.plan import Step
from ...core.schema import Name
from ...core.schema import Place
from ..objects import order
from ..objects.base import Dependent
from ..objects.column import Column
from ..objects.default import Default
from ..objects.generated_column import GeneratedColumn
from ..objects.index import Index
from ..objects.made_types import MadeType
from ..objects.row_column import RowColumn
from ..sql import checks
from ..sql import ddl
from ..sql import inside
from ..sql import not_null
from ..sql import quoting
from ..sql.block import Block
from ..sql.expressions import TypeChange
from ..sql.expressions import follow
from ..sql.expressions import portable
from ..sql.expressions import rename
from ..sql.membership import Gone
from ..sql.membership import array_default
from ..sql.membership import without
from ..sql.states import Known
from . import conversion
from . import frame
from . import labels
from . import listings
from .defaults import Defaults
from .defaults import changed_defaults
from .defaults import changed_tables
from .defaults import current_defaults
from .defaults import differing_defaults
from .defaults import follow_defaults
from .defaults import retired_defaults
from .defaults import unmapped
from .facts import Facts
from .frame import Frame
from .frame import step
from .labels import Alteration
from .rewrite import casts
from .rewrite import replaced_columns
from .rewrite import rewrite_tables

Names = Mapping[Name, Name]


def courses(differences: Differences, facts: Facts) -> tuple[Course, Course]:
    """Return both directions of some changes, whose names are as they are written."""
    forth = [
        Alteration(change, facts.enums[change.name], facts.aside(change.name))
        for change in differences.changes
    ]
    merged = [
        Alteration(merge, facts.enums[merge.name])
        for merge in conversion.merges(differences.conversions, facts.enums)
    ]
    before = current_defaults(forth)
    settled, after = retired_defaults(before, forth), follow_defaults(before, forth)
    followed = {a.change.name: a.following() for a in (*forth, *merged)}
    names = {
        a.change.name: a.change.new_name
        for a in (*forth, *merged)
        if a.change.name != a.change.new_name
    }
    dropped = {a.change.name: unmapped(a.change.leaving) for a in forth}
    gone = listings.gone([a.change for a in (*forth, *merged)], facts)
    anew = {
        root
        for one in order.along_with(listings.changed(facts.dependents, gone), facts.dependents)
        if isinstance(one, MadeType)
        for root in one.roots
    }
    back = [
        Alteration(
            replace(a.change.reverse(), anew=a.enum.key in anew),
            a.enum,
            facts.aside(a.change.new_name),
            undoes=True,
        )
        for a in reversed(forth)
    ]
    returning = tuple(change.reverse() for change in reversed(differences.conversions))
    return (
        Course(
            facts, forth, merged, differences.conversions, settled, after, {}, names, followed,
            gone, dropped, today=True,
        ),
        Course(
            facts, back, merged, returning, after, before, names, {}, followed, gone, dropped,
            today=False,
        ),
    )  # fmt: skip


@dataclass(frozen=True)
class Course:
    """One direction.

    :param facts: what the database holds.
    :param alterations: what changes about types.
    :param merged: the types whose columns all become columns of another one.
    :param conversions: columns that get another type.
    :param before: the defaults of columns when it begins.
    :param after: those when it ends.
    :param here: the types of today that are called otherwise when it begins.
    :param there: those that are called otherwise when it ends.
    :param followed: what the upgrade makes of constants of the types.
    :param gone: what goes from lists of their labels meanwhile.
    :param dropped: what goes from arrays that are defaults.
    :param today: whether it begins with the database as it is now.
    :param lifted: by table what drops the CHECKs against labels that return, or go.
    :param guarded: by table what adds CHECKs against labels, behind all else.
    """

    facts: Facts
    alterations: Sequence[Alteration]
    merged: Sequence[Alteration]
    conversions: Sequence[AlterColumnType]
    before: Defaults
    after: Defaults
    here: Names
    there: Names
    followed: Mapping[Name, TypeChange]
    gone: Gone
    dropped: Gone
    today: bool
    lifted: Mapping[Name, tuple[str, ...]] = field(default_factory=dict)
    guarded: Mapping[Name, tuple[str, ...]] = field(default_factory=dict)

    @cached_property
    def replaced(self) -> list[Alteration]:
        """The types that are replaced."""
        return [a for a in self.alterations if a.change.replaces_type]

    @cached_property
    def in_place(self) -> list[Alteration]:
        """The types that only get labels, or other names."""
        return [a for a in self.alterations if not a.change.replaces_type]

    @property
    def replaces_anything(self) -> bool:
        """Whether sessions will notice: columns get other types."""
        return bool(self.replaced or self.conversions)

    @cached_property
    def hanging(self) -> list[Dependent]:
        """What hangs on the types that go, in the order of creation."""
        oids = {alteration.enum.key for alteration in (*self.replaced, *self.merged)}
        in_place = () if self.today else (one for one in self.relisted if not one.roots & oids)
        along = {one.key for one in order.along_with(in_place, self.facts.dependents)}
        return order.in_order(
            one for one in self.facts.dependents if one.roots & oids or one.key in along
        )

    @cached_property
    def relisted(self) -> list[Dependent]:
        """What lists labels that go."""
        return list(listings.changed(self.facts.dependents, self.gone))

    @cached_property
    def carried(self) -> list[MadeType]:
        """The types that are made of them, and replaced too."""
        return [one for one in self.hanging if isinstance(one, MadeType)]

    @cached_property
    def rebuilt(self) -> list[Dependent]:
        """What is dropped and created again."""
        found = [one for one in self.hanging if one.rebuilt and not isinstance(one, MadeType)]
        for alteration in self.replaced:
            found = [
                one.standing_in(alteration.change.kept)
                if isinstance(one, GeneratedColumn) and alteration.enum.key in one.roots
                else one
                for one in found
            ]
        return found

    @cached_property
    def _detoured(self) -> set[Place]:
        """The columns that aren't rewritten like others: they hold rows, or are added again."""
        return {
            (one.table, one.name)
            for one in self.rebuilt
            if isinstance(one, RowColumn)
            or (isinstance(one, GeneratedColumn) and not one.keeps_its_place)
        }

    @cached_property
    def _elsewhere(self) -> set[Place]:
        """The columns whose default is taken care of for itself."""
        return {
            (one.table, one.name)
            for one in self.rebuilt
            if isinstance(one, Default | GeneratedColumn)
        }

    @cached_property
    def _tables(self) -> tuple[list[Step], list[Name]]:
        """The one ``ALTER TABLE`` of each table, and which tables it rewrites."""
        rewrites = replaced_columns(
            self.replaced, self.before, self.after, self._elsewhere, self._detoured
        )
        converted = (
            rewrite
            for change in self.conversions
            for rewrite in conversion.convert(
                change, self.alterations, self.facts, self._elsewhere, today=self.today
            )
        )
        return rewrite_tables([*rewrites, *converted])

    @cached_property
    def _handing_down(self) -> list[Place]:
        """The columns of which children have NOT NULL constraints, perhaps under other names."""
        families: list[list[Column]] = [
            [c for c in columns if c.relation_kind in ("r", "p") and not c.generated]
            for columns in (
                *(alteration.enum.columns for alteration in self.replaced),
                *(self.facts.family(change.place) for change in self.conversions),
            )
        ]
        return [
            column.place
            for columns in families
            for handed in [{c.column for c in columns if c.not_null and c.has_children}]
            for column in columns
            if column.column in handed and column.has_children and not column.inherited
        ]

    @property
    def only_lifts(self) -> bool:
        """Whether labels are retired or come back, and that is all."""
        changes = [change for a in self.alterations for change in a.change.changes]
        retirements = all(isinstance(one, RetireValue | BringBackValue) for one in changes)
        return retirements and not self.conversions

    @property
    def rewritten(self) -> list[Name]:
        """The tables that are rewritten."""
        computed = {one.table for one in self.rebuilt if isinstance(one, GeneratedColumn)}
        return self._tables[1] if self.replaces_anything else sorted(computed)

    def refusals(self) -> Iterator[Refusal]:
        """Yield why it can't be written so."""
        bare = [name for name in self.there if not name.schema]
        if self.hanging:
            for name in bare:
                yield Refusal(
                    f"{name} gets another name and has to be replaced, and {self.hanging[0]} hangs "
                    "on it. Without its schema the name can't be told from a column's.",
                    "Rename the type first, in a revision of its own, or set "
                    "ENUM_MIGRATE_QUALIFY = True.",
                )

    @cached_property
    def frame(self) -> Frame:
        """What stands at both ends of the transaction."""
        touched = {
            *self.rewritten,
            *changed_tables(self.in_place, self.before, self.after),
            *(one.table for one in self.rebuilt if one.locks_table),
            *self.lifted,
            *self.guarded,
        }
        columns = [column for a in self.alterations for column in a.enum.columns]
        touched -= {column.table for column in columns if column.relation_kind == "f"}
        families = any(column.has_children or column.inherited for column in columns) or any(
            column.has_children
            for change in self.conversions
            for column in self.facts.family(change.place)
        )
        block = Block(
            frame.lock(sorted(touched), families, self.facts),
            frame.known_labels(self.replaced),
            tuple(self._known()),
            tuple(self._stored()),
            version=self.facts.version // 10000,
            qualified=not self.facts.unqualified,
            undoes=not self.today,
            declared=not_null.DECLARED if self._handing_down else (),
        )
        return Frame(block, frame.drops(self.replaced, self.carried, self.facts))

    def _known(self) -> Iterator[Known]:
        """Yield all whose owner, privileges and comment are kept, and what it must be."""
        yield from frame.known_objects(
            self.hanging,
            self.replaced,
            lambda sql: rename(sql, self.here, quoting.DEPARSED),
            lambda sql: rename(sql, self.there),
            self._state,
        )
        yield from self._known_defaults()
        for change in self.conversions if self.today else ():
            yield from conversion.known_checks(change, self.facts)

    def _stored(self) -> Iterator[str]:
        """Yield the types of columns that are rewritten, as they are called when it begins.

        Not those whose values have one length: there is nothing to be said about their storage.
        """
        found = dict[str, None]()
        for alteration in self.replaced:
            for column in alteration.enum.columns:
                if column.relation_kind == "m" or {*column.made_of} <= {"d"}:
                    continue
                array = f"{quoting.qualified(alteration.change.name)}[]"
                found[rename(column.through, self.here) if column.through else array] = None
        yield from sorted(found)

    def _known_defaults(self) -> Iterator[Known]:
        """Yield the defaults of the columns that are rewritten."""
        for alteration in self.replaced:
            for column, default in alteration.column_defaults(self.before):
                if default is None or column.place in self._elsewhere or not column.holds_rows:
                    continue
                names = (column.table.schema, column.table.name, column.column)
                state = default if self.today else self._deparsed(column)
                yield Known(f"DEFAULT of {column}", "default value", names, (), "default", state)

    def _deparsed(self, column: Column) -> str:
        """Return a default after the upgrade as PostgreSQL prints it."""
        default = array_default(self.after.get(column) or "", self.dropped)
        return follow(default, self.followed, style=quoting.DEPARSED).sql or ""

    def _state(self, state: str) -> str:
        """Return what the state of an object is when this direction begins."""
        if self.today:
            return state
        listed = without(state, self.gone)
        return follow(listed, self.followed, style=quoting.DEPARSED).sql or listed

    def _follow(self, sql: str) -> str:
        """Return a definition as it is created: with the labels of the end of this direction."""
        if not self.today:
            return portable(sql)
        listed = without(sql, self.gone)
        return portable(follow(listed, self.followed).sql or listed)

    def additions(self) -> Iterator[str]:
        """Yield the statements that have to be committed before the rest runs."""
        for alteration in self.in_place:
            yield from labels.additions(alteration)

    def drop_hanging(self) -> list[Step]:
        """Return what drops all that is created again."""
        # Where that is all, a generated column just gets its other expression.
        keys = {one.key for one in self.rebuilt}
        goes = [
            one
            for one in self.rebuilt
            if self.replaces_anything
            or one.references & keys
            or not (isinstance(one, GeneratedColumn) and one.keeps_its_place)
        ]
        dropped = [rename(sql, self.here) for sql in order.drop(goes)]
        return step("What hangs on the type goes first …", dropped)

    def lift(self) -> list[Step]:
        """Return what drops the CHECKs of labels that rows may hold again, or that go."""
        return step("", (sql for own in self.lifted.values() for sql in own))

    def refuse_inside(self) -> list[Step]:
        """Return what refuses rows that hold a label that goes where nothing tells it by name."""
        refused = (
            inside.refuse(
                column.table,
                column.column,
                paths,
                alteration.change.name,
                [drop.label for drop in alteration.change.removed],
                column.through,
            )
            for alteration in self.replaced
            if alteration.change.removed
            for column in alteration.enum.columns
            if not column.inherited
            if (paths := self.facts.inside.get((alteration.enum.key, column.place)))
        )
        return step("", dict.fromkeys(refused))

    def keep_out(self) -> list[Step]:
        """Return what keeps labels out of columns that have just got their type."""
        return step("", (sql for own in self.guarded.values() for sql in own))

    def drop_checks(self) -> list[Step]:
        """Return what refuses rows that a string under a CHECK can't keep, and drops such CHECKs.

        Those that the database has today are dropped with the conversion, and come back with it.
        """
        refused = [
            checks.refuse(change.table, change.column, held=change.homeless)
            for change in self.conversions
            if change.new.check and change.homeless
        ]
        dropped = [
            ddl.alter_table(change.table, [ddl.drop_constraint(change.old.check.name)])
            for change in self.conversions
            if change.old.check and change.old.check.name and not self.today
        ]
        return step("", [*refused, *dropped])

    def add_checks(self) -> list[Step]:
        """Return what adds the CHECKs of enums that become strings."""
        added = []
        for change in self.conversions:
            check = change.new.check
            if check and check.name and self.today:
                check = replace(check, varying=change.new.sql.upper().startswith("VARCHAR"))
                added.append(ddl.alter_table(change.table, [checks.add(check, change.new.labels)]))
                if check.comment is not None:
                    on = checks.comment(check, change.table)
                    added.append(on + quoting.literal(check.comment))
        return step("", added)

    def rename_labels(self) -> list[Step]:
        """Return what renames labels, and types that stay."""
        return [one for a in self.alterations for one in labels.renames(a)]

    def replace_types(self) -> list[Step]:
        """Return what puts types aside and creates the new ones under their names."""
        made = [sql for one in self.carried for sql in one.displace(self.facts.aside)]
        made += [
            rename(sql, self.there) for one in self.carried for sql in one.create(self._follow)
        ]
        return [
            *(labels.displace(alteration) for alteration in self.replaced),
            *step("The types that are made of it are replaced too.", made),
        ]

    def convert_rows(self) -> list[Step]:
        """Return what gives columns their new types, and defaults their new labels."""
        tops = self._handing_down
        apart = [not_null.drop(tops)] if tops else []
        return [
            *step(
                "NOT NULL of children goes meanwhile: PostgreSQL 18 fails over its name.",
                apart,
            ),
            *casts(self.replaced, self._detoured)[0],
            *self._tables[0],
            *step("", [not_null.create()] if tops else []),
            *changed_defaults(self.in_place, self.before, self.after, self._elsewhere),
        ]

    def create_hanging(self) -> list[Step]:
        """Return what creates all again that was dropped."""
        # What PostgreSQL made anew has taken names, also of what is created now.
        created = [
            sql
            for one in self.hanging
            if isinstance(one, Index) and not one.rebuilt
            for sql in one.restore()
        ]
        created += [rename(sql, self.there) for sql in order.create(self.rebuilt, self._follow)]
        # Expressions of generated columns hold the casts until they are back.
        return [
            *step("… and comes back as it was.", created),
            *casts(self.replaced, self._detoured)[1],
        ]

    def afterwards(self) -> list[Step]:
        """Return what lets sessions and the planner know."""
        touched = frame.touch_routines(self.hanging, self.facts) if self.replaces_anything else []
        analyzed = frame.analyze(self.rewritten, self.replaced, self.facts)
        return [
            *step("Open sessions compile these anew.", touched),
            *step("", analyzed),
        ]

    def remarks(self) -> Iterator[str]:
        """Yield what else happens that isn't obvious, in words."""
        for column, default in differing_defaults(self.alterations, self.before, self.after):
            yield f"The default of {column} becomes {default or 'none'}."
        for one in self.rebuilt:
            if isinstance(one, GeneratedColumn) and (remark := one.remark()):
                yield remark
        for alteration in self.alterations if self.today else ():
            yield from listings.kept_out(alteration, self.facts)
        if self.today:
            yield from listings.no_longer(
                [a.change for a in (*self.alterations, *self.merged)], self.relisted, self.gone
            )
        merged = {merge.change.name for merge in self.merged}
        for change in self.conversions if self.today else ():
            if change.old.enum not in merged:
                yield from conversion.remarks(change, self.facts)

    def hazards(self) -> Iterator[str]:
        """Yield what running sessions will notice, in words."""
        if not self.replaces_anything:
            return
        sizes = {self.facts.shown(table): size for table, size in self.facts.sizes.items()}
        locks = sum(sizes[table].locks for table in self.rewritten if table in sizes)
        if advice := self.facts.lock_table.short_of(locks):
            yield f"It takes about {locks:,} locks at once, {advice}."
        for routine in self.facts.routines:
            if not routine.may_alter:
                ran = f"Sessions that ran {routine.identity}"
                yield f"{ran} must reconnect: it isn't ours to touch."
