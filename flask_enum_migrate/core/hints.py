"""What explains a difference better than the difference itself."""

from __future__ import annotations

from collections.abc import Iterable

from .diff import Pair
from .schema import EnumClass


def names_and_values(pair: Pair) -> str:
    """Return a hint where one side holds the members' names and the other one their values.

    SQLAlchemy stores the names unless a ``values_callable`` says otherwise. It is the commonest
    reason for a difference in all labels at once.

    :return: the hint, or ``""``.
    """
    for cls in pair.declared.classes:
        names, values = zip(*cls.members, strict=True) if cls.members else ((), ())
        if _is_other_side(pair, names, values):
            return (
                f"The labels in the database are the values of {cls.path}, the model stores its "
                f"names: was it declared without "
                f"{_callable(cls)}?"
            )
        if _is_other_side(pair, values, names):
            return (
                f"The labels in the database are the names of {cls.path}, the model stores its "
                "values: is the values_callable of its db.Enum(...) new, or not wanted?"
            )
    return ""


def _callable(cls: EnumClass) -> str:
    name = cls.path.rpartition(".")[2]
    return f"db.Enum({name}, values_callable=lambda cls: [member.value for member in cls])"


def _is_other_side(pair: Pair, stored: Iterable[str], other: Iterable[str]) -> bool:
    """Return whether the model stores some texts, and the database holds the others instead.

    A member that was renamed while its value stayed looks the same: most labels have to differ.
    """
    stored, other, live = set(stored), set(other), set(pair.live.labels)
    strange = live - stored
    return set(pair.declared.labels) <= stored and strange <= other and 2 * len(strange) > len(live)
