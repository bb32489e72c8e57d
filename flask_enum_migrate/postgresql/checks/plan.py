"""Make the statements of both directions from what changes about CHECKs. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace

from ...core.alter_column_type import AlterColumnType
from ...core.alter_enum import AlterEnum
from ...core.errors import Question
from ...core.errors import Refusal
from ...core.errors import typed
from ...core.plan import Direction
from ...core.plan import Plan
from ...core.plan import Step
from ...core.schema import Check
from ...core.schema import Name
from ..sql import check_swap
from ..sql.expressions import constant
from ..sql.quoting import DEPARSED
from .catalog import CheckedEnum
from .labels import definition


@dataclass(frozen=True)
class Facts:
    """What a plan has to know.

    :param enums: the enums as they are, by name.
    :param lock_timeout: how long locks are waited for, or None to leave that to the session.
    :param unqualified: the schema that is left out of names, or ``""``.
    :param role: the current role.
    """

    enums: dict[Name, CheckedEnum] = field(default_factory=dict)
    lock_timeout: str | None = "10s"
    unqualified: str = ""
    role: str = ""

    def written(self, name: Name) -> Name:
        """Return a name as the revision writes it."""
        return Name("", name.name) if name.schema == self.unqualified else name

    def called(self, name: Name) -> str:
        """Return the shortest name by which an option can mean an enum."""
        namesakes = sum(other.name == name.name for other in self.enums)
        return name.name if namesakes < 2 or name.schema == self.unqualified else str(name)


def plan(
    changes: Sequence[AlterEnum], conversions: Sequence[AlterColumnType], facts: Facts
) -> Plan:
    """Return both directions; the downgrade leaves columns as wide as they have become.

    :param conversions: the strings that get a CHECK.
    """
    refusals: list[Refusal] = []
    forth: list[check_swap.Swap] = []
    back: list[check_swap.Swap] = []
    for change in changes:
        live = facts.enums[change.name]
        found = [*_blocked(change, live, facts)]
        refusals += found
        if not found:
            there, again = _swaps(change, live, facts)
            forth.append(there)
            back += [again] if again else []
    for added in conversions:
        live = facts.enums[_name(added)]
        found = [*_adding_blocked(added, live, facts)]
        refusals += found
        if not found:
            there, again = _new(added, live, facts)
            forth.append(there)
            back.append(again)
    if refusals:
        return Plan(Direction(refusals=tuple(refusals)), Direction())
    return Plan(_direction(forth, facts), _direction(back[::-1], facts))


def _direction(swaps: Sequence[check_swap.Swap], facts: Facts) -> Direction:
    first = [one for one in swaps if one.commits]
    last = [one for one in swaps if not one.commits]
    refuse = check_swap.refuse(first)
    block = check_swap.swap(first, facts.lock_timeout) if first else ""
    # In the transaction of the version's row: a second time would change places back.
    steps = [Step("", (check_swap.swap(last, facts.lock_timeout),))] if last else []
    return Direction(
        steps=tuple(steps),
        checks=tuple(filter(None, (refuse, block))),
        validating=tuple(filter(None, map(check_swap.validate, swaps))),
        scanned=tuple(dict.fromkeys(one.table for one in swaps if one.check.name)),
        remarks=tuple(dict.fromkeys(_remarks(swaps))),
    )


def _remarks(swaps: Sequence[check_swap.Swap]) -> Iterator[str]:
    for one in swaps:
        if one.becomes:
            yield (
                f"Updates the rows of {one.table} that hold what changes; nobody reads or writes "
                "it meanwhile, and its triggers run."
            )


def _swaps(
    change: AlterEnum, live: CheckedEnum, facts: Facts
) -> tuple[check_swap.Swap, check_swap.Swap | None]:
    """Return what is done, and what undoes it."""
    up = _swap(change, live, facts)
    if change.widens:
        up = replace(up, width=change.widens.new_width)
    if not up.check.name:
        return up, None
    if not change.renames and {*change.labels} == {*change.new_labels}:
        return replace(up, check=replace(up.check, name="")), None
    down = _swap(change.reverse(), live, facts)
    default = default_label(live)
    becomes = _becomes(change, default)
    if becomes != default:
        up, down = _with_default(up, becomes), _with_default(down, default)
    return up, down


def _swap(change: AlterEnum, live: CheckedEnum, facts: Facts) -> check_swap.Swap:
    becomes: dict[str, str | None] = dict(change.renames)
    becomes |= {drop.label: drop.becomes for drop in change.removed if drop.mapped}
    return check_swap.Swap(
        table=facts.written(live.column.table),
        check=_check(live),
        known=definition(live.quoted, change.labels, live.shape),
        done=definition(live.quoted, change.new_labels, live.shape),
        old_labels=change.labels,
        labels=change.new_labels,
        stays=bool(becomes) and {*change.labels} == {*change.new_labels},
        becomes=becomes,
        gone=tuple(drop.label for drop in change.removed if not drop.mapped),
        has_children=live.has_children,
    )


def _check(live: CheckedEnum) -> Check:
    return live.check or Check(live.column.table, live.column.column)


def _new(
    change: AlterColumnType, live: CheckedEnum, facts: Facts
) -> tuple[check_swap.Swap, check_swap.Swap]:
    """Return what adds a CHECK to a string, and what drops it again."""
    if change.new.check is None:
        raise ValueError("Only a CHECK is added here.")
    width = change.new.width
    up = check_swap.Swap(
        table=facts.written(change.table),
        check=replace(change.new.check, varying=_check(live).varying),
        done=definition(live.quoted, change.new.labels, live.shape),
        labels=change.new.labels,
        becomes=change.mapping,
        width=width if live.width is not None and width and width > live.width else None,
        has_children=live.has_children,
    )
    down = replace(
        up, known=up.done, done="", old_labels=up.labels, labels=(), becomes={}, width=None
    )
    default = default_text(live)
    if default is not None and default in change.mapping:
        up = _with_default(up, change.mapping[default])
        down = _with_default(down, default)
    return up, down


def _with_default(one: check_swap.Swap, label: str | None) -> check_swap.Swap:
    return replace(one, default="DROP DEFAULT" if label is None else check_swap.set_default(label))


def default_label(live: CheckedEnum) -> str | None:
    """Return the label that is the column's default, if one is."""
    text = default_text(live)
    return text if text in live.labels else None


def default_text(live: CheckedEnum) -> str | None:
    """Return the text that is the column's default, if it is a constant."""
    default = live.column.default
    return constant(default) if default is not None else None


def _name(change: AlterColumnType) -> Name:
    return Name(change.table.schema, f"{change.table.name}.{change.column}")


def _becomes(change: AlterEnum, default: str | None) -> str | None:
    """Return the default afterwards."""
    if default is None:
        return None
    if default in change.renames:
        return change.renames[default]
    gone = {drop.label: drop.becomes for drop in change.removed}
    return gone.get(default, default)


def _owned(live: CheckedEnum, facts: Facts) -> Iterator[Refusal]:
    column = live.column
    if not live.may_alter:
        yield Refusal(
            f"{column} can't be changed: the role {facts.role!r} doesn't own {column.table}.",
            "Connect as its owner.",
        )
    if live.generated:
        yield Refusal(
            f"{column} is generated.", "Change its expression in a migration of your own."
        )


def _fixed(live: CheckedEnum, width: int | None) -> Iterator[Refusal]:
    others = live.others
    if width is not None and live.column.inherited:
        yield Refusal(
            f"{live.column} has to become varchar({width}), and is inherited.",
            "Declare the enum at the parent too.",
        )
    if width is not None and (others.views or others.fixed):
        named = ", ".join((*(f"view {view}" for view in others.views), *others.fixed))
        yield Refusal(
            f"{live.column} has to become varchar({width}), and the {named} names it.",
            "PostgreSQL changes the type of no such column: drop it, run this, and create it "
            "again, in a migration of your own.",
        )


def _adding_blocked(change: AlterColumnType, live: CheckedEnum, facts: Facts) -> Iterator[Refusal]:
    """Yield why a CHECK can't be added."""
    yield from _owned(live, facts)
    up, _ = _new(change, live, facts)
    yield from _fixed(live, up.width)
    if change.new.check and change.new.check.name in live.taken:
        yield Refusal(
            f"{live.column} is to get the CHECK {change.new.check.name}, and {change.table} has a "
            "constraint of that name.",
            "Give the enum another name: db.Enum(…, name=…).",
        )
    default = default_text(live)
    if default is not None and default not in (*change.new.labels, *change.mapping):
        value = f"{live.name.name}.{default}"
        yield Refusal(
            f"The default of {live.column} is {default!r}, which is no label of the model.",
            "Say what becomes of it, or change the default first:",
            (typed("--map", f"{value}=LABEL"),),
            (Question(value, change.new.labels, about=repr(default)),),
        )
    for text, becomes in change.mapping.items():
        if becomes is None and live.column.not_null:
            yield Refusal(
                f"{text!r} would become NULL, but {change} is NOT NULL.",
                "Give its rows a label.",
                (typed("--map", f"{live.name.name}.{text}=LABEL"),),
            )


def _blocked(change: AlterEnum, live: CheckedEnum, facts: Facts) -> Iterator[Refusal]:
    """Yield why the upgrade can't be done, as far as it can be told beforehand."""
    column = live.column
    yield from _owned(live, facts)
    yield from _fixed(live, change.widens.new_width if change.widens else None)
    going = [*(drop.label for drop in change.removed), *change.renames]
    for name, text in live.others.checks:
        if mentioned := [label for label in going if DEPARSED.literal(label) in text]:
            yield Refusal(
                f"{column} loses {mentioned[0]!r}, which the CHECK {name} names: {text}.",
                "Change that CHECK in a migration of your own first.",
            )
    long = [x for x in change.new_labels if live.fixed_width and len(x) > live.fixed_width]
    if long:
        yield Refusal(
            f"{column} is character({live.fixed_width}), too short for {long[0]!r}.",
            "Make it a varchar in a migration of your own first.",
        )
    default = default_label(live)
    for drop in change.removed:
        if drop.label == default and not drop.mapped:
            value = f"{facts.called(live.name)}.{default}"
            yield Refusal(
                f"{column} loses {default!r}, which is its default.",
                "Say what becomes of it, or change the default first:",
                (typed("--map", f"{value}=LABEL"),),
                (Question(value, change.new_labels, about=repr(default)),),
            )
