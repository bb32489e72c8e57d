"""The benchmarks run, at sizes at which their times mean nothing; they judge their own outcomes."""

from __future__ import annotations

import gc
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from benchmarks.chart import svg
from benchmarks.lab import OutcomeError
from benchmarks.lab import interleaved
from benchmarks.lab import require
from benchmarks.results import Bars
from benchmarks.results import Figure
from benchmarks.results import Section
from benchmarks.results import between_marks
from benchmarks.results import summary
from tests.project import Project
from tests.servers import Server

ROOT = Path(__file__).parent.parent

SECTIONS = {
    "labels": ["add a label", "add one in between", "rename a label"],
    "replaced": ["`VACUUM FULL`", "alembic-postgresql-enum", "hand-written recipe"],
    "scale": ["`flask db enum check`", "`flask db check`, plain", "per column"],
    "startup": ["`import flask_migrate`", "`EnumMigrate().init_app(app)`"],
    "hanging": ["Dependents", "CHECK constraints", "partial indexes"],
    "stalls": ["one wait of 10 s", "longest stall"],
    "rehearsed": ["without a rehearsal", "| added | 0 |", "| removed | 500 |"],
    "retired": ["| 10 % | rewrite |", "| none | retirement |", "More rows"],
}


@pytest.mark.parametrize("name", SECTIONS)
def test_a_section_runs_and_its_outcomes_hold(name: str, newest: Server, tmp_path: Path) -> None:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "benchmarks", "--quick", "--only", name),
            *("--server", newest.url, "--output", tmp_path),
        ],
        check=False,
        capture_output=True,
        encoding="utf-8",
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stderr
    for expected in SECTIONS[name]:
        assert expected in done.stdout
    assert re.search(r"^\| .+ \| (reached|\*\*missed\*\*) \|$", done.stdout, re.MULTILINE)
    page = (tmp_path / "benchmarks.md").read_text(encoding="utf-8")
    assert (
        page.replace("\n\n![Times of this run](benchmarks.svg)", "").split("\n## ")[1:]
        == (done.stdout.rstrip("\n") + "\n").split("\n## ")[1:]
    )
    ET.parse(tmp_path / "benchmarks.svg")
    if name in ("scale", "hanging"):
        assert not re.search(r"queries.*missed", done.stdout)


def test_a_wrong_outcome_ends_it() -> None:
    require(True, "all is well")
    with pytest.raises(OutcomeError, match="wrong rows"):
        require(False, "wrong rows")


def test_each_turn_begins_with_another_one() -> None:
    order: list[str] = []
    interleaved(3, {name: lambda name=name: order.append(name) for name in "abc"})  # type: ignore[misc]
    assert "".join(order) == "abcbcacab"


def test_figures_are_judged_as_shown() -> None:
    assert Figure("ratio", 1.104, 1.1).reached
    assert not Figure("ratio", 1.106, 1.1).reached
    assert Figure("share", 0.0304, 0.03, 3).row() == ["share", "0.030", "0.03", "reached"]


def test_the_readme_shows_the_figures_that_are_short() -> None:
    section = Section("A", figures=[Figure("a / b", 0.504, 1, short="A"), Figure("c / d", 2, 1)])
    shown = summary([section], "docs/x.md")
    assert shown == (
        "| Time, as a ratio |  |\n| --- | ---: |\n| A | 0.50 |\n\n![Times of this run](docs/x.svg)"
    )
    marked = "a <!-- benchmarks -->old<!-- /benchmarks --> z"
    assert between_marks(marked, shown) == (
        f"a <!-- benchmarks -->\n\n{shown}\n\n<!-- /benchmarks --> z"
    )
    with pytest.raises(ValueError, match="There is no <!-- benchmarks --> with its"):
        between_marks("nothing", shown)


def test_readme_and_page_are_of_one_run() -> None:
    page = (ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8")
    measured = re.findall(r"^\| .+ \| ([\d.]+) \| [\d.]+ \| .+ \|$", page, re.MULTILINE)
    comparison = (ROOT / "docs" / "comparison.md").read_text(encoding="utf-8")
    shown = comparison.partition("<!-- benchmarks -->")[2].partition("<!-- /benchmarks -->")[0]
    values = re.findall(r"^\| .+ \| ([\d.]+) \|$", shown, re.MULTILINE)
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    told = re.findall(r"(\d+\.\d+) times\s+as long", readme)
    assert values
    assert told
    assert {*values, *told} <= {*measured}


def test_the_chart_is_drawn_to_scale_and_escaped() -> None:
    root = ET.fromstring(svg([Bars("a & b", [("<slow>", 4.0, False), ("ours", 1.0, True)])]))
    space = "{http://www.w3.org/2000/svg}"
    slow, ours = (int(bar.attrib["width"]) for bar in root.iter(f"{space}rect"))
    assert abs(slow - 4 * ours) <= 4
    assert "<slow>" in [text.text for text in root.iter(f"{space}text")]


def test_commands_thaw_what_they_froze(one_project: Project) -> None:
    one_project.start("")
    one_project.db("enum", "check")
    assert gc.get_freeze_count() == 0
