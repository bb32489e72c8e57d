"""Compare, plan and write one revision for everything that differs."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path

from . import revision
from .core.answers import Flags
from .core.answers import resolve
from .core.changes import AlterEnum
from .core.changes import DropType
from .core.changes import DropValue
from .core.diff import Answers
from .core.diff import WrongColumn
from .core.diff import alter
from .core.errors import EnvironmentFailed
from .core.errors import Refusal
from .core.errors import Refused
from .core.errors import typed
from .core.hints import names_and_values
from .core.schema import DeclaredColumn
from .core.schema import DeclaredEnum
from .core.schema import LiveEnum
from .core.schema import LiveSchema
from .core.schema import Name
from .environment import Environment
from .postgresql.plan import Direction
from .postgresql.plan import Plan
from .postgresql.plan import plan
from .postgresql.rows import Held
from .revision import Body
from .revision import Renderer
from .revision import RevisionOptions
from .settings import Settings
from .survey import Database
from .survey import survey
from .wording import describe_all
from .wording import message_for


@dataclass(frozen=True)
class BindPlan:
    """What is to be done in one bind.

    :param database: what was found there.
    :param changes: what changes about each type.
    :param drops: types that go because nothing uses them.
    :param plan: the statements of both directions.
    :param body: the source of both functions.
    """

    database: Database
    changes: tuple[AlterEnum, ...]
    drops: tuple[DropType, ...]
    plan: Plan
    body: Body


@dataclass(frozen=True)
class Draft:
    """What is to be done in one bind, and why it may not be.

    :param database: what was found there.
    :param changes: what changes about each type.
    :param drops: types that go because nothing uses them.
    :param plan: the statements of both directions.
    :param refusals: what needs an answer, or can't be done safely.
    """

    database: Database
    changes: tuple[AlterEnum, ...] = ()
    drops: tuple[DropType, ...] = ()
    plan: Plan = field(default_factory=lambda: Plan(Direction(), Direction()))
    refusals: tuple[Refusal, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing is to be done."""
        return not self.changes and not self.drops

    @property
    def unknown(self) -> tuple[Held, ...]:
        """Labels that go, of which no one could tell whether rows hold them."""
        return () if self.is_empty else tuple(h for h in self.database.held if h.rows is None)


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


@dataclass(frozen=True)
class SyncResult:
    """What ``sync`` did, or would do.

    :param plans: what changes, by bind; empty where nothing differs.
    :param message: the revision's message.
    :param path: the file that was written, if any.
    :param sql: the offline SQL of the upgrade, if it was asked for.
    :param wrong_columns: columns of another type than their model's, which are not covered.
    :param new: enums that only new tables or columns need; they are ``flask db migrate``'s.
    :param missing_columns: columns that only the models have; they are ``flask db migrate``'s.
    :param skipped: bind and dialect of the databases in which nothing is to be done.
    :param unknown: labels that go, of which no one could tell whether rows hold them.
    :param command: the name of Flask-Migrate's command group.
    """

    plans: tuple[BindPlan, ...]
    message: str = ""
    path: Path | None = None
    sql: str | None = None
    wrong_columns: tuple[WrongColumn, ...] = ()
    new: tuple[DeclaredEnum, ...] = ()
    missing_columns: tuple[DeclaredColumn, ...] = ()
    skipped: tuple[tuple[str, str], ...] = ()
    unknown: tuple[Held, ...] = ()
    command: str = "db"


def sync(
    environment: Environment,
    settings: Settings,
    *,
    message: str | None = None,
    flags: Flags | None = None,
    options: RevisionOptions | None = None,
    dry_run: bool = False,
    sql: bool = False,
) -> SyncResult:
    """Write one revision for all differences, or say that nothing differs and write nothing.

    :param message: the revision's message; by default one made from the changes.
    :param flags: the answers that only a person can give.
    :param options: where and how to write the revision.
    :param dry_run: plan, but write nothing.
    :param sql: return the upgrade's offline SQL, and write nothing.
    :raises Refused: if it needs an answer or can't be done safely.
    :raises EnumMigrateError: if it could not look, or a flag doesn't fit.
    """
    flags, options = flags or Flags(), options or RevisionOptions()
    databases = survey(environment, settings, thorough=True, head=options.head)
    looked_at = [database for database in databases if database.live is not None]
    _require_head(looked_at, environment)
    pairs = [pair for database in looked_at for pair in database.pairing.pairs]
    answers = resolve(flags, pairs, compare_order=settings.compare_order)

    drafts = [
        one
        for database in looked_at
        if not (
            one := draft(
                database,
                settings,
                answers,
                _drops(database, settings) if settings.drop_unused else (),
            )
        ).is_empty
    ]
    refusals = [refusal for one in drafts for refusal in one.refusals]
    wrong = tuple(column for d in looked_at for column in d.pairing.wrong_columns)
    if wrong and not drafts:
        refusals.extend(_wrong_column(column) for column in wrong)
    if refusals:
        hints = (names_and_values(pair) for pair in pairs)
        raise Refused(tuple(dict.fromkeys(refusals)), tuple(hint for hint in hints if hint))

    renderer = Renderer(environment.directory)
    plans = tuple(
        BindPlan(one.database, one.changes, one.drops, one.plan, _body(renderer, one))
        for one in drafts
    )
    message = message or message_for(
        [change for one in plans for change in one.changes],
        [drop for one in plans for drop in one.drops],
    )
    bodies = revision.by_token((plan.database.token, plan.body) for plan in plans)
    path, script = None, None
    if plans and sql:
        script = revision.offline_sql(environment, bodies, message, options)
    elif plans and not dry_run:
        path = revision.write(environment, bodies, message, options)
    return SyncResult(
        plans=plans,
        message=message,
        path=path,
        sql=script,
        wrong_columns=wrong,
        new=tuple(enum for d in looked_at for enum in d.pairing.new),
        missing_columns=tuple(c for d in looked_at for c in d.pairing.missing_columns),
        skipped=tuple((d.bind, d.dialect) for d in databases if d.live is None),
        unknown=tuple(held for one in drafts for held in one.unknown),
        command=environment.command,
    )


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
        and (change := alter(pair, answers[pair.live.name], compare_order=settings.compare_order))
    )
    drops = tuple(drops)
    if not changes and not drops:
        return Draft(database)
    made = plan(changes, drops, database.facts)
    refusals = (
        *_needs_answers(changes, database),
        *made.upgrade.refusals,
        *_needs_transaction(made, database),
    )
    return Draft(database, changes, drops, made, refusals)


def _require_head(databases: Iterable[Database], environment: Environment) -> None:
    for database in databases:
        if not database.at_head:
            at = ", ".join(database.revisions) or "no revision at all"
            bind = f" of bind {database.bind!r}" if database.bind else ""
            fact = f"The database{bind} isn't up to date: it is at {at}."
            raise Refused((Refusal(fact, f"First run: flask {environment.command} upgrade"),))


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
        for drop in change.removed:
            if drop.mapped and drop.becomes is None:
                for column in columns:
                    if column.not_null and not column.dimensions:
                        yield Refusal(
                            f"{change.name} loses {drop.label!r}, but {column} is NOT NULL.",
                            "Rows can't become NULL there; give them another label.",
                            (_flag("--map", called, drop.label, "LABEL"),),
                        )
            elif not drop.mapped and drop.label in held_by_label:
                yield _held_refusal(change, drop, held_by_label[drop.label], called)


def _held_refusal(change: AlterEnum, drop: DropValue, held: list[Held], called: str) -> Refusal:
    where = ", ".join(map(str, held))
    flags = [_flag("--rename", called, drop.label, add.label) for add in change.added[:3]]
    flags.append(_flag("--map", called, drop.label, "LABEL"))
    if not any(one.column.not_null and not one.column.dimensions for one in held):
        flags.append(_flag("--map-null", called, drop.label))
    return Refusal(
        f"{change.name} loses the label {drop.label!r}, which {where} hold"
        f"{'s' if len(held) == 1 and held[0].rows == 1 else ''}.",
        "Say what becomes of them:",
        tuple(flags),
    )


def _flag(option: str, called: str, label: str, new: str | None = None) -> str:
    """Return an option with its value, as one would type it.

    :param called: the type's name.
    """
    return typed(option, f"{called}.{label}" + ("" if new is None else f"={new}"))


def _needs_transaction(made: Plan, database: Database) -> Iterator[Refusal]:
    if database.transaction == "autocommit" and made.upgrade.steps:
        yield Refusal(
            "env.py runs migrations on an AUTOCOMMIT connection, so anything but an addition could "
            "stop half way.",
            "Let env.py run migrations in a transaction.",
        )


def _wrong_column(wrong: WrongColumn) -> Refusal:
    return Refusal(
        f"{wrong.column} is {wrong.found.type_name} in the database, but the model declares "
        f"{wrong.wanted}.",
        "Convert it in a migration of its own: ALTER TABLE … ALTER COLUMN … TYPE … USING ….",
    )


def _drops(database: Database, settings: Settings) -> Iterator[DropType]:
    live = database.live
    if live is None:
        raise EnvironmentFailed("Only a PostgreSQL database has types to drop.", "")
    for enum in database.pairing.undeclared:
        ours = settings.includes(enum.name.schema, enum.name.name)
        if ours and not enum.has_dependents and not enum.extension and enum.may_alter:
            yield drop_type(enum, live)


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
    refused = ""
    if made.downgrade.refusals:
        facts = " ".join(refusal.fact for refusal in made.downgrade.refusals)
        refused = f"This revision can't be undone by itself: {facts}"
    elif one.database.transaction == "autocommit" and made.downgrade.steps:
        refused = "Undoing this revision needs a transaction, and env.py opens none."
    merged = [
        f"Rows that held {drop.label!r} keep "
        f"{'NULL' if drop.becomes is None else repr(drop.becomes)}: "
        "which they were isn't known any more."
        for change in one.changes
        for drop in change.removed
        if drop.mapped
    ]
    upgrade = (
        *describe_all(one.changes, shown),
        *(f"{shown(drop.name)}: drop it, unused." for drop in one.drops),
        *made.upgrade.remarks,
        *made.upgrade.hazards,
    )
    downgrade = (
        *(f"{shown(drop.name)}: create it again." for drop in one.drops),
        *describe_all(back, shown),
        *merged,
        *made.downgrade.remarks,
        *made.downgrade.hazards,
    )
    return Comments(upgrade, downgrade, refused)


def _body(renderer: Renderer, one: Draft) -> Body:
    said, commit = comments(one), one.database.transaction
    return Body(
        renderer.render(one.plan.upgrade, said.upgrade, commit),
        renderer.render(one.plan.downgrade, said.downgrade, commit, said.refused),
    )
