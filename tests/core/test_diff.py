"""What differs about a pair, with what a person said, and whether the order counts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from flask_enum_migrate.core.alter_column_type import AlterColumnType
from flask_enum_migrate.core.alter_column_type import ColumnType
from flask_enum_migrate.core.changes import AddValue
from flask_enum_migrate.core.changes import BringBackValue
from flask_enum_migrate.core.changes import Change
from flask_enum_migrate.core.changes import DropValue
from flask_enum_migrate.core.changes import RenameValue
from flask_enum_migrate.core.changes import ReorderValues
from flask_enum_migrate.core.changes import RetireValue
from flask_enum_migrate.core.diff import Answers
from flask_enum_migrate.core.diff import alter
from flask_enum_migrate.core.diff import convert
from flask_enum_migrate.core.pairing import Pair
from flask_enum_migrate.core.schema import DeclaredEnum
from flask_enum_migrate.core.schema import Guard
from flask_enum_migrate.core.schema import LiveColumn
from flask_enum_migrate.core.schema import LiveEnum
from flask_enum_migrate.core.schema import Name

T = Name("public", "t")


def pair(live: str, declared: str, *guards: str) -> Pair:
    """Return a pair whose columns have CHECKs against some labels each."""
    enum = DeclaredEnum(Name("", "t"), tuple(declared), ())
    columns = [
        LiveColumn(
            T, f"c{number}", guards=tuple(Guard(label, f"{label}_{number}") for label in own)
        )
        for number, own in enumerate(guards)
    ]
    return Pair(enum, LiveEnum(1, T, tuple(live), tuple(columns)), T)


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


@pytest.mark.parametrize(
    ("live", "declared", "guards", "changes"),
    [
        ("aob", "ab", ["o", "o"], []),
        ("oab", "ab", ["o"], []),
        ("abop", "ab", ["op"], []),
        ("aob", "ab", ["o", "", "o"], [RetireValue("o", columns=("public.t.c1",))]),
        ("aob", "aob", ["o"], [BringBackValue("o")]),
        ("aob", "aob", ["o", ""], []),  # a rule of one table
        ("aob", "axb", ["o"], [AddValue("x", "a")]),
        ("aob", "ba", ["o"], [DropValue("o"), ReorderValues(("b", "a"))]),
        ("aob", "a", ["o"], [DropValue("o"), DropValue("b")]),
    ],
    ids=str,
)
def test_labels_that_are_retired(
    live: str, declared: str, guards: list[str], changes: list[Change]
) -> None:
    found = alter(pair(live, declared, *guards))
    assert [*(found.changes if found else ())] == changes


def test_a_label_is_retired_where_a_person_says_so() -> None:
    answers = Answers(mapping={"o": "a"}, retire=frozenset("o"))
    change = alter(pair("aob", "ab", ""), answers)
    assert change is not None
    assert change.changes == (RetireValue("o", mapped=True, becomes="a"),)
    assert (change.retired, change.new_labels) == (frozenset("o"), tuple("aob"))
    again = alter(pair("aopb", "xb", "p"), Answers({"a": "x"}, retire=frozenset("o")))
    assert again is not None
    assert [*again.changes] == [RenameValue("a", "x"), RetireValue("o")]
    assert again.kept_retired == frozenset("p")


def test_a_label_that_is_kept_out_of_some_columns_may_be_renamed() -> None:
    answers = Answers({"b": "c"})
    some = alter(pair("ab", "ac", "b", ""), answers)
    assert some is not None
    assert (some.renames, some.retired) == ({"b": "c"}, frozenset())
    everywhere = alter(pair("ab", "ac", "b", "b"), answers)  # no row can hold it
    assert everywhere is not None
    assert (everywhere.renames, everywhere.kept_retired) == ({}, frozenset("b"))


def test_what_is_replaced_anyway_takes_retired_labels_along() -> None:
    change = alter(pair("aobp", "ba", "op"), Answers(retire=frozenset("p")))
    assert change is not None
    assert {drop.label for drop in change.removed} == {"o", "p"}
    assert (change.retired, change.returned) == (frozenset(), frozenset("op"))
    assert change.reverse().retired == frozenset("op")
    reordered = alter(pair("aob", "ba", "o"), compare_order=False)
    assert reordered is None


def test_retired_labels_go_for_good_where_they_are_to() -> None:
    change = alter(replace(pair("aob", "ab", "o"), drops_retired=True))
    assert change is not None
    assert change.changes == (DropValue("o"),)
    assert change.returned == frozenset("o")


def test_a_label_that_the_models_keep_out_themselves_does_not_come_back() -> None:
    assert alter(replace(pair("aob", "aob", "o"), checks=frozenset("o"))) is None
