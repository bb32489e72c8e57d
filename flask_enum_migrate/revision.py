"""Turn plans into a revision file, by Alembic's own ``command.revision`` with env.py run.

So script.py.mako, file_template, branches, post-write hooks and the app's own
process_revision_directives are honoured, and the multidb template's functions are filled.
"""

from __future__ import annotations

import ast
import contextlib
import io
import os
import tempfile
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import renderers
from alembic.config import Config
from alembic.operations.ops import MigrateOperation
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from jinja2 import ChoiceLoader
from jinja2 import Environment as Jinja
from jinja2 import FileSystemLoader
from jinja2 import PackageLoader
from jinja2 import StrictUndefined
from jinja2 import TemplateError

from .core.errors import RevisionFileError
from .environment import Environment
from .environment import one_line
from .environment import quiet
from .postgresql import ddl
from .postgresql.plan import Direction

TEMPLATE = "enum_revision.py.jinja"


@dataclass(frozen=True, slots=True)
class RevisionOptions:
    """The options of ``flask db revision``.

    :param head: the revision to build on.
    :param splice: whether that revision need not be a head.
    :param branch_label: a label for the branch that begins here.
    :param version_path: the folder to write to.
    :param rev_id: the revision's id, or None for a made one.
    """

    head: str = "head"
    splice: bool = False
    branch_label: str | None = None
    version_path: str | None = None
    rev_id: str | None = None


@dataclass(frozen=True, slots=True)
class Body:
    """The Python source of one bind's two functions, without indentation."""

    upgrade: str
    downgrade: str


@dataclass(frozen=True, slots=True)
class _Statement:
    sql: str
    exact: bool


class Renderer:
    """Write directions as Python source, through the app's own Jinja template if it has one.

    :param directory: the migrations folder, where ``enum_revision.py.jinja`` may lie.
    """

    def __init__(self, directory: Path) -> None:
        jinja = Jinja(
            loader=ChoiceLoader(
                [FileSystemLoader(directory), PackageLoader("flask_enum_migrate", "templates")]
            ),
            undefined=StrictUndefined,
            autoescape=False,
            trim_blocks=False,
        )
        jinja.filters["python"] = python_string
        self._directory = directory
        self._jinja = jinja

    def render(
        self, direction: Direction, notes: Sequence[str], commit: str, refused: str = ""
    ) -> str:
        """Return one function's body.

        :param notes: comments that say what changes.
        :param commit: ``"alembic"``, ``"external"`` or ``"autocommit"``: who holds the transaction.
        :param refused: why the direction can't be done, or ``""``.
        :raises RevisionFileError: if the template fails or doesn't make Python.
        """
        steps = [
            {"comment": _comment(step.comment), "statements": _statements(step.statements)}
            for step in direction.steps
        ]
        data = {
            "notes": [_comment(note) for note in notes],
            "refused": refused,
            "exact": any(ddl.needs_exact(sql) for sql in direction.statements),
            "committing": _statements(direction.committing),
            "steps": steps,
            "commit": commit,
        }
        own = self._directory / TEMPLATE
        try:
            source = self._jinja.get_template(TEMPLATE).render(direction=data)
            ast.parse(source)
        except (TemplateError, SyntaxError) as error:
            raise RevisionFileError(
                f"The template {own if own.exists() else TEMPLATE} fails: {error}.",
                "Compare it with the one in flask_enum_migrate/templates.",
            ) from error
        return source.strip()


def _statements(statements: Sequence[str]) -> list[_Statement]:
    return [_Statement(sql, ddl.needs_exact(sql)) for sql in statements]


def _comment(text: str) -> str:
    """Return a text that stays on its line."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def python_string(text: str) -> str:
    """Return a string as Python source, with a literal of its own for every line.

    Alembic indents the whole body, which would change what stands inside a longer literal.
    """
    lines = [line + "\n" for line in text.split("\n")]
    lines[-1] = lines[-1][:-1]
    if len(lines) == 1:
        return _quoted(text)
    return "\n    " + "\n    ".join(_quoted(line) for line in lines) + "\n"


def _quoted(line: str) -> str:
    body = repr(line)[1:-1]
    if repr(line)[0] == "'":
        body = body.replace("\\'", "'").replace('"', '\\"')
    return f'"{body}"'


class EnumStatements(MigrateOperation):
    """The finished source of one function, as an operation that Alembic renders."""

    def __init__(self, source: str) -> None:
        self.source = source


@renderers.dispatch_for(EnumStatements)
def _render(context: Any, operation: EnumStatements) -> list[str]:
    return [operation.source]


def write(
    environment: Environment, bodies: Mapping[str, Body], message: str, options: RevisionOptions
) -> Path | None:
    """Write the revision.

    :param bodies: by the name that script.py.mako gives a bind's upgrade statements.
    :return: the file, or None if the app's process_revision_directives took it away.
    :raises RevisionFileError: if the file doesn't load or lacks the statements; it is removed.
    """
    return _revision(environment, environment.config(), bodies, message, options)


def _revision(
    environment: Environment,
    config: Config,
    bodies: Mapping[str, Body],
    message: str,
    options: RevisionOptions,
) -> Path | None:
    def fill(context: MigrationContext, revision: Any, directives: list[Any]) -> None:
        body = bodies.get(str(context.opts.get("upgrade_token")))
        if body and directives:
            directives[0].upgrade_ops_list[-1].ops.append(EnumStatements(body.upgrade))
            directives[0].downgrade_ops_list[-1].ops.append(EnumStatements(body.downgrade))

    config.set_main_option("revision_environment", "true")
    folders = _folders(config)
    before = _files(folders)
    try:
        with one_line(environment.directory), quiet(), _no_output():
            script = command.revision(
                config,
                _docstring(message),
                head=options.head,
                splice=options.splice,
                branch_label=options.branch_label,
                version_path=options.version_path,
                rev_id=options.rev_id,
                process_revision_directives=fill,
            )
    except BaseException:
        for path in _files(folders) - before:
            path.unlink(missing_ok=True)
        raise
    scripts = script if isinstance(script, list) else [script]
    paths = [Path(one.path) for one in scripts if one is not None]
    if not paths:
        return None
    if missing := _missing(paths, bodies):
        for path in paths:
            path.unlink(missing_ok=True)
        raise RevisionFileError(
            f"{paths[0].name} lacked the statement {missing!r}, and was removed.",
            f"Does {environment.directory / 'script.py.mako'} print the upgrades and downgrades?",
        )
    return paths[0]


def _folders(config: Config) -> list[Path]:
    script = ScriptDirectory.from_config(config)
    return [Path(path).resolve() for path in script._version_locations]


def _files(folders: Sequence[Path]) -> set[Path]:
    return {path for folder in folders for path in folder.glob("**/*.py")}


@contextlib.contextmanager
def _no_output() -> Iterator[None]:
    """Keep what Alembic and post-write hooks print from standard output, which is for data."""
    with contextlib.redirect_stdout(io.StringIO()):
        yield


def _docstring(message: str) -> str:
    """Return a message that script.py.mako may put into a docstring."""
    encodable = message.encode(errors="replace").decode()
    return encodable.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')


def _missing(paths: Sequence[Path], bodies: Mapping[str, Body]) -> str:
    """Return a string that the files should hold and don't, or ``""``."""
    present = {s for path in paths for s in _strings(path.read_text(encoding="utf-8"))}
    for body in bodies.values():
        for source in (body.upgrade, body.downgrade):
            for string in _strings(source):
                if string not in present:
                    return string
    return ""


def _strings(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            for argument in node.args:
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    yield argument.value


def offline_sql(
    environment: Environment, bodies: Mapping[str, Body], message: str, options: RevisionOptions
) -> str:
    """Return what ``flask db upgrade --sql`` would print for the revision, writing nothing.

    The revision is written to a temporary version location and forgotten.
    """
    with tempfile.TemporaryDirectory() as folder:
        config = environment.config()
        locations = [*map(str, _folders(config)), folder]
        config.set_main_option("version_path_separator", "os")
        config.set_main_option("path_separator", "os")
        config.set_main_option("version_locations", os.pathsep.join(locations).replace("%", "%%"))
        config.file_config.remove_section("post_write_hooks")
        options = RevisionOptions(
            options.head, options.splice, options.branch_label, folder, options.rev_id
        )
        if _revision(environment, config, bodies, message, options) is None:
            return ""
        revision = next(
            one
            for one in ScriptDirectory.from_config(config).walk_revisions()
            if Path(one.path).parent == Path(folder)
        )
        down = revision.down_revision or "base"
        output = io.StringIO()
        config.output_buffer = output
        with one_line(environment.directory), quiet(), contextlib.chdir(folder):
            # The multidb template writes a file for each bind into the working directory.
            command.upgrade(
                config,
                f"{down if isinstance(down, str) else down[0]}:{revision.revision}",
                sql=True,
            )
            for file in sorted(Path().glob("*.sql")):
                text = file.read_text(encoding="utf-8")
                if text.strip():
                    output.write(f"-- bind: {file.stem or 'default'}\n\n{text}")
        return output.getvalue()
