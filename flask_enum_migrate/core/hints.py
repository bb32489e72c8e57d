"""What explains a difference better than the difference itself."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import replace

from .alter_enum import AlterEnum
from .diff import Answers
from .diff import alter
from .errors import typed
from .likeness import likeliest
from .pairing import Pair
from .schema import EnumClass


@dataclass(frozen=True, slots=True)
class OtherSide:
    """A database that holds the members' values where the model stores their names, or reverse.

    SQLAlchemy stores the names unless a ``values_callable`` says otherwise. It is the commonest
    reason for a difference in all labels at once.

    :param pair: the type on both sides.
    :param cls: the class that the model was made from.
    :param stored: what the model stores, ``"names"`` or ``"values"``.
    :param renames: each label that is the other side's to the one that the model has for it.
    :param called: the type's name, as an option writes it.
    """

    pair: Pair
    cls: EnumClass
    stored: str
    renames: Mapping[str, str]
    called: str

    @property
    def fact(self) -> str:
        """What was found."""
        other = "values" if self.stored == "names" else "names"
        found = "labels of" if self.pair.live.key else "strings for"
        return (
            f"{len(self.renames)} of {len(self.pair.live.labels)} {found} {self.pair.live.name} "
            f"are the {other} of {self.cls.path}; the model stores its {self.stored}."
        )

    @property
    def declaration(self) -> str:
        """How the model is declared to go with the database as it is."""
        name = self.cls.path.rpartition(".")[2]
        if self.stored == "values":
            return f"db.Enum({name})"
        return f"db.Enum({name}, values_callable=lambda cls: [m.value for m in cls])"

    @property
    def answers(self) -> str:
        """The options of ``sync`` by which the database goes with the model."""
        option = "--rename" if self.pair.live.key else "--map"
        return " ".join(
            typed(option, f"{self.called}.{old}={new}") for old, new in self.renames.items()
        )

    @property
    def cost(self) -> str:
        """What these options cost."""
        change = alter(self.pair, Answers(renames=self.renames)) if self.pair.live.key else None
        if change is None or change.replaces_type:
            return "rewrites its tables"
        return "updates its rows" if change.check else "instant"

    def text(self, sync: str) -> str:
        """Return the fact and both ways out, each on a line of its own.

        :param sync: the command that writes the revision.
        """
        other = "values" if self.stored == "names" else "names"
        return (
            f"{self.fact} Choose one:\n"
            f"  keep the {other}, in the model, without a migration:\n"
            f"    {self.declaration}\n"
            f"  store the {self.stored}, in the database ({self.cost}):\n"
            f"    {sync} {self.answers}"
        )


def other_side(pair: Pair, called: str = "") -> OtherSide | None:
    """Return what explains a difference where one side holds names and the other one values.

    Most labels of the database have to be the other side's: a member that was renamed while its
    value stayed looks the same. Those that are neither side's are leftovers.

    :param called: the type's name as an option writes it, by default without its schema.
    """
    for cls in pair.declared.classes:
        for stored, members in (
            ("names", {value: name for name, value in cls.members}),
            ("values", dict(cls.members)),
        ):
            own = frozenset(members.values())
            live = pair.live.labels
            renames = {label: members[label] for label in live if label in members.keys() - own}
            if own >= {*pair.declared.labels} and 2 * len(renames) > len(live):
                return OtherSide(pair, cls, stored, renames, called or pair.live.name.name)
    return None


def other_sides(pairs: Iterable[Pair], sync: str) -> tuple[str, ...]:
    """Return of some types how names and values differ, and both ways out.

    :param sync: the command that writes the revision.
    """
    pairs = list(pairs)
    names = [name.name for name in {pair.live.name for pair in pairs}]
    found = []
    for pair in pairs:
        name = pair.live.name
        called = name.name if names.count(name.name) == 1 else str(name)
        if one := other_side(pair, called):
            found.append(one.text(sync))
    return tuple(dict.fromkeys(found))


def sync_command(command: str, *, from_migrations: bool = False) -> str:
    """Return the command that writes the revision.

    :param command: the name of Flask-Migrate's command group.
    :param from_migrations: whether it is to compare with what the migrations make.
    """
    return f"flask {command} enum sync{' --from-migrations' if from_migrations else ''}"


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
    gain = "" if instead.replaces_type or instead.check else ", and nothing is rewritten"
    option = typed("--rename", f"{called}.{old}={new}")
    return f"if {old!r} is called {new!r} now, {how}{gain}: {command}{option}"
