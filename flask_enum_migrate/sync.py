"""Compare, plan and write one revision for everything that differs."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace
from pathlib import Path

from .app.database import Database
from .app.database import survey
from .app.environment import Environment
from .check import CheckResult
from .check import check
from .check import unlooked
from .core.alter_column_type import AlterColumnType
from .core.alter_enum import AlterEnum
from .core.changes import CreateType
from .core.changes import DropType
from .core.diff import Answers
from .core.errors import EnvironmentFailed
from .core.errors import Refusal
from .core.errors import Refused
from .core.fleets import Fleet
from .core.fleets import grouped
from .core.fleets import in_schemas
from .core.fleets import unqualified
from .core.hints import other_sides
from .core.hints import sync_command
from .core.pairing import WrongColumn
from .core.plan import Plan
from .core.rehearsal import Rehearsal
from .core.rename_and_map import Flags
from .core.rows import Held
from .core.schema import DeclaredColumn
from .core.schema import DeclaredEnum
from .core.schema import Name
from .core.schema import UnlookedColumn
from .core.wording import message_for
from .proposal import Draft
from .proposal import answered
from .proposal import comments
from .proposal import draft
from .proposal import drop_type
from .proposal import offers
from .proposal import strange_pairs
from .rehearsal import Around
from .rehearsal import alone
from .rehearsal import refusals as rehearsed_refusals
from .rehearsal import rehearse
from .revision import file
from .revision.elsewhere import lines
from .revision.file import Body
from .revision.file import Renderer
from .revision.file import RevisionOptions
from .revision.source import Frame
from .settings import Settings


@dataclass(frozen=True)
class BindPlan:
    """What is to be done in one bind.

    :param database: what was found there.
    :param changes: what changes about each type.
    :param conversions: columns that get another type.
    :param creates: types that only these columns need.
    :param drops: types that go because nothing uses them.
    :param plan: the statements of both directions.
    :param body: the source of both functions.
    :param rehearsal: what came of running them here, None where that was not wanted.
    """

    database: Database
    changes: tuple[AlterEnum, ...]
    conversions: tuple[AlterColumnType, ...]
    creates: tuple[CreateType, ...]
    drops: tuple[DropType, ...]
    plan: Plan
    body: Body
    rehearsal: Rehearsal | None = None


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
    :param unlooked: the columns of enums whose labels nobody compares.
    :param unknown: labels that go, of which no one could tell whether rows hold them.
    :param unread: conversions of columns whose values no one could look at.
    :param command: the name of Flask-Migrate's command group.
    :param declined: whether nothing was written because the answer to ``confirm`` was no.
    :param compared: whether there was a database to compare the models with.
    :param from_migrations: whether that was one which the migrations made, so that nobody has
        looked at the app's rows.
    """

    plans: tuple[BindPlan, ...]
    message: str = ""
    path: Path | None = None
    sql: str | None = None
    wrong_columns: tuple[WrongColumn, ...] = ()
    new: tuple[DeclaredEnum, ...] = ()
    missing_columns: tuple[DeclaredColumn, ...] = ()
    skipped: tuple[tuple[str, str], ...] = ()
    unlooked: tuple[UnlookedColumn, ...] = ()
    unknown: tuple[Held, ...] = ()
    unread: tuple[AlterColumnType, ...] = ()
    command: str = "db"
    declined: bool = False
    compared: bool = True
    from_migrations: bool = False

    @property
    def unseen_values(self) -> tuple[str, ...]:
        """What a row may hold that makes the revision refuse, where nobody looked: labels, and
        what is no label of the type that its column is to become."""
        if not self.from_migrations:
            return ()
        changes = (change for plan in self.plans for change in plan.changes)
        labels = (drop.label for change in changes for drop in change.leaving if not drop.mapped)
        conversions = (change for plan in self.plans for change in plan.conversions)
        types = (f"what is no label of {change.new}" for change in conversions if change.target)
        return tuple(dict.fromkeys((*labels, *types)))


@dataclass(frozen=True)
class Wanted:
    """What ``sync`` is asked for.

    :param message: the revision's message; by default one made from the changes.
    :param flags: the answers that only a person can give.
    :param options: where and how to write the revision.
    :param dry_run: plan, but write nothing.
    :param sql: return the upgrade's offline SQL, and write nothing.
    :param from_migrations: whether the databases are what the migrations make of empty ones: how
        large their tables are says nothing.
    :param drop_retired: whether labels that are retired go for good.
    :param rewritten: of removals that rewrite much, those that somebody wants, as options name
        them; the others are refused with a question. None to plan all.
    """

    message: str | None = None
    flags: Flags | None = None
    options: RevisionOptions | None = None
    dry_run: bool = False
    sql: bool = False
    from_migrations: bool = False
    drop_retired: bool = False
    rewritten: frozenset[str] | None = None


def sync(
    environment: Environment,
    settings: Settings,
    wanted: Wanted,
    *,
    confirm: Callable[[SyncResult], bool] | None = None,
    rehearsing: Around = alone,
) -> SyncResult:
    """Write one revision for all differences, or say that nothing differs and write nothing.

    :param confirm: asked before the file is written, with all but its path.
    :param rehearsing: gives what is entered while the statements are run and rolled back.
    :raises Refused: if it needs an answer or can't be done safely.
    :raises EnumMigrateError: if it could not look, or a flag doesn't fit.
    """
    options = wanted.options or RevisionOptions()
    databases = survey(
        environment, settings, thorough=True, head=options.head, drops_retired=wanted.drop_retired
    )
    if wanted.from_migrations:
        databases = tuple(database.unsized() for database in databases)
    looked_at = [database for database in databases if database.live is not None]
    _require_head(looked_at, environment, options.head)
    answers, _ = answered(looked_at, settings, wanted.flags)
    drafts = _drafts(looked_at, settings, answers)
    if wanted.rewritten is not None:
        _ask(drafts, wanted.rewritten)
    command = sync_command(environment.command, from_migrations=wanted.from_migrations)
    _refuse(looked_at, drafts, command)
    untried = f"{command} --no-rehearse"
    rehearsals = _rehearsed(environment, settings, databases, drafts, rehearsing, untried)
    plans = tuple(_bind_plans(Renderer(environment.directory), drafts, rehearsals))
    result = _result(plans, drafts, databases, environment, wanted)
    bodies = file.by_token((plan.database.token, plan.body) for plan in plans)
    if not plans or (wanted.dry_run and not wanted.sql):
        return result
    if wanted.sql:
        return replace(result, sql=file.offline_sql(environment, bodies, result.message, options))
    if confirm and not confirm(result):
        return replace(result, declined=True)
    return replace(result, path=file.write(environment, bodies, result.message, options))


def _result(
    plans: tuple[BindPlan, ...],
    drafts: Sequence[Draft],
    databases: Sequence[Database],
    environment: Environment,
    wanted: Wanted,
) -> SyncResult:
    """Return what is known before anything is written."""
    looked_at = [database for database in databases if database.live is not None]
    return SyncResult(
        plans=plans,
        message=wanted.message
        or message_for(
            [change for one in plans for change in one.changes],
            [drop for one in plans for drop in one.drops],
            [conversion for one in plans for conversion in one.conversions],
        ),
        wrong_columns=_wrong_columns(looked_at),
        new=tuple(enum for d in looked_at for enum in d.pairing.absent),
        missing_columns=tuple(c for d in looked_at for c in d.pairing.missing_columns),
        skipped=tuple((d.bind, d.dialect) for d in databases if d.live is None),
        unlooked=unlooked(databases),
        unknown=tuple(held for one in drafts for held in one.unknown),
        unread=tuple(change for one in drafts for change in one.unread),
        command=environment.command,
        compared=bool(looked_at),
        from_migrations=wanted.from_migrations,
    )


def _wrong_columns(databases: Iterable[Database]) -> tuple[WrongColumn, ...]:
    """Return the columns of another type than their model's that can't be converted."""
    return tuple(
        column for d in databases for column in d.pairing.wrong_columns if not column.conversion
    )


def _drafts(
    databases: Iterable[Database], settings: Settings, answers: Mapping[Name, Answers]
) -> list[Draft]:
    """Return what is to be done in those databases in which anything is."""
    drafts = (
        draft(
            database,
            settings,
            answers,
            _drops(database, settings) if settings.drop_unused else (),
        )
        for database in databases
    )
    return [one for one in drafts if not one.is_empty]


def _ask(drafts: Sequence[Draft], rewritten: frozenset[str]) -> None:
    """Ask whether what would rewrite much is to be retired, before anything else is asked.

    :raises Refused: with these questions.
    """
    if asked := tuple(offer for one in drafts for offer in offers(one, rewritten)):
        raise Refused(tuple(dict.fromkeys(asked)))


def _refuse(databases: Sequence[Database], drafts: Sequence[Draft], command: str) -> None:
    """Raise what speaks against writing anything.

    :param command: the command that writes the revision.
    :raises Refused: if something does.
    """
    refusals = [*_told_once(drafts)]
    if not drafts:
        refusals.extend(_wrong_column(column) for column in _wrong_columns(databases))
    if refusals:
        compared = [p for d in databases for p in (*d.pairing.pairs, *strange_pairs(d))]
        raise Refused(tuple(dict.fromkeys(refusals)), other_sides(compared, command))


def _told_once(drafts: Sequence[Draft]) -> Iterator[Refusal]:
    """Yield why drafts can't be written, for several tenants once where it is the same."""
    looks = [(one, one.database.live.default_schema if one.database.live else "") for one in drafts]
    fleet = Fleet.of((one.database.bind, schema) for one, schema in looks)
    refusals = (
        (fleet.tenant(one.database.bind, schema), refusal)
        for one, schema in looks
        for refusal in one.refusals
    )
    for schemas, alike in grouped(refusals, str):
        first, schema = alike[0], schemas[0]
        if len(schemas) < 2 or any(one.flags != first.flags for one in alike):
            yield from alike
        else:
            fact = f"{unqualified(first.fact, schema)} That is so {in_schemas(schemas)}."
            yield replace(first, fact=fact, next_action=unqualified(first.next_action, schema))


def _bind_plans(
    renderer: Renderer, drafts: Iterable[Draft], rehearsals: Iterable[Rehearsal | None]
) -> Iterator[BindPlan]:
    """Yield the plans with what they look like in the revision."""
    drafts = [*drafts]
    plans = [direction for one in drafts for direction in (one.plan.upgrade, one.plan.downgrade)]
    functions = renderer.functions(plans)
    for one, rehearsal in zip(drafts, rehearsals, strict=True):
        yield BindPlan(
            database=one.database,
            changes=one.changes,
            conversions=one.conversions,
            creates=one.creates,
            drops=one.drops,
            plan=one.plan,
            body=_body(renderer, one, functions),
            rehearsal=rehearsal,
        )


def look(environment: Environment, settings: Settings, head: str) -> CheckResult:
    """Look at what ``sync`` will compare, before anything is asked that it would refuse anyway.

    It looks at rows too, which say how much hangs on an answer.

    :param head: the revision to build on.
    :raises Refused: if a database isn't at that revision.
    :raises EnumMigrateError: if it can't be looked at.
    """
    found = check(environment, settings, head=head, thorough=True)
    _require_head(found.databases, environment, head)
    return found


def _require_head(databases: Iterable[Database], environment: Environment, head: str) -> None:
    upgrade = f"flask {environment.command} upgrade" + ("" if head == "head" else f" {head}")
    for database in databases:
        if not database.at_head:
            at = ", ".join(database.revisions) or "no revision at all"
            bind = f" of bind {database.bind!r}" if database.bind else ""
            fact = f"The database{bind} isn't up to date: it is at {at}."
            raise Refused((Refusal(fact, f"First run: {upgrade}"),))


def _rehearsed(
    environment: Environment,
    settings: Settings,
    databases: Sequence[Database],
    drafts: Sequence[Draft],
    around: Around,
    untried: str,
) -> Sequence[Rehearsal | None]:
    """Run what is about to be written, and roll it back.

    :param untried: the command that does without.
    :raises Refused: if something fails, or reads otherwise afterwards than it must.
    """
    made = rehearse(environment, settings, databases, drafts, around)
    refusals = [
        refusal
        for one, rehearsal in zip(drafts, made, strict=False)
        for refusal in rehearsed_refusals(one, rehearsal, untried)
    ]
    if refusals:
        raise Refused(tuple(dict.fromkeys(refusals)))
    return made or [None] * len(drafts)


def _wrong_column(wrong: WrongColumn) -> Refusal:
    return Refusal(
        f"{wrong.column} is {wrong.found.type_name} in the database, but the model declares "
        f"{wrong.wanted}.",
        "It can't be converted by itself; do it in a migration of your own: ALTER TABLE … "
        "ALTER COLUMN … TYPE … USING ….",
    )


def _drops(database: Database, settings: Settings) -> Iterator[DropType]:
    live = database.live
    if live is None:
        raise EnvironmentFailed("Only a PostgreSQL database has types to drop.", "")
    for enum in database.pairing.undeclared:
        ours = settings.includes(enum.name.schema, enum.name.name)
        unused = not enum.has_dependents or enum.key in database.orphans
        if ours and unused and not enum.extension and enum.may_alter:
            yield drop_type(enum, live)


def _body(renderer: Renderer, one: Draft, functions: str) -> Body:
    said, commit, texts = comments(one), one.database.transaction, one.elsewhere
    up = Frame(commit, said.upgrade, elsewhere=lines(texts.upgrade))
    down = Frame(commit, said.downgrade, said.refused, lines(texts.downgrade))
    plan = one.plan
    retires = plan.upgrade.retirements or plan.downgrade.retirements
    return Body(
        renderer.render(plan.upgrade, up),
        renderer.render(plan.downgrade, down),
        functions if retires else "",
    )
