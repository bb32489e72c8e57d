"""What explains a difference better than the difference itself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from .changes import AlterEnum
from .errors import typed
from .likeness import likeliest
from .pairing import Pair
from .schema import EnumClass


def names_and_values(pair: Pair) -> str:
    """Return a hint where one side holds the members' names and the other one their values.

    SQLAlchemy stores the names unless a ``values_callable`` says otherwise. It is the commonest
    reason for a difference in all labels at once.

    :return: the hint, or ``""``.
    """
    # What a string column holds is no label yet.
    found = "labels in the database" if pair.live.key else "strings in the database"
    for cls in pair.declared.classes:
        names, values = zip(*cls.members, strict=True) if cls.members else ((), ())
        if _is_other_side(pair, names, values):
            return (
                f"The {found} are the values of {cls.path}, the model stores its "
                f"names: was it declared without "
                f"{_callable(cls)}?"
            )
        if _is_other_side(pair, values, names):
            return (
                f"The {found} are the names of {cls.path}, the model stores its "
                "values: is the values_callable of its db.Enum(...) new, or not wanted?"
            )
    return ""


def maybe_renamed(change: AlterEnum, called: str, how: str, command: str = "") -> str:
    """Return a hint where a label goes and another comes, and nobody said that it is the same.

    :param called: the type's name, as an option writes it.
    :param how: what to do first, as in ``"say so"``.
    :param command: what to type in front of the option.
    :return: the hint on the likeliest pair, or ``""``.
    """
    found = likeliest(change)
    if found is None:
        return ""
    old, new = found
    instead = replace(change, renames={**change.renames, old: new})
    gain = "" if instead.replaces_type else ", and nothing is rewritten"
    option = typed("--rename", f"{called}.{old}={new}")
    return f"if {old!r} is called {new!r} now, {how}{gain}: {command}{option}"


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
