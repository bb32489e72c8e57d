"""Changes in words: for a revision's comments and message, and for the terminal."""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence

from .alter_column_type import AlterColumnType
from .alter_enum import AlterEnum
from .changes import AddValue
from .changes import BringBackValue
from .changes import Change
from .changes import CreateType
from .changes import DropType
from .changes import DropValue
from .changes import RenameType
from .changes import RenameValue
from .changes import ReorderValues
from .changes import RetireValue
from .changes import SetSchema
from .changes import WidenColumn
from .pairing import WrongColumn
from .schema import Name
from .schema import TableSize

_LONGEST_MESSAGE = 120


def plain(text: str) -> str:
    """Return a text on one line, in which no name or label can steer the terminal."""
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )


def bare(label: str) -> str:
    """Return a label as it is, or in quotes where it could be taken for something else."""
    simple = label.isprintable() and label and not set(label) & set(" ,'\"")
    return label if simple else repr(label)


def some(items: Sequence[str], most: int) -> str:
    """Return the first items, and how many more there are."""
    more = f" and {len(items) - most} more" if len(items) > most else ""
    return ", ".join(items[:most]) + more


def listed(items: Sequence[str], most: int, word: str = "and") -> str:
    """Return the first items as one says them, and how many more there are.

    :param word: what stands before the last one.
    """
    if len(items) > most or len(items) < 2:
        return some(items, most)
    return f"{', '.join(items[:-1])} {word} {items[-1]}"


def counted(number: int, noun: str) -> str:
    """Return a number with its noun in the singular or plural."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def describe_all(
    changes: Iterable[AlterEnum], shown: Callable[[Name], Name] = lambda name: name
) -> Iterator[str]:
    """Yield a line for every change of every type.

    :param shown: gives a type's name as it is to be written.
    """
    for change in changes:
        for single in change.changes:
            yield f"{shown(change.name)}: {describe(single)}."


def describe_conversions(
    conversions: Iterable[AlterColumnType],
    creates: Iterable[CreateType] = (),
    shown: Callable[[Name], Name] = lambda name: name,
) -> Iterator[str]:
    """Yield a line for every type that is created and every column that gets another type."""
    for create in creates:
        yield f"{shown(create.name)}: {describe_created(create)}."
    for change in conversions:
        yield f"{shown(change.table)}.{change.column}: {describe_conversion(change, shown)}."


def describe_conversion(
    change: AlterColumnType, shown: Callable[[Name], Name] = lambda name: name
) -> str:
    """Return in words what becomes of a column.

    :param shown: gives a type's name as it is to be written.
    """
    old, new = (
        f"{shown(type_.enum)}{'[]' if type_.array else ''}" if type_.enum else str(type_)
        for type_ in (change.old, change.new)
    )
    parts = [f"convert from {old} to {new}"]
    if change.only_adds_check and change.new.check:
        labels = _listed(change.new.labels)
        parts = [f"add the CHECK {change.new.check.name}, which allows {labels}"]
    if change.only_drops_check and change.old.check:
        parts = [f"drop the CHECK {change.old.check.name}"]
    for value, label in change.mapping.items():
        parts.append(f"{value!r} becomes {'NULL' if label is None else repr(label)}")
    if change.new.is_enum:
        parts.append("fails if a row holds another value")
    if change.wraps and change.array:
        parts.append("fails if a row holds no single one")
    return "; ".join(parts)


def is_wrong(wrong: WrongColumn) -> str:
    """Return which type a column has, and which it should have."""
    return f"{wrong.column} is {wrong.found.type_name} in the database, not {wrong.wanted}"


def unread(change: AlterColumnType) -> str:
    """Return in words that no one could look at a column's values."""
    return (
        f"could not tell what rows of {change} hold; the migration refuses if one holds what is no "
        f"label of {change.new}."
    )


def describe_created(create: CreateType) -> str:
    """Return in words which type is created."""
    return f"create the type as {_listed(create.labels)}"


def _listed(labels: Sequence[str]) -> str:
    return ", ".join(map(repr, labels[:8])) + (", …" if len(labels) > 8 else "")


def describe(change: Change) -> str:
    """Return one change in words."""
    match change:
        case AddValue(label, None):
            return f"add {label!r} as the first label"
        case AddValue(label, after):
            return f"add {label!r} after {after!r}"
        case RenameValue(label, new_label):
            return f"rename {label!r} to {new_label!r}"
        case DropValue(label, mapped, becomes):
            return f"remove {label!r}; {_rows(mapped, becomes)}"
        case RetireValue(label, mapped, becomes, columns):
            where = f" on {some(columns, 3)}" if columns else ""
            return f"retire {label!r}{where}; {_rows(mapped, becomes)}"
        case BringBackValue(label):
            return f"bring back {label!r}"
        case ReorderValues(labels):
            return f"reorder to {_listed(labels)}"
        case RenameType(_, new_name):
            return f"rename the type to {new_name!r}"
        case SetSchema(_, new_schema):
            return f"move the type to the schema {new_schema!r}"
        case WidenColumn(width, new_width):
            return f"widen the column from {width} to {new_width} characters"


def _rows(mapped: bool, becomes: str | None) -> str:
    """Return in words what becomes of rows that hold a label which they may hold no more."""
    if not mapped:
        return "fails if a row holds it"
    return f"rows that hold it become {'NULL' if becomes is None else repr(becomes)}"


def message_for(
    changes: Iterable[AlterEnum],
    drops: Iterable[DropType] = (),
    conversions: Iterable[AlterColumnType] = (),
) -> str:
    """Return a message for a revision: letters, digits, spaces, commas and underscores only."""
    parts = []
    names = []
    for change in changes:
        verbs = []
        if change.name.schema != change.new_name.schema:
            verbs.append(f"move {change.name.name} to {change.new_name.schema}")
        if change.name.name != change.new_name.name:
            verbs.append(f"rename {change.name.name} to {change.new_name.name}")
        types = len(verbs)
        if change.added:
            verbs.append("add " + ", ".join(add.label for add in change.added))
        verbs += [f"rename {old} to {new}" for old, new in change.renames.items()]
        if change.removed:
            verbs.append("remove " + ", ".join(drop.label for drop in change.removed))
        if change.retirements:
            verbs.append("retire " + ", ".join(one.label for one in change.retirements))
        if change.brought_back:
            verbs.append("bring back " + ", ".join(one.label for one in change.brought_back))
        if change.reordered:
            verbs.append("reorder")
        if not verbs:
            verbs.append(f"widen {change.new_name.name}")
            types += 1
        labels = f" in {change.new_name.name}" if len(verbs) > types else ""
        parts.append(", ".join(verbs) + labels)
        names.append(change.new_name.name)
    for conversion in conversions:
        new = conversion.new.enum.name if conversion.new.enum else "a string"
        place = f"{conversion.table.name} {conversion.column}"
        one = f"convert {place} to {new}"
        parts.append(f"add a CHECK to {place}" if conversion.only_adds_check else one)
        names.append(f"{conversion.table.name} {conversion.column}")
    for drop in drops:
        parts.append(f"drop {drop.name.name}")
        names.append(drop.name.name)
    message = ", ".join(dict.fromkeys(parts))
    if len(message) > _LONGEST_MESSAGE:
        message = "change " + ", ".join(dict.fromkeys(names))
    words = " ".join(re.sub(r"[^\w ,]", " ", message).split())[:_LONGEST_MESSAGE]
    return words[:1].upper() + words[1:]


def cost(rewritten: Iterable[Name], rebuilt: Sequence[str], sizes: Mapping[Name, TableSize]) -> str:
    """Return what a function rewrites, and creates again."""
    told = f"rewrites {some(sized(rewritten, sizes), 5)} under an ACCESS EXCLUSIVE lock"
    return f"{told}, and creates {some(rebuilt, 5)} again." if rebuilt else f"{told}."


def sized(tables: Iterable[Name], sizes: Mapping[Name, TableSize]) -> list[str]:
    """Return tables with their sizes, where these are known."""
    return [
        f"{table} ({human_size(sizes[table].total)})" if table in sizes else str(table)
        for table in tables
    ]


def human_size(size: int) -> str:
    """Return bytes as ``pg_size_pretty`` would put them, in powers of 1,024."""
    value, unit = float(size), "bytes"
    for larger in ("kB", "MB", "GB", "TB"):
        if value < 1024:
            break
        value, unit = value / 1024, larger
    return f"{value:.0f} {unit}" if value >= 10 or unit == "bytes" else f"{value:.1f} {unit}"
