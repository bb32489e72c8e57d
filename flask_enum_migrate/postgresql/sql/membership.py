"""Lists of labels in expressions that PostgreSQL deparsed, as of a CHECK."""

from __future__ import annotations

import re

from ...core.schema import Name
from . import quoting
from .expressions import decode
from .expressions import elements
from .expressions import portable

_LITERAL = r"(?:[eE]'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*')"
_TYPE = r'(?:::(?:"(?:[^"]|"")*"|[\w $.()])+)+'
_MEMBER = re.compile(rf"(?P<literal>{_LITERAL}){_TYPE}", re.DOTALL)
_LIST = rf"\(?{_LITERAL}{_TYPE}(?:, \(?{_LITERAL}{_TYPE})*"
_ANY = rf"= ANY \(\(?ARRAY\[(?P<list>{_LIST})\]\)?(?:::[\w ]+\[\])?\)"
_ARRAY = rf"<@ ARRAY\[(?P<array>{_LIST})\]"
_WHOLE = rf"= ANY \((?P<whole>{_LITERAL}){_TYPE}\[\]\)|<@ (?P<part>{_LITERAL}){_TYPE}\[\]"
_ONE = rf"= (?P<one>{_LITERAL}){_TYPE}?"
_CHECK = re.compile(
    r"CHECK \(\((?P<value>.+?) "
    rf"(?:{_ANY}|{_ARRAY}|{_WHOLE}|{_ONE})\)\)(?P<end>(?: NO INHERIT)?(?: NOT VALID)?)",
    re.DOTALL,
)


def written(definition: str, column: str) -> str:
    """Return such a CHECK as it has to be written for PostgreSQL to print it as it did.

    It prints the list of a varchar as an array that is cast as a whole, and reads that otherwise.
    """
    labels = allowed(definition, column) if "])::text[]" in definition else None
    if labels is None:
        return portable(definition)
    listed = ", ".join(map(quoting.literal, labels))
    found = _CHECK.fullmatch(definition)
    end = found["end"] if found else ""
    # IN would take an operator for varchars that somebody put into the search path.
    among = f"OPERATOR(pg_catalog.=) ANY (ARRAY[{listed}]::varchar[])"
    return f"CHECK ({quoting.identifier(column)} {among}){end}"


def allowed(definition: str, column: str) -> tuple[str, ...] | None:
    """Return the labels of a CHECK that says no more than which ones a column may hold.

    :param definition: the constraint, deparsed with an empty search path.
    :param column: the column's name, or ``"VALUE"`` of a domain.
    :return: the labels in order, or None where it is any other CHECK.
    """
    found = _CHECK.fullmatch(definition)
    name = column if column == "VALUE" else quoting.DEPARSED.qualified(Name("", column))
    cast = rf"\(*{re.escape(name)}\)?(?:::[\w ]+(?:\[\])?\)?)?"
    if not found or not re.fullmatch(cast, found["value"]):
        return None
    if literal := found["whole"] or found["part"]:
        return tuple(elements(decode(literal)))
    if found["one"]:
        return (decode(found["one"]),)
    members = _MEMBER.finditer(found["list"] or found["array"])
    return tuple(decode(member["literal"]) for member in members)
