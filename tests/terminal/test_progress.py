"""How far a rehearsal is, told to whoever waits longer than a second."""

from __future__ import annotations

import time

import pytest

from flask_enum_migrate.core.rehearsal import Stage
from flask_enum_migrate.terminal import progress

FIRST = Stage("upgrade", 1, 3)
THEN = Stage("downgrade", 2, 2, place=3, places=200)
SAID = "Rehearsing: what is done on this database is rolled back"


def waited(capsys: pytest.CaptureFixture[str]) -> str:
    """Return what is told first."""
    said, end = "", time.monotonic() + 5
    while not said and time.monotonic() < end:
        time.sleep(0.005)
        said = capsys.readouterr().err
    return said


def test_nobody_waited(capsys: pytest.CaptureFixture[str]) -> None:
    with progress.Rehearsing() as tell:
        tell(FIRST)
    assert capsys.readouterr() == ("", "")


def test_on_a_terminal(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "_SECOND", 0.1)
    monkeypatch.setattr(progress, "is_terminal", lambda stream: True)
    monkeypatch.setenv("COLUMNS", "200")  # click leaves out what erases the line: this is none
    with progress.Rehearsing() as tell:
        tell(FIRST)
        assert waited(capsys) == f"\r{SAID}; upgrade, statement 1 of 3 …"
        tell(THEN)
        said = capsys.readouterr().err
        assert said == f"\r{SAID}; downgrade, place 3 of 200, statement 2 of 2 …"
    assert capsys.readouterr().err == "\r"


def test_in_a_log(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "_SECOND", 0.1)
    with progress.Rehearsing() as tell:
        assert waited(capsys) == f"{SAID} …\n"
        tell(FIRST)
        assert capsys.readouterr().err == ""
        monkeypatch.setattr(progress, "_PATIENCE", 0.0)
        tell(THEN)
        assert capsys.readouterr().err.endswith("statement 2 of 2 …\n")
