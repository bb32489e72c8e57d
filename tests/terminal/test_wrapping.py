"""Lines within the width of a terminal, in which what is to be pasted stays whole."""

from __future__ import annotations

import random
import shlex

import pytest

from flask_enum_migrate.core.errors import typed
from flask_enum_migrate.report.lines import Line
from flask_enum_migrate.terminal.wrapping import command
from flask_enum_migrate.terminal.wrapping import side_by_side
from flask_enum_migrate.terminal.wrapping import wrapped


@pytest.mark.parametrize("seed", range(40))
def test_a_wrapped_command_means_the_same(seed: int) -> None:
    chance = random.Random(seed)
    labels = ["a", "with space", "it's", 'q"uote', "back\\slash", "a=b", "--dash", "ü" * 9]
    options = [
        typed(chance.choice(["--rename", "--map"]), f"t.{chance.choice(labels)}={label}")
        for label in chance.choices(labels, k=9)
    ]
    text = " ".join(["flask db enum sync", *options])
    lines = [*command(text, chance.choice([40, 80, 120]))]
    assert all(line.endswith(" \\") for line in lines[:-1])
    assert shlex.split("\n".join(lines).replace("\\\n", "")) == shlex.split(text)
    assert not any(line.removesuffix(" \\").endswith(("--rename", "--map")) for line in lines)


def test_text_is_wrapped_between_words() -> None:
    text = "Note: if a is called b, say so: flask db enum sync --rename t.a=b"
    assert [*wrapped(text, 40)] == [
        "Note: if a is called b, say so:",
        "  flask db enum sync --rename t.a=b",
    ]
    assert [*wrapped(text, 30)][-2:] == ["  flask db enum sync \\", "    --rename t.a=b"]
    assert [*wrapped(text, None)] == [text]
    assert [*wrapped("  deep " * 20, 40)][1].startswith("    deep")
    assert [*wrapped("x" * 50, 40)] == ["x" * 50]


def test_a_sign_stays_beside_its_label() -> None:
    text = "- AN_OLD_ONE  + 'MORE OF IT'  + A_NEW_ONE"
    for width in range(14, 45):
        lines = [line.strip() for line in wrapped(text, width)]
        assert "  ".join(lines) == text
        assert all(line[0] in "-+" for line in lines)


def test_columns_side_by_side() -> None:
    lines = [Line("Upgrade", "instant"), Line("Downgrade", "rewrites a and b"), Line("A remark")]
    assert [*map(str, side_by_side(lines, 24))] == [
        "Upgrade    instant",
        "Downgrade  rewrites a",
        "           and b",
        "A remark",
    ]
    long = [Line("  - A_LABEL_OF_SOME_LENGTH", "rows become ANOTHER_LONG_ONE")]
    assert [*map(str, side_by_side(long, 30))] == [
        "  - A_LABEL_OF_SOME_LENGTH",
        "        rows become",
        "        ANOTHER_LONG_ONE",
    ]
