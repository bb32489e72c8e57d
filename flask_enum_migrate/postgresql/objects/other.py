"""What is found on the way and isn't created again by itself: parts, and kinds we don't know."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass

from .base import Dependent
from .base import Follow
from .base import Kept


@dataclass(frozen=True)
class Part(Dependent):
    """A table, or an attribute of a composite type: it is only passed by."""

    alone = False

    def drop(self) -> Sequence[str]:
        return ()

    def create(self, follow: Follow) -> Sequence[str]:
        return ()

    def kept(self) -> Iterator[Kept]:
        yield from ()


@dataclass(frozen=True)
class Other(Part):
    """An object of a kind that nobody has taught us."""

    def own_problem(self) -> str:
        return "it can't be created again by itself"
