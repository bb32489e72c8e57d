"""What was measured: tables and the figures that decide, as Markdown."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from importlib.metadata import version
from pathlib import Path

PACKAGES = (
    "flask-enum-migrate",
    "alembic-postgresql-enum",
    "Flask-Migrate",
    "alembic",
    "SQLAlchemy",
    "psycopg2-binary",
)


@dataclass(frozen=True)
class Figure:
    """A ratio, or a number, that has to stay below a limit.

    :param limit: the most it may be.
    :param digits: after the point.
    :param short: what the README calls it, or ``""`` if it isn't shown there.
    """

    what: str
    value: float
    limit: float
    digits: int = 2
    short: str = ""

    @property
    def reached(self) -> bool:
        """Whether it stays below, as it is shown."""
        return round(self.value, self.digits) <= self.limit

    def row(self) -> list[str]:
        """Return it as a row of a table."""
        verdict = "reached" if self.reached else "**missed**"
        return [self.what, f"{self.value:.{self.digits}f}", f"{self.limit:g}", verdict]


@dataclass(frozen=True)
class Bars:
    """A chart of horizontal bars.

    :param bars: name, seconds, and whether it is ours.
    """

    title: str
    bars: Sequence[tuple[str, float, bool]]


@dataclass
class Section:
    """One part of the results, in the order in which it is shown."""

    title: str
    parts: list[str] = field(default_factory=list)
    figures: list[Figure] = field(default_factory=list)
    charts: list[Bars] = field(default_factory=list)

    def say(self, *paragraphs: str) -> None:
        """Add paragraphs."""
        self.parts += paragraphs

    def table(self, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Add a table; all columns but the first are aligned to the right."""
        self.parts.append("\n".join(_table(header, rows)))

    def markdown(self) -> str:
        """Return the section as Markdown."""
        return "\n\n".join([f"## {self.title}", *self.parts])


def markdown(
    sections: Sequence[Section], server: dict[str, str], when: str, chart: str | None
) -> str:
    """Return the whole page.

    :param server: the server's settings.
    :param chart: the name of the chart's file.
    """
    figures = [figure for section in sections for figure in section.figures]
    parts = ["# Benchmarks", _INTRO]
    if chart:
        parts.append(f"![Times of this run]({chart})")
    parts.append("\n".join(_table(_HEADER, [figure.row() for figure in figures])))
    parts.append(_machine(server, when))
    return "\n\n".join([*parts, *(section.markdown() for section in sections)]) + "\n"


def summary(sections: Sequence[Section], page: str) -> str:
    """Return what the README shows: the shortest table, and the chart.

    :param page: the path of the page, the chart's but for its suffix.
    """
    figures = [figure for section in sections for figure in section.figures if figure.short]
    rows = [[figure.short, f"{figure.value:.{figure.digits}f}"] for figure in figures]
    chart = f"![Times of this run]({Path(page).with_suffix('.svg').as_posix()})"
    return "\n\n".join(["\n".join(_table(("Time, as a ratio", ""), rows)), chart])


def between_marks(text: str, new: str) -> str:
    """Return a text with what stands between ``<!-- benchmarks -->`` marks replaced.

    :raises ValueError: if they aren't there.
    """
    before, _, rest = text.partition(_FROM)
    _, found, after = rest.partition(_TO)
    if not found:
        raise ValueError(f"There is no {_FROM} with its {_TO}.")
    return f"{before}{_FROM}\n\n{new}\n\n{_TO}{after}"


_FROM, _TO = "<!-- benchmarks -->", "<!-- /benchmarks -->"
_HEADER = ("Figure", "Measured", "At most", "")
_INTRO = (
    "Written by `make bench`: it starts a PostgreSQL of its own, runs everything below in turn on "
    "copies of the same databases, with a `CHECKPOINT` before each run, and shows medians. Every "
    "run's outcome is checked: labels, rows, exit codes. Each command runs in a process of its "
    "own and is timed beyond the import of the app. Run it yourself: times are of one machine, "
    "ratios carry over."
)


def _machine(server: dict[str, str], when: str) -> str:
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    settings = ", ".join(f"`{k} = {v}`" for k, v in server.items() if k != "server_version")
    load = ", ".join(f"{x:.1f}" for x in os.getloadavg()) if hasattr(os, "getloadavg") else "?"
    return (
        f"{when}. {_processor()}, {os.cpu_count()} cores, load average {load} at the end; "
        f"{platform.system()} {platform.release()}, {platform.python_implementation()} "
        f"{platform.python_version()}, PostgreSQL {server['server_version']} with {settings}; "
        f"{packages}."
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(header)} |"
    yield f"| --- |{' ---: |' * (len(header) - 1)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"
