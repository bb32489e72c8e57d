"""Write the statements of a plan as the Python source of a revision's functions."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from textwrap import wrap

from jinja2 import BaseLoader
from jinja2 import ChoiceLoader
from jinja2 import Environment as Jinja
from jinja2 import FileSystemLoader
from jinja2 import PackageLoader
from jinja2 import StrictUndefined

from ..core.errors import RevisionFileError
from ..core.plan import Direction
from ..core.plan import Pace

TEMPLATE = "enum_revision.py.jinja"
RETIRING = "retirement.py.jinja"
IMPORT = "import sqlalchemy as sa"
_COMMENT = 154
"""So wide is a comment: with its sign and as far in as it is, 160."""


@dataclass(frozen=True, slots=True)
class Body:
    """The Python source of one bind's two functions, without indentation.

    :param functions: the functions that these call, for the end of the file, or ``""``.
    """

    upgrade: str
    downgrade: str
    functions: str = ""


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands around a direction's statements.

    :param commit: ``"alembic"``, ``"external"`` or ``"autocommit"``: who holds the transaction.
    :param notes: comments that say what changes.
    :param refused: why the direction can't be done, or ``""``.
    :param elsewhere: what databases without enum types do instead, as lines of Python.
    :param part: whether other statements stand beside it in the function.
    """

    commit: str
    notes: Sequence[str] = ()
    refused: str = ""
    elsewhere: Sequence[str] = ()
    part: bool = False


@dataclass(frozen=True, slots=True)
class _Statement:
    sql: str
    exact: bool


def _jinja(*first: BaseLoader) -> Jinja:
    jinja = Jinja(
        loader=ChoiceLoader([*first, PackageLoader("flask_enum_migrate.revision")]),
        undefined=StrictUndefined,
        autoescape=False,
    )
    jinja.filters["python"] = python_string
    return jinja


@cache
def _shipped() -> Jinja:
    """Return the package's own templates, which are compiled once."""
    return _jinja()


class Renderer:
    """Write directions as Python source, through the app's own Jinja template if it has one.

    :param directory: the migrations folder, where ``enum_revision.py.jinja`` may lie.
    """

    def __init__(self, directory: Path) -> None:
        own = any((directory / name).is_file() for name in (TEMPLATE, RETIRING))
        self._directory = directory
        self._jinja = _jinja(FileSystemLoader(directory)) if own else _shipped()

    def render(self, direction: Direction, frame: Frame) -> str:
        """Return one function's body, or a part of it.

        :raises RevisionFileError: if the template fails, makes no Python or leaves statements out.
        """
        steps = [
            {"comment": _comment(step.comment), "statements": _statements(step.statements)}
            for step in direction.steps
        ]
        in_steps = [sql for step in direction.steps for sql in step.statements]
        made = direction.retirements
        retiring = bool(direction.refusing or made)
        data = {
            "notes": [line for note in frame.notes for line in _comment_lines(note)],
            "refused": frame.refused,
            "exact": any(
                map(
                    needs_exact,
                    (
                        *direction.checks,
                        *direction.validating,
                        *(() if retiring else direction.committing),
                        *in_steps,
                    ),
                )
            ),
            "refusing": _statements(direction.refusing),
            "briefly": [(one.relation, sql) for one in made for sql in one.brief],
            "retirements": [one for one in made if one.constraints],
            "functions": self.functions([direction]) if retiring and frame.part else "",
            "retiring": retiring,
            "checks": _statements(direction.checks),
            "validating": _statements(direction.validating),
            "committing": _statements(direction.committing),
            "steps": steps,
            "commit": frame.commit,
            "part": frame.part,
            "elsewhere": frame.elsewhere,
        }
        try:
            source = self._jinja.get_template(TEMPLATE).render(direction=data).strip()
            present = set(texts(source))
        except Exception as error:  # a template may raise anything
            raise self._failed(f"fails: {type(error).__name__}: {error}") from error
        for needed in (frame.refused,) if frame.refused else _texts(direction):
            if _text(needed) not in present:
                raise self._failed(f"leaves out a statement: {needed!r}")
        return source

    def functions(self, directions: Sequence[Direction]) -> str:
        """Return the functions that retirements call, or ``""`` if nothing is retired."""
        needed = [sql for one in directions if one.retirements for sql in _texts(one)]
        if not needed:
            return ""
        tags = (f"${name}{number or ''}$" for number in range(99) for name in ("do", "sql"))
        free = (tag for tag in tags if not any(tag in sql for sql in needed))
        template = self._jinja.get_template(RETIRING)
        pace = next(one.pace for one in directions if one.retirements)
        return template.render(pace=_Pace.of(pace), tag=next(free), inner=next(free)).strip()

    def _failed(self, how: str) -> RevisionFileError:
        own = self._directory / TEMPLATE
        return RevisionFileError(
            f"The template {own if own.exists() else TEMPLATE} {how}.",
            f"Compare it with flask_enum_migrate/revision/templates/{TEMPLATE}.",
        )


def _texts(direction: Direction) -> Iterator[str]:
    """Yield all that the source of a direction has to hold."""
    yield from (*direction.refusing, *direction.committing)
    for one in direction.retirements:
        yield from (*one.brief, *filter(None, (one.change, one.where)), *one.after)
        yield from (text for constraint in one.constraints for text in constraint)
    yield from (sql for step in direction.steps for sql in step.statements)


@dataclass(frozen=True, slots=True)
class _Pace:
    lock_timeout: str
    pause: str

    @classmethod
    def of(cls, pace: Pace) -> _Pace:
        """Write times as the functions read them."""
        time = pace.lock_timeout or "0"
        # Without a unit it is milliseconds to PostgreSQL's settings, and seconds to its intervals.
        return cls(time if time[-1:].isalpha() else f"{time}ms", f"{pace.pause:g}")


def uses_sqlalchemy(source: str) -> bool:
    """Return whether Python source needs ``import sqlalchemy as sa``.

    :raises SyntaxError: if it isn't Python.
    """
    return any(isinstance(n, ast.Name) and n.id == "sa" for n in ast.walk(ast.parse(source)))


def strings(source: str) -> Iterator[str]:
    """Yield every string in Python source.

    :raises SyntaxError: if it isn't Python.
    """
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def texts(source: str) -> Iterator[str]:
    """Yield every string in Python source, without the white space around its lines.

    Alembic and templates indent what is triple-quoted with the code around it.

    :raises SyntaxError: if it isn't Python.
    """
    yield from map(_text, strings(source))


def _text(string: str) -> str:
    return "\n".join(line.strip() for line in string.strip().split("\n"))


def python_string(text: str) -> str:
    """Return a string as Python source.

    SQL of several lines stands as it is read, indented with the code around it: that changes white
    space between words only. What holds a literal over several lines, or a character that Python
    would take for something else, gets a literal of its own for every line.
    """
    first, *others = text.split("\n")
    if not others:
        return quoted(text)
    if _may_be_indented(text):
        raw = "r" if "\\" in text else ""
        lines = [f"    {line}".rstrip() for line in (first, *others)]
        end = "" if lines[-1][-1:] in (";", ")", "$") or lines[-1][-1:].isalnum() else "\n"
        return f'{raw}"""\n' + "\n".join(lines) + f'{end}"""'
    lines = [f"{line}\n" for line in (first, *others[:-1])] + [others[-1]]
    return "\n    " + "\n    ".join(map(quoted, lines)) + "\n"


# What white space is part of, or hides such: literals, quoted names, comments.
_QUOTED = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*""")


def _may_be_indented(sql: str) -> bool:
    """Return whether the lines of a statement mean the same further in, as Python has them too."""
    # A DO block without any other body inside: those of routines stay as they are.
    one_body = "$" not in sql or (sql.startswith("DO ") and sql.count("$") == 4)
    whole = not any("\n" in found[0] for found in _QUOTED.finditer(sql))
    plain = all(line.isprintable() for line in sql.split("\n")) and '"""' not in sql
    return one_body and whole and plain


def quoted(line: str) -> str:
    """Return a string as one literal of Python, in double quotes."""
    body = repr(line)[1:-1]
    if repr(line)[0] == "'":
        body = body.replace("\\'", "'").replace('"', '\\"')
    return f'"{body}"'


def _statements(statements: Sequence[str]) -> list[_Statement]:
    return [_Statement(sql, needs_exact(sql)) for sql in statements]


def _comment(text: str) -> str:
    """Return a text that stays on its line, and that UTF-8 can hold."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _comment_lines(text: str) -> list[str]:
    """Return a text on as many lines as it takes."""
    return wrap(_comment(text), _COMMENT, break_long_words=False, break_on_hyphens=False)


def needs_exact(sql: str) -> bool:
    """Return whether Alembic's offline mode or ``text()`` would change a statement."""
    return bool(re.search(r"[%\t\r]|(?<![:\w\\]):\w|\\:", sql))
