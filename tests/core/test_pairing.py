"""Which type of the database a declaration means."""

from __future__ import annotations

import pytest

from flask_enum_migrate.core.errors import ConflictingDeclarations
from flask_enum_migrate.core.pairing import Pairing
from flask_enum_migrate.core.pairing import pair
from flask_enum_migrate.core.schema import DeclaredColumn
from flask_enum_migrate.core.schema import DeclaredEnum
from flask_enum_migrate.core.schema import FoundColumn
from flask_enum_migrate.core.schema import LiveEnum
from flask_enum_migrate.core.schema import LiveSchema
from flask_enum_migrate.core.schema import Name

COLUMNS = [DeclaredColumn(Name("", "entry"), name) for name in "abc"]


def declared(name: str, labels: str, *columns: DeclaredColumn) -> DeclaredEnum:
    schema, _, rest = name.rpartition(".")
    return DeclaredEnum(Name(schema, rest), tuple(labels), columns)


def paired(
    enums: list[DeclaredEnum], live: dict[str, str], found: dict[DeclaredColumn, str]
) -> Pairing:
    """Pair with types by name and labels, and what type each column has (``""``: it is missing)."""
    names = [Name(*name.split(".")) for name in live]
    keys = {str(name): key for key, name in enumerate(names, 1)}
    return pair(
        enums,
        LiveSchema(
            ("public", "app"),
            "me",
            180000,
            tuple(LiveEnum(keys[str(n)], n, tuple(live[str(n)])) for n in names),
            {
                column: FoundColumn(
                    Name("public", "entry"),
                    keys.get(type_, 0),
                    type_,
                    bool(type_),
                    False,
                    False,
                    "r",
                )
                for column, type_ in found.items()
            },
        ),
    )


def test_by_name_along_the_search_path() -> None:
    enums = [declared("mood", "xy", COLUMNS[0]), declared("app.mood", "xy", COLUMNS[1])]
    live = {"app.mood": "xy", "public.mood": "xyz"}
    found = paired(enums, live, {COLUMNS[0]: "public.mood", COLUMNS[1]: "app.mood"})
    assert [str(one.live.name) for one in found.pairs] == ["public.mood", "app.mood"]


def test_a_new_name_is_the_type_that_most_of_its_columns_have() -> None:
    live = {"public.one": "xy", "public.two": "xy"}
    types = dict(zip(COLUMNS, ("public.one", "public.two", "public.two"), strict=True))
    found = paired([declared("feeling", "xy", *COLUMNS)], live, types)
    (renamed,) = found.pairs
    assert (renamed.live.name.name, str(renamed.new_name)) == ("two", "public.feeling")
    assert [wrong.column for wrong in found.wrong_columns] == [COLUMNS[0]]
    assert [enum.name.name for enum in found.undeclared] == ["one"]


def test_a_type_that_another_declaration_means_is_not_renamed() -> None:
    enums = [declared("one", "xy", COLUMNS[0]), declared("new", "xy", COLUMNS[1])]
    types = {COLUMNS[0]: "public.one", COLUMNS[1]: "public.one"}
    found = paired(enums, {"public.one": "xy"}, types)
    assert [one.declared.name.name for one in found.pairs] == ["one"]
    assert [str(create.name) for create in found.creates] == ["public.new"]
    assert [str(change) for change in found.conversions] == ["public.entry.b"]


def test_what_only_the_models_have() -> None:
    enums = [declared("one", "xy", *COLUMNS[:2]), declared("new", "xy", COLUMNS[2])]
    types = {COLUMNS[0]: "public.one", COLUMNS[1]: "", COLUMNS[2]: ""}
    found = paired(enums, {"public.one": "xy"}, types)
    assert found.missing_columns == (COLUMNS[1],)
    assert [enum.name.name for enum in found.new] == ["new"]


def test_one_type_with_two_lists_of_labels() -> None:
    enums = [declared("one", "xy", COLUMNS[0]), declared("public.one", "xz", COLUMNS[1])]
    with pytest.raises(ConflictingDeclarations, match="one"):
        paired(enums, {"public.one": "xy"}, dict.fromkeys(COLUMNS, "public.one"))
