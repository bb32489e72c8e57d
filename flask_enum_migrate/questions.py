"""Ask a person in a terminal what the flags don't say: renames first, then rows."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from collections.abc import Iterator
from dataclasses import replace

from .check import CheckResult
from .core.answers import Flags
from .core.answers import resolve
from .core.changes import AlterEnum
from .core.diff import Answers
from .core.diff import Pair
from .core.diff import alter
from .core.errors import Refused
from .core.matching import similarity

_PLACEHOLDER = "LABEL"


def ask_renames(result: CheckResult, flags: Flags, confirm: Callable[[str], bool]) -> Flags:
    """Ask for each label that goes whether it became one that comes.

    :param confirm: asks a question that is answered with yes or no.
    :return: the flags with the answers added.
    """
    pairs = [
        Pair(state.declared, state.live, state.change.new_name)
        for state in result.drift
        if state.change and state.declared and state.live
    ]
    answers = resolve(flags, pairs)
    renames: list[str] = []
    for pair in pairs:
        given = answers.get(pair.live.name, Answers())
        change = alter(pair, given)
        for old, new in _asked(change, confirm) if change else ():
            value = f"{pair.live.name}.{old}={new}"
            if value not in renames:
                renames.append(value)
    return replace(flags, rename=[*flags.rename, *renames])


def _asked(change: AlterEnum, confirm: Callable[[str], bool]) -> Iterator[tuple[str, str]]:
    free = [add.label for add in change.added]
    for drop in change.removed:
        if drop.mapped:
            continue
        for new in sorted(free, key=lambda label: -similarity(drop.label, label)):
            if confirm(f"{change.name}: was {drop.label!r} renamed to {new!r}?"):
                free.remove(new)
                yield drop.label, new
                break


def ask_rows(refused: Refused, flags: Flags, prompt: Callable[[str], str]) -> Flags | None:
    """Ask what becomes of the rows for which a revision was refused.

    :param prompt: asks for a label, ``NULL``, or nothing to stop.
    :return: the flags with the answers added, or None where there is nothing to ask.
    """
    maps: list[str] = []
    nulls: list[str] = []
    for refusal in refused.refusals:
        offered = dict(shlex.split(flag)[:2] for flag in refusal.flags if "$'" not in flag)
        value = offered.get("--map", "").removesuffix("=" + _PLACEHOLDER)
        if not value:
            return None
        answer = prompt(
            f"{refusal.fact} Which label do they get"
            + (", or NULL?" if "--map-null" in offered else "?")
        )
        if not answer:
            return None
        if answer == "NULL" and "--map-null" in offered:
            nulls.append(offered["--map-null"])
        else:
            maps.append(f"{value}={answer}")
    return replace(flags, map=[*flags.map, *maps], map_null=[*flags.map_null, *nulls])
