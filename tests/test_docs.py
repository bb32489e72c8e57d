"""The pages of docs/, each followed from top to bottom on a real server, as tests/pages.py says."""

from __future__ import annotations

import ast
import re
from inspect import signature
from pathlib import Path
from typing import Any

import psycopg
import pytest
from flask import Flask

from flask_enum_migrate import EnumMigrate
from flask_enum_migrate import Flags
from flask_enum_migrate import RevisionOptions
from flask_enum_migrate.settings import Settings
from tests import pages
from tests.pages import folder as folder
from tests.servers import Server
from tests.servers import create_database
from tests.servers import drop_database

DOCS = pages.ROOT / "docs"
COMMANDS = ("check", "sync", "list")
PAGES = sorted(path for path in DOCS.rglob("*.md") if "_build" not in path.parts)
RUN = [
    path
    for path in PAGES
    if any(block.file == "app.py" for block in pages.blocks(path.read_text("utf-8")))
]
AROUND = next(
    block.text
    for block in pages.blocks((DOCS / "quickstart.md").read_text(encoding="utf-8"))
    if block.file == "app.py"
)


def name(path: Path) -> str:
    return path.relative_to(DOCS).as_posix()


@pytest.mark.parametrize("path", RUN, ids=name)
def test_everything_is_as_the_page_says(
    path: Path, newest: Server, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sets_up = "flask db init" not in path.read_text(encoding="utf-8")
    reader = pages.Reader(folder, newest, monkeypatch, AROUND, sets_up=sets_up)
    try:
        assert reader.follow(path)
    finally:
        reader.close()


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_no_block_is_left_unread(path: Path) -> None:
    page = path.read_text(encoding="utf-8")
    pages.require_blocks_are_read(page)
    # What is run needs an app.
    if path not in RUN:
        assert {block.language for block in pages.blocks(page)} <= {"python", "sh"}


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_is_told(command: str) -> None:
    page = (DOCS / "commands" / f"{command}.md").read_text(encoding="utf-8")
    told = set(re.findall(r"^- `(?:-\w`, `)?(--[a-z-]+)", page, re.MULTILINE))
    assert told == {option for option in pages.options(command) if option.startswith("--")}


def test_every_setting_is_told() -> None:
    page = (DOCS / "settings.md").read_text(encoding="utf-8")
    headings = re.findall(r"^## `ENUM_MIGRATE_(\w+)`", page, re.MULTILINE)
    assert {heading.lower() for heading in headings} == {*Settings.__dataclass_fields__}
    told = re.findall(r"^## `ENUM_MIGRATE_(\w+)`\n\nDefault `(.+?)`[.:]", page, re.MULTILINE)
    defaults = {name.lower(): ast.literal_eval(default) for name, default in told}
    assert defaults == {name: getattr(Settings(), name) for name in defaults}
    assert len(defaults) == len(headings)


def test_settings_are_set_as_told() -> None:
    app, page = Flask("app"), (DOCS / "settings.md").read_text(encoding="utf-8")
    given = [block.text for block in pages.blocks(page) if block.language == "python"]
    assert given
    for text in given:
        exec(text, {"app": app, "EnumMigrate": EnumMigrate, "enum_migrate": EnumMigrate()})
        EnumMigrate(app)


@pytest.mark.parametrize(
    "path",
    [DOCS / "comparison.md", DOCS / "cookbook" / "by_hand.md"],
    ids=["comparison", "by hand"],
)
def test_the_recipe_by_hand_does_what_it_is_for(path: Path, newest: Server) -> None:
    page = path.read_text(encoding="utf-8")
    recipe = next(b.text for b in pages.blocks(page) if b.text.startswith("op.execute("))
    url = create_database(newest)
    try:
        with psycopg.connect(url) as op:
            op.execute("CREATE TYPE eventtype AS ENUM ('LOGIN_SUCCESS', 'LOGIN_FAILURE')")
            op.execute("CREATE TABLE audit_event (event eventtype)")
            op.execute("INSERT INTO audit_event VALUES ('LOGIN_FAILURE')")
            exec(recipe, {"op": op})
            labels = op.execute("SELECT enum_range(event)::text FROM audit_event").fetchall()
            assert "LOGOUT_SUCCESS" in labels[0][0]
            assert "tmp_eventtype" not in str(op.execute("SELECT typname FROM pg_type").fetchall())
    finally:
        drop_database(newest, url)


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_shell_commands_are_known(path: Path) -> None:
    extras = pages.project()["optional-dependencies"]
    for block in pages.blocks(path.read_text(encoding="utf-8")):
        for line in block.text.splitlines() if block.language == "sh" else ():
            command = line.partition("#")[0].strip()
            if extra := re.fullmatch(r"pip install '?flask-enum-migrate(?:\[(\w+)\])?'?", command):
                assert extra[1] is None or extra[1] in extras
            else:
                assert command in ("flask db migrate", *(f"flask db enum {c}" for c in COMMANDS))


def test_every_page_is_in_a_table_of_contents() -> None:
    trees = "".join(path.read_text(encoding="utf-8") for path in PAGES)
    for path in PAGES:
        if path.name != "index.md":
            assert re.search(rf"^(?:.*/)?{path.stem}$", trees, re.MULTILINE), path


def test_signatures_are_as_told() -> None:
    page = (DOCS / "api.md").read_text(encoding="utf-8")
    (text,) = [b.text for b in pages.blocks(page) if b.text.startswith("def check(")]
    told: dict[str, Any] = {"__annotations__": {}}
    exec(f"from __future__ import annotations\n{text}", told)
    for name in ("check", "assert_in_sync", "sync"):
        assert signature(told[name]) == signature(getattr(EnumMigrate, name))
    for cls in (Flags, RevisionOptions):
        (called,) = re.findall(rf"^{cls.__name__}\(.*\)", page, re.MULTILINE)
        assert eval(called) == cls()
        assert called.count("=") == len(signature(cls).parameters)
