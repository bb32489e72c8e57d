"""Answers that stand in the settings: they may outlive the difference they were given for."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from dataclasses import fields
from dataclasses import replace

from .answers import Flags
from .errors import AnswerError


def add_standing(
    flags: Flags, standing: Flags, resolve: Callable[[Flags], object]
) -> tuple[Flags, tuple[AnswerError, ...]]:
    """Add the standing answers that fit a difference and contradict none of the flags.

    :param flags: what was given for this run.
    :param standing: the answers of the settings.
    :param resolve: raises :class:`~.errors.AnswerError` for answers that don't fit.
    :return: all flags, and why each of the other answers was left aside.
    """
    aside = []
    for option, value in _each(standing):
        tried = replace(flags, **{option: [*getattr(flags, option), value]})
        try:
            resolve(tried)
        except AnswerError as error:
            aside.append(error)
        else:
            flags = tried
    return flags, tuple(aside)


def _each(flags: Flags) -> Iterator[tuple[str, str]]:
    for option in fields(Flags):
        values: Iterable[str] = getattr(flags, option.name)
        yield from ((option.name, value) for value in values)
