"""Read the labels of a CHECK, and write the CHECK for labels, as PostgreSQL prints it.

No parser is trusted: the literals are taken out of a definition and put back into each known shape,
and it is read only where the very same text comes out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

from ..sql.quoting import DEPARSED

_LITERAL = re.compile(r"'((?:[^']|'')*)'")


@dataclass(frozen=True, slots=True)
class Shape:
    """What a definition looks like apart from its labels.

    :param type: the column's type as literals are cast to it: ``character varying``, ``text``.
    :param nullable: whether it begins with ``column IS NULL OR``.
    :param restored: whether each literal is cast by itself, as after a restore from pg_dump, or a
        change of the column's width.
    """

    type: str
    nullable: bool = False
    restored: bool = False


VARYING = Shape("character varying")
VARYING = Shape("character varying")
TYPES = ("character varying", "text", "bpchar")


def definition(column: str, labels: Sequence[str], shape: Shape) -> str:
    """Return what ``pg_get_constraintdef`` prints, with ``standard_conforming_strings`` on.

    :param column: the column's name, quoted as the server quotes it.
    """
    varying = shape.type == "character varying"
    cast = "text" if varying else shape.type
    operand = f"({column})::text" if varying else column
    literals = [DEPARSED.literal(label) for label in labels]
    if len(labels) == 1:
        test = f"({operand} = {literals[0]}::{cast})"
    elif shape.restored:
        array = ", ".join(f"({one}::{shape.type})::text" for one in literals)
        test = f"({operand} = ANY (ARRAY[{array}]))"
    else:
        array = "ARRAY[" + ", ".join(f"{one}::{shape.type}" for one in literals) + "]"
        test = f"({operand} = ANY ({f'({array})::text[]' if varying else array}))"
    if shape.nullable:
        test = f"(({column} IS NULL) OR {test})"
    return f"CHECK ({test})"


def read(column: str, text: str) -> tuple[tuple[str, ...], Shape] | None:
    """Return the labels that a definition allows and its shape, or None if it isn't a plain list.

    :param column: the column's name, quoted as the server quotes it.
    :param text: the definition, without ``NOT VALID`` and the like behind it.
    """
    # An apostrophe in the column's name begins no label; inside of labels they are doubled.
    listed = text.replace(column, "") if "'" in column else text
    labels = tuple(one.replace("''", "'") for one in _LITERAL.findall(listed))
    if not labels or len({*labels}) != len(labels):
        return None
    for type_ in TYPES:
        for nullable, restored in product((False, True), (False, True)):
            shape = Shape(type_, nullable, restored)
            if definition(column, labels, shape) == text:
                return labels, shape
    return None
