"""Which new label one that goes most likely became."""

from __future__ import annotations

import pytest

from flask_enum_migrate.core.alter_enum import AlterEnum
from flask_enum_migrate.core.likeness import likeliest
from flask_enum_migrate.core.likeness import nearest
from flask_enum_migrate.core.likeness import ranked
from flask_enum_migrate.core.schema import Name

T = Name("public", "t")


@pytest.mark.parametrize(
    ("old", "new", "pair"),
    [
        (("open", "closed"), ("OPEN", "closed"), ("open", "OPEN")),
        (("cancelled", "done"), ("canceled", "done"), ("cancelled", "canceled")),
        (("a", "b", "c"), ("a", "x", "c", "y"), ("b", "x")),  # none is alike: the nearer one
        (("a", "b"), ("a",), None),
        (("a",), ("a", "b"), None),
    ],
)
def test_the_likeliest(
    old: tuple[str, ...], new: tuple[str, ...], pair: tuple[str, str] | None
) -> None:
    assert likeliest(AlterEnum(T, T, old, new)) == pair


def test_a_label_whose_rows_have_somewhere_to_go_became_none() -> None:
    change = AlterEnum(T, T, ("open", "closed"), ("OPEN", "closed"), mapping={"open": "closed"})
    assert likeliest(change) is None
    assert ranked(change, "open") == ["OPEN"]


def test_many_labels_are_looked_at_in_a_moment() -> None:
    old = tuple(f"old {n}" for n in range(2000))
    new = tuple(f"new {n}" for n in range(2000))
    assert likeliest(AlterEnum(T, T, old, new)) is not None
    assert nearest("new 17", new)[0] == "new 17"
