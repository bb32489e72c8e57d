"""What changes between two lists of labels, whichever they are; and back again."""

from __future__ import annotations

from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from flask_enum_migrate.core.alter_enum import AlterEnum
from flask_enum_migrate.core.changes import AddValue
from flask_enum_migrate.core.changes import BringBackValue
from flask_enum_migrate.core.changes import ReorderValues
from flask_enum_migrate.core.changes import RetireValue
from flask_enum_migrate.core.schema import Name

T = Name("public", "t")
LABELS = st.lists(st.sampled_from("abcdefg"), min_size=1, unique=True).map(tuple)


@st.composite
def alterations(draw: st.DrawFn) -> AlterEnum:
    old, new = draw(LABELS), draw(LABELS)
    gone = draw(st.permutations([label for label in old if label not in new]))
    come = [label for label in new if label not in old]
    renamed = draw(st.integers(0, min(len(gone), len(come))))
    return AlterEnum(T, T, old, new, dict(zip(gone[:renamed], come, strict=False)))


@settings(max_examples=300, deadline=None, database=None)
@given(alterations())
def test_what_stays_comes_and_goes_is_all_there_is(change: AlterEnum) -> None:
    removed = [drop.label for drop in change.removed]
    added = [add.label for add in change.added]
    assert sorted([*change.kept, *removed]) == sorted(change.labels)
    assert sorted([*map(change.renamed, change.kept), *added]) == sorted(change.new_labels)
    if not change.replaces_type:  # each added label follows one that stands there by then
        labels = [change.renamed(label) for label in change.labels]
        for add in change.added:
            labels.insert(0 if add.after is None else labels.index(add.after) + 1, add.label)
        assert tuple(labels) == change.new_labels


@settings(max_examples=300, deadline=None, database=None)
@given(alterations())
def test_the_way_back_is_the_mirrored_one(change: AlterEnum) -> None:
    back = change.reverse()
    assert back.reverse() == change
    assert {drop.label for drop in back.removed} == {add.label for add in change.added}
    assert {add.label for add in back.added} == {drop.label for drop in change.removed}
    assert back.reordered == change.reordered
    assert bool(back.changes) == bool(change.changes)


def test_an_order_alone_is_a_change() -> None:
    change = AlterEnum(T, T, ("a", "b"), ("b", "a"))
    assert change.changes == (ReorderValues(("b", "a")),)
    assert change.replaces_type


def test_a_swap_of_names_keeps_the_order() -> None:
    change = AlterEnum(T, T, ("a", "b"), ("b", "a"), {"a": "b", "b": "a"})
    assert (change.kept, change.removed, change.added) == (("a", "b"), (), ())
    assert not change.replaces_type


def test_a_label_that_is_retired_returns_on_the_way_back() -> None:
    labels = ("a", "b")
    change = AlterEnum(T, T, labels, labels, mapping={"a": "b"}, retired=frozenset("a"))
    assert change.changes == (RetireValue("a", mapped=True, becomes="b"),)
    assert not change.replaces_type
    back = change.reverse()
    assert back.changes == (BringBackValue("a"),)
    assert back.reverse() == change
    assert AlterEnum(T, T, labels, labels, kept_retired=frozenset("a")).changes == ()


def test_a_retired_label_that_is_removed_comes_back_retired() -> None:
    change = AlterEnum(T, T, ("a", "b"), ("b",), returned=frozenset("a"))
    assert [type(one).__name__ for one in change.changes] == ["DropValue"]
    back = change.reverse()
    assert (back.changes, back.retired) == ((AddValue("a"),), frozenset("a"))
