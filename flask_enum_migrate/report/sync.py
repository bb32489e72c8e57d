"""What ``sync`` says."""

from __future__ import annotations

from collections.abc import Sequence

from ..core.wording import some


def unseen_values(values: Sequence[str]) -> str:
    """Return that nobody looked at rows, and what becomes of those that hold some values."""
    shown = some(values, 3) if len(values) > 3 else " or ".join(values)
    return (
        f"Rows were not looked at: no database. The revision refuses where a row holds {shown}; "
        "--map says what becomes of them."
    )
