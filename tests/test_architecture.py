"""The arrows point inward, and who may do what: held by the source itself."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

import flask_enum_migrate
from flask_enum_migrate.postgresql.sql.keywords import KEYWORDS
from tests.conftest import SERVERS
from tests.servers import EMBEDDED
from tests.servers import Server

PACKAGE = Path(flask_enum_migrate.__file__).parent
MODULES = {
    ".".join(path.relative_to(PACKAGE).with_suffix("").parts): path
    for path in sorted(PACKAGE.rglob("*.py"))
}
CORE = [name for name in MODULES if name.startswith("core.")]
PURE = [name for name in MODULES if name.startswith(("postgresql.plan.", "postgresql.sql."))]
PURE += ["postgresql.checks.labels"]
OUTER = {"alembic", "click", "flask", "flask_migrate", "flask_sqlalchemy", "jinja2", "sqlalchemy"}


def imports(name: str) -> Iterator[str]:
    """Yield the absolute name of every module that a module imports, wherever in it."""
    package = ["flask_enum_migrate", *name.split(".")[:-1]]
    for node in ast.walk(ast.parse(MODULES[name].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) + 1 - node.level] if node.level else []
            module = ".".join([*base, *(node.module.split(".") if node.module else [])])
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)


def roots(name: str) -> set[str]:
    return {module.split(".")[0] for module in imports(name)}


def test_the_modules_were_found() -> None:
    assert {"terminal.commands", "extension", "core.rename_and_map", *PURE} <= set(MODULES)
    assert "flask_enum_migrate.core.errors" in set(imports("core.rename_and_map"))
    assert "flask_enum_migrate.core.errors" in set(imports("terminal.commands"))


# Room by room, what each may know. A room that isn't listed may know nothing of the package.
ARROWS = {
    "__init__": {
        "check",
        "comparison",
        "core",
        "extension",
        "from_migrations",
        "revision",
        "settings",
        "sync",
    },
    "app": {"backends", "core", "settings"},
    "autogenerate": {"app", "core", "proposal", "rehearsal", "revision", "settings"},
    "backends": {"core", "postgresql.backend"},
    "check": {"app", "comparison", "core", "from_migrations", "report", "settings"},
    "comparison": {"app", "core"},
    "extension": {
        "app",
        "check",
        "core",
        "from_migrations",
        "revision",
        "settings",
        "sync",
        "terminal",
    },
    "from_migrations": {"app", "core"},
    "postgresql.backend": {"core", "postgresql"},
    "postgresql.catalog": {"core", "postgresql.objects", "postgresql.plan", "postgresql.sql"},
    "postgresql.checks": {"core", "postgresql.catalog", "postgresql.sql"},
    "postgresql.contrast": {"core", "postgresql.catalog", "postgresql.sql"},
    "postgresql.facts": {"core", "postgresql.checks", "postgresql.plan"},
    "postgresql.inspection": {
        "core",
        "postgresql.catalog",
        "postgresql.objects",
        "postgresql.plan",
    },
    "postgresql.objects": {"core", "postgresql.sql"},
    "postgresql.plan": {"core", "postgresql.objects", "postgresql.sql"},
    "postgresql.rehearsal": {"core", "postgresql.catalog", "postgresql.contrast", "postgresql.sql"},
    "postgresql.sql": {"core"},
    "proposal": {"app", "core", "settings"},
    "rehearsal": {"app", "backends", "core", "proposal", "settings"},
    "report": {"comparison", "core"},
    "revision": {"app", "core"},
    "settings": {"core"},
    "sync": {"app", "check", "core", "proposal", "rehearsal", "revision", "settings"},
    "terminal": {
        "app",
        "autogenerate",
        "check",
        "comparison",
        "core",
        "from_migrations",
        "rehearsal",
        "report",
        "revision",
        "settings",
        "sync",
    },
}


def room(name: str) -> str:
    parts = name.split(".")
    return ".".join(parts[: 2 if parts[0] == "postgresql" else 1])


def known(name: str) -> set[str]:
    """Return the modules of the package that a module imports, wherever in it."""
    own = (m.removeprefix("flask_enum_migrate.") for m in imports(name))
    return {module for module in own if module in MODULES}


@pytest.mark.parametrize("name", sorted(MODULES))
def test_arrows_point_inward(name: str) -> None:
    allowed = {room(name), *ARROWS.get(room(name), ())}
    beyond = {
        m for m in known(name) if room(m) not in allowed and room(m).split(".")[0] not in allowed
    }
    assert beyond == set()


def test_no_module_knows_one_that_knows_it() -> None:
    seen: set[str] = set()

    def visit(name: str, path: tuple[str, ...]) -> None:
        assert name not in path, path[path.index(name) :]
        if name not in seen:
            for other in sorted(known(name)):
                visit(other, (*path, name))
            seen.add(name)

    for name in MODULES:
        visit(name, ())


@pytest.mark.parametrize("name", [n for n in MODULES if n.startswith("postgresql.")])
def test_the_catalog_alone_asks_the_server(name: str) -> None:
    tree = ast.parse(MODULES[name].read_text(encoding="utf-8"))
    calls = {
        node.func.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }
    asks = calls & {"execute", "exec_driver_sql", "scalar", "scalars"}
    assert not asks or name.startswith(("postgresql.catalog.", "postgresql.checks.catalog"))


@pytest.mark.parametrize("name", CORE)
def test_core_knows_the_standard_library_only(name: str) -> None:
    for module in imports(name):
        own = module.startswith("flask_enum_migrate.core")
        assert own or module.split(".")[0] in sys.stdlib_module_names, module


@pytest.mark.parametrize("name", PURE)
def test_planning_is_pure(name: str) -> None:
    assert not roots(name) & OUTER


@pytest.mark.parametrize("name", [n for n in MODULES if n.startswith("postgresql.")])
def test_postgresql_knows_nothing_of_the_app(name: str) -> None:
    assert not roots(name) & (OUTER - {"sqlalchemy"})
    own = {m for m in imports(name) if m.startswith("flask_enum_migrate.")}
    inner = ("flask_enum_migrate.core", "flask_enum_migrate.postgresql")
    assert all(module.startswith(inner) for module in own)


@pytest.mark.parametrize("name", [n for n in MODULES if not n.startswith("terminal.")])
def test_only_the_commands_speak(name: str) -> None:
    assert "click" not in roots(name)
    calls = [
        node.func.id
        for node in ast.walk(ast.parse(MODULES[name].read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    ]
    assert "print" not in calls


@pytest.mark.parametrize("name", [n for n in MODULES if n != "extension"])
def test_nothing_depends_on_the_commands(name: str) -> None:
    terminal = "flask_enum_migrate.terminal"
    if not name.startswith("terminal."):  # the extension attaches them
        assert not [module for module in imports(name) if module.startswith(terminal)]


@pytest.mark.parametrize("name", [n for n in MODULES if n.startswith("report.")])
def test_reports_are_text_only(name: str) -> None:
    assert not roots(name) & OUTER
    own = {m.split(".")[1] for m in imports(name) if m.startswith("flask_enum_migrate.")}
    assert own <= {"comparison", "core", "report"}


BRANCHES = (ast.If, ast.For, ast.While, ast.Try, ast.match_case)


@pytest.mark.parametrize("name", [n for n in MODULES if n.startswith("postgresql.")])
def test_no_function_is_long(name: str) -> None:
    for node in ast.walk(ast.parse(MODULES[name].read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef):
            branches = [inner for inner in ast.walk(node) if isinstance(inner, BRANCHES)]
            lines = (node.end_lineno or 0) - node.lineno + 1
            assert (node.name, lines <= 60, len(branches) <= 12) == (node.name, True, True)


STATEMENT = re.compile(
    r"\b(ALTER (TYPE|TABLE|DOMAIN)|CREATE (TYPE|CAST|VIEW)|DROP (TYPE|CAST|VIEW)|LOCK TABLE|"
    r"(ADD|RENAME) VALUE) \{"
)
WRITERS = [name for name in MODULES if name.startswith("postgresql.sql.")]


def written(source: str) -> list[str]:
    """Return the f-strings of a module that are statements."""
    tree = ast.parse(source)
    formats = [ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)]
    return [text for text in formats if STATEMENT.search(text)]


@pytest.mark.parametrize("name", sorted({*MODULES} - {*WRITERS}))
def test_one_room_writes_sql(name: str) -> None:
    source = MODULES[name].read_text(encoding="utf-8")
    assert written(source) == []
    planted = source + '\nPLANTED = f"ALTER TYPE {__name__} RENAME TO other"\n'
    assert len(written(planted)) == 1


# Doubling a quote is how SQL quotes; postgresql.conf does so too.
DOUBLING = re.compile(r"""replace\(\s*(?:'"',\s*'""'|"'",\s*"''")""")


@pytest.mark.parametrize(
    "name", [n for n in MODULES if n not in ("postgresql.sql.quoting", "from_migrations.server")]
)
def test_one_module_quotes(name: str) -> None:
    assert not DOUBLING.search(MODULES[name].read_text(encoding="utf-8"))


def test_quoting_would_be_noticed() -> None:
    assert len(DOUBLING.findall(MODULES["postgresql.sql.quoting"].read_text(encoding="utf-8"))) == 4


def test_every_keyword_that_needs_quotes(servers: dict[str, Server]) -> None:
    name = EMBEDDED if EMBEDDED in SERVERS else SERVERS[0]
    with psycopg.connect(servers[name].url) as connection:
        query = "SELECT word FROM pg_get_keywords() WHERE catcode <> 'U'"
        words = {word for (word,) in connection.execute(query)}
    if name == EMBEDDED:
        assert words == KEYWORDS
    else:  # a given server may know fewer
        assert words <= KEYWORDS
