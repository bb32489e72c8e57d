"""What the extension adds to the start of an app: its import, ``init_app``, ``flask routes``."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter

from benchmarks.apps import ENVIRONMENT
from benchmarks.apps import OURS
from benchmarks.apps import PLAIN
from benchmarks.apps import App
from benchmarks.lab import Lab
from benchmarks.lab import interleaved
from benchmarks.lab import require
from benchmarks.lab import seconds
from benchmarks.results import Figure
from benchmarks.results import Section

_IMPORTS = """
from time import perf_counter
started = perf_counter()
import flask_migrate
theirs = perf_counter()
import flask_enum_migrate
imported = perf_counter()
import flask
import flask_migrate.cli
app = flask.Flask("app")
before = perf_counter()
flask_enum_migrate.EnumMigrate().init_app(app)
print(theirs - started, imported - theirs, perf_counter() - before)
"""


def measure(lab: Lab) -> Section:
    """Time the imports, and ``flask routes`` with and without the extension."""
    runs = lab.scale.runs
    imports = [_imports(lab) for _ in range(runs + 1)][1:]  # the first one may compile modules
    flask_migrate, ours, init_app = ([run[n] for run in imports] for n in range(3))
    share = median((run[1] + run[2]) / run[0] for run in imports)
    apps = {tools: App(lab, tools, "") for tools in (PLAIN, OURS)}
    routes = interleaved(runs, {tools: partial(_routes, app) for tools, app in apps.items()})
    ratio = median(routes[OURS]) / median(routes[PLAIN])
    section = Section("Start-up")
    section.say(f"Fresh processes, {runs} runs; `flask routes` from start to end.")
    section.table(
        ["", "time"],
        [
            ["`import flask_migrate`", seconds(flask_migrate)],
            ["then `import flask_enum_migrate`", seconds(ours)],
            ["`EnumMigrate().init_app(app)`", seconds(init_app)],
            ["`flask routes` without the extension", seconds(routes[PLAIN])],
            ["`flask routes` with it", seconds(routes[OURS])],
        ],
    )
    section.figures += [
        Figure(
            "import and `init_app` / import of Flask-Migrate",
            share,
            0.03,
            3,
            short="Start of the app, beside the import of Flask-Migrate alone",
        ),
        Figure("`flask routes`: with / without", ratio, 1.03),
    ]
    total, own = _import_times(lab)
    section.say(
        f"By `python -X importtime`, in one more run: `flask_migrate` {total / 1000:.1f} ms, all "
        f"modules of `flask_enum_migrate` {own / 1000:.1f} ms, what they import included."
    )
    return section


def _python(*arguments: str | Path, folder: Path) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, *arguments],
        check=False,
        capture_output=True,
        encoding="utf-8",
        cwd=folder,
        env=ENVIRONMENT,
    )
    require(done.returncode == 0, done.stderr)
    return done


def _imports(lab: Lab) -> Sequence[float]:
    return [float(part) for part in _python("-c", _IMPORTS, folder=lab.folder).stdout.split()]


def _routes(app: App) -> float:
    started = perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "flask", "routes"],
        check=False,
        capture_output=True,
        cwd=app.folder,
        env=app.environment("postgresql://nowhere.invalid/none"),
    )
    taken = perf_counter() - started
    require(done.returncode == 0 and b"static" in done.stdout, "flask routes failed")
    return taken


def _import_times(lab: Lab) -> tuple[int, int]:
    """Return the microseconds of Flask-Migrate's import, and of ours with ``init_app``."""
    told = _python("-X", "importtime", "-c", _IMPORTS, folder=lab.folder).stderr
    theirs = own = 0
    for line in told.splitlines():
        _, cumulative, name = line.removeprefix("import time:").split("|")
        if name.strip() == "flask_migrate":
            theirs = int(cumulative)
        # What a module imports is in its sum: count the outermost only.
        elif name.startswith(" flask_enum_migrate"):
            own += int(cumulative)
    return theirs, own
