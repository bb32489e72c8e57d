"""Write a revision as Alembic's ``command.revision`` does, with env.py run.

So script.py.mako, file_template, branches, post-write hooks and the app's own
process_revision_directives are honoured, and the multidb template's functions are filled.
"""

from __future__ import annotations

import ast
import contextlib
import io
import os
import re
import tempfile
import traceback
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace
from pathlib import Path
from typing import Any

from alembic.autogenerate import renderers
from alembic.autogenerate.api import RevisionContext
from alembic.config import Config
from alembic.operations.ops import MigrateOperation
from alembic.runtime.migration import MigrationContext
from alembic.runtime.migration import MigrationStep
from alembic.script import Script
from alembic.script import ScriptDirectory
from alembic.util import CommandError

from ..app.driver_errors import masked
from ..app.environment import Environment
from ..app.environment import quiet
from ..core.errors import Refusal
from ..core.errors import Refused
from ..core.errors import RevisionFileError
from ..core.errors import SettingError
from .source import IMPORT
from .source import Body as Body
from .source import Renderer as Renderer
from .source import texts
from .source import uses_sqlalchemy

# It becomes part of a file's name, of SQL and of Python, and VARCHAR(32) in alembic_version.
# Alembic reads no file whose name begins with __init__.
_REVISION_ID = re.compile(r"(?!__init__)[A-Za-z0-9_][A-Za-z0-9_.]{0,31}")
_SYMBOLS = {"base", "head", "heads", "current"}


@dataclass(frozen=True, slots=True)
class RevisionOptions:
    """The options of ``flask db revision``.

    :param head: the revision to build on.
    :param splice: whether that revision need not be a head.
    :param branch_label: a label for the branch that begins here.
    :param version_path: the folder to write to.
    :param rev_id: the revision's id, or None for a made one.
    :raises SettingError: for an id that Alembic or the database can't keep.
    """

    head: str = "head"
    splice: bool = False
    branch_label: str | None = None
    version_path: str | None = None
    rev_id: str | None = None

    def __post_init__(self) -> None:
        given = self.rev_id
        if given is not None and (given in _SYMBOLS or not _REVISION_ID.fullmatch(given)):
            raise SettingError(
                f"--rev-id {given!r} can't be a revision's id: up to 32 letters, digits, '_' and "
                "'.', and none of Alembic's own words.",
                "Leave it out, or give another one: --rev-id 0a1b2c3d4e5f",
            )


class EnumStatements(MigrateOperation):
    """The finished source of one function, as an operation that Alembic renders."""

    def __init__(self, source: str) -> None:
        self.source = source


@renderers.dispatch_for(EnumStatements)
def _render(context: Any, operation: EnumStatements) -> list[str]:
    return [operation.source]


def by_token(bodies: Iterable[tuple[str, Body]]) -> dict[str, Body]:
    """Gather bodies by the name that script.py.mako gives a bind's upgrade statements.

    An env.py that loops over tenants' schemas runs all of them through the same function.

    :raises Refused: if one name would need different bodies.
    """
    gathered: dict[str, Body] = {}
    for token, body in bodies:
        # Comments may differ: they tell sizes, and names with their schemas.
        first = gathered.setdefault(token, body)
        if first is not body and _all_strings(first) != _all_strings(body):
            raise Refused(
                (
                    Refusal(
                        "env.py runs one migration in several schemas, which would need "
                        "different statements.",
                        "Set ENUM_MIGRATE_QUALIFY = False to leave the schema out of names, if "
                        "the search path says which is meant. Where that is done, one of them has "
                        "other labels than the rest: enum check says which.",
                    ),
                )
            )
    return gathered


def write(
    environment: Environment, bodies: Mapping[str, Body], message: str, options: RevisionOptions
) -> Path | None:
    """Write the revision.

    :param bodies: by the name that script.py.mako gives a bind's upgrade statements.
    :return: the file, or None if the app's process_revision_directives took it away.
    :raises RevisionFileError: if the file can't be made, doesn't load or lacks the statements;
        the folders are then as they were.
    """
    config = environment.config()
    scripts = _generate(environment, config, bodies, message, options)
    return Path(scripts[0].path) if scripts else None


def offline_sql(
    environment: Environment, bodies: Mapping[str, Body], message: str, options: RevisionOptions
) -> str | None:
    """Return what ``flask db upgrade --sql`` would print for the revision, writing nothing.

    The revision is written to a temporary version location and forgotten.

    :return: the script, or None if the app's process_revision_directives took it away.
    """
    heads = environment.script.get_heads()
    with tempfile.TemporaryDirectory() as folder:
        config = environment.config()
        _redirect(config, folder)
        options = replace(options, version_path=folder)
        scripts = _generate(environment, config, bodies, message, options)
        if not scripts:
            return None
        config.output_buffer = output = io.StringIO()
        directory = ScriptDirectory.from_config(config)

        def upgrade(revisions: Any, context: MigrationContext) -> list[MigrationStep]:
            return [
                MigrationStep.upgrade_from_script(
                    directory.revision_map, directory.get_revision(script.revision)
                )
                for script in scripts
            ]

        with contextlib.chdir(folder):
            environment.run(
                upgrade,
                config,
                directory,
                as_sql=True,
                starting_rev=heads,
                destination_rev=scripts[-1].revision,
            )
            return output.getvalue() + "".join(_written_scripts(Path()))


def _redirect(config: Config, folder: str) -> None:
    """Let Alembic know a further version location, and leave the app's hooks out."""
    locations = os.pathsep.join([*map(str, _folders(config)), folder])
    for key in ("version_path_separator", "path_separator"):  # Alembic 1.16 renamed it
        config.set_main_option(key, "os")
    config.set_main_option("version_locations", locations.replace("%", "%%"))
    # Older Alembic makes no folders that the app's template may name.
    config.set_main_option("file_template", "%%(rev)s")
    config.file_config.remove_section("post_write_hooks")


def _written_scripts(folder: Path) -> Iterator[str]:
    """Yield what the multidb template wrote: a file for each bind into the working directory."""
    for file in sorted(folder.glob("*.sql")):
        if text := file.read_text(encoding="utf-8").strip():
            bind = file.name.removesuffix(".sql")
            yield f"-- bind: {bind or '(default)'}\n\n{text}\n\n"


def _generate(
    environment: Environment,
    config: Config,
    bodies: Mapping[str, Body],
    message: str,
    options: RevisionOptions,
) -> list[Script]:
    """Do what ``alembic.command.revision`` does, but touch no database and leave no broken file."""

    def fill(context: MigrationContext, revision: Any, directives: list[Any]) -> None:
        body = bodies.get(str(context.opts.get("upgrade_token")))
        if body and directives:
            directives[0].upgrade_ops_list[-1].ops.append(EnumStatements(body.upgrade))
            directives[0].downgrade_ops_list[-1].ops.append(EnumStatements(body.downgrade))
            if _uses_sqlalchemy(body) and IMPORT not in template:
                directives[0].imports.add(IMPORT)

    def collect(revisions: Any, context: MigrationContext) -> list[MigrationStep]:
        made.run_no_autogenerate(revisions, context)
        return []

    mako = environment.directory / "script.py.mako"
    template = mako.read_text(encoding="utf-8") if mako.exists() else ""
    directory = ScriptDirectory.from_config(config)
    arguments = {
        "message": _docstring(message),
        "autogenerate": False,
        "sql": False,
        "head": options.head,
        "splice": options.splice,
        "branch_label": options.branch_label,
        "version_path": options.version_path,
        "rev_id": options.rev_id,
        "depends_on": None,
    }
    made = RevisionContext(config, directory, arguments, process_revision_directives=fill)
    environment.run(
        collect,
        config,
        directory,
        dont_mutate=True,
        template_args=made.template_args,
        revision_context=made,
    )
    with _all_or_nothing(_folders(config)) as before:
        _require_unknown(directory, [one.rev_id for one in made.generated_revisions])
        with _file_errors(mako), quiet():
            scripts = [script for script in made.generate_scripts() if script is not None]
        paths = [Path(script.path) for script in scripts]
        for path in paths:
            if path.resolve() in before:
                raise RevisionFileError(
                    f"{path} exists already.",
                    "Give another message, or a file_template with %%(rev)s in it.",
                )
        functions = next((body.functions for body in bodies.values() if body.functions), "")
        for path in paths if functions else ():
            _append(path, functions)
        if paths and (statement := _missing(paths, bodies)):
            raise RevisionFileError(
                f"{paths[0].name} lacked the statement {statement!r}, and was removed.",
                f"Does {mako} print ${{upgrades}} and ${{downgrades}}? Or does a post-write hook "
                "or process_revision_directives take them away?",
            )
        for script in scripts:
            if not hasattr(script.module, "sa") and any(map(_uses_sqlalchemy, bodies.values())):
                raise RevisionFileError(
                    f"{Path(script.path).name} lacked the line {IMPORT!r}, and was removed.",
                    f"Put it into {mako}, below: from alembic import op",
                )
    return scripts


def _append(path: Path, functions: str) -> None:
    """Write functions to the end of a revision that calls them."""
    source = path.read_text(encoding="utf-8")
    called = {node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)}
    if called & {"run_committed", "briefly", "retire"}:
        path.write_text(f"{source.rstrip()}\n\n\n{functions}\n", encoding="utf-8")


def _folders(config: Config) -> list[Path]:
    script = ScriptDirectory.from_config(config)
    return [Path(path).resolve() for path in script._version_locations]


@contextlib.contextmanager
def _all_or_nothing(folders: Sequence[Path]) -> Iterator[Mapping[Path, bytes]]:
    """Yield the revision files that there are, and bring them back if the block fails."""

    def files() -> Iterator[Path]:
        return (path for folder in folders for path in folder.rglob("*.py"))

    before = {path: path.read_bytes() for path in files()}
    try:
        yield before
    except BaseException:
        for path in list(files()):
            if path not in before:
                path.unlink()
        for path, content in before.items():
            if not path.exists() or path.read_bytes() != content:
                path.write_bytes(content)
        raise


def _require_unknown(directory: ScriptDirectory, revisions: Iterable[str | None]) -> None:
    known = {script.revision: script.path for script in directory.walk_revisions()}
    for revision in revisions:
        if revision in known:
            raise RevisionFileError(
                f"The revision {revision!r} exists already: {known[revision]}.",
                "Leave --rev-id out, or give another one.",
            )


@contextlib.contextmanager
def _file_errors(mako: Path) -> Iterator[None]:
    """Say what is to blame for a file that can't be made or loaded."""
    try:
        yield
    except Exception as error:
        cause: BaseException = error
        files = [Path(frame.filename).name for frame in traceback.extract_tb(error.__traceback__)]
        if "write_hooks.py" in files:
            fact = "A post-write hook failed, and the revision was removed"
            action = f"See [post_write_hooks] in {mako.parent / 'alembic.ini'}."
        elif isinstance(error, OSError) and Path(str(error.filename)) != mako:
            fact, action = "The revision can't be written", "Mend that, and run it again."
        elif "template_to_file" in _functions(error):
            # Alembic names a temporary file; what happened is the exception before.
            if isinstance(error, CommandError):
                cause = error.__context__ or error
            fact, action = f"The template {mako} fails", "No revision can be made from it."
        elif isinstance(error, CommandError):
            raise RevisionFileError(f"{masked(str(error))}.".replace("..", ".")) from error
        else:
            fact = f"The revision made from {mako} doesn't load, and was removed"
            action = "Does it hold anything that is no Python?"
        said = f"{type(cause).__name__}: {masked(str(cause))}"
        raise RevisionFileError(f"{fact}: {said}.", action) from error


def _functions(error: BaseException) -> list[str]:
    return [frame.name for frame in traceback.extract_tb(error.__traceback__)]


def _docstring(message: str) -> str:
    """Return a message that script.py.mako may put into a docstring."""
    text = message.replace("\x00", "").encode(errors="replace").decode()
    text = text.replace("\\", "\\\\")
    for quotes in ('"""', "'''"):
        text = text.replace(quotes, "".join(f"\\{quote}" for quote in quotes))
    if text.endswith(('"', "'")) and not text.endswith(('\\"', "\\'")):
        text = f"{text[:-1]}\\{text[-1]}"
    return text


def _missing(paths: Sequence[Path], bodies: Mapping[str, Body]) -> str:
    """Return a string that the files should hold and don't, or ``""``."""
    present = {s for path in paths for s in texts(path.read_text(encoding="utf-8"))}
    needed = (string for body in bodies.values() for string in _all_strings(body))
    return next((string for string in needed if string not in present), "")


def _uses_sqlalchemy(body: Body) -> bool:
    return uses_sqlalchemy(body.upgrade) or uses_sqlalchemy(body.downgrade)


def _all_strings(body: Body) -> list[str]:
    return [*texts(body.upgrade), *texts(body.downgrade)]
