"""The demonstration, played once as ``make demo`` plays it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers import Server

EXAMPLES = Path(__file__).parent.parent / "examples"


@pytest.fixture(scope="module")
def story(servers: dict[str, Server]) -> str:
    """All that the demonstration prints, on a server that runs already."""
    server = next(iter(servers.values()))
    done = subprocess.run(
        [sys.executable, EXAMPLES / "demo.py"],
        env={**os.environ, "DATABASE_URL": server.url},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def chapters(story: str) -> dict[str, str]:
    parts = story.split("\n=== ")[1:]
    return {part.split("\n", 1)[0]: part for part in parts}


def test_the_story_is_told_to_its_end(story: str) -> None:
    assert "Traceback" not in story
    assert list(chapters(story))[-1].startswith("The end")


def test_a_label_is_added(story: str) -> None:
    (chapter,) = [
        text for title, text in chapters(story).items() if "Alembic finds nothing" in title
    ]
    for said in (
        "  + add 'LOGOUT_SUCCESS' after 'LOGIN_FAILURE'\n",
        "Drift: 1 of 1 enum type differs. Next: flask db enum sync\n(exit code 1, as expected)",
        "Wrote migrations/versions/",
        "ADD VALUE IF NOT EXISTS 'LOGOUT_SUCCESS' AFTER 'LOGIN_FAILURE'",
        "Upgrade    instant, no table is rewritten\n",
        "In sync: 1 enum type compared, no difference.\n",
        "  LOGOUT_SUCCESS   ada\n",
    ):
        assert said in chapter


def test_a_label_is_renamed(story: str) -> None:
    (chapter,) = [text for title, text in chapters(story).items() if "better name" in title]
    assert "RENAME VALUE 'LOGIN_FAILURE' TO 'LOGIN_DENIED'" in chapter
    assert "  LOGIN_DENIED     bob\n" in chapter


def test_a_label_goes(story: str) -> None:
    (chapter,) = [text for title, text in chapters(story).items() if "PASSWORD_RESET goes" in title]
    for said in (
        "Refused: public.eventtype loses the label 'PASSWORD_RESET', which 1 row of "
        "public.audit_event.event holds.",
        "    --map eventtype.PASSWORD_RESET=",
        "Nothing was written. To go on, with a label for each LABEL:\n    flask db enum sync",
        "  PASSWORD_CHANGE  bob\n",
    ):
        assert said in chapter


def test_another_order(story: str) -> None:
    (chapter,) = [text for title, text in chapters(story).items() if "Another order" in title]
    for said in (
        "reorder to 'LOGIN_DENIED', 'LOGIN_SUCCESS'",
        "CREATE VIEW public.denied AS SELECT username",
        "In sync: 1 enum type compared, no difference.\n",
    ):
        assert said in chapter


def test_revisions_are_shown_whole(story: str) -> None:
    for chapter in [*chapters(story).values()][1:-2]:
        (written,) = chapter.split("\n--- migrations/versions/")[1:]
        assert written.count("\n    # ### end Alembic commands ###\n") == 2


def test_and_back(story: str) -> None:
    (chapter,) = [text for title, text in chapters(story).items() if title.startswith("And back")]
    rows = [line.split()[1:] for line in chapter.splitlines() if line[:5].strip().isdigit()]
    assert rows == [
        ["LOGIN_SUCCESS", "ada"],
        ["LOGIN_FAILURE", "bob"],
        ["PASSWORD_CHANGE", "bob"],
        ["OTHER", "ada"],
    ]


def test_every_command_of_the_example_exists() -> None:
    text = (EXAMPLES / "audit_log" / "README.md").read_text(encoding="utf-8")
    for command in ("enum list", "enum check", "enum sync"):
        assert f"flask db {command}" in text
