"""Follow labels and type names through SQL expressions that PostgreSQL deparsed.

PostgreSQL prints an enum constant as a literal followed by ``::`` and the type's name, and an
array constant likewise; with an empty search path all names are schema-qualified.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from itertools import pairwise
from itertools import zip_longest

from ...core.schema import Name
from . import quoting

_TOKEN = re.compile(
    r"""
    (?P<literal> [eE]'(?:[^'\\]|\\.|'')*' | '(?:[^']|'')*' )
  | (?P<body> (?P<tag> \$\w*\$ ) .*? (?P=tag) )
  | (?P<cast> :: \s* (?P<type> {part} (?: \. {part} )? ) (?P<array> (?: \[\] )* ) )
  | (?P<quoted> "(?:[^"]|"")*" )
    """.format(part=r'(?: "(?:[^"]|"")+" | [A-Za-z_\x80-\U0010ffff]\w* )'),
    re.VERBOSE | re.DOTALL,
)
_PART_OF_NAME = r'(?:"(?:[^"]|"")+"|[A-Za-z_\x80-\U0010ffff]\w*)'
_QUALIFIED = re.compile(
    r"""(?<![\w$."])[eE]'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'"""
    r"""|(?P<tag>\$\w*\$).*?(?P=tag)"""
    rf"""|(?<![\w$."])(?P<name>{_PART_OF_NAME}\.{_PART_OF_NAME})(?![\w$".]|\s*\()""",
    re.DOTALL,
)
_CONSTANT = re.compile(
    r"""(?P<literal>[eE]'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*')::(?:[\w\s$.(),\[\]]|"[^"]*")+""",
    re.DOTALL,
)
_ESCAPE = re.compile(r"\\(?:u([0-9A-F]{4})|U([0-9A-F]{8})|(.))", re.DOTALL)
_PART = re.compile(r'"((?:[^"]|"")+)"|([^."]+)')
_ELEMENT = re.compile(r'"(?:[^"\\]|\\.)*"|[^{},"]+', re.DOTALL)
_RANGE = re.compile(r'[\[(](?:"(?:[^"\\]|""|\\.)*"|[^"\])])*[\])]', re.DOTALL)
_FIELD = re.compile(r'"((?:[^"\\]|""|\\.)*)"|([^,"]+)', re.DOTALL)


@dataclass(frozen=True, slots=True)
class TypeChange:
    """What becomes of one enum type in an expression.

    :param new_name: its name afterwards.
    :param labels: old label to new label or None for NULL; labels not named stay as they are.
    :param removed: labels that go, and that no constant of it may hold but by way of ``labels``;
        None for those that :func:`follow` is given.
    """

    new_name: Name
    labels: Mapping[str, str | None] = field(default_factory=dict)
    removed: Collection[str] | None = None


@dataclass(frozen=True, slots=True)
class Followed:
    """An expression after its labels followed a change.

    :param sql: the expression, or None where it became just NULL.
    :param lost: removed labels that it still names where they can't be followed.
    """

    sql: str | None
    lost: tuple[str, ...] = ()


def follow(
    sql: str,
    changes: Mapping[Name, TypeChange],
    removed: Collection[str] = (),
    style: quoting.Style = quoting.PORTABLE,
) -> Followed:
    """Rewrite the constants and casts of some enum types in an expression.

    The body of a routine stays as it is: it is text to PostgreSQL, which a rename in place doesn't
    change either.

    :param sql: an expression deparsed with an empty search path.
    :param changes: what becomes of each type, by its schema-qualified name.
    :param removed: labels that no other literal may hold.
    :param style: how literals and names are written.
    """
    tokens = list(_TOKEN.finditer(sql))
    output: list[str] = []
    lost: list[str] = []
    position = 0
    for token, following in zip_longest(tokens, tokens[1:]):
        output.append(sql[position : token.start()])
        position = token.end()
        text = token.group()
        if token["cast"] and (change := changes.get(type_name(token["type"]))):
            text = f"::{style.qualified(change.new_name)}{token['array']}"
        elif token["body"]:
            lost.extend(follow(text[len(token["tag"]) : -len(token["tag"])], changes, removed).lost)
        elif token["literal"]:
            cast = following if following and following.start() == token.end() else None
            target = changes.get(type_name(cast["type"])) if cast and cast["cast"] else None
            value = decode(text)
            if target and cast:
                named = elements(value) if cast["array"] else [value]
                gone = removed if target.removed is None else target.removed
                lost.extend(e for e in named if e in gone and e not in target.labels)
            if target and cast and cast["array"]:
                text = style.literal(follow_array(value, target.labels, style))
            elif target:
                becomes = target.labels.get(value, value)
                text = "NULL" if becomes is None else style.literal(becomes)
            elif value in removed or any(e in removed for e in elements(value)):
                lost.append(value)
        output.append(text)
    output.append(sql[position:])
    result = "".join(output)
    is_constant = len(tokens) == 2 and (tokens[0].start(), tokens[1].end()) == (0, len(sql))
    is_null = is_constant and result.startswith("NULL::")
    return Followed(None if is_null else result, tuple(dict.fromkeys(lost)))


def rename(sql: str, names: Mapping[Name, Name], style: quoting.Style = quoting.PORTABLE) -> str:
    """Rewrite the names of types in a statement, wherever they stand.

    :param sql: a statement in which they are schema-qualified; what stands in literals and in the
        bodies of routines stays.
    :param names: the old names with the new ones.
    :param style: how names are written.
    """

    def renamed(match: re.Match[str]) -> str:
        new = names.get(type_name(match["name"])) if match["name"] else None
        return style.qualified(new) if new else match.group()

    return _QUALIFIED.sub(renamed, sql) if names else sql


def portable(sql: str) -> str:
    """Return SQL with strings that mean the same whatever ``standard_conforming_strings`` says.

    :param sql: deparsed where it is on: PostgreSQL then prints backslashes as they are.
    """

    def escaped(token: re.Match[str]) -> str:
        text = token.group()
        plain = token["literal"] and text[0] not in "eE" and "\\" in text
        return "E" + text.replace("\\", "\\\\") if plain else text

    return _TOKEN.sub(escaped, sql)


def decode(literal: str) -> str:
    """Return the text of an SQL string literal, as PostgreSQL deparses it or we write it."""
    if literal[0] not in "eE":
        return literal[1:-1].replace("''", "'")

    def unescaped(match: re.Match[str]) -> str:
        code = match[1] or match[2]
        return chr(int(code, 16)) if code else match[3]

    return _ESCAPE.sub(unescaped, literal[2:-1].replace("''", "'"))


def constant(sql: str) -> str | None:
    """Return the text of a constant, like ``'a'::character varying``, or None if it is more."""
    found = _CONSTANT.fullmatch(sql)
    return decode(found["literal"]) if found else None


def type_name(text: str) -> Name:
    """Return the name of a type that PostgreSQL printed, without its quotes."""
    parts = [quoted.replace('""', '"') if quoted else bare for quoted, bare in _PART.findall(text)]
    return Name(parts[0], parts[1]) if len(parts) > 1 else Name("", parts[0])


def elements(array: str) -> list[str]:
    """Return the elements of an array literal's text, or nothing where it isn't one."""
    if not (array.startswith(("{", "[")) and array.endswith("}")):
        return []
    return [_element(m.group()) for m in _ELEMENT.finditer(array[array.index("{") :])]


def _element(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1], flags=re.DOTALL) if text[0] == '"' else text


def constants(sql: str, types: Collection[Name]) -> Iterator[str]:
    """Yield the texts of the constants of some types, and of arrays of them, in an expression."""
    tokens = list(_TOKEN.finditer(sql))
    for token, cast in pairwise(tokens):
        if not (token["literal"] and cast["cast"] and cast.start() == token.end()):
            continue
        if type_name(cast["type"]) in types:
            yield decode(token["literal"])


def parts(value: str) -> Iterator[str]:
    """Yield all texts inside of a row, range, multirange or array, as PostgreSQL prints them."""
    if value.startswith("[") and value.endswith("}"):  # an array with other bounds
        value = value[value.index("{") :]
    if value.startswith("{") and value.endswith("}"):
        found = [_element(m.group()) for m in _ELEMENT.finditer(value)]
        found += _RANGE.findall(value)  # in a multirange they stand without quotes
    elif value.startswith(("(", "[")) and value.endswith((")", "]")):
        found = [
            bare or re.sub(r'""|\\(.)', lambda m: m[1] or '"', quoted, flags=re.DOTALL)
            for quoted, bare in _FIELD.findall(value[1:-1])
        ]
    else:
        return
    for text in found:
        yield text
        yield from parts(text)


def follow_array(
    array: str, labels: Mapping[str, str | None], style: quoting.Style = quoting.PORTABLE
) -> str:
    """Return an array literal's text with its labels followed."""
    start = array.index("{")

    def replaced(match: re.Match[str]) -> str:
        text = match.group()
        label = _element(text)
        if text == "NULL" or label not in labels:
            return text
        becomes = labels[label]
        if becomes is None:
            return "NULL"
        return style.element(becomes)

    return array[:start] + _ELEMENT.sub(replaced, array[start:])


def end_of(definition: str, pattern: re.Pattern[str]) -> int:
    """Return where a part of a definition begins that is text, and no expression.

    :param pattern: what it begins with, as a group ``end``; what it matches otherwise is passed
        over, as are literals and quoted names.
    """
    quoted = r"""[eE]'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|"""
    found = re.compile(quoted + pattern.pattern, pattern.flags | re.DOTALL).finditer(definition)
    return next((match.start() for match in found if match["end"]), len(definition))
