"""The file that ``sync`` writes: Alembic's templates, options and hooks, and the app's own."""

from __future__ import annotations

import ast
import re
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate.rewriter import Rewriter
from alembic.operations import ops
from alembic.operations.ops import MigrationScript
from alembic.runtime.migration import MigrationContext
from alembic.script import write_hooks

from tests.project import Project

MODELS = """
class Job(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    state = db.Column(db.Enum(*labels, name="state"))
"""


def labels(*names: str) -> dict[str, list[str]]:
    return {"labels": list(names)}


@pytest.fixture
def changed(one_project: Project) -> Project:
    """A project whose models have one label more than the database."""
    one_project.start(MODELS, **labels("a", "b"))
    one_project.models(MODELS, **labels("a", "b", "c"))
    return one_project


def configure(project: Project, section: str, **options: str) -> None:
    """Set options of alembic.ini, as a person would edit it."""
    ini = project.migrations / "alembic.ini"
    text = ini.read_text()
    lines = "".join(f"{key} = {value}\n" for key, value in options.items())
    header = f"[{section}]\n"
    if header in text:
        ini.write_text(text.replace(header, header + lines))
    else:
        ini.write_text(f"{text}\n{header}{lines}")


def mako(project: Project, *replacements: tuple[str, str]) -> None:
    path = project.migrations / "script.py.mako"
    text = path.read_text()
    for old, new in replacements:
        assert old in text
        text = text.replace(old, new)
    path.write_text(text)


def own_directives(project: Project, process: Any) -> None:
    """Give Migrate a ``process_revision_directives``, and an env.py that takes it.

    In an env.py of older Flask-Migrate it would clash with the one that env.py itself gives.
    """
    env = project.migrations / "env.py"
    text = env.read_text()
    if "**conf_args" not in text:
        own = "process_revision_directives=process_revision_directives,"
        assert own in text
        env.write_text(text.replace(own, ""))
    project.migrate_options = {"process_revision_directives": process}
    project.models(MODELS, **labels("a", "b", "c"))


def files(project: Project) -> dict[Path, bytes]:
    """Return what lies in the migrations folder."""
    return {
        path: path.read_bytes()
        for path in project.folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def refuses_to_write(project: Project, *args: str, exit_code: int = 2) -> str:
    """Run ``sync``, check that it leaves every file as it was, and return its last words."""
    before = files(project)
    result = project.sync(*args, expect=exit_code)
    assert files(project) == before
    assert not result.stdout
    return result.stderr


def test_default_template(changed: Project) -> None:
    changed.sync("-m", "Add c")
    tree = ast.parse(changed.revision())
    assert (ast.get_docstring(tree) or "").startswith("Add c\n")
    imported = {
        alias.name for n in ast.walk(tree) if isinstance(n, ast.Import) for alias in n.names
    }
    assert imported == {"sqlalchemy"}
    assert "flask_enum_migrate" not in changed.revision()
    assert [path for path in changed.revisions() if path.name.endswith("_add_c.py")]
    changed.db("upgrade")
    assert changed.labels("state") == ["a", "b", "c"]


def test_message_is_made_from_the_changes(changed: Project) -> None:
    changed.sync()
    assert (ast.get_docstring(ast.parse(changed.revision())) or "").startswith("Add c in state\n")


def test_typed_template(changed: Project) -> None:
    mako(
        changed,
        ("def upgrade():", "def upgrade() -> None:"),
        ("def downgrade():", "def downgrade() -> None:"),
        ('"""${message}', "from __future__ import annotations\n'''${message}"),
        ('Create Date: ${create_date}\n\n"""', "Create Date: ${create_date}'''"),
    )
    changed.sync("-m", "it's '''quoted'''")
    assert "def upgrade() -> None:\n    # ###" in changed.revision()
    changed.db("upgrade")
    assert changed.labels("state") == ["a", "b", "c"]


def test_template_that_needs_arguments_of_env_py(changed: Project) -> None:
    env = changed.migrations / "env.py"
    text = env.read_text()
    connection = "connection=connection,"
    assert connection in text
    env.write_text(text.replace(connection, f'{connection} template_args={{"team": "billing"}},'))
    mako(changed, ("Create Date:", "Team: ${team.upper()}\nCreate Date:"))
    changed.sync()
    assert "Team: BILLING" in changed.revision()


def test_template_without_upgrades(changed: Project) -> None:
    mako(changed, ('${upgrades if upgrades else "pass"}', "pass"))
    said = refuses_to_write(changed)
    assert "lacked the statement" in said
    assert "script.py.mako" in said


def test_template_without_downgrades(one_project: Project) -> None:
    one_project.start(MODELS, **labels("a", "b"))
    one_project.models(MODELS, **labels("a"))
    mako(one_project, ('${downgrades if downgrades else "pass"}', "pass"))
    assert "ADD VALUE" in refuses_to_write(one_project)


def test_template_that_makes_no_python(changed: Project) -> None:
    mako(changed, ("def upgrade():", "def upgrade(:"))
    said = refuses_to_write(changed)
    assert "script.py.mako doesn't load" in said
    assert "SyntaxError" in said


def test_template_that_fails(changed: Project) -> None:
    mako(changed, ("${message}", "${message} ${1 // 0}"))
    said = refuses_to_write(changed)
    assert "script.py.mako fails: ZeroDivisionError" in said


def test_template_that_is_no_mako(changed: Project) -> None:
    mako(changed, ("${message}", "${message} ${1 +}"))
    said = refuses_to_write(changed)
    assert "script.py.mako fails: SyntaxException" in said


MESSAGES = [
    """She said "hi", it's '''fine''' and \"\"\"more\"\"\"""",
    'ends with a quote"',
    "ends with another'",
    '"',
    '""""',
    "C:\\new\\table\\",
    "${x} {{ y }} {% raw %} <% z %> ## no comment",
    "100% %s %(x)s %%",
    "two\nlines\n\n% for x in y:\n## kept",
    "tab\tand :colon and 😀 ünïcode \u2028 \x07",
    "!?",
]


@pytest.mark.parametrize("message", MESSAGES)
def test_messages(changed: Project, message: str) -> None:
    changed.sync("-m", message)
    docstring = ast.literal_eval(
        ast.unparse(next(n for n in ast.walk(ast.parse(changed.revision())) if _is_string(n)))
    )
    assert docstring.startswith(f"{message}\n\nRevision ID: ")
    changed.db("upgrade")
    assert changed.labels("state") == ["a", "b", "c"]


def _is_string(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


@pytest.mark.parametrize("message", ['ends with a quote"', '"both"', "it's'", "back\\"])
def test_message_right_before_the_closing_quotes(changed: Project, message: str) -> None:
    mako(changed, ('"""${message}\n', '"""${message}"""\n"""\n'))
    changed.sync("-m", message)
    assert ast.get_docstring(ast.parse(changed.revision())) == message


def test_message_that_is_no_unicode(changed: Project) -> None:
    changed.sync("-m", "half \ud800 a pair, \x00 NUL")
    changed.db("upgrade")
    assert changed.labels("state") == ["a", "b", "c"]


def test_file_template_and_timezone(changed: Project) -> None:
    configure(changed, "alembic", file_template="%%(year)d_%%(slug)s", timezone="UTC")
    changed.sync("-m", "Add c")
    [path] = [path for path in changed.revisions() if path.name.endswith("_add_c.py")]
    assert re.fullmatch(r"\d{4}_add_c\.py", path.name)
    assert re.search(r"Create Date: .*\+00:00", path.read_text())


def test_a_file_that_can_not_be_written(changed: Project) -> None:
    configure(changed, "alembic", file_template="%%(rev)s" + "x" * 300)
    said = changed.sync(expect=2).stderr
    assert "Nothing was written: The revision can't be written: OSError: " in said
    assert "File name too long" in said
    assert said.endswith("Mend that, and run it again.\n")


def test_file_template_with_folders(changed: Project) -> None:
    configure(
        changed,
        "alembic",
        file_template="%%(year)d/%%(month).2d/%%(rev)s",
        recursive_version_locations="true",
    )
    result = changed.db("enum", "sync", "--rev-id", "c0ffee", expect=None)
    if result.exit_code:  # an older Alembic can't do it either, where the folder isn't there yet
        with pytest.raises(FileNotFoundError):
            changed.db("revision")
        (changed.migrations / "versions" / f"{datetime.now():%Y/%m}").mkdir(parents=True)
        result = changed.db("enum", "sync", "--rev-id", "c0ffee")
    [path] = (changed.migrations / "versions").glob("2*/*/c0ffee.py")
    assert str(path) in result.stdout
    changed.db("upgrade")
    assert changed.labels("state") == ["a", "b", "c"]
    changed.models(MODELS, **labels("a", "b", "c", "d"))
    assert "ADD VALUE" in changed.sync("--sql").stdout
    mako(changed, ("def upgrade():", "def upgrade(:"))
    assert "doesn't load" in refuses_to_write(changed)
    changed.db("enum", "sync", "--sql", expect=2)


def test_file_that_exists_is_kept(changed: Project) -> None:
    configure(changed, "alembic", file_template="%%(slug)s")
    changed.sync("-m", "same")
    changed.db("upgrade")
    changed.models(MODELS, **labels("a", "b", "c", "d"))
    assert "same.py exists already" in refuses_to_write(changed, "-m", "same")
    changed.sync("-m", "another")


def test_revision_id(changed: Project) -> None:
    changed.sync("--rev-id", "0002")
    assert "revision = '0002'" in changed.revision()
    changed.db("upgrade")
    changed.models(MODELS, **labels("a", "b", "c", "d"))
    said = refuses_to_write(changed, "--rev-id", "0002", "-m", "other")
    assert "'0002' exists already" in said


@pytest.mark.parametrize(
    "rev_id",
    # A word of Alembic's, a path, a quote, too long, and what begins a file that Alembic ignores.
    [
        "a-b",
        "x@y",
        "../../x",
        "/tmp/x",
        "..",
        "a'b",
        'a"""b',
        "a" * 33,
        "base",
        "__init__x",
        "a\nb",
    ],
)
def test_revision_id_that_can_not_be_kept(changed: Project, rev_id: str) -> None:
    said = refuses_to_write(changed, "--rev-id", rev_id)
    assert f"--rev-id {rev_id!r} can't be a revision's id" in said


def test_version_locations(changed: Project) -> None:
    other = changed.folder / "other versions"
    default = changed.migrations / "versions"
    configure(
        changed,
        "alembic",
        path_separator="os",
        version_path_separator="os",  # before Alembic 1.16
        version_locations=f"{default}:{other}",
    )
    result = changed.db("enum", "sync", "--version-path", str(other), "-m", "Add c")
    [path] = other.glob("*.py")
    assert str(path) in result.stdout
    changed.db("upgrade")
    assert changed.labels("state") == ["a", "b", "c"]
    changed.models(MODELS, **labels("a", "b", "c", "d"))
    assert "ALTER TYPE" in changed.db("enum", "sync", "--sql").stdout
    changed.db("enum", "sync")  # next to the head it builds on
    assert len(list(other.glob("*.py"))) == 2


def test_version_path_that_alembic_does_not_know(changed: Project) -> None:
    said = refuses_to_write(changed, "--version-path", str(changed.folder))
    assert "not represented in current version locations" in said


def branches(project: Project) -> None:
    """Give the migrations two branches, ``jobs`` with the first revision and ``other``."""
    project.db("revision", "--head", "base", "--branch-label", "other", "--rev-id", "o1")
    project.db("upgrade", "heads")


def test_several_heads(changed: Project) -> None:
    branches(changed)
    [first] = [path.stem.split("_")[0] for path in changed.revisions() if "first" in path.name]
    [line] = refuses_to_write(changed).splitlines()
    assert "2 heads" in line
    assert first in line
    assert "o1" in line
    assert "--head" in line
    changed.sync("--head", first, "--branch-label", "jobs", "--rev-id", "j2")
    assert "branch_labels = ('jobs',)" in changed.revision()
    changed.db("upgrade", "heads")
    assert changed.labels("state") == ["a", "b", "c"]
    assert changed.rows("SELECT version_num FROM alembic_version ORDER BY 1") == [("j2",), ("o1",)]
    assert changed.db("enum", "check").stdout.startswith("In sync")


def test_only_the_named_branch_has_to_be_at_head(changed: Project) -> None:
    branches(changed)
    [first] = [path.stem.split("_")[0] for path in changed.revisions() if "first" in path.name]
    changed.db("revision", "--head", "other@head", "--rev-id", "o2")
    assert "isn't up to date" in refuses_to_write(changed, "--head", "other@head", exit_code=1)
    changed.sync("--head", first, "--rev-id", "j2")
    changed.db("upgrade", "j2")
    assert changed.labels("state") == ["a", "b", "c"]


def test_unknown_head(changed: Project) -> None:
    branches(changed)
    assert "--head 'nowhere@head'" in refuses_to_write(changed, "--head", "nowhere@head")


def test_behind(changed: Project) -> None:
    changed.db("downgrade")
    said = refuses_to_write(changed, exit_code=1)
    assert "isn't up to date" in said
    assert "flask db upgrade" in said


def test_splice(changed: Project) -> None:
    [first] = [path.stem.split("_")[0] for path in changed.revisions() if "first" in path.name]
    changed.db("revision", "--rev-id", "second")
    changed.db("upgrade")
    assert "--splice" in refuses_to_write(changed, "--head", first)
    changed.sync("--head", first, "--splice", "--rev-id", "spliced")
    assert f"down_revision = '{first}'" in changed.revision()
    changed.db("upgrade", "heads")
    assert changed.labels("state") == ["a", "b", "c"]


def test_dependency_counts_as_applied(changed: Project) -> None:
    [first] = [path.stem.split("_")[0] for path in changed.revisions() if "first" in path.name]
    changed.db("revision", "--head", "base", "--rev-id", "o1")
    [path] = [path for path in changed.revisions() if path.stem.startswith("o1")]
    path.write_text(path.read_text().replace("depends_on = None", f"depends_on = {first!r}"))
    changed.db("upgrade", "heads")
    assert changed.rows("SELECT version_num FROM alembic_version") == [("o1",)]
    changed.sync("--head", "o1", "--rev-id", "o2")
    changed.db("upgrade", "heads")
    assert changed.labels("state") == ["a", "b", "c"]


def test_database_at_an_unknown_revision(changed: Project) -> None:
    changed.sql("UPDATE alembic_version SET version_num = 'gone'")
    said = refuses_to_write(changed)
    assert "is at gone, which the migrations don't know" in said
    changed.db("stamp", "head", expect=None)
    assert "is at gone" in changed.db("enum", "check", expect=2).stderr
    if "--purge" in changed.db("stamp", "--help").stdout:
        assert said.endswith(": flask db stamp --purge head\n")
        changed.db("stamp", "--purge", "head")
    else:  # Flask-Migrate 4.0
        assert said.endswith(": DELETE FROM alembic_version, and flask db stamp head\n")
        changed.sql("DELETE FROM alembic_version")
        changed.db("stamp", "head")
    changed.db("enum", "check", expect=1)


def test_revision_file_that_does_not_load(changed: Project) -> None:
    (changed.migrations / "versions" / "broken.py").write_text("def upgrade(:\n")
    said = refuses_to_write(changed)
    assert "SyntaxError" in said
    assert "broken.py, line 1" in said


def test_post_write_hook_rewrites_the_file(changed: Project) -> None:
    ruff = Path(sys.executable).with_name("ruff")
    configure(
        changed,
        "post_write_hooks",
        hooks="upper, ruff",
        **{
            "upper.type": "upper",
            "ruff.type": "exec",
            "ruff.executable": str(ruff if ruff.exists() else Path(sys.executable)),
            "ruff.options": "format --quiet REVISION_SCRIPT_FILENAME" if ruff.exists() else "-V",
        },
    )

    @write_hooks.register("upper")
    def upper(filename: str, options: dict[str, Any]) -> None:
        sys.stdout.write("a hook may print\n")
        path = Path(filename)
        path.write_text(path.read_text().replace("Create Date", "CREATE DATE") + "\n\n\n\n")

    result = changed.sync("-m", "Add c")
    assert "a hook may print" not in result.stdout
    assert "a hook may print" in result.stderr
    assert "CREATE DATE" in changed.revision()
    if ruff.exists():
        assert not changed.revision().endswith("\n\n")
    changed.db("upgrade")
    assert changed.labels("state") == ["a", "b", "c"]


def test_post_write_hook_fails(changed: Project) -> None:
    configure(changed, "post_write_hooks", **{"hooks": "fails", "fails.type": "fails"})

    @write_hooks.register("fails")
    def fails(filename: str, options: dict[str, Any]) -> None:
        for path in changed.revisions():
            path.write_text("# spoilt\n")
        raise OSError("no space left")

    said = refuses_to_write(changed)
    assert "post-write hook failed" in said
    assert "OSError: no space left" in said
    assert "ADD VALUE" in changed.sync("--sql").stdout  # where no file is made


def test_post_write_hook_that_does_not_exist(changed: Project) -> None:
    configure(
        changed,
        "post_write_hooks",
        **{"hooks": "h", "h.type": "console_scripts", "h.entrypoint": "no-such-program"},
    )
    assert "no-such-program" in refuses_to_write(changed)


def test_post_write_hook_takes_statements_away(changed: Project) -> None:
    configure(changed, "post_write_hooks", **{"hooks": "empty", "empty.type": "empty"})

    @write_hooks.register("empty")
    def empty(filename: str, options: dict[str, Any]) -> None:
        path = Path(filename)
        path.write_text(path.read_text().replace("op.execute", "# op.execute"))

    refuses_to_write(changed)


def test_own_directives_run_after_ours(changed: Project) -> None:
    seen: list[str] = []

    def process(context: MigrationContext, revision: Any, directives: list[Any]) -> None:
        [script] = directives
        assert isinstance(script, MigrationScript)
        assert script.upgrade_ops is not None
        seen.extend(type(operation).__name__ for operation in script.upgrade_ops.ops)
        script.rev_id = "0007"
        script.message = "numbered"

    own_directives(changed, process)
    changed.sync()
    assert seen == ["EnumStatements"]
    assert (changed.migrations / "versions" / "0007_numbered.py").exists()
    changed.db("upgrade")
    assert changed.labels("state") == ["a", "b", "c"]


@pytest.mark.parametrize("args", [(), ("--sql",)])
def test_own_directives_take_the_revision_away(changed: Project, args: tuple[str, ...]) -> None:
    def process(context: MigrationContext, revision: Any, directives: list[Any]) -> None:
        directives.clear()

    own_directives(changed, process)
    before = files(changed)
    result = changed.sync(*args)
    assert files(changed) == before
    assert "process_revision_directives took the revision away" in result.stderr


def test_own_directives_that_only_drop_empty_revisions(changed: Project) -> None:
    """As the recipe of old manuals: it reads cmd_opts.autogenerate without a default."""
    env = changed.migrations / "env.py"
    text = env.read_text()
    env.write_text(
        text.replace(
            "getattr(config.cmd_opts, 'autogenerate', False)", "config.cmd_opts.autogenerate"
        )
    )
    assert text != env.read_text()
    changed.sync()
    changed.db("upgrade")
    assert changed.labels("state") == ["a", "b", "c"]


def test_own_rewriter(changed: Project) -> None:
    writer = Rewriter()

    @writer.rewrites(ops.AddColumnOp)
    def rewrite(context: Any, revision: Any, op: ops.AddColumnOp) -> ops.AddColumnOp:
        raise AssertionError

    own_directives(changed, writer)
    changed.sync()
    changed.db("upgrade")
    assert changed.labels("state") == ["a", "b", "c"]


def test_own_directives_fail(changed: Project) -> None:
    def process(context: MigrationContext, revision: Any, directives: list[Any]) -> None:
        raise LookupError("no ticket number")

    own_directives(changed, process)
    assert "LookupError: no ticket number" in refuses_to_write(changed)


def test_configure_callbacks(changed: Project) -> None:
    def callback(config: Any) -> Any:
        config.set_main_option("file_template", "by_callback")
        return config

    migrate = changed.app.extensions["migrate"].migrate
    migrate.configure(callback)
    changed.sync()
    assert (changed.migrations / "versions" / "by_callback.py").exists()


OWN_TEMPLATE = """
{%- for statement in direction.committing -%}
op.execute("COMMIT AND CHAIN")  # ours
op.execute({{ statement.sql | python }})
op.execute("COMMIT AND CHAIN")
{% endfor -%}
{%- for step in direction.steps %}{% for statement in step.statements %}
op.execute({{ statement.sql | python }})
{%- endfor %}{% endfor %}
pass
"""


def own_template(project: Project, text: str) -> None:
    (project.migrations / "enum_revision.py.jinja").write_text(text)


def test_own_jinja_template(changed: Project) -> None:
    changed.portable = False  # nor is the template
    own_template(changed, OWN_TEMPLATE)
    changed.sync()
    assert 'op.execute("COMMIT AND CHAIN")  # ours\n' in changed.revision()
    changed.db("upgrade")
    assert changed.labels("state") == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{% for %}", "TemplateSyntaxError"),
        ("{{ direction.unknown }}", "UndefinedError"),
        ("{{ 1 // 0 }}", "ZeroDivisionError"),
        ("op.execute(", "SyntaxError"),
        ("pass  # {{ direction.notes }}", "leaves out a statement"),
    ],
)
def test_own_jinja_template_is_broken(changed: Project, text: str, reason: str) -> None:
    own_template(changed, text)
    said = refuses_to_write(changed)
    assert str(changed.migrations / "enum_revision.py.jinja") in said
    assert reason in said


def test_directory_option(changed: Project) -> None:
    (changed.folder / "migrations").rename(changed.folder / "moved")
    versions = changed.folder / "moved" / "versions"
    before = list(versions.glob("*.py"))
    result = changed.db("enum", "sync", "-d", str(changed.folder / "moved"))
    assert "moved" in result.stdout
    assert len(list(versions.glob("*.py"))) == len(before) + 1
