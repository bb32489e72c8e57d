"""Lists of labels in expressions that PostgreSQL deparsed, as of a CHECK."""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Mapping

from ...core.schema import Name
from . import quoting
from .expressions import decode
from .expressions import elements
from .expressions import portable
from .expressions import type_name

Gone = Mapping[Name, Mapping[str, str | None]]
"""By type the labels that no row will hold, each with the one that takes its place, or None."""

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


_NAME = r'(?:"(?:[^"]|"")*"|[\w$.])+'
_OPAQUE = rf"""{_LITERAL}|(?P<tag>\$\w*\$).*?(?P=tag)|"(?:[^"]|"")*\""""
_COMPARED = re.compile(
    r"(?<= )(?:(?:= ANY|<> ALL) \(|(?:<@|&&) )"  # not >= ANY
    rf"(?:ARRAY(?P<open>\[)|(?P<text>{_LITERAL})::(?P<type>{_NAME})\[\])|{_OPAQUE}",
    re.DOTALL,
)
_BESIDE = re.compile(rf"(?P<more>[(\[])|(?P<less>[)\]])|(?P<comma>, )|{_OPAQUE}", re.DOTALL)
_ELEMENT = re.compile(rf"(?P<text>{_LITERAL})::(?P<type>{_NAME})", re.DOTALL)
_ARRAY_CONSTANT = re.compile(rf"(?P<text>{_LITERAL})(?P<cast>::(?P<type>{_NAME})\[\])", re.DOTALL)
_PLAIN_ARRAY = re.compile(r'\{(?:"(?:[^"\\]|\\.)*"|[^{}"])*\}', re.DOTALL)
_PLAIN_ELEMENT = re.compile(r'"(?:[^"\\]|\\.)*"|[^{},"]+', re.DOTALL)


def without(sql: str, gone: Gone) -> str:
    """Return an expression whose lists of labels lack those that no row will hold.

    Such a list is an array that a value is compared with by ``= ANY`` or ``<> ALL``, or an array by
    ``<@`` or ``&&``. An element that equals nothing makes no difference there, nor to NULL, as long
    as another one is left: a list of nothing else stays.

    :param sql: an expression deparsed with an empty search path.
    """
    output: list[str] = []
    position = 0
    for found in _COMPARED.finditer(sql):
        if found.start() < position:  # inside of a list
            continue
        if found["open"]:
            start, end = found.end("open"), _end(sql, found.end("open"))
            listed = ", ".join(_kept(sql[start:end], gone)) or sql[start:end]
        elif found["text"]:
            start, end = found.span("text")
            text = array_without(decode(found["text"]), gone.get(type_name(found["type"]), {}))
            listed = sql[start:end] if text == "{}" else quoting.DEPARSED.literal(text)
        else:
            continue
        output += [sql[position:start], listed]
        position = end
    return "".join([*output, sql[position:]])


def array_default(sql: str, gone: Gone) -> str:
    """Return a default that is an array without elements that go.

    :param sql: the default, deparsed with an empty search path.
    """
    if found := _ARRAY_CONSTANT.fullmatch(sql):
        text = array_without(decode(found["text"]), gone.get(type_name(found["type"]), {}))
        return quoting.DEPARSED.literal(text) + found["cast"]
    if sql.startswith("ARRAY[") and _end(sql, 6) == len(sql) - 1:
        kept = _kept(sql[6:-1], gone)
        return f"ARRAY[{', '.join(kept)}]" if kept else sql
    return sql


def _end(sql: str, start: int) -> int:
    """Return where an array ends, by where its first element begins."""
    depth = 0
    for found in _BESIDE.finditer(sql, start):
        depth += bool(found["more"]) - bool(found["less"])
        if depth < 0:
            return found.start()
    return len(sql)


def _split(listed: str) -> Iterator[str]:
    """Yield the elements of an array."""
    depth = start = 0
    for found in _BESIDE.finditer(listed):
        depth += bool(found["more"]) - bool(found["less"])
        if found["comma"] and not depth:
            yield listed[start : found.start()]
            start = found.end()
    yield listed[start:]


def _kept(listed: str, gone: Gone) -> list[str]:
    """Return the elements of an array without those that go."""
    parts = list(_split(listed))
    kept: list[str] = []
    for element in parts:
        found = _ELEMENT.fullmatch(element)
        labels = gone.get(type_name(found["type"]), {}) if found else {}
        if not found or (label := decode(found["text"])) not in labels:
            kept.append(element)
        elif (becomes := labels[label]) is not None:
            new = f"{quoting.DEPARSED.literal(becomes)}::{found['type']}"
            kept += [new] if new not in (*parts, *kept) else []
    return kept


def array_without(text: str, labels: Mapping[str, str | None]) -> str:
    """Return an array of one dimension, as PostgreSQL prints it, without elements that go.

    :param labels: the labels that go, each with the one that takes its place, or None.
    """
    if not _PLAIN_ARRAY.fullmatch(text):
        return text
    found = _PLAIN_ELEMENT.findall(text[1:-1])
    kept: list[str] = []
    for element in found:
        label = elements(f"{{{element}}}")[0]
        if element == "NULL" or label not in labels:
            kept.append(element)
        elif (becomes := labels[label]) is not None:
            new = quoting.DEPARSED.element(becomes)
            kept += [new] if new not in (*found, *kept) else []
    return f"{{{','.join(kept)}}}"
