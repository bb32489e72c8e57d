"""The README, followed from top to bottom in one project, as tests/pages.py says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests import pages
from tests.pages import folder as folder
from tests.servers import Server

ROOT = pages.ROOT
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_everything_is_as_the_readme_says(
    newest: Server, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = pages.Reader(folder, newest, monkeypatch, sets_up=False)
    try:
        assert reader.follow(ROOT / "README.md") >= 8
    finally:
        reader.close()


def test_the_first_screen(newest: Server, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What Alembic says by itself, and what check says."""
    screen = re.search(r"(?:^(?: {4}.*)?\n)+", README[README.index("    $ flask") :], re.MULTILINE)
    assert screen
    told = re.sub(r" *# .*$|^ {4}", "", screen[0], flags=re.MULTILINE).strip()
    shown = dict(pages.commands(told))
    app = next(block.text for block in pages.blocks(README) if block.file == "app.py")
    diff = next(block.text for block in pages.blocks(README) if block.language == "diff")
    reader = pages.Reader(folder, newest, monkeypatch)
    try:
        reader.start(re.sub(r"^.*  # [123]$\n", "", app, flags=re.MULTILINE))
        reader.edit(diff)
        assert shown["flask db migrate"].strip() in reader.flask(["db", "migrate"])
        reader.write("app.py", app)
        reader.edit(diff)
        printed = reader.flask(["db", "enum", "check"])
        assert pages.plain(printed) == pages.plain(shown["flask db enum check"])
    finally:
        reader.close()


def test_no_block_is_left_unread() -> None:
    pages.require_blocks_are_read(README)


def test_options_of_the_commands() -> None:
    table = re.findall(r"^\| `(--[a-z-]+) ", README, re.MULTILINE)
    text = re.findall(r"`(?:sync |check )?(--[a-z-]+)", README)
    known = {option for name in ("sync", "check") for option in pages.options(name)}
    assert len(table) >= 4
    assert {*table, *text} <= known


def test_make_targets_and_extras() -> None:
    made = set(re.findall(r"^([a-z0-9.-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    project = pages.project()
    shell = "".join(block.text for block in pages.blocks(README) if block.language == "sh")
    targets = re.findall(r"^make ([\w.-]+)", shell, re.MULTILINE)
    assert targets
    assert {*targets} <= made
    extras = re.findall(r"flask-enum-migrate\[(\w+)\]", README)
    assert extras
    assert {*extras} <= set(project["optional-dependencies"])
    (oldest,) = re.findall(r"^It needs .*?newer", README, re.MULTILINE | re.DOTALL)
    for dependency in (*project["dependencies"], f"Python{project['requires-python']}"):
        name, _, version = dependency.partition(">=")
        if name not in ("click", "Jinja2"):
            assert f"{name} {version}".lower() in oldest.lower()


def test_links_to_files() -> None:
    for target in re.findall(r"\]\((?!https?:|#)([^)#]+)[^)]*\)", README):
        assert (ROOT / target).exists(), target
