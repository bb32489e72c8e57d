"""What else to do about what ``sync`` writes."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..core.hints import maybe_renamed
from ..core.hints import other_side

if TYPE_CHECKING:
    from ..sync import BindPlan


def renames_instead(plans: Iterable[BindPlan], how: str) -> Iterator[str]:
    """Yield how to rename, where rows of other databases may hold a label that goes.

    :param how: what to do first, as in ``"say so"``.
    """
    for plan in plans:
        pairs = {pair.live.name: pair for pair in plan.database.pairing.pairs}
        for change in plan.changes:
            called = plan.database.facts.called(change.name)
            hint = maybe_renamed(change, called, how)
            if hint and not other_side(pairs[change.name]):
                yield hint
