"""Random models, migrated from one to the next: every revision runs, and finds its way back."""

from __future__ import annotations

import os
import random
from collections.abc import Mapping
from collections.abc import Sequence

import pytest

from tests.autogenerate.setup import command
from tests.autogenerate.setup import nothing_differs
from tests.autogenerate.setup import unordered
from tests.project import Project

# `make fuzz` asks for thousands of quicker ones.
EXAMPLES = max(4, int(os.environ.get("FUZZ_EXAMPLES", "0")) // 20)
SEED = int(os.environ.get("FUZZ_SEED", "0"))

Types = Mapping[str, Sequence[str]]


def labels(rng: random.Random) -> list[str]:
    chosen = rng.sample("abcde", rng.randint(1, 5))
    return chosen if rng.random() < 0.3 else sorted(chosen)


def column(rng: random.Random, name: str, types: Types) -> str:
    """Return a column; one name is always an array, which PostgreSQL makes of no scalar."""
    type_ = rng.choice(sorted(types))
    enum = f"db.Enum(*{list(types[type_])!r}, name={type_!r})"
    if name == "many":
        return f"{name} = db.Column(db.ARRAY({enum}))"
    index = rng.choice(["", ", index=True"])
    default = rng.choice(["", f", server_default={rng.choice(types[type_])!r}"])
    return f"{name} = db.Column(" + rng.choice(
        [f"{enum}{index})", f"{enum}{default})", f"{enum})", "db.String(9))", "db.Text)"]
    )


def models(rng: random.Random, types: Types) -> str:
    source = ""
    for table in rng.sample(["One", "Two", "Three"], rng.randint(1, 3)):
        names = rng.sample(["first", "second", "third", "many"], rng.randint(0, 4))
        columns = ["id = db.Column(db.Integer, primary_key=True)"]
        columns += [column(rng, name, types) for name in sorted(names)]
        source += f"class {table}(db.Model):\n    " + "\n    ".join(columns) + "\n\n"
    return source


@pytest.mark.parametrize("seed", range(SEED, SEED + EXAMPLES))
def test_chain(one_project: Project, seed: int) -> None:
    project, rng = one_project, random.Random(seed)
    project.migrate_options["render_as_batch"] = rng.choice([True, False])
    types: Types = {name: labels(rng) for name in ("x", "y", "z")}
    source = models(rng, types)
    project.start(source)
    for _ in range(3):
        for table in project.contents():
            if rng.random() < 0.5:
                project.sql(f"INSERT INTO {table} DEFAULT VALUES")
        types = {name: rng.choice([known, labels(rng)]) for name, known in types.items()}
        step(project, models(rng, types))


def step(project: Project, source: str) -> None:
    """Migrate to the next models, unless rows need an answer; up, down and up again."""
    schema, before = project.dump(), project.revisions()
    project.models(source)
    result = project.db("migrate", expect=None)
    if result.exit_code:
        assert "Nothing was written." in result.output, result.output
        assert project.revisions() == before
        return
    if project.revisions() == before:
        return
    project.db("upgrade")
    upgraded = project.dump()
    nothing_differs(project, source)
    project.db("downgrade")
    assert unordered(project.dump()) == unordered(schema)
    project.db("upgrade")
    assert unordered(project.dump()) == unordered(upgraded)
    assert command(project, source, "enum", "check").stdout.startswith("In sync")
