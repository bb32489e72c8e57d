"""What differs about a pair, with what a person said, and whether the order counts."""

from __future__ import annotations

import pytest

from flask_enum_migrate.core.changes import AlterColumnType
from flask_enum_migrate.core.changes import ColumnType
from flask_enum_migrate.core.diff import Answers
from flask_enum_migrate.core.diff import alter
from flask_enum_migrate.core.diff import convert
from flask_enum_migrate.core.pairing import Pair
from flask_enum_migrate.core.schema import DeclaredEnum
from flask_enum_migrate.core.schema import LiveEnum
from flask_enum_migrate.core.schema import Name

T = Name("public", "t")


def pair(live: str, declared: str) -> Pair:
    enum = DeclaredEnum(Name("", "t"), tuple(declared), ())
    return Pair(enum, LiveEnum(1, T, tuple(live)), T)


@pytest.mark.parametrize(
    ("live", "declared", "new_labels"),
    [
        ("ab", "ba", None),
        ("ab", "bac", "acb"),
        ("ab", "cba", "cab"),
        ("abc", "cxa", "acx"),  # behind the one that precedes it in the declaration
        ("ab", "xyba", "xyab"),
    ],
)
def test_where_the_order_does_not_count(live: str, declared: str, new_labels: str | None) -> None:
    change = alter(pair(live, declared), compare_order=False)
    assert (change and "".join(change.new_labels)) == new_labels
    assert change is None or not change.reordered


def test_answers_of_another_database_are_left_out() -> None:
    answers = Answers({"a": "x", "gone": "b"}, {"a": "b", "b": "c"}, {"c": "a", "b": "a"})
    change = alter(pair("ab", "bc"), answers)
    assert change is not None
    assert (change.renames, change.mapping, change.reverse_mapping) == ({}, {"a": "b"}, {"c": "a"})


@pytest.mark.parametrize(
    ("mapping", "back"),
    [
        ({"a": "c"}, {"c": "a"}),  # the one that became it
        ({"a": "c", "b": "c"}, {}),  # which of the two is not known any more
        ({"a": None}, {}),
    ],
)
def test_the_way_back_of_a_mapping(mapping: dict[str, str | None], back: dict[str, str]) -> None:
    change = alter(pair("abx", "cx"), Answers(mapping=mapping))
    assert change is not None
    assert change.reverse_mapping == back


def test_values_of_a_string_are_mapped_to_labels_only() -> None:
    change = AlterColumnType(T, "c", ColumnType("text"), ColumnType("public.t", T, ("a", "b")))
    answers = Answers(mapping={"A": "a", "B": None, "a": "b", "x": "y"})
    assert convert(change, answers).mapping == {"A": "a", "B": None}
