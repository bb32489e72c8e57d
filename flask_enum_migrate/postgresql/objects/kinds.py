"""All kinds of objects that can hang on an enum type: a line here, a module, a ``.sql`` file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from . import cast
from . import constraint
from . import default
from . import index
from . import made_types
from . import operator
from . import operator_class
from . import policy
from . import publication
from . import routine
from . import rule
from . import statistics
from . import transform
from . import trigger
from . import view
from .base import About
from .base import Dependent


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of object.

    :param names: what ``pg_identify_object`` calls it.
    :param query: the ``.sql`` file that reads it, without its ending.
    :param read: makes an object of one of its rows.
    """

    names: tuple[str, ...]
    query: str
    read: Callable[[About, Any], Dependent]


KINDS = (
    Kind(("view", "materialized view"), "views", view.read),
    Kind(("index",), "indexes", index.read),
    Kind(("table constraint",), "constraints", constraint.read),
    Kind(("default value",), "defaults", default.read),
    Kind(("rule",), "rules", rule.read),
    Kind(("trigger",), "triggers", trigger.read),
    Kind(("policy",), "policies", policy.read),
    Kind(("publication relation",), "publications", publication.read),
    Kind(("statistics object",), "statistics", statistics.read),
    Kind(("function", "procedure"), "routines", routine.read),
    Kind(("aggregate",), "aggregates", routine.read_aggregate),
    Kind(("cast",), "casts", cast.read),
    Kind(("operator",), "operators", operator.read),
    Kind(("operator class",), "operator_classes", operator_class.read),
    Kind(
        ("operator of access method", "function of access method"),
        "operator_family_members",
        operator_class.read_member,
    ),
    Kind(("transform",), "transforms", transform.read),
    Kind(("type",), "made_types", made_types.read),
    Kind(("domain constraint",), "domain_constraints", made_types.read_constraint),
)
