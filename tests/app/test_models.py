"""Every way to declare an enum; the oracle is SQLAlchemy's own DDL."""

from __future__ import annotations

import enum
from typing import Any
from typing import Literal

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from flask_enum_migrate.app import models
from flask_enum_migrate.core.errors import ConflictingDeclarations
from flask_enum_migrate.core.schema import DeclaredColumn
from flask_enum_migrate.core.schema import Name


class Mood(enum.Enum):
    BAD = "b"
    OK = "o"
    FINE = "o"


class Decorated(sa.types.TypeDecorator[Any]):
    impl = sa.Enum(Mood, name="decorated")
    cache_ok = True


class Chosen(sa.types.TypeDecorator[Any]):
    impl = sa.String
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> sa.types.TypeEngine[Any]:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(sa.Enum(Mood, name="chosen", schema="far"))
        return dialect.type_descriptor(sa.String())


class Nested(sa.types.TypeDecorator[Any]):
    impl = Decorated
    cache_ok = True


def by_value(cls: type[enum.Enum]) -> list[str]:
    return [str(member.value) for member in cls]


TYPES: dict[str, sa.types.TypeEngine[Any]] = {
    "class": sa.Enum(Mood),
    "values": sa.Enum(Mood, name="values_", values_callable=by_value),
    "strings": sa.Enum("x", "y z", name="strings"),
    "aliases": sa.Enum(Mood, name="aliases", omit_aliases=False),
    "postgresql": postgresql.ENUM("x", "y", name="pg", create_type=False),
    "postgresql class": postgresql.ENUM(Mood, name="pgclass", schema="far"),
    "decorated": Decorated(),
    "chosen": Chosen(),
    "nested": Nested(),
    "array": sa.ARRAY(sa.Enum(Mood, name="listed")),
    "dimensions": postgresql.ARRAY(sa.Enum("x", name="cube"), dimensions=3),
    "array of decorated": sa.ARRAY(Decorated()),
    "variant": sa.String().with_variant(sa.Enum(Mood, name="varied"), "postgresql"),
    "other variant": sa.Enum(Mood, name="fixed").with_variant(sa.String(), "sqlite"),
    "schema": sa.Enum(Mood, name="afar", schema="far"),
    "quoted": sa.Enum(Mood, name='Odd "name".x', schema="Far Away"),
    "metadata": sa.Enum(Mood, name="meta", metadata=sa.MetaData(schema="ofmeta")),
}
NOT_NATIVE: dict[str, sa.types.TypeEngine[Any]] = {
    "emulated": sa.Enum(Mood, name="emulated", native_enum=False),
    "variant": sa.Enum(Mood, name="gone").with_variant(sa.String(), "postgresql"),
    "string": sa.String(),
    "array": sa.ARRAY(sa.Integer),
}


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("schema", [None, "tables"])
def test_the_name_is_the_one_in_the_ddl(kind: str, schema: str | None) -> None:
    table = sa.Table("t", sa.MetaData(), sa.Column("c", TYPES[kind]), schema=schema)
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    (found,) = models.read(table.metadata)
    prefix = f"{dialect.identifier_preparer.quote(found.name.schema)}." if found.name.schema else ""
    ddl = prefix + dialect.identifier_preparer.quote(found.name.name)
    compiled = table.c.c.type.compile(dialect=dialect)
    assert compiled.rstrip("[]") == ddl
    array = compiled.endswith("[]")
    assert found.columns == (DeclaredColumn(Name(schema or "", "t"), "c", array),)


@pytest.mark.parametrize(
    ("kind", "labels"),
    [
        ("class", ("BAD", "OK")),
        ("values", ("b", "o")),
        ("strings", ("x", "y z")),
        ("aliases", ("BAD", "OK", "FINE")),
        ("postgresql", ("x", "y")),
        ("array", ("BAD", "OK")),
        ("chosen", ("BAD", "OK")),
    ],
)
def test_labels(kind: str, labels: tuple[str, ...]) -> None:
    table = sa.Table("t", sa.MetaData(), sa.Column("c", TYPES[kind]))
    assert models.read(table.metadata)[0].labels == labels


@pytest.mark.parametrize("kind", NOT_NATIVE)
def test_what_is_no_native_enum_is_not_ours(kind: str) -> None:
    table = sa.Table("t", sa.MetaData(), sa.Column("c", NOT_NATIVE[kind]))
    assert models.read(table.metadata) == ()


def test_annotations_name_the_class() -> None:
    class Base(DeclarativeBase):
        pass

    class Entry(Base):
        __tablename__ = "entry"
        id: Mapped[int] = mapped_column(primary_key=True)
        mood: Mapped[Mood]
        maybe: Mapped[Mood | None]
        literal: Mapped[Literal["x", "y"]]

    (found,) = models.read(Base.metadata)
    assert found.name == Name("", "mood")
    assert [column.column for column in found.columns] == ["mood", "maybe"]
    assert [cls.path for cls in found.classes] == [f"{__name__}.Mood"]
    assert found.classes[0].members == (("BAD", "b"), ("OK", "o"))
    del Entry


def test_several_classes_may_feed_one_type_if_they_agree() -> None:
    class Same(enum.Enum):
        BAD = 1
        OK = 2

    metadata = sa.MetaData()
    sa.Table("a", metadata, sa.Column("c", sa.Enum(Mood, name="mood")))
    sa.Table("b", metadata, sa.Column("c", sa.Enum(Same, name="mood")))
    (found,) = models.read(metadata)
    assert len(found.classes) == 2
    assert len(found.columns) == 2


def test_contradicting_declarations_name_both_places_and_both_lists() -> None:
    metadata = sa.MetaData()
    sa.Table("a", metadata, sa.Column("c", sa.Enum("x", "y", name="mood")), schema="s")
    sa.Table("b", metadata, sa.Column("d", sa.Enum("y", "x", name="mood")))
    with pytest.raises(ConflictingDeclarations) as caught:
        models.read(metadata)
    assert caught.value.declared.labels == ("x", "y")
    assert caught.value.other.labels == ("y", "x")
    assert "s.a.c declares the type mood as 'x', 'y', but b.d declares it as 'y', 'x'" in str(
        caught.value
    )


def test_a_list_of_metadata_and_a_schema_map() -> None:
    one, two = sa.MetaData(), sa.MetaData(schema="tenant")
    sa.Table("a", one, sa.Column("c", sa.Enum("x", name="mood")))
    sa.Table("b", two, sa.Column("c", sa.Enum("x", name="mood", schema="tenant")))
    names = [str(found.name) for found in models.read([one, two], schema_map={"tenant": "t1"})]
    assert names == ["mood", "t1.mood"]
