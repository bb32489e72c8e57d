"""What ``sync`` says."""

from __future__ import annotations

from collections.abc import Sequence

from ..core.wording import listed


def unseen_values(values: Sequence[str]) -> str:
    """Return that nobody looked at rows, and what becomes of those that hold some values."""
    shown = listed(values, 3, "or")
    return (
        f"Rows were not looked at: no database. The revision refuses where a row holds {shown}; "
        "--map says what becomes of them."
    )
