"""What to do next about what ``check`` and ``sync`` found."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..check import CheckResult
from ..core.hints import maybe_renamed
from ..core.hints import names_and_values
from ..core.pairing import Pair

if TYPE_CHECKING:
    from ..sync import BindPlan


def in_the_way(result: CheckResult) -> tuple[str, str]:
    """Return what ``sync`` would refuse, if anything, and the command that mends it."""
    if len(result.heads) > 1:
        heads = f"The migrations have {len(result.heads)} heads: {', '.join(result.heads)}"
        return heads, f"flask {result.command} merge heads"
    if result.behind:
        return "The database isn't at head", f"flask {result.command} upgrade"
    return "", ""


def next_command(result: CheckResult) -> str:
    """Return the command to run next, or ``""`` where there is none."""
    _, command = in_the_way(result)
    if command and result.drift:
        return command
    convertible = (wrong.conversion for state in result.drift for wrong in state.wrong_columns)
    if any(state.change for state in result.drift) or any(convertible):
        return f"flask {result.command} enum sync"
    return ""


def renames(result: CheckResult) -> Iterator[str]:
    """Yield how to rename, where ``sync`` would take it for a removal and an addition."""
    names = [state.change.name.name for state in result.drift if state.change]
    command = f"flask {result.command} enum sync "
    for state in result.drift:
        if state.change is None or state.declared is None or state.live is None:
            continue
        name = state.change.name
        called = name.name if names.count(name.name) == 1 else str(name)
        hint = maybe_renamed(state.change, called, "say so", command)
        if hint and not names_and_values(Pair(state.declared, state.live, name)):
            yield hint


def renames_instead(plans: Iterable[BindPlan], how: str) -> Iterator[str]:
    """Yield how to rename, where rows of other databases may hold a label that goes.

    :param how: what to do first, as in ``"say so"``.
    """
    for plan in plans:
        pairs = {pair.live.name: pair for pair in plan.database.pairing.pairs}
        for change in plan.changes:
            called = plan.database.facts.called(change.name)
            hint = maybe_renamed(change, called, how)
            if hint and not names_and_values(pairs[change.name]):
                yield hint
