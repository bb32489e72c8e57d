"""What the value of an option may mean: one or two labels of a type."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import TypeVar

from .likeness import nearest
from .schema import Name

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a value can mean: one or two labels of a type."""

    name: Name
    left: str
    right: str


@dataclass(frozen=True, slots=True)
class Choices:
    """The pairs of labels of one type that an option may name.

    :param rights: what may stand right of the ``=``, or None where the option has none.
    :param any_text: what may not stand left, where all else may if the type is named; else None.
    """

    name: Name
    prefixes: Sequence[str]
    lefts: Mapping[str, None]
    rights: Mapping[str, None] | None
    any_text: Mapping[str, None] | None = None

    def meanings(self, value: str) -> Iterator[Meaning]:
        """Yield what a value can mean: one for each cut at which both sides are known."""
        if self.rights is None:
            cuts = [(value, "")]
        else:
            equals = (i for i, char in enumerate(value) if char == "=")
            cuts = [(value[:i], value[i + 1 :]) for i in equals]
            cuts = [(left, right) for left, right in cuts if right in self.rights]
        for left, right in cuts:
            for label in self._lefts(left):
                if self.rights is None or label != right:
                    yield Meaning(self.name, label, right)

    def _lefts(self, text: str) -> Iterator[str]:
        """Yield what a text left of the ``=`` can name."""
        for prefix in self.prefixes:
            if text.startswith(prefix) and self._knows(prefix, text[len(prefix) :]):
                yield text[len(prefix) :]

    def _knows(self, prefix: str, label: str) -> bool:
        if self.any_text is None:
            return label in self.lefts
        return bool(prefix and label) and label not in self.any_text

    def unknown_right(self, value: str) -> str:
        """Return what stands right of an ``=`` that fits, if nothing fits but the left side."""
        for i, char in enumerate(value if self.rights is not None else ""):
            if char == "=" and any(True for _ in self._lefts(value[:i])):
                return value[i + 1 :]
        return ""

    def near(self, value: str) -> Iterator[Meaning]:
        """Yield pairs whose labels resemble a value."""
        lefts = nearest(value.partition("=")[0], self.lefts)
        rights = [""] if self.rights is None else nearest(value.partition("=")[2], self.rights)
        for left, right in product(lefts, rights):
            if left != right:
                yield Meaning(self.name, left, right)


def meanings(choices: Iterable[Choices], value: str) -> list[Meaning]:
    """Return what a value can mean, each meaning once."""
    return unique(meaning for choice in choices for meaning in choice.meanings(value))


def unique(items: Iterable[_T]) -> list[_T]:
    """Return the items in order, each once."""
    return list(dict.fromkeys(items))
