"""What a plan has to know of types, and of strings under a CHECK, as the rooms around see it."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace

from ..core.schema import LiveColumn
from ..core.schema import LiveEnum
from ..core.schema import Name
from ..core.schema import Place
from ..core.schema import TableSize
from .checks.plan import Facts as CheckFacts
from .plan.facts import Facts as TypeFacts


@dataclass(frozen=True, slots=True)
class Facts:
    """What a plan has to know.

    :param types: of enum types.
    :param checks: of enums that a CHECK lists.
    :param checked_sizes: the sizes of the tables of these.
    """

    types: TypeFacts
    checks: CheckFacts
    checked_sizes: Mapping[Name, TableSize]

    @property
    def enums(self) -> Mapping[Name, LiveEnum]:
        """The enums as they are, by name."""
        return {**self.types.enums, **self.checks.enums}

    @property
    def sizes(self) -> Mapping[Name, TableSize]:
        """The sizes of tables."""
        return {**self.checked_sizes, **self.types.sizes}

    def called(self, name: Name) -> str:
        """Return the shortest name by which an option can mean an enum."""
        return self.checks.called(name) if name in self.checks.enums else self.types.called(name)

    def shown(self, name: Name) -> Name:
        """Return a name as the revision writes it."""
        return self.types.shown(name)

    def without(self, schema: str) -> Facts:
        """Return the same with names that leave a schema out."""
        checks = replace(self.checks, unqualified=schema)
        return replace(self, types=self.types.without(schema), checks=checks)

    def unsized(self) -> Facts:
        """Return the same without the sizes of tables."""
        return replace(self, types=self.types.unsized(), checked_sizes={})

    def family(self, place: Place) -> Sequence[LiveColumn]:
        """Return a column that gets another type, and those of children and partitions."""
        return self.types.family(place)
