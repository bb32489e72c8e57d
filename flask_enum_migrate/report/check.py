"""What ``check`` says: each difference, what to do about it, and whether there is any."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence

from ..comparison import NEW
from ..comparison import UNUSED
from ..comparison import Comparison
from ..comparison import EnumState
from ..core.alter_enum import AlterEnum
from ..core.changes import AddValue
from ..core.changes import Change
from ..core.changes import DropValue
from ..core.changes import RetireValue
from ..core.fleets import grouped
from ..core.fleets import in_schemas
from ..core.fleets import once
from ..core.fleets import unqualified
from ..core.hints import other_sides
from ..core.pairing import Pair
from ..core.rows import LIMIT
from ..core.rows import Stray
from ..core.schema import DeclaredColumn
from ..core.schema import DeclaredEnum
from ..core.schema import Unlooked
from ..core.schema import UnlookedColumn
from ..core.tables import TableDifference
from ..core.wording import counted
from ..core.wording import describe
from ..core.wording import is_wrong
from ..core.wording import plain
from ..core.wording import some
from .advice import in_the_way
from .advice import next_command
from .advice import renames
from .lines import Line
from .lines import Report
from .lines import Tone

INSTANT = "instant, no table is rewritten"
_RETIRES = "changes rows while others read and write, no table is rewritten"
NOT_COMPARED = "Nothing was compared"
_MANY = 12


def report(result: Comparison) -> Report:
    """Return what differs, what to do about it, and in the last line whether anything does."""
    body: list[Line] = []
    for schemas, alike in grouped(
        ((result.tenant(one), [*difference(one)]) for one in result.drift),
        _text,
    ):
        body += [*told_once(alike[0], schemas), Line()]
    body += [*_strays(result)]
    for (bind, table), found in result.by_table.items():
        body += [heading(str(table), bind), *map(_table_difference, found), Line()]
    return Report(
        remarks=tuple(map(plain, (*skipped(result.skipped), *left_out(result)))),
        body=tuple(body),
        notes=tuple(map(plain, _notes(result))),
        hints=hints(result),
        last=_last(result),
    )


def _last(result: Comparison) -> Line:
    count, types = len(result.drift), counted(len(result.compared), "enum type")
    tables = len(result.by_table)
    if not result.in_sync:
        strays = len(result.strays_by_place)
        differ = f"{count} of {types} differ{'s' if count == 1 else ''}" if count else ""
        if tables:
            also = f", and so do{'es' if tables == 1 else ''} {counted(tables, 'table')}"
            only = f"{counted(tables, 'table')} differ{'s' if tables == 1 else ''}"
            differ = differ + also if count else only
        if strays:
            rows = f"rows of {counted(strays, 'column')} hold what is no label"
            differ = f"{differ}, and {rows}" if differ else rows
        return Line(
            "Drift", f": {differ}. {next_action(result, hinted=bool(hints(result)))}", "bad"
        )
    found = f"{types} compared, no difference"
    if result.tables is not None:
        found = f"{f'{types} and ' if result.compared else ''}all tables compared, no difference"
    elif not result.compared:
        found = "no enum types"
        if result.undeclared:
            found = "the models declare no enum type"
        elif result.strays is not None and result.unlooked and not result.unread:
            found = "rows hold labels of the models only"
        elif result.compares_nothing:
            return Line(f"{NOT_COMPARED}.", tone="changed")
    left = len(result.unlooked)
    if left and result.strays is None:
        found += f"; {counted(left, 'column')} {'was' if left == 1 else 'were'} not compared"
    return Line("In sync", f": {found}.", "good")


def next_action(result: Comparison, *, hinted: bool = False) -> str:
    """Return what to do next about a difference.

    :param hinted: whether a hint has told two ways to choose from.
    """
    command = next_command(result)
    if not command and result.strays_by_place and not result.drift:
        return "Next: change these rows, or add the labels to the models."
    if not command:
        return "Next: convert the columns in a migration of your own."
    if hinted and command == result.sync:
        return "Next: one of the ways above."
    why, _ = in_the_way(result)
    return f"{why and why + '. '}Next: {command}"


def _notes(result: Comparison) -> Iterator[str]:
    yield from once(
        (result.tenant(state), text) for state in result.enums for text in _of_type(state, result)
    )
    yield from strangers(result)
    if result.unread:
        yield f"the rows of {some(result.unread, 3)} could not be read, or not in time."
    if not result.in_sync and not in_the_way(result)[1]:
        yield from renames(result)
    if result.behind and result.in_sync:
        why, command = in_the_way(result)
        yield f"{why[0].lower()}{why[1:]}; next: {command}"


def _of_type(state: EnumState, result: Comparison) -> Iterator[str]:
    """Yield what to know of a type that is no difference."""
    new = state.missing_columns or ([state.declared] if state.state == NEW else ())
    if new and not state.is_unmade:
        yield left_to_migrate(new, result.command)
    if state.state == UNUSED and state.live and not state.declared:
        yield f"nothing uses the type {state.live.name}; to drop it: {result.sync} --drop-unused"


def strangers(result: Comparison) -> Iterator[str]:
    """Yield the types that migrations make, tables use, and no model that was seen declares."""
    for state in result.undeclared:
        name = state.named.name
        used = [
            f"{c.table.name}.{c.column}" if c.table.schema == name.schema else str(c)
            for c in (state.live.columns if state.live else ())
            if c.holds_rows
        ]
        yield (
            f"{some(used, 3)} use{'s' if len(used) == 1 else ''} {name}, and no model declares it. "
            "Are all models imported?"
        )


def skipped(binds: Sequence[tuple[str, str]]) -> Iterator[str]:
    """Yield the databases in which nothing is to be done."""
    for bind, dialect in binds:
        where = f"the bind {bind}" if bind else "the database"
        why = "whose enums nobody keeps in step"
        if dialect == "sqlite":
            why = "which has no enum types to keep in step"
        yield f"{where} is {dialect}, {why}: skipped."


def not_looked_at(columns: Iterable[UnlookedColumn], command: str = "") -> Iterator[str]:
    """Yield the columns of enums whose labels nobody compares, and why.

    :param command: the name of Flask-Migrate's command group, where rows can be looked at.
    """
    names: dict[tuple[Unlooked, str], list[str]] = {}
    for one in columns:
        names.setdefault((one.why, one.reason), []).append(str(one.column))
    for (why, reason), these in names.items():
        verb = "was" if len(these) == 1 else "were"
        text = f"{some(these, 3)} {verb} not compared: {reason}"
        if why is Unlooked.NAMELESS:
            text += "; give it one: db.Enum(…, name=…)"
        if why is Unlooked.NO_CHECK and command:
            text += f". To look at its rows: flask {command} enum check --rows"
        yield f"{text}."


def left_out(result: Comparison) -> Iterator[str]:
    """Yield what env.py and the settings leave out though somebody may expect it."""
    rows = "" if result.from_migrations or result.strays is not None else result.command
    yield from not_looked_at(result.unlooked, rows)
    for bind in result.unseen:
        yield (
            f"the models of the {f'bind {bind}' if bind else 'default bind'} were not compared: "
            "env.py leaves them out. One that looks at all binds is made by: "
            f"flask {result.command} init --multidb"
        )
    if result.unmatched:
        yield (
            f"the setting include_types names {some([*map(repr, result.unmatched)], 5)}; "
            "neither the models nor the database have such a type."
        )


def left_to_migrate(new: Sequence[DeclaredColumn | DeclaredEnum | None], command: str) -> str:
    """Return which columns are new, or types that models declare without a column."""
    named = (f"the type {one.name}" if isinstance(one, DeclaredEnum) else str(one) for one in new)
    shown = some([*named], 3)
    verb = "exists" if len(new) == 1 else "exist"
    return f"{shown} {verb} only in the models; that is for: flask {command} migrate"


def _text(lines: Sequence[Line]) -> str:
    return "\n".join(map(str, lines))


def told_once(lines: Sequence[Line], schemas: Sequence[str]) -> Iterator[Line]:
    """Yield what is the same in some schemas, below its heading the schemas."""
    if len(schemas) < 2:
        yield from lines
        return
    for number, line in enumerate(lines):
        head, tail = (unqualified(text, schemas[0]) for text in (line.head, line.tail))
        yield Line(head, tail, line.tone)
        if number == 0:
            yield Line(f"  {plain(in_schemas(schemas))}")


def heading(name: str, bind: str) -> Line:
    """Return the line above what is told of a type, or of a table."""
    return Line(plain(name + (f" (bind {bind})" if bind else "")), tone="title")


def difference(state: EnumState) -> Iterator[Line]:
    """Yield what differs about one type."""
    yield heading(str(state.named.name), state.bind)
    if state.declared:
        made = some([cls.path for cls in state.declared.classes], 3)
        used = some(state.declared.places, 3)
        yield Line(plain(f"  {made}, used by {used}" if made else f"  used by {used}"))
    if state.change:
        yield from changes(state.change)
        yield Line(f"  Cost: {plain(_outlook(state))}.")
    for wrong in state.wrong_columns:
        if wrong.conversion:
            text = f"convert {wrong.column} from {wrong.found.type_name} to {wrong.wanted}"
            if wrong.conversion.only_adds_check:
                text = f"{wrong.column} lacks a CHECK: {wrong.wanted}"
            yield Line(f"  ~ {plain(text)}", tone="changed")
        else:
            yield Line(f"  ! {plain(is_wrong(wrong))}", tone="bad")
    conversions = [wrong.conversion for wrong in state.wrong_columns if wrong.conversion]
    converted = dict.fromkeys(str(c.table) for c in conversions if not c.only_adds_check)
    if conversions:
        yield Line(f"  Cost: {plain(_rewrites([*converted]) if converted else INSTANT)}.")
    if state.is_unmade:
        yield Line(f"  ! {plain(unmade(state))}", tone="bad")


def _strays(result: Comparison) -> Iterator[Line]:
    """Yield which values rows hold that are no label of their model."""
    blocks = (
        (
            result.fleet.tenant(None, place.partition(".")[0]),
            [
                heading(place, ""),
                *(Line(f"  ! {plain(stray(one))}", tone="bad") for one in strays),
            ],
        )
        for place, strays in result.strays_by_place.items()
    )
    for schemas, alike in grouped(blocks, _text):
        yield from told_once(alike[0], schemas)
        yield Line()


def stray(one: Stray) -> str:
    """Return what rows hold that is no label."""
    rows = one.rows or 0
    more = " or more" if rows >= LIMIT else ""
    return f"{rows:,}{more} row{' holds' if rows == 1 else 's hold'} {one.value!r}"


_SIGNS: dict[str, tuple[str, Tone]] = {"add": ("+", "added"), "remove": ("-", "bad")}


def _table_difference(one: TableDifference) -> Line:
    sign, tone = _SIGNS.get(one.kind.partition("_")[0], ("~", "changed"))
    return Line(f"  {sign} {plain(one.text)}", tone=tone)


def unmade(state: EnumState) -> str:
    """Return what the models have and no migration makes."""
    columns = some([str(column) for column in state.missing_columns], 3)
    if state.live is None and not state.is_string:
        return "no migration makes the type" + (f", nor {columns}" if columns else "")
    return f"no migration makes {columns}"


def hint(state: EnumState, sync: str) -> str:
    """Return what explains a difference better than itself, and the ways out, or ``""``.

    :param sync: the command that writes the revision.
    """
    return next(iter(other_sides(filter(None, [_changed(state)]), sync)), "")


def hints(result: Comparison) -> tuple[str, ...]:
    """Return what explains differences better than themselves, and what to do instead."""
    return other_sides(filter(None, map(_changed, result.drift)), result.sync)


def _changed(state: EnumState) -> Pair | None:
    if state.change and state.declared and state.live:
        return Pair(state.declared, state.live, state.change.new_name)
    return None


def _outlook(state: EnumState) -> str:
    """Return what the difference will cost, as far as it can be told without a plan."""
    if state.change and state.change.check and state.change.check.name:
        return looks_at([str(state.change.check.table)])
    if not state.change or not state.live or not state.change.replaces_type:
        retires = state.change is not None and state.change.retirements
        return (
            "changes rows while others read and write, no table is rewritten"
            if retires
            else INSTANT
        )
    tables = dict.fromkeys(
        str(c.table) for c in state.live.columns if not c.inherited and c.holds_rows
    )
    if not tables:
        return "the type is replaced, no table is rewritten"
    return _rewrites([*tables])


def looks_at(tables: Sequence[str]) -> str:
    """Return what it costs to change CHECKs."""
    return f"no table is rewritten; looks at the rows of {some(tables, 5)}, while others write"


def _rewrites(tables: Sequence[str]) -> str:
    return f"rewrites {some(tables, 5)} under an ACCESS EXCLUSIVE lock"


def changes(change: AlterEnum) -> Iterator[Line]:
    """Yield a line for each of a type's changes, but for very many."""
    shown = change.changes[:_MANY]
    for single in shown:
        sign, tone = _sign(single)
        yield Line(f"  {sign} {plain(in_short(single))}", tone=tone)
    if len(change.changes) > len(shown):
        yield Line(f"  … and {len(change.changes) - len(shown)} more")


def _sign(change: Change) -> tuple[str, Tone]:
    if isinstance(change, AddValue):
        return "+", "added"
    return ("-", "bad") if isinstance(change, DropValue) else ("~", "changed")


def in_short(change: Change) -> str:
    """Return one change in words, without what is said elsewhere about rows."""
    if isinstance(change, DropValue | RetireValue) and not change.mapped:
        return describe(change).removesuffix("; fails if a row holds it")
    return describe(change)
