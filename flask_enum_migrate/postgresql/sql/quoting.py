"""Quote names and strings for SQL. Nothing else quotes.

What comes out survives Alembic's online and offline modes and both psycopg drivers unchanged,
for any label or name: none of ``%``, ``:word``, backslash or control characters is left bare in a
literal or name, because offline mode doubles ``%``, loses tabs and reads ``:word`` as a parameter.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Sequence
from dataclasses import dataclass
from zlib import crc32

from ...core.schema import Name
from .keywords import KEYWORDS

# enum_in and CREATE TYPE reject labels of NAMEDATALEN bytes and more.
MAX_BYTES = 63

WIDTH = 130
"""So many characters of a list stand on one line."""

LINE = 144
"""So many characters of a block stand on one line: with what it is indented by, 160."""

ASIDE = "__old"
"""What is put behind the name of a type while another one takes its place."""

_PLAIN = re.compile(r"[a-z_][a-z0-9_]*")
_QUOTED_OR_BREAK = re.compile(
    r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|(\$\w*\$)[\s\S]*?\1|--[^\n]*|\n"""  # bodies of routines too
)


def encoded(text: str, encoding: str) -> bytes:
    """Return text as a database keeps it; as UTF-8 where Python knows no such encoding.

    :param encoding: the database's, as PostgreSQL names it:
        https://www.postgresql.org/docs/current/multibyte.html
    :raises UnicodeEncodeError: if the encoding lacks a character.
    """
    try:
        return text.encode(encoding.replace("WIN", "cp").replace("KOI8", "koi8-"))
    except LookupError:
        return text.encode()


def encodable(text: str, encoding: str) -> bool:
    """Return whether a database can keep a text, and so whether a query can name it."""
    try:
        encoded(text, encoding)
    except UnicodeEncodeError:
        return False
    return True


def identifier(name: str) -> str:
    """Quote the name of one object."""
    if _PLAIN.fullmatch(name) and name not in KEYWORDS:
        return name
    quoted = name.replace('"', '""')
    if _is_bare(name):
        return f'"{quoted}"'
    return f'U&"{_escaped(quoted, "{:04x}", "+{:06x}")}"'


def qualified(name: Name) -> str:
    """Quote a name with its schema, where it has one."""
    if not name.schema:
        return identifier(name.name)
    return f"{identifier(name.schema)}.{identifier(name.name)}"


def literal(text: str) -> str:
    """Quote a string."""
    quoted = text.replace("'", "''")
    if _is_bare(text):
        return f"'{quoted}'"
    return f"E'{_escaped(quoted, 'u{:04X}', 'U{:08X}')}'"


def dollar_quoted(body: str) -> str:
    """Quote the body of a block or function, which may hold such a string itself."""
    tag, number = "$$", 0
    while tag in body:
        number += 1
        tag = f"$enum{number}$"
    return f"{tag}{body}{tag}"


@dataclass(frozen=True, slots=True)
class Style:
    """How strings and names are quoted.

    :param literal: quotes a string.
    :param qualified: quotes a name with its schema.
    :param element: quotes an element of an array's text.
    """

    literal: Callable[[str], str]
    qualified: Callable[[Name], str]
    element: Callable[[str], str]


def _element(text: str) -> str:
    return '"' + re.sub(r'(["\\])', r"\\\1", text) + '"'


PORTABLE = Style(literal, qualified, _element)
"""So that it survives Alembic and both drivers, whatever the session's settings are."""


def _deparsed_literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _deparsed_name(name: Name) -> str:
    parts = (name.schema, name.name) if name.schema else (name.name,)
    return ".".join(
        part
        if _PLAIN.fullmatch(part) and part not in KEYWORDS
        else '"' + part.replace('"', '""') + '"'
        for part in parts
    )


def _deparsed_element(text: str) -> str:
    """Quote an element where array_out does."""
    bare = text and text.upper() != "NULL" and not re.search(r'["\\{},\s]', text, re.ASCII)
    return text if bare else _element(text)


DEPARSED = Style(_deparsed_literal, _deparsed_name, _deparsed_element)
"""As PostgreSQL prints them while ``standard_conforming_strings`` is on."""


# What Alembic's offline mode or SQLAlchemy's text() would change. A quote may stand in front.
_CHANGED = re.compile(r"[%\\]|(?<![:\w]):(?=\w)")


def _is_bare(text: str) -> bool:
    return text.isprintable() and not _CHANGED.search(text)


def _escaped(text: str, short: str, long: str) -> str:
    """Return a text with escapes for what would be changed.

    :param short: the escape of a character of the basic plane, behind its backslash.
    :param long: that of any other.
    """
    text = _CHANGED.sub(
        lambda found: "\\\\" if found[0] == "\\" else f"\\{short}".format(ord(found[0])), text
    )
    return "".join(
        char
        if char.isprintable()
        else "\\" + (short if ord(char) <= 0xFFFF else long).format(ord(char))
        for char in text
    )


def indented(sql: str) -> str:
    """Return SQL with all lines but the first further in, and with its quoted texts as they are."""
    return _QUOTED_OR_BREAK.sub(lambda found: found[0] if found[0] != "\n" else "\n    ", sql)


def filled(items: Sequence[str], width: int = WIDTH) -> str:
    """Return a list, on several lines where it is long."""
    lines: list[str] = []
    for item in items:
        if lines and len(lines[-1]) + len(item) < width:
            lines[-1] += f", {item}"
        else:
            lines.append(item)
    return ",\n        ".join(lines)


def sentences(statements: Sequence[str]) -> list[str]:
    """Return short statements side by side on as few lines as hold them."""
    lines: list[str] = []
    for sql in statements:
        if lines and len(lines[-1]) + len(sql) < LINE:
            lines[-1] += f" {sql}"
        else:
            lines.append(sql)
    return lines


def wrapped(sql: str, width: int = LINE) -> str:
    """Return a line of SQL on several ones where it is long, as far as its literals allow.

    It goes on before a keyword or behind a comma, as far out of parentheses as can be.

    :param width: how many characters stand on one line.
    """
    lines: list[str] = []
    indent = " " * (len(sql) - len(sql.lstrip()))
    words = _WORDS.findall(sql)
    while words:
        end = _line_end(words, width - len(indent) - 4 * bool(lines))
        lines.append(" ".join(words[:end]))
        words = words[end:]
    return indent + f"\n{indent}    ".join(lines)


def _line_end(words: Sequence[str], width: int) -> int:
    """Return how many words make a line."""
    length, depth, outermost, end, best = -1, 0, 0, 1, 0
    for number, word in enumerate(words, start=1):
        length += len(word) + 1
        if length > width:
            return best or end
        end = number
        depth += _depth(word)
        may_end = number == len(words) or word.endswith((",", ";")) or _goes_on(words[number])
        level, least = (depth - 1, 0.6) if word.endswith(";") else (depth, 0.85)
        if length > width * least and may_end and (not best or level <= outermost):
            outermost, best = level, number
    return end


def _depth(word: str) -> int:
    bare = _LITERALS.sub("", word)
    return bare.count("(") - bare.count(")")


# What stands between spaces outside of literals and quoted names.
_WORDS = re.compile(r"""(?:'(?:[^']|'')*'|"(?:[^"]|"")*"|[^\s'"])+""")
_LITERALS = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*\"""")
_KEYWORDS = re.compile(
    r"\(*(SELECT|FROM|WHERE|AND|OR|LEFT|CROSS|UNION|ORDER|INTO|CASE|WHEN|ELSE|FILTER|LATERAL"
    r"|USING|RAISE|PERFORM|IF|END|HINT|MESSAGE|\|\|)(?!\w)"
)


def _goes_on(word: str) -> bool:
    return bool(_KEYWORDS.match(word))


def shortened(name: str, suffix: str) -> str:
    """Return a name with a suffix, cut so that PostgreSQL doesn't cut it.

    What is cut leaves a checksum, so that names that only differ there stay different.
    """
    if len((name + suffix).encode()) <= MAX_BYTES:
        return name + suffix
    suffix = f"_{crc32(name.encode()):08x}{suffix}"
    return name.encode()[: MAX_BYTES - len(suffix.encode())].decode(errors="ignore") + suffix


def default_name(name: str, suffix: str) -> str:
    """Return what PostgreSQL calls what has no name: after what it belongs to, cut to fit."""
    room = MAX_BYTES - len(suffix)
    return name.encode()[:room].decode(errors="ignore") + suffix


def regclass(table: Name) -> str:
    """Return a table's name as ``regclass`` takes it: that knows no ``U&"…"``."""
    return literal(DEPARSED.qualified(table))
