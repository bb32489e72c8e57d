"""Write column types so that SQLAlchemy neither creates nor drops an enum by itself.

``repr(postgresql.ENUM(...))`` leaves ``create_type=False`` out, and ``sa.Enum`` ignores it on
SQLAlchemy 2.0, so that types are written here, through Alembic's ``render_item``: as a variant for
PostgreSQL of what other databases, such as SQLite, have there.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from typing import Any
from typing import Literal

from alembic.autogenerate.api import AutogenContext
from alembic.autogenerate.render import _repr_type
from sqlalchemy import Enum
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.types import ARRAY
from sqlalchemy.types import TypeDecorator
from sqlalchemy.types import TypeEngine

from ..app.models import as_kept
from ..core.schema import Name

RenderItem = Callable[[str, Any, AutogenContext], "str | Literal[False]"]

_POSTGRESQL = "postgresql"
_OPTION = "flask_enum_migrate_types"


class TypeRenderer:
    """A ``render_item`` for Alembic: the app's own first, then ours.

    One for all binds of a run, because Alembic renders all of them with the options of the last.
    """

    def __init__(self) -> None:
        self._names: dict[Name, Name] = {}
        self._users: RenderItem | None = None
        self._base: TypeEngine[Any] | None = None
        self._variant: TypeEngine[Any] | None = None
        self._variant_of = ""
        self._dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
        self._sqlite = sqlite.dialect()
        self._default = DefaultDialect()

    @classmethod
    def of(cls, context: AutogenContext) -> TypeRenderer | None:
        """Return the renderer of this run, if a bind before has made one."""
        renderer: TypeRenderer | None = context.opts.get(_OPTION)
        return renderer

    def install(self, context: AutogenContext) -> None:
        """Let Alembic ask this renderer, which asks the app's own one first."""
        users = context.opts.get("render_item")
        if users is not self:
            self._users = users
        context.opts[_OPTION] = context.opts["render_item"] = self

    def add(self, name: Name, becomes: Name | None = None) -> None:
        """Tell of a type that migrations needn't create, because it exists where they run.

        :param name: its name as models or reflection have it.
        :param becomes: its name when tables are created, where the revision renames it.
        """
        self._names[name] = becomes or name

    def of_the_app(self, types: Iterable[TypeEngine[Any]], context: AutogenContext) -> set[Name]:
        """Return the enums that the app's own ``render_item`` writes so that a table creates them.

        Where Alembic creates a table, it doesn't create the enums inside of arrays.
        """
        found: set[Name] = set()
        for type_ in types if self._users else ():
            enum = native(type_, self._dialect)
            if isinstance(enum, Enum) and enum.name and getattr(enum, "create_type", True):
                source = self._users("type", type_, context) if self._users else False
                if source is not False and "create_type=False" not in source:
                    found.add(Name(enum.schema or "", as_kept(str(enum.name))))
        return found

    def __call__(self, kind: str, object_: Any, context: AutogenContext) -> str | Literal[False]:
        """Return the source of a type, or False for Alembic to write it."""
        if self._users is not None:
            rendered = self._users(kind, object_, context)
            if rendered is not False:
                return rendered
        if kind != "type" or not isinstance(object_, TypeEngine):
            return False
        if object_ is self._variant:  # it can't have variants itself
            return self._native(object_, context) if self._variant_of == _POSTGRESQL else False
        variants: dict[str, TypeEngine[Any]] = dict(
            getattr(object_, "_variant_mapping", None) or {}
        )
        if not variants:
            return self._type(object_, context)
        if object_ is self._base:  # Alembic asks for it without its variants
            return False if _POSTGRESQL in variants else self._type(object_, context)
        if self._native(object_, context) is False:
            return False
        return self._with_variants(object_, variants, context)

    def _with_variants(
        self, type_: TypeEngine[Any], variants: dict[str, TypeEngine[Any]], context: AutogenContext
    ) -> str:
        self._base = type_
        try:
            source = _repr_type(type_, context, _skip_variants=True)
            for self._variant_of, self._variant in sorted(variants.items()):
                variant = _repr_type(self._variant, context, _skip_variants=True)
                source += f".with_variant({variant}, {self._variant_of!r})"
        finally:
            self._base = self._variant = None
        return source

    def _type(self, type_: TypeEngine[Any], context: AutogenContext) -> str | Literal[False]:
        """Return the source of a type for all databases, or False if it is no known enum."""
        source = self._native(type_, context)
        if source is False or isinstance(native(type_, self._dialect), ARRAY):
            return source
        return f"{self._elsewhere_type(type_, context)}.with_variant({source}, {_POSTGRESQL!r})"

    def _elsewhere_type(self, type_: TypeEngine[Any], context: AutogenContext) -> str:
        """Return the source of what a type is on databases without enum types."""
        variants = getattr(type_, "_variant_mapping", None) or {}
        impl = native(type_, self._default if "sqlite" in variants else self._sqlite)
        if not isinstance(impl, Enum):
            return _repr_type(impl, context, _skip_variants=True)
        labels = [str(label) for label in impl.enums]
        written = [*map(repr, labels), f"name={str(impl.name)!r}"]
        if impl.create_constraint:
            written.append("create_constraint=True")
        if impl.length != max(map(len, labels), default=0):
            written.append(f"length={impl.length!r}")
        prefix = context.opts.get("sqlalchemy_module_prefix") or ""
        return f"{prefix}Enum({', '.join(written)})"

    def _native(self, type_: TypeEngine[Any], context: AutogenContext) -> str | Literal[False]:
        """Return the source of a type for PostgreSQL, or False if it is no known enum."""
        impl = native(type_, self._dialect)
        if isinstance(impl, ARRAY):
            item = self._native(impl.item_type, context)
            if item is False:
                return False
            dimensions = "" if impl.dimensions is None else f", dimensions={impl.dimensions!r}"
            return f"postgresql.ARRAY({item}{dimensions})"
        if not isinstance(impl, Enum) or not impl.native_enum or not impl.name:
            return False
        known = self._names.get(Name(impl.schema or "", as_kept(str(impl.name))))
        if known is None:
            return False
        context.imports.add("from sqlalchemy.dialects import postgresql")
        written = [repr(str(label)) for label in impl.enums]
        written.append(f"name={known.name!r}")
        if known.schema:
            written.append(f"schema={known.schema!r}")
        return f"postgresql.ENUM({', '.join(written)}, create_type=False)"


def is_enum(type_: TypeEngine[Any]) -> bool:
    """Return whether a type is an enum of PostgreSQL, or an array of one."""
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    impl = native(type_, dialect)
    item = native(impl.item_type, dialect) if isinstance(impl, ARRAY) else impl
    return isinstance(item, Enum) and item.native_enum


def native(type_: TypeEngine[Any], dialect: Any) -> TypeEngine[Any]:
    """Return what a type is on a dialect, behind decorators and variants."""
    impl: TypeEngine[Any] = type_.dialect_impl(dialect)
    while isinstance(impl, TypeDecorator):
        impl = impl.load_dialect_impl(dialect).dialect_impl(dialect)
    return impl
