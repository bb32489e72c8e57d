"""Plan all that differs in one bind: what changes, why it may not, and what is told about it."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace

from .app.database import Database
from .core.alter_column_type import AlterColumnType
from .core.alter_enum import AlterEnum
from .core.backend import Differences
from .core.backend import Facts
from .core.changes import CreateType
from .core.changes import DropType
from .core.changes import DropValue
from .core.changes import RetireValue
from .core.diff import NO_ANSWERS
from .core.diff import Answers
from .core.diff import alter
from .core.diff import convert
from .core.errors import AnswerError
from .core.errors import Question
from .core.errors import Refusal
from .core.errors import typed
from .core.likeness import is_likely
from .core.likeness import ranked
from .core.pairing import Pair
from .core.plan import Direction
from .core.plan import Plan
from .core.rename_and_map import Flags
from .core.rename_and_map import add_standing
from .core.rename_and_map import resolve
from .core.rows import LIMIT
from .core.rows import MOST
from .core.rows import Held
from .core.rows import Strange
from .core.schema import DeclaredEnum
from .core.schema import LiveEnum
from .core.schema import LiveSchema
from .core.schema import Name
from .core.texts import Texts
from .core.texts import texts
from .core.wording import cost
from .core.wording import counted
from .core.wording import describe_all
from .core.wording import describe_conversions
from .core.wording import human_size
from .core.wording import listed
from .core.wording import some
from .settings import Settings

_LONGEST = 200

MUCH = 256 * 2**20
"""Where more bytes than these are rewritten, a person is asked whether labels are retired."""


@dataclass(frozen=True)
class Draft:
    """What is to be done in one bind, and why it may not be.

    :param database: what was found there.
    :param changes: what changes about each type.
    :param conversions: columns that get another type.
    :param creates: types that only these columns need.
    :param drops: types that go because nothing uses them.
    :param plan: the statements of both directions.
    :param refusals: what needs an answer, or can't be done safely.
    """

    database: Database
    changes: tuple[AlterEnum, ...] = ()
    conversions: tuple[AlterColumnType, ...] = ()
    creates: tuple[CreateType, ...] = ()
    drops: tuple[DropType, ...] = ()
    plan: Plan = field(default_factory=lambda: Plan(Direction(), Direction()))
    refusals: tuple[Refusal, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing is to be done."""
        return not self.changes and not self.conversions and not self.drops

    @property
    def elsewhere(self) -> Texts:
        """What is to be done in databases without enum types."""
        database = self.database
        if database.live is None:
            return Texts()
        return texts(
            self.changes,
            self.conversions,
            database.pairing,
            database.live,
            database.text_columns,
        )

    @property
    def unknown(self) -> tuple[Held, ...]:
        """Labels that go, of which no one could tell whether rows hold them."""
        return () if self.is_empty else tuple(h for h in self.database.held if h.rows is None)

    @property
    def unread(self) -> tuple[AlterColumnType, ...]:
        """Conversions of columns whose values no one could look at."""
        return tuple(one.change for one in self.database.strange if one.rows is None)


@dataclass(frozen=True)
class Comments:
    """What is told about a plan.

    :param upgrade: what the upgrade does, line by line.
    :param downgrade: what the downgrade does, line by line.
    :param refused: why the downgrade can't be done, or ``""``.
    """

    upgrade: tuple[str, ...]
    downgrade: tuple[str, ...]
    refused: str = ""


def answered(
    databases: Iterable[Database], settings: Settings, flags: Flags | None = None
) -> tuple[dict[Name, Answers], tuple[AnswerError, ...]]:
    """Return what the flags and the settings' standing answers mean in some binds.

    :param flags: what was given for this run.
    :return: answers by the type's name, and why each of the other standing ones was left aside.
    :raises AnswerError: for a flag that is unknown, ambiguous or contradicts another one.
    """
    databases = list(databases)
    pairs = [pair for database in databases for pair in database.pairing.pairs]
    strange = [item for database in databases for item in strange_values(database)]

    def resolved(flags: Flags) -> dict[Name, Answers]:
        return resolve(
            flags,
            pairs,
            strange,
            compare_order=settings.compare_order,
            everywhere=not settings.qualify,
        )

    flags, aside = add_standing(flags or Flags(), settings.answers, resolved)
    return resolved(flags), aside


def draft(
    database: Database,
    settings: Settings,
    answers: Mapping[Name, Answers],
    drops: Iterable[DropType] = (),
) -> Draft:
    """Plan all that differs in one bind.

    :param answers: by the type's name in the database.
    :param drops: types that go because nothing uses them.
    """
    changes = tuple(
        change
        for pair in database.pairing.pairs
        if pair.live.name in answers
        and (change := _change(pair, answers[pair.live.name], database, settings))
    )
    conversions = tuple(_answered(change, database, answers) for change in database.conversions)
    creates, drops = database.pairing.creates, tuple(drops)
    differences = Differences(changes, conversions, creates, drops)
    if differences.is_empty:
        return Draft(database)
    made = database.looked_by.plan(differences, database.facts)
    refusals = (
        *_rewritten_anyway(changes, answers, database),
        *_needs_answers(changes, database),
        *_needs_labels(conversions, database),
        *made.upgrade.refusals,
        *_needs_transaction(made, database),
        *mapped_schemas(_names(differences), database, settings),
    )
    return Draft(database, changes, conversions, creates, drops, made, refusals)


def _change(
    pair: Pair, answers: Answers, database: Database, settings: Settings
) -> AlterEnum | None:
    """Compare a pair, and retire what would rewrite too much if the settings say so."""
    change = alter(pair, answers, compare_order=settings.compare_order)
    if change is None or not change.removed or settings.retire is None:
        return change
    labels = {drop.label for drop in change.removed} - change.returned
    if not labels or not settings.retires(_size(database.facts, change.name)):
        return change
    retiring = replace(answers, retire=answers.retire | labels)
    instead = alter(pair, retiring, compare_order=settings.compare_order)
    return change if instead is None or instead.replaces_type else instead


def offers(one: Draft, rewritten: Collection[str]) -> Iterator[Refusal]:
    """Yield the removals that rewrite much and that could be retirements, as questions.

    :param rewritten: those that a person wants nevertheless, as options name them.
    """
    facts = one.database.facts
    for change in one.changes:
        labels = [d.label for d in change.removed if d.label not in change.returned]
        size = _size(facts, change.name)
        if not labels or change.reordered or size < MUCH:
            continue
        for label in labels:
            value = f"{facts.called(change.name)}.{label}"
            if value not in rewritten:
                yield Refusal(
                    f"{change.name} loses the label {label!r}: to take it out rewrites "
                    f"{human_size(size)}, which nobody reads or writes meanwhile.",
                    "Retire it, or have it rewritten.",
                    (_flag("--retire", facts.called(change.name), label),),
                    (Question(value, (), about=repr(label), retire=True, remove=True),),
                )


def _size(facts: Facts, name: Name) -> int:
    """Return how much is rewritten where a type is replaced."""
    columns = facts.enums[name].columns
    tables = {column.table for column in columns if column.holds_rows and not column.inherited}
    return sum(facts.sizes[table].total for table in tables if table in facts.sizes)


def _rewritten_anyway(
    changes: Iterable[AlterEnum], answers: Mapping[Name, Answers], database: Database
) -> Iterator[Refusal]:
    """Yield the labels that were to be retired, while their type has to be replaced."""
    for change in changes:
        if change.check:  # to retire a label is to remove it there
            continue
        retire, called = answers[change.name].retire, database.facts.called(change.name)
        others = [d.label for d in change.removed if d.label not in retire | change.returned]
        for drop in change.removed:
            if drop.label not in retire:
                continue
            if others:
                flags = tuple(_flag("--retire", called, label) for label in others)
                why = f"it also loses {', '.join(map(repr, others))}"
                action = "Retire that as well, or leave --retire out for the rewrite to take all:"
            else:
                flags = ()
                why = "its labels also come in another order"
                action = (
                    "Leave --retire out for the rewrite to take it along, or set "
                    "ENUM_MIGRATE_COMPARE_ORDER = False."
                )
            yield Refusal(
                f"{drop.label!r} can't be retired: {change.name} has to be replaced anyway, "
                f"because {why}.",
                action,
                flags,
            )


def _names(differences: Differences) -> Iterator[Name]:
    for change in differences.changes:
        yield from (change.name, change.new_name)
    yield from (change.table for change in differences.conversions)
    yield from (new.name for new in differences.creates)
    yield from (drop.name for drop in differences.drops)


def mapped_schemas(
    names: Iterable[Name], database: Database, settings: Settings
) -> Iterator[Refusal]:
    """Yield the schemas that a revision would name, though env.py maps others to them.

    SQLAlchemy writes them only when a statement of its own runs, for each tenant another one.
    """
    live, written = database.live, {name.schema for name in names}
    if live is None or not settings.qualify:
        return
    for schema in dict.fromkeys(database.schema_map.values()):
        raw = [key for key, value in database.schema_map.items() if value == schema]
        # Where all of an app is in one schema that the search path doesn't find, that is no tenant.
        placeholders = [key for key in raw if key not in (None, schema)]
        if schema in written and (placeholders or schema in live.search_path):
            yield Refusal(
                f"schema_translate_map of env.py makes {schema!r} of the schema "
                f"{placeholders[0] if placeholders else None!r}, and a revision could only name "
                f"{schema!r}, whichever it runs for.",
                "Set ENUM_MIGRATE_QUALIFY = False to leave the schema out of names, and begin the "
                f"connection's search_path with it: SET search_path TO {schema}",
            )


def _answered(
    change: AlterColumnType, database: Database, answers: Mapping[Name, Answers]
) -> AlterColumnType:
    target = change.target
    if target is None:
        return change
    names = {pair.new_name: pair.live.name for pair in database.pairing.pairs}
    return convert(change, answers.get(names.get(target, target), NO_ANSWERS))


def strange_values(database: Database) -> Iterator[tuple[AlterColumnType, list[str]]]:
    """Yield each conversion with the values of rows and defaults that are no label."""
    for change in database.conversions:
        found = [
            one.value
            for one in database.strange
            if one.change == change and one.rows and one.single
        ]
        for column in database.facts.family(change.place):
            texts = database.looked_by.default_texts(change, column)
            found += [text for text in texts if text not in change.new.labels]
        yield change, list(dict.fromkeys(found))


def strange_pairs(database: Database) -> Iterator[Pair]:
    """Yield each declared enum beside the strings that its columns hold and that are no label."""
    for wrong in database.pairing.wrong_columns:
        found = [
            one.value for one in database.strange if one.change == wrong.conversion and one.single
        ]
        if isinstance(wrong.declared, DeclaredEnum) and any(found):
            name = wrong.declared.name
            yield Pair(wrong.declared, LiveEnum(0, name, tuple(found)), name)


def _needs_answers(changes: Iterable[AlterEnum], database: Database) -> Iterator[Refusal]:
    """Yield the labels that go although rows hold them, and the NULLs that don't fit."""
    for change in changes:
        held_by_label: dict[str, list[Held]] = {}
        columns = database.facts.enums[change.name].columns
        called = database.facts.called(change.name)
        own = frozenset(columns)
        for one in database.held:
            if one.column in own and one.rows is not None:
                held_by_label.setdefault(one.label, []).append(one)
        for going in change.leaving:
            held = held_by_label.get(going.label, [])
            if inside := [one for one in held if one.inside and one.rows]:
                yield _inside_refusal(change, going.label, inside)
                continue
            if going.mapped and going.becomes is None:
                if full := [
                    str(column)
                    for column in columns
                    if column.not_null and not column.array and not column.keeps_out(going.label)
                ]:
                    where = f"{some(full, 3)} {'is' if len(full) == 1 else 'are'}"
                    yield Refusal(
                        f"{change.name} loses {going.label!r}, but {where} NOT NULL.",
                        "Rows can't become NULL there; give them another label.",
                        (_flag("--map", called, going.label, "LABEL"),),
                    )
            elif not going.mapped and held:
                yield _held_refusal(change, going, held, called)


def _inside_refusal(change: AlterEnum, label: str, held: Sequence[Held]) -> Refusal:
    where = listed([f"{one} inside of {one.inside}" for one in held], len(held))
    return Refusal(
        f"{change.name} loses the label {label!r}, which {where} hold"
        f"{'s' if len(held) == 1 and held[0].rows == 1 else ''}.",
        "Nothing can be mapped inside of rows and ranges: change these rows first. To see them: "
        + " ".join(one.shown_by for one in held),
    )


def _held_refusal(
    change: AlterEnum, going: DropValue | RetireValue, held: list[Held], called: str
) -> Refusal:
    where, label = listed([*map(str, held)], len(held)), going.label
    # A CHECK may keep it out of some columns without anybody having retired it.
    may_be_renamed = isinstance(going, DropValue) or label in change.open_columns
    renames = ranked(change, label)[:3] if may_be_renamed else []
    flags = [_flag("--rename", called, label, new) for new in renames]
    guess = flags[0] if flags and is_likely(label, renames[0]) else ""
    flags.append(_flag("--map", called, label, "LABEL"))
    nullable = not any(one.column.not_null and not one.column.array for one in held)
    if nullable:
        flags.append(_flag("--map-null", called, label))
    stay = tuple(new for new in change.new_labels if new not in change.retired)
    return Refusal(
        f"{change.name} loses the label {label!r}, which {where} hold"
        f"{'s' if len(held) == 1 and held[0].rows == 1 else ''}.",
        "Say what becomes of them:",
        tuple(flags),
        (Question(f"{called}.{label}", stay, nullable),),
        guess,
    )


def _flag(option: str, called: str, label: str, new: str | None = None) -> str:
    """Return an option with its value, as one would type it.

    :param called: the type's name.
    """
    return typed(option, f"{called}.{label}" + ("" if new is None else f"={new}"))


def _needs_transaction(made: Plan, database: Database) -> Iterator[Refusal]:
    if database.transaction == "autocommit" and not made.upgrade.is_repeatable:
        yield Refusal(
            "env.py runs migrations on an AUTOCOMMIT connection, so anything but an addition or a "
            "retirement could stop half way.",
            "Let env.py run migrations in a transaction.",
        )


def _needs_labels(conversions: Iterable[AlterColumnType], database: Database) -> Iterator[Refusal]:
    """Yield the values that are no label of the enum that their column is to become."""
    for change in conversions:
        nullable = change.new.array or not database.facts.family(change.place)[0].not_null
        found = [one for one in database.strange if one.change.place == change.place and one.rows]
        for one in found:
            if not one.single:
                yield Refusal(
                    f"{change} becomes {change.new}, and {_rows(one)} {one.value}, which is no "
                    "single label.",
                    "Change these rows first.",
                )
            elif one.value not in change.mapping:
                yield _strange_refusal(one, change.called, nullable)
        if len(found) >= MOST:
            yield Refusal(
                f"{change} may hold more values than these {MOST}.",
                f"Look at them all: {database.looked_by.all_values(change)}",
            )


def _rows(one: Strange) -> str:
    rows = f"{one.rows:,} {'or more ' if (one.rows or 0) >= LIMIT else ''}row"
    return rows + (" holds" if one.rows == 1 else "s hold")


def _strange_refusal(one: Strange, called: str, nullable: bool) -> Refusal:
    shown = one.value if len(one.value) <= _LONGEST else one.value[:_LONGEST] + "…"
    fact = (
        f"{one.change} becomes {one.change.new}, which has no label {shown!r}, and {_rows(one)} it."
    )
    if len(one.value) > _LONGEST:
        return Refusal(fact, "Change these rows first.")
    flags = [_flag("--map", called, one.value, "LABEL")]
    if nullable:
        flags.append(_flag("--map-null", called, one.value))
    question = Question(f"{called}.{one.value}", one.change.new.labels, nullable)
    return Refusal(fact, "Say what becomes of them:", tuple(flags), (question,))


def drop_type(enum: LiveEnum, live: LiveSchema) -> DropType:
    """Return the change that drops a type, with all it takes to create it again."""
    return DropType(
        name=enum.name,
        labels=enum.labels,
        comment=enum.comment,
        owner=enum.owner,
        is_ours=enum.owner == live.user,
        privileges=enum.privileges,
    )


def comments(one: Draft) -> Comments:
    """Return what a revision says about its two functions."""
    made, shown = one.plan, one.database.facts.shown
    back = [change.reverse() for change in reversed(one.changes)]
    converted_back = [change.reverse() for change in reversed(one.conversions)]
    refused = ""
    if made.downgrade.refusals:
        facts = " ".join(refusal.fact for refusal in made.downgrade.refusals)
        refused = f"This revision can't be undone by itself: {facts}"
    elif one.database.transaction == "autocommit" and not made.downgrade.is_repeatable:
        refused = "Undoing this revision needs a transaction, and env.py opens none."
    merged = [
        f"Rows that held {drop.label!r} keep "
        f"{'NULL' if drop.becomes is None else repr(drop.becomes)}: "
        "which they were isn't known any more."
        for change in one.changes
        for drop in change.leaving
        # A label that is new goes again: the rows become another one, or the downgrade refuses.
        if drop.mapped and drop.becomes not in {add.label for add in change.added}
    ]
    merged += [
        f"Rows of {change} that held {value!r} keep {'NULL' if label is None else repr(label)}."
        for change in one.conversions
        for value, label in change.mapping.items()
        if label is None or change.reverse_mapping.get(label) != value
    ]
    upgrade = (
        *describe_all(one.changes, shown),
        *describe_conversions(one.conversions, one.creates, shown),
        *(f"{shown(drop.name)}: drop it, unused." for drop in one.drops),
        *_costs(one, made.upgrade),
        *made.upgrade.remarks,
        *made.upgrade.hazards,
    )
    downgrade = (
        *(f"{shown(drop.name)}: create it again." for drop in one.drops),
        *describe_all(back, shown),
        *describe_conversions(converted_back, (), shown),
        *(f"{shown(new.name)}: drop the type." for new in reversed(one.creates)),
        *merged,
        *_costs(one, made.downgrade),
        *made.downgrade.remarks,
        *made.downgrade.hazards,
    )
    return Comments(upgrade, downgrade, refused)


def _costs(one: Draft, direction: Direction) -> Iterator[str]:
    facts = one.database.facts
    # Which those are stands below, with their schemas or without.
    rebuilt = [counted(len(direction.rebuilt), "object")] if direction.rebuilt else []
    if direction.rewritten:
        rewritten = map(facts.shown, direction.rewritten)
        sizes = {facts.shown(table): size for table, size in facts.sizes.items()}
        told = cost(rewritten, rebuilt, sizes)
        yield told[0].upper() + told[1:]
    elif rebuilt:
        yield f"Creates {rebuilt[0]} again."
