"""The plan of ``sync`` as lines: what changes, one line each, and what it costs both ways."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ..core.alter_enum import AlterEnum
from ..core.changes import AddValue
from ..core.changes import BringBackValue
from ..core.changes import Change
from ..core.changes import DropValue
from ..core.changes import RenameType
from ..core.changes import RenameValue
from ..core.changes import RetireValue
from ..core.changes import SetSchema
from ..core.changes import WidenColumn
from ..core.fleets import Fleet
from ..core.fleets import grouped
from ..core.rows import Held
from ..core.schema import Name
from ..core.wording import bare
from ..core.wording import counted
from ..core.wording import describe_conversion
from ..core.wording import describe_created
from ..core.wording import listed
from ..core.wording import plain
from ..core.wording import sized
from ..core.wording import some
from ..report.check import INSTANT
from ..report.check import heading
from ..report.check import looks_at
from ..report.check import told_once
from ..report.lines import Line
from .wrapping import side_by_side

if TYPE_CHECKING:
    from ..core.plan import Direction
    from ..core.schema import TableSize
    from ..sync import BindPlan

_MANY = 12


def fleet_of(plans: Sequence[BindPlan]) -> Fleet:
    """Return the schemas of tenants."""
    return Fleet.of((plan.database.bind, _schema(plan)) for plan in plans)


def _schema(plan: BindPlan) -> str:
    return plan.database.live.default_schema if plan.database.live else ""


def groups(plans: Sequence[BindPlan]) -> Iterator[tuple[list[str], list[BindPlan]]]:
    """Yield what is the same for several tenants together, with their schemas."""

    def said(plan: BindPlan) -> str:
        bare_ = replace(plan, database=plan.database.unsized())
        return "\n".join(map(str, lines([bare_], [""], None, rows_known=False)))

    fleet = fleet_of(plans)
    return grouped(((fleet.tenant(one.database.bind, _schema(one)), one) for one in plans), said)


def lines(
    plans: Sequence[BindPlan],
    schemas: Sequence[str],
    width: int | None,
    *,
    rows_known: bool = True,
) -> Iterator[Line]:
    """Yield what changes in one bind, or for several tenants alike, and what it costs.

    :param schemas: those of the tenants.
    :param width: the columns of the terminal, or None to leave long lines long.
    :param rows_known: whether somebody has looked at the app's rows.
    """
    told = _lines(plans, schemas, width, rows_known=rows_known)
    yield from told_once([*told], schemas)


def _lines(
    plans: Sequence[BindPlan], schemas: Sequence[str], width: int | None, *, rows_known: bool
) -> Iterator[Line]:
    plan = plans[0]
    bind = plan.database.bind
    for change in plan.changes:
        yield heading(str(change.name), bind)
        held = _held(plans, change.name, schemas) if rows_known else None
        yield from side_by_side(map(_readable, changes(change, held)), width)
    for created in plan.creates:
        yield heading(str(created.name), bind)
        one = Line(f"  + {describe_created(created)}", "", "added")
        yield from side_by_side([_readable(one)], width)
    for conversion in plan.conversions:
        yield heading(str(conversion), bind)
        one = Line(f"  ~ {describe_conversion(conversion)}", "", "changed")
        yield from side_by_side([_readable(one)], width)
    for drop in plan.drops:
        yield heading(str(drop.name), bind)
        yield Line("  - drop the type, which nothing uses", "", "bad")
    if said := totals(plan):
        yield Line()
        yield from side_by_side([Line(said)], width)
    costs = _costs(plan, _sizes(plans, schemas))
    yield from side_by_side(map(_readable, costs), width)


def _readable(line: Line) -> Line:
    return Line(plain(line.head), plain(line.tail), line.tone)


def _held(plans: Sequence[BindPlan], name: Name, schemas: Sequence[str]) -> dict[str, list[Held]]:
    """Return the rows that hold labels of a type, by label.

    :param name: the type in the first of the schemas.
    """
    found: dict[str, list[Held]] = {}
    for plan, schema in zip(plans, schemas, strict=True):
        own_name = Name(schema, name.name) if schema and name.schema == schemas[0] else name
        own = frozenset(plan.database.facts.enums[own_name].columns)
        for one in plan.database.held:
            if one.column in own:
                found.setdefault(one.label, []).append(one)
    return found


def _sizes(plans: Sequence[BindPlan], schemas: Sequence[str]) -> Mapping[Name, TableSize]:
    """Return the sizes of tables, added up under the first of the schemas."""
    found: dict[Name, TableSize] = {}
    for plan, schema in zip(plans, schemas, strict=True):
        for table, size in plan.database.facts.sizes.items():
            name = Name(schemas[0], table.name) if schema and table.schema == schema else table
            found[name] = found[name].plus(size) if schema and name in found else size
    return found


def changes(change: AlterEnum, held: dict[str, list[Held]] | None) -> Iterator[Line]:
    """Yield a line for each of a type's changes, but for very many.

    :param held: the rows that hold labels which go, by label, or None where nobody looked.
    """
    single = [one for one in change.changes if isinstance(one, _NAMED)]
    for one in single[:_MANY]:
        if isinstance(one, DropValue) and one.label in change.returned:
            yield Line(f"  - {bare(one.label)}", "retired, so no row holds it", "bad")
        else:
            yield _line(one, held)
    if len(single) > _MANY:
        yield Line(f"  … and {len(single) - _MANY} more")
    if change.reordered:
        yield _reordered(change)


_NAMED = (
    AddValue,
    RenameValue,
    DropValue,
    RetireValue,
    BringBackValue,
    RenameType,
    SetSchema,
    WidenColumn,
)


def _line(change: Change, held: dict[str, list[Held]] | None) -> Line:
    match change:
        case AddValue(label, after):
            where = "as the first label" if after is None else f"after {bare(after)}"
            return Line(f"  + {bare(label)}", where, "added")
        case RenameValue(label, new_label):
            return Line(f"  ~ {bare(label)}", f"-> {bare(new_label)}", "changed")
        case DropValue(label):
            return Line(f"  - {bare(label)}", _becomes(change, held), "bad")
        case RetireValue(label):
            return Line(f"  - {bare(label)}", f"retired; {_becomes(change, held)}", "bad")
        case BringBackValue(label):
            return Line(f"  + {bare(label)}", "comes back, retired until now", "added")
        case RenameType(name, new_name):
            return Line(f"  ~ type {bare(name)}", f"-> {bare(new_name)}", "changed")
        case SetSchema(schema, new_schema):
            return Line(f"  ~ schema {bare(schema)}", f"-> {bare(new_schema)}", "changed")
        case WidenColumn(width, new_width):
            return Line(f"  ~ {width} characters", f"-> {new_width}", "changed")
    raise TypeError(f"{change!r} isn't about one name.")


def _becomes(drop: DropValue | RetireValue, held: dict[str, list[Held]] | None) -> str:
    """Return what becomes of the rows that hold a label which goes."""
    becomes = "NULL" if drop.becomes is None else bare(drop.becomes)
    if held is None:
        return f"rows become {becomes}" if drop.mapped else "refuses if a row holds it"
    found = held.get(drop.label, [])
    if not drop.mapped:
        return (
            "no row here holds it; refuses where one does"
            if not found
            else "refuses if a row holds it"
        )
    if not found:
        return f"no row here holds it; elsewhere rows become {becomes}"
    if any(one.rows is None for one in found):
        return f"rows become {becomes}"
    rows = sum(one.rows or 0 for one in found)
    more = " or more" if any(one.is_capped for one in found) else ""
    return f"{rows:,}{more} row{'s become' if rows != 1 else ' becomes'} {becomes}"


def _reordered(change: AlterEnum) -> Line:
    """Return which label moves, or the new order where it is more than one."""
    stays = {change.renamed(label) for label in change.kept}
    before = [change.renamed(label) for label in change.kept]
    after = [label for label in change.new_labels if label in stays]
    for label in before:
        if [x for x in before if x != label] == [x for x in after if x != label]:
            where = after.index(label)
            place = f"after {bare(after[where - 1])}" if where else "to the first place"
            return Line(f"  ~ {bare(label)}", f"moves {place}", "changed")
    return Line("  ~ order", some([*map(bare, change.new_labels)], _MANY), "changed")


def totals(plan: BindPlan) -> str:
    """Return how much changes, ``""`` where it is one line."""
    altered = plan.changes
    types = len(altered) + len(plan.creates) + len(plan.drops)
    parts = [
        (sum(len(change.added) for change in altered), "label", "added"),
        (sum(len(change.renames) for change in altered), "label", "renamed"),
        (sum(len(change.removed) for change in altered), "label", "removed"),
        (sum(len(change.retirements) for change in altered), "label", "retired"),
        (sum(len(change.brought_back) for change in altered), "label", "brought back"),
        (sum(change.reordered for change in altered), "type", "reordered"),
        (sum(change.widens is not None for change in altered), "column", "widened"),
        (sum(change.name.name != change.new_name.name for change in altered), "type", "renamed"),
        (sum(change.name.schema != change.new_name.schema for change in altered), "type", "moved"),
        (len(plan.creates), "type", "created"),
        (len(plan.drops), "type", "dropped"),
        (len(plan.conversions), "column", "converted"),
    ]
    if sum(number for number, _, _ in parts) < 2:
        return ""
    said = [f"{counted(number, noun)} {verb}" for number, noun, verb in parts if number]
    return (f"{counted(types, 'type')}: " if types else "") + ", ".join(said) + "."


def _costs(plan: BindPlan, sizes: Mapping[Name, TableSize]) -> Iterator[Line]:
    yield Line("Upgrade", _cost(plan.plan.upgrade, sizes))
    back = _cost(plan.plan.downgrade, sizes)
    if not plan.plan.downgrade.refusals and (open_ := _refusing(plan.changes)):
        held = listed(open_, 3, "or")
        back += f"; refuses while a row holds {held}, unless --downgrade-map says otherwise"
    yield Line("Downgrade", back)
    for remark in plan.plan.upgrade.remarks:
        yield Line(remark)


def _refusing(altered: Iterable[AlterEnum]) -> list[str]:
    """Return the new labels of which nobody said what their rows become on a downgrade."""
    return [
        bare(add.label)
        for change in altered
        for add in change.coming
        if add.label not in change.reverse_mapping
    ]


def _cost(direction: Direction, sizes: Mapping[Name, TableSize]) -> str:
    if direction.refusals:
        return "can't be done: " + " ".join(refusal.fact for refusal in direction.refusals)
    retiring = _retiring(direction, sizes)
    if not direction.rewritten and not retiring and direction.scanned:
        return looks_at(sized(direction.scanned, sizes))
    if not direction.rewritten and not direction.rebuilt:
        return retiring or INSTANT
    costs = [retiring] if retiring else []
    if tables := sized(direction.rewritten, sizes):
        costs += [
            f"rewrites {listed(tables, 5)}",
            f"nobody reads or writes {_them(tables)} meanwhile",
        ]
    if direction.rebuilt:
        costs.append(f"creates {some(direction.rebuilt, 5)} again")
    return "; ".join(costs if tables else [*costs, "no table is rewritten"])


def _retiring(direction: Direction, sizes: Mapping[Name, TableSize]) -> str:
    """Return what a direction does to keep labels out of tables, or ``""``."""
    tables = dict.fromkeys(one.table for one in direction.retirements)
    if not tables:
        return ""
    changes_rows = any(one.change for one in direction.retirements)
    what = "changes rows of" if changes_rows else "reads"
    return f"{what} {some(sized(tables, sizes), 5)} while others read and write"


def _them(tables: list[str]) -> str:
    return "it" if len(tables) == 1 else "them"
