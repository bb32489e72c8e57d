"""What a rehearsal sends besides the revision's own statements, and how it reads these."""

from __future__ import annotations

import re
from collections.abc import Iterable
from collections.abc import Sequence

from ...core.schema import Name
from .quoting import qualified

FIRE = "SET CONSTRAINTS ALL IMMEDIATE"
"""Checks what a COMMIT would check."""

_ENDS = re.compile(
    r"\s*(BEGIN|START\s+TRANSACTION|COMMIT|END|ROLLBACK|ABORT|PREPARE\s+TRANSACTION)\b",
    re.IGNORECASE,
)
_INSIDE = re.compile(r'SQL statement "(.*?)"\n(?:PL/pgSQL function|$)', re.DOTALL)
_LONGEST = 120


def defer(constraints: Iterable[Name]) -> str:
    """Return what makes constraints wait for the end of the transaction again, as they did."""
    listed = ", ".join(map(qualified, constraints))
    return f"SET CONSTRAINTS {listed} DEFERRED" if listed else ""


def ends_transaction(statement: str) -> bool:
    """Return whether a statement begins or ends a transaction, which a rehearsal never does."""
    return _ENDS.match(statement) is not None


def failed_statement(statement: str, internal: str, context: str) -> str:
    """Return what to show of a statement that failed: of a block the one inside, shortened.

    :param internal: the statement inside of it that could not be understood, or ``""``.
    :param context: where the server says that it happened.
    """
    inside = _INSIDE.search(f"{context}\n")
    return shortened(internal or (inside[1] if inside else statement))


def shortened(text: str) -> str:
    """Return what to show of a statement, on one line."""
    shown = " ".join(text.split())
    return shown if len(shown) <= _LONGEST else f"{shown[: _LONGEST - 2].rstrip()} …"


def count_rows(relations: Sequence[Name]) -> str:
    """Return a query for the number of rows of each of some relations, without their children."""
    counts = (
        f"SELECT {number:d} AS number, count(*) AS rows FROM ONLY {qualified(one)}"
        for number, one in enumerate(relations)
    )
    return f"{' UNION ALL '.join(counts)} ORDER BY number"
