"""The comparator: it looks at one bind, and adds to the operations that Alembic has found."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from alembic.autogenerate.api import AutogenContext
from alembic.operations.ops import UpgradeOps
from sqlalchemy.exc import DBAPIError

from ..app.database import look
from ..app.driver_errors import refused
from ..core.errors import EnvironmentFailed
from ..core.errors import Refused
from ..core.hints import maybe_renamed
from ..core.hints import other_side
from ..core.hints import other_sides
from ..core.hints import sync_command
from ..core.pairing import Pairing
from ..core.rehearsal import Rehearsal
from ..core.rehearsal import Tell
from ..core.wording import is_wrong
from ..core.wording import unread
from ..proposal import strange_pairs
from ..rehearsal import Around
from ..rehearsal import alone
from ..rehearsal import failed
from ..rehearsal import proof
from ..rehearsal import refusals
from ..rehearsal import rehearse_one
from ..rehearsal import sized
from ..revision.file import by_token
from ..revision.source import Body
from ..settings import Settings
from .insert import described
from .insert import insert
from .insert import know_types
from .insert import leave_types
from .insert import tell
from .rehearsal import is_mixed
from .rehearsal import rehearse
from .rendering import TypeRenderer
from .rendering import is_enum
from .seen import Seen
from .seen import see

log = logging.getLogger("alembic.flask_enum_migrate")

_INSERTED = "flask_enum_migrate_inserted"

# Those that take part in autogenerate.
_OTHERS = (
    "alembic_autogenerate_enums",
    "alembic_pg_enum_generator",
    "alembic_postgresql_enum",
)


def compare(
    context: AutogenContext,
    operations: UpgradeOps,
    settings: Settings,
    *,
    writes: bool,
    command: str = "db",
    around: Around = alone,
) -> tuple[str, ...]:
    """Add what differs about enums in one bind.

    :param context: Alembic's context for the bind.
    :param operations: what Alembic found about tables and columns; it is changed in place.
    :param writes: whether a revision is to be written, and not only told what differs.
    :param command: the name of Flask-Migrate's command group.
    :param around: what is entered while the statements are run and rolled back.
    :return: what else there is to say.
    :raises Refused: if it needs an answer or can't be done safely.
    :raises EnumMigrateError: if it can't be looked at, or models contradict each other.
    """
    renderer = TypeRenderer.of(context)
    if context.dialect.name != "postgresql":
        if renderer:
            renderer.install(context)  # Alembic renders all binds by the options of the last one
        return ()
    try:
        seen = _seen(context, operations, settings, writes=writes)
    except DBAPIError as error:
        raise EnvironmentFailed(*refused(error)) from error
    if seen.refusals:
        database = seen.draft.database
        pairs = (*database.pairing.pairs, *strange_pairs(database))
        raise Refused(
            tuple(dict.fromkeys(seen.refusals)), other_sides(pairs, sync_command(command))
        )
    leave_types(seen)
    renderer = renderer or TypeRenderer()
    renderer.install(context)
    come, go = (renderer.of_the_app(types, context) for types in seen.tree.types_of_tables())
    seen = replace(seen, of_the_app=frozenset(come), of_the_app_before=frozenset(go))
    know_types(seen, renderer)
    for line in described(seen):
        log.info("Detected %s", line)
    untried: tuple[str, ...] = ()
    if writes:
        script = context.migration_context.script
        body = insert(seen, Path(script.dir if script else "."))
        # An env.py that loops over tenants' schemas runs all of them through one function.
        inserted: list[tuple[str, Body]] = context.opts.setdefault(_INSERTED, [])
        inserted.append((seen.draft.database.token, body))
        by_token(inserted)
        if settings.rehearse is not None and not seen.is_empty:
            with around() as told:
                untried = _rehearsed(context, seen, settings, command, told)
    else:
        tell(seen)
    return (
        *seen.notes,
        *untried,
        *_unknown(seen),
        *map(is_wrong, seen.wrong if writes else ()),
        *((*_unconverted(seen), *_renames(seen, command)) if writes else ()),
        *(() if seen.is_empty else _rivals()),
    )


def _seen(
    context: AutogenContext, operations: UpgradeOps, settings: Settings, *, writes: bool
) -> Seen:
    (database,) = look(context.migration_context, settings, thorough=writes)
    live, connection = database.live, context.connection
    if live is None or connection is None:
        raise EnvironmentFailed("env.py gave no connection to look through.")
    # Where env.py has Alembic compare no types, columns keep theirs.
    compares = getattr(context.migration_context, "_user_compare_type", True) is not False
    database = replace(database, pairing=_compared(database.pairing, compares_types=compares))
    return see(database, live, connection, operations, settings, writes=writes)


_UNTRIED = "ENUM_MIGRATE_REHEARSE = None"
_OURS = "what changes existing enums"


def _compared(pairing: Pairing, *, compares_types: bool) -> Pairing:
    seen_by_alembic = (
        one for one in pairing.wrong_columns if one.conversion and not one.conversion.wraps
    )
    wrong = pairing.wrong_columns if compares_types else tuple(seen_by_alembic)
    return replace(pairing, wrong_columns=wrong)


def _rehearsed(
    context: AutogenContext, seen: Seen, settings: Settings, command: str, told: Tell
) -> tuple[str, ...]:
    """Run what is about to be written, and roll it back.

    What Alembic found is its author's: where that fails, ours has been run alone, and a note says
    so.

    :param told: is told how far it is.
    :return: what was not run, and why.
    :raises Refused: if something of ours fails, or reads otherwise afterwards than it must.
    """
    made, part = Rehearsal(), ""
    notes: list[str] = []
    if not seen.draft.is_empty:
        ours = rehearse_one(context.migration_context, settings, seen.draft, told)
        made = _accepted(seen, ours)
    mixed = is_mixed(seen)
    if mixed and made.too_large:
        part = _OURS
    elif mixed and (made.upgrade or seen.draft.is_empty):
        whole = _accepted(seen, sized(rehearse(context, seen, settings, told), settings))
        if whole.failure:
            notes.append(f"{failed(whole.failure)} That is Alembic's: mend it in the file.")
        if whole.upgrade or seen.draft.is_empty:
            made = replace(whole, seconds=made.seconds + whole.seconds)
        else:
            part = _OURS
            if whole.left_out:
                notes.append(f"what Alembic found beside it was not rehearsed: {whole.left_out}")
    proven = proof([(seen.draft.database, made)], command, part)
    if proven.line:
        log.info("%s", proven.line)
    return (*proven.notes, *notes)


def _accepted(seen: Seen, made: Rehearsal) -> Rehearsal:
    """Return a rehearsal that speaks not against our part of the revision.

    :raises Refused: if it does.
    """
    if not (made.failure and made.failure.alembics) and (
        found := tuple(refusals(seen.draft, made, _UNTRIED))
    ):
        raise Refused(found)
    return made


def _unknown(seen: Seen) -> tuple[str, ...]:
    held = (
        f"could not tell in time whether rows of {held.column} hold {held.label!r}; "
        "the migration refuses if one does."
        for held in seen.draft.unknown
    )
    return (*held, *map(unread, seen.draft.unread))


def _unconverted(seen: Seen) -> Iterator[str]:
    """Yield what only a person can convert: PostgreSQL makes no array of a scalar by itself."""
    for (table, column), operation in seen.tree.other_types().items():
        types = (operation.existing_type, operation.modify_type)
        if any(type_ is not None and is_enum(type_) for type_ in types):
            yield (
                f"the change of type of {table}.{column} is as Alembic writes it; add "
                "postgresql_using=… to both of its alter_column."
            )


def _renames(seen: Seen, command: str) -> Iterator[str]:
    """Yield how to rename what is taken for a removal and an addition."""
    pairs = {pair.live.name: pair for pair in seen.draft.database.pairing.pairs}
    for change in seen.changes:
        called = seen.draft.database.facts.called(change.name)
        how, typed = "remove the file and say so", f"{sync_command(command)} "
        hint = maybe_renamed(change, called, how, typed)
        if hint and not other_side(pairs[change.name]):
            yield hint


def _rivals() -> tuple[str, ...]:
    return tuple(
        f"{module} is loaded too, and two tools will write the same change. Remove its import "
        "(from env.py), or set ENUM_MIGRATE_AUTOGENERATE = False."
        for module in _OTHERS
        if module in sys.modules
    )
