"""Rehearse what is about to be written on the databases that env.py connects to."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import AbstractContextManager
from contextlib import nullcontext
from dataclasses import dataclass
from dataclasses import replace

from alembic.runtime.migration import MigrationContext

from .app.database import Database
from .app.database import look
from .app.environment import Environment
from .backends import backends
from .core.backend import Differences
from .core.diff import alter
from .core.errors import Refusal
from .core.rehearsal import Contrast
from .core.rehearsal import Failure
from .core.rehearsal import Rehearsal
from .core.rehearsal import Tell
from .core.rehearsal import Terms
from .core.rehearsal import tell_nobody
from .core.wording import human_size
from .core.wording import some
from .proposal import Draft
from .settings import Settings

Around = Callable[[], AbstractContextManager[Tell]]
"""What is entered while statements run, for a person to be told how far that is."""


def alone() -> AbstractContextManager[Tell]:
    """Tell nobody how far a rehearsal is."""
    return nullcontext(tell_nobody)


def rehearse(
    environment: Environment,
    settings: Settings,
    databases: Sequence[Database],
    drafts: Sequence[Draft],
    around: Around = alone,
) -> tuple[Rehearsal, ...]:
    """Run env.py once more, and each plan on the connection that it was made for.

    :param databases: all that were found, in the order in which env.py came to them.
    :param drafts: what is to be done in some of them.
    :return: what came of each draft.
    :raises EnvironmentFailed: if env.py or its connection fails.
    """
    if settings.rehearse is None or not drafts:
        return ()
    found: dict[int, Rehearsal] = {}
    places = iter(databases)

    def visit(context: MigrationContext, revisions: tuple[str, ...]) -> None:
        for _ in backends(context.dialect.name) or (None,):
            database = next(places, None)
            for number, one in enumerate(drafts):
                if one.database is database:
                    found[number] = rehearse_one(context, settings, one, placed(number))

    with around() as tell:

        def placed(number: int) -> Tell:
            return lambda stage: tell(replace(stage, place=number + 1, places=len(drafts)))

        environment.visit(visit)
    missing = Rehearsal(left_out="env.py didn't come to this database again")
    return tuple(found.get(number, missing) for number in range(len(drafts)))


def rehearse_one(
    context: MigrationContext, settings: Settings, one: Draft, tell: Tell
) -> Rehearsal:
    """Rehearse the plan for one database, on the connection of a migration context.

    :param tell: is told how far it is.
    """
    differences = Differences(one.changes, one.conversions, one.creates, one.drops)
    made = one.database.looked_by.rehearse(
        context.connection,
        one.plan,
        differences,
        Terms(lambda: list(remaining(context, settings, one)), settings.rehearse_limit, tell),
    )
    return sized(made, settings)


def sized(made: Rehearsal, settings: Settings) -> Rehearsal:
    """Return the same that says so where it was too large."""
    if made.too_large:
        why = (
            f"it would rewrite, index and refresh {human_size(made.size)}, and "
            f"ENUM_MIGRATE_REHEARSE is {settings.rehearse!r}"
        )
        return replace(made, left_out=why)
    return made


def remaining(context: MigrationContext, settings: Settings, one: Draft) -> Iterator[Contrast]:
    """Yield what still differs from the models, of what was to change."""
    names = {change.new_name for change in one.changes}
    places = {change.place for change in one.conversions}
    for database in look(context, settings, thorough=False):
        if database.backend is not one.database.backend:
            continue
        for pair in database.pairing.pairs:
            if pair.new_name in names and alter(pair, compare_order=settings.compare_order):
                yield Contrast(
                    "upgrade",
                    f"type {pair.live.name}: labels",
                    f"{pair.new_name}: {', '.join(map(repr, pair.declared.labels))}",
                    f"{pair.live.name}: {', '.join(map(repr, pair.live.labels))}",
                )
        for change in database.conversions:
            if change.place in places:
                yield Contrast("upgrade", f"column {change}", str(change.new), str(change.old))


def refusals(one: Draft, made: Rehearsal, untried: str) -> Iterator[Refusal]:
    """Yield why a rehearsal speaks against a revision.

    :param untried: how to write it nevertheless.
    """
    bind = f" of bind {one.database.bind!r}" if one.database.bind else ""
    without = f"To write it untried: {untried}"
    if made.failure:
        yield Refusal(failed(made.failure, bind), f"{_advice(made.failure, one)} {without}")
    for contrast in made.contrasts:
        yield Refusal(
            f"After the {contrast.direction}, in a rehearsal on this database{bind}, "
            f"{contrast.what} was not as it must be: {_shown(contrast.expected)} expected, "
            f"{_shown(contrast.found)} found.",
            f"This is a defect of Flask-Enum-Migrate: please report it. {without}",
        )


def _shown(text: str | None) -> str:
    return "nothing" if text is None else f"«{' '.join(text.split())}»"


def failed(failure: Failure, bind: str = "") -> str:
    """Return a sentence that says what failed, in the server's words.

    :param bind: the bind as it is told, or ``""``.
    """
    said = failure.message.rstrip(".")
    hint = f"Hint: {failure.hint}".rstrip(".") if failure.hint else ""
    told = filter(None, (said, failure.detail.rstrip("."), hint))
    code = f"SQLSTATE {failure.sqlstate}" if failure.sqlstate else ""
    about = ", ".join(filter(None, (code, failure.object)))
    return (
        f"The {failure.direction} fails on this database{bind}: "
        + ". ".join(told)
        + (f" ({about})" if about else "")
        + f", at: {failure.statement.removesuffix(';')}"
        + ("" if failure.statement.endswith("…") else ".")
    )


_ROWS = "Change the rows that are in the way, or answer otherwise, and run this command again."
# By the beginning of an SQLSTATE: what a person can do about it.
_ADVICE = {
    "42501": "Give this role the right, or let the role that runs the upgrades run this command.",
    "53200": "Raise max_locks_per_transaction, restart the server, and run this command again.",
    "22": _ROWS,
    "23": _ROWS,
    "55": "Change what is in the way, and run this command again.",
    "53": "Give the server what it lacks, and run this command again.",
    "2BP01": "Drop what depends on it, or change it in a migration of your own first.",
}
_UNFORESEEN = (
    "Change what is in the way in a migration of your own first; if nothing is, please report it."
)


def _advice(failure: Failure, one: Draft) -> str:
    if failure.sqlstate == "53200":
        both = (*one.plan.upgrade.hazards, *one.plan.downgrade.hazards)
        if told := next((text for text in both if "max_locks_per_transaction" in text), ""):
            return f"{told} Then run this command again."
    fitting = (text for code, text in _ADVICE.items() if failure.sqlstate.startswith(code))
    return next(fitting, _UNFORESEEN)


@dataclass(frozen=True, slots=True)
class Proof:
    """What several rehearsals prove, in words.

    :param line: what ran, or ``""`` if nothing did.
    :param notes: what did not, and why.
    """

    line: str
    notes: tuple[str, ...]


def proof(rehearsed: Sequence[tuple[Database, Rehearsal]], command: str, part: str = "") -> Proof:
    """Say what some rehearsals prove.

    :param rehearsed: the databases, and what came of each rehearsal.
    :param part: what of the revision was run, or ``""`` for all of it.
    :param command: the name of Flask-Migrate's command group.
    """
    ran = [made for _, made in rehearsed if made.upgrade]
    line = ""
    if ran:
        both = all(made.downgrade for made in ran)
        what, verb = ("upgrade and downgrade", "were") if both else ("the upgrade", "was")
        where = "this database" if len(rehearsed) == 1 else f"{len(ran)} of {len(rehearsed)} places"
        spent = sum(made.seconds for made in ran)
        time = f"{spent * 1000:.0f} ms" if spent < 1 else f"{spent:.1f} s"
        what += f" of {part}" if part else ""
        line = f"Rehearsed: {what} ran on {where} and {verb} rolled back ({time})."
    return Proof(line, tuple(_notes(rehearsed, command)))


def _notes(rehearsed: Sequence[tuple[Database, Rehearsal]], command: str) -> Iterator[str]:
    by_reason: dict[tuple[str, bool, bool], list[Database]] = {}
    for database, made in rehearsed:
        if made.left_out:
            key = (made.left_out, made.upgrade, made.too_large)
            by_reason.setdefault(key, []).append(database)
    for (why, upgraded, too_large), databases in by_reason.items():
        what = "the downgrade was not rehearsed" if upgraded else "it was not rehearsed"
        binds = sorted({database.bind for database in databases} - {""})
        where = f" (bind {some(binds, 3)})" if binds else ""
        how = f". To do it nevertheless: flask {command} enum sync --rehearse" if too_large else ""
        yield f"{what}{where}: {why}{how}"
