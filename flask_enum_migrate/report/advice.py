"""What to do next about what ``check`` found."""

from __future__ import annotations

from collections.abc import Iterator

from ..comparison import Comparison
from ..core.fleets import once
from ..core.hints import maybe_renamed
from ..core.hints import other_side
from ..core.pairing import Pair


def in_the_way(result: Comparison) -> tuple[str, str]:
    """Return what ``sync`` would refuse, if anything, and the command that mends it."""
    if len(result.heads) > 1:
        heads = f"The migrations have {len(result.heads)} heads: {', '.join(result.heads)}"
        return heads, f"flask {result.command} merge heads"
    if result.behind:
        return "The database isn't at head", f"flask {result.command} upgrade"
    return "", ""


def next_command(result: Comparison) -> str:
    """Return the command to run next, or ``""`` where there is none."""
    _, command = in_the_way(result)
    if command and not result.in_sync:
        return command
    if result.tables or any(state.is_unmade for state in result.drift):
        return f"flask {result.command} migrate"
    convertible = (wrong.conversion for state in result.drift for wrong in state.wrong_columns)
    if any(state.change for state in result.drift) or any(convertible):
        return result.sync
    return ""


def renames(result: Comparison) -> Iterator[str]:
    """Yield how to rename, where ``sync`` would take it for a removal and an addition."""
    yield from once(_renames(result))


def _renames(result: Comparison) -> Iterator[tuple[str, str]]:
    names = [state.change.name.name for state in result.drift if state.change]
    command = f"{result.sync} "
    for state in result.drift:
        if state.change is None or state.declared is None or state.live is None:
            continue
        name = state.change.name
        called = name.name if names.count(name.name) == 1 else str(name)
        hint = maybe_renamed(state.change, called, "say so", command)
        if hint and not other_side(Pair(state.declared, state.live, name)):
            yield result.tenant(state), hint
