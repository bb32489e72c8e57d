"""The ``USING`` clauses that turn values of the old type into values of the new one."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence

from ...core.schema import Name
from .quoting import LINE
from .quoting import identifier
from .quoting import indented
from .quoting import literal
from .quoting import qualified
from .quoting import wrapped

_LEAF = 8
_CLAUSE = 8
"""So far in a CASE may stand."""
# A simple CASE would take an operator of the type that somebody put into the search path.
_EQUALS = "OPERATOR(pg_catalog.=)"


def through_text(column: str, new_type: str) -> str:
    """Return the ``USING`` of a column of rows or ranges, whose text stays the same.

    A label that has no place in the new type fails with 22P02.
    """
    return f"{identifier(column)}::text::{new_type}"


def text_of(column: str, *, enum: bool, array: bool = False) -> str:
    """Return the text of a column's values.

    That of an enum is its label, though somebody may have made a cast of the type to text.

    :param enum: whether it is of an enum type.
    :param array: whether it holds arrays.
    """
    value = identifier(column)
    return (
        f"pg_catalog.{'array' if array else 'enum'}_out({value})::text"
        if enum
        else f"{value}::text"
    )


def texts_of(column: str, *, enum: bool) -> str:
    """Return the texts of the elements of arrays, as :func:`text_of` says, as an array."""
    return (
        f"({text_of(column, enum=True, array=True)})::text[]"
        if enum
        else f"{identifier(column)}::text[]"
    )


def single_element(column: str, *, enum: bool) -> str:
    """Return the text of the only element of an array, NULL where it has none or several.

    :param enum: whether it is an array of an enum type.
    """
    elements = texts_of(column, enum=enum)
    count = f"pg_catalog.cardinality({elements})"
    element = f"({elements})[pg_catalog.array_lower({elements}, 1)]"
    # An element of an array of arrays is NULL.
    return f"CASE WHEN {count} = 1 THEN {element} END"


def one_or_many(
    table: Name,
    column: str,
    new_type: Name,
    pairs: Mapping[str, str | None],
    *,
    enum: bool,
    array: bool,
) -> str:
    """Return the ``USING`` that makes each value an array of itself, or an array its only element.

    NULL stays NULL. An array without a single element fails as :func:`to_enum` says.

    :param enum: whether it is of an enum type before.
    :param array: whether it is an array before.
    """
    text = text_of(column, enum=enum, array=array)
    value = f"({single_element(column, enum=enum)})" if array else text
    converted = _to_enum(table, column, value, text, new_type, pairs)
    if array:
        return converted
    # As text: for arrays of the type somebody may have put an operator into the search path.
    return f"nullif(ARRAY[{converted}]::text, '{{NULL}}')::{qualified(new_type)}[]"


def to_enum(
    table: Name,
    column: str,
    new_type: Name,
    pairs: Mapping[str, str | None],
    *,
    enum: bool,
    array: bool,
) -> str:
    """Return the ``USING`` that makes a string, or another enum, one of an enum's labels.

    A value without a place in it fails with 22P02, and in a scalar column with a text that names
    table, column and value; NULL stays.

    :param pairs: each known text, and the label it becomes or None for NULL.
    :param enum: whether it is of an enum type before.
    """
    if array:
        moved = {text: label for text, label in pairs.items() if text != label}
        return f"{_replaced(texts_of(column, enum=enum), moved)}::{qualified(new_type)}[]"
    text = text_of(column, enum=enum)
    return _to_enum(table, column, text, text, new_type, pairs)


def _to_enum(
    table: Name,
    column: str,
    value: str,
    shown: str,
    new_type: Name,
    pairs: Mapping[str, str | None],
) -> str:
    """Return the CASE that makes a text one of an enum's labels.

    :param value: the text, as SQL.
    :param shown: the text of what the column holds, as SQL.
    """
    new = qualified(new_type)
    moved = {text: label for text, label in pairs.items() if text != label}
    same = ", ".join(literal(text) for text in pairs if text not in moved)
    # In parentheses: no setting matters, as it does where rows and ranges go through their text.
    whens = [f"WHEN {value} IN ({same}) THEN ({value})::{new}"] if same else []
    for text, label in moved.items():
        becomes = "NULL" if label is None else f"{literal(label)}::{new}"
        whens.append(f"WHEN {value} = {literal(text)} THEN {becomes}")
    why = f", which is no label of {new_type}; nothing was changed"
    otherwise = f"({_refusal(table, column, why, shown)})::{new}"
    return _case(whens, otherwise) if whens else otherwise


def to_text(column: str, pairs: Mapping[str, str | None], *, array: bool) -> str:
    """Return the ``USING`` that makes labels their text.

    :param pairs: each label, and the text it becomes.
    """
    moved = {label: text for label, text in pairs.items() if text != label}
    if array:
        return _replaced(texts_of(column, enum=True), moved)
    value = text_of(column, enum=True)
    if not moved:
        return value
    whens = "".join(
        f"    WHEN {literal(label)} THEN {'NULL' if text is None else literal(text)}\n"
        for label, text in moved.items()
    )
    return f"CASE {value}\n{whens}    ELSE {value}\nEND"


def constant(text: str, type_: str) -> str:
    """Return a constant of a type, as SQL."""
    return f"{literal(text)}::{type_}"


def cast(expression: str, new_type: str) -> str:
    """Return an expression cast to a type, as SQL."""
    return f"({expression})::{new_type}"


def convert_scalar(
    table: Name,
    column: str,
    old_type: Name,
    new_type: Name,
    pairs: Mapping[str, str | None],
    *,
    domain: bool = False,
) -> str:
    """Return the ``USING`` of a scalar column: a CASE over its labels.

    Measured faster than a cast through text. Its ELSE keeps NULL and, for a label that has no
    place in the new type, fails with 22P02 and a text that names table, column and label.

    :param pairs: each label of the old type, in its order, that has one to become.
    :param domain: whether the column has a domain over the type, which enum operators don't take.
    """
    value = identifier(column)
    if domain:
        value = f"{value}::{qualified(old_type)}"
    otherwise = f"({_refusal(table, column)})::{qualified(new_type)}"

    def when(label: str) -> str:
        return f"WHEN {value} {_EQUALS} {literal(label)} THEN {_or_null(pairs[label])}"

    def case(labels: Sequence[str]) -> str:
        if len(labels) <= _LEAF:
            return _case([when(label) for label in labels], otherwise) if labels else otherwise
        middle = len(labels) // 2
        low, high = (indented(case(half)) for half in (labels[:middle], labels[middle:]))
        below = f"{value} OPERATOR(pg_catalog.<) {literal(labels[middle])}"
        return f"CASE WHEN {below}\n    THEN {low}\n    ELSE {high}\nEND"

    return case(list(pairs))


def convert_others(
    table: Name,
    column: str,
    old_type: Name,
    new_type: Name,
    mapping: Mapping[str, str | None],
    refused: Sequence[str],
    *,
    domain: bool = False,
) -> str:
    """Return the ``USING`` of a scalar column where all labels stay but some, whatever they are.

    Through the text, a quarter slower than :func:`convert_scalar`: a constant of a type has to be
    one of its labels.

    :param mapping: removed labels to the labels that rows get.
    :param refused: removed labels without one: the statement fails with 22P02 if a row holds one.
    :param domain: whether the column has a domain over the type.
    """
    value = identifier(column)
    if domain:
        value = f"({value}::{qualified(old_type)})"
    new = qualified(new_type)
    whens = [
        f"WHEN {value}::text {_EQUALS} {literal(label)} THEN {_or_null(becomes)}"
        for label, becomes in mapping.items()
    ]
    otherwise = f"({_refusal(table, column)})::{new}"
    whens += [
        f"WHEN {value}::text {_EQUALS} {literal(label)} THEN {otherwise}" for label in refused
    ]
    # In parentheses: see above.
    return _case(whens, f"({value}::text)::{new}")


def _case(whens: Sequence[str], otherwise: str) -> str:
    parts = [*whens, f"ELSE {otherwise} END"]
    return "\n".join(["CASE", *(wrapped(f"    {part}", LINE - _CLAUSE) for part in parts)])


def _or_null(label: str | None) -> str:
    return "NULL" if label is None else literal(label)


def convert_array(
    table: Name,
    column: str,
    new_type: Name,
    mapping: Mapping[str, str | None],
    refused: Sequence[str],
) -> str:
    """Return the ``USING`` of an array column of any dimension.

    :param mapping: removed labels to the labels that elements get.
    :param refused: removed labels without one: the statement fails if an element holds one.
    """
    new, value = qualified(new_type), identifier(column)
    # As strings: a label that was added and is not committed yet could not be compared with.
    elements = _replaced(f"{value}::text[]", mapping)
    if not refused:
        return f"{elements}::{new}[]"
    gone = ", ".join(literal(label) for label in refused)
    return (
        f"CASE WHEN {value}::text[] OPERATOR(pg_catalog.&&) ARRAY[{gone}]\n"
        f"    THEN ARRAY[{_refusal(table, column)}]::{new}[]\n"
        f"    ELSE {elements}::{new}[]\n"
        "END"
    )


TAKEN_AWAY = ", a label this revision takes away"
"""How the message of a row ends that holds what it may not hold afterwards."""


def _refusal(table: Name, column: str, why: str = TAKEN_AWAY, shown: str = "") -> str:
    holds = literal(f"{table}.{column} holds ")
    shown = shown or f"{identifier(column)}::text"
    return f"{holds} || quote_literal({shown}) || {literal(why)}"


def _replaced(elements: str, mapping: Mapping[str, str | None]) -> str:
    for label, becomes in mapping.items():
        other = "NULL" if becomes is None else literal(becomes)
        elements = f"pg_catalog.array_replace({elements}, {literal(label)}, {other})"
    return elements
