"""``python -m benchmarks``: measure, print the results, and write them where asked."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable
from collections.abc import Sequence
from contextlib import nullcontext
from datetime import UTC
from datetime import datetime
from pathlib import Path
from time import perf_counter

from benchmarks import hanging
from benchmarks import labels
from benchmarks import rehearsed
from benchmarks import replaced
from benchmarks import retired
from benchmarks import scale
from benchmarks import stalls
from benchmarks import startup
from benchmarks.chart import svg
from benchmarks.lab import FULL
from benchmarks.lab import QUICK
from benchmarks.lab import SETTINGS
from benchmarks.lab import Lab
from benchmarks.lab import OutcomeError
from benchmarks.results import Section
from benchmarks.results import between_marks
from benchmarks.results import markdown
from benchmarks.results import summary
from flask_enum_migrate.from_migrations.server import embedded_server

SECTIONS: dict[str, Callable[[Lab], Section]] = {
    "labels": labels.measure,
    "replaced": replaced.measure,
    "scale": scale.measure,
    "startup": startup.measure,
    "hanging": hanging.measure,
    "rehearsed": rehearsed.measure,
    "stalls": stalls.measure,
    "retired": retired.measure,
}


def main() -> None:
    """Run the sections; the exit code is 1 where a contender does not do what is measured."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="only try that everything runs")
    parser.add_argument("--only", action="append", choices=SECTIONS, help="one section")
    parser.add_argument("--server", help="URL of a server; a throwaway one otherwise")
    parser.add_argument("--output", type=Path, help="folder for benchmarks.md and benchmarks.svg")
    parser.add_argument("--readme", type=Path, help="page that shows a short table and the chart")
    given = parser.parse_args()

    def say(text: str) -> None:
        print(text, file=sys.stderr, flush=True)

    sections: list[Section] = []
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as folder,
        nullcontext(given.server) if given.server else embedded_server(settings=SETTINGS) as url,
    ):
        lab = Lab(url, Path(folder), QUICK if given.quick else FULL, say)
        server = lab.server()
        for name in given.only or SECTIONS:
            started = perf_counter()
            say(f"{name} …")
            try:
                sections.append(SECTIONS[name](lab))
            except OutcomeError as error:
                sys.exit(f"{name}: {error}")
            say(f"{name}: done in {perf_counter() - started:.0f} s")
            if given.output:  # what is measured is kept, should a later section fail
                _write(given.output, sections, server)
    if given.readme:
        page = os.path.relpath(given.output / "benchmarks.md", given.readme.parent)
        shown = between_marks(given.readme.read_text(encoding="utf-8"), summary(sections, page))
        given.readme.write_text(shown, encoding="utf-8")
    print(markdown(sections, server, _today(), None))


def _write(output: Path, sections: Sequence[Section], server: dict[str, str]) -> None:
    output.mkdir(exist_ok=True)
    charts = [chart for section in sections for chart in section.charts]
    (output / "benchmarks.svg").write_text(svg(charts), encoding="utf-8")
    page = markdown(sections, server, _today(), "benchmarks.svg")
    (output / "benchmarks.md").write_text(page, encoding="utf-8")


def _today() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%d")


if __name__ == "__main__":
    main()
