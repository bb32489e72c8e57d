"""Run both functions of a revision as they were found, Alembic's operations among ours.

Alembic's are rendered as the file will have them, and that source is run.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

from alembic.autogenerate.api import AutogenContext
from alembic.autogenerate.render import _render_cmd_body
from alembic.operations import Operations
from alembic.operations import ops
from sqlalchemy.exc import DBAPIError

from ..app.database import look
from ..core.diff import alter
from ..core.rehearsal import Act
from ..core.rehearsal import CantPerform
from ..core.rehearsal import Contrast
from ..core.rehearsal import Functions
from ..core.rehearsal import Operation
from ..core.rehearsal import Rehearsal
from ..core.rehearsal import Tell
from ..core.rehearsal import Terms
from ..core.schema import Name
from ..proposal import comments
from ..rehearsal import remaining
from ..settings import Settings
from .operations import EnumDifference
from .operations import EnumOperations
from .seen import Seen


def is_mixed(seen: Seen) -> bool:
    """Return whether a revision does anything besides what changes types that exist."""
    return bool(seen.creates or seen.drops) or any(
        not isinstance(one, EnumOperations) or one.then for one in seen.tree.operations.ops
    )


def rehearse(context: AutogenContext, seen: Seen, settings: Settings, tell: Tell) -> Rehearsal:
    """Run both functions of a revision on the connection that it was made on, and take it back.

    :param seen: what differs, with our operations among those of Alembic.
    :param tell: is told how far it is.
    """
    backend, upgrade = seen.draft.database.looked_by, seen.tree.operations
    names = {one.name for one in seen.changes} | {one.name for one in seen.drops}
    # What was left over stays as it was made anew.
    new = (one for one in seen.all_creates if not one.left_over)
    names |= {_placed(one.name, seen.live.default_schema) for one in new}
    try:
        downgrade = None
        if not comments(seen.draft).refused:
            downgrade = ops.UpgradeOps(upgrade.ops).reverse_into(ops.DowngradeOps())
        functions = Functions(
            tuple(_acts(context, upgrade)),
            None if downgrade is None else tuple(_acts(context, downgrade)),
            names,
            seen.tree.worked_on() | {one.check.table for one in seen.changes if one.check},
            tuple(_acts(context, upgrade, at_once=True)) if seen.draft.plan.stand_in else (),
        )
    except Exception as error:  # what is rendered may be anybody's
        return Rehearsal(left_out=_told(error))
    terms = Terms(lambda: list(_remaining(context, seen, settings)), settings.rehearse_limit, tell)
    return backend.rehearse_functions(context.connection, functions, terms)


def _acts(
    context: AutogenContext, container: ops.OpContainer, *, at_once: bool = False
) -> Iterator[Act]:
    """Yield what a function does.

    :param at_once: whether to do so without committing.
    """
    together = context.opts.get("render_as_batch", False)
    for one in container.ops:
        if isinstance(one, EnumOperations):
            yield from one.stand_in if at_once and one.stand_in else one.statements
            yield from _acts(context, ops.OpContainer(one.then))
        elif isinstance(one, ops.OpContainer) and not together:
            yield from _acts(context, one)
        elif not isinstance(one, EnumDifference):
            yield _operation(context, one)


def _operation(context: AutogenContext, operation: ops.MigrateOperation) -> Operation:
    source = _render_cmd_body(ops.OpContainer([operation]), context)

    def perform() -> None:
        for one in (operation, *getattr(operation, "ops", ())):
            if isinstance(one, ops.ExecuteSQLOp) or type(one).__module__ != ops.__name__:
                # Whatever it is, it may commit.
                raise CantPerform(f"{type(one).__name__} is not one of Alembic's operations")
        try:
            exec(source, _names(context), _Loaded())
        except DBAPIError:
            raise
        except Exception as error:
            raise CantPerform(_told(error)) from error

    shown = (line.strip() for line in source.splitlines() if not line.startswith("# ###"))
    return Operation(" ".join(shown), perform)


def _names(context: AutogenContext) -> dict[str, Any]:
    """Return what a revision file has imported, as far as it is known before there is one."""
    names: dict[str, Any] = {}
    exec("\n".join(["import sqlalchemy as sa", *sorted(context.imports)]), names)
    names["op"] = Operations(context.migration_context)
    for option, value in (("alembic", names["op"]), ("sqlalchemy", names["sa"])):
        prefix = str(context.opts.get(f"{option}_module_prefix") or "")
        names[prefix.removesuffix(".")] = value
    return names


class _Loaded(dict[str, Any]):
    """The modules that the models have imported: the app's own template may import them too."""

    def __missing__(self, name: str) -> Any:
        return sys.modules[name]


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}"


def _remaining(context: AutogenContext, seen: Seen, settings: Settings) -> Iterator[Contrast]:
    """Yield what still differs about enums after the upgrade."""
    yield from remaining(context.migration_context, settings, seen.draft)
    default = seen.live.default_schema
    created = {_placed(create.name, default) for create in seen.creates}
    for database in look(context.migration_context, settings, thorough=False):
        for enum in database.pairing.new:
            if _placed(enum.name, default) in created:
                yield Contrast("upgrade", f"type {enum.name}", ", ".join(enum.labels), None)
        for pair in database.pairing.pairs:
            if pair.live.name in created and alter(pair, compare_order=settings.compare_order):
                wanted, found = pair.declared.labels, pair.live.labels
                named = f"type {pair.live.name}: labels"
                yield Contrast("upgrade", named, ", ".join(wanted), ", ".join(found))


def _placed(name: Name, default: str) -> Name:
    return name if name.schema else Name(default, name.name)
