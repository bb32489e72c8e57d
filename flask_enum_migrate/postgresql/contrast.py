"""Compare two readings of the catalogs: what differs but for the labels. Pure.

What a reading says of labels is what the models are compared with; so constants of the types are
left out of what is compared here, and what remains must be the same to the letter.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from collections.abc import Iterator
from collections.abc import Mapping

from ..core.backend import Differences
from ..core.rehearsal import Contrast
from ..core.schema import Check
from ..core.schema import Name
from .catalog.snapshot import Property
from .catalog.snapshot import Snapshot
from .sql.quoting import DEPARSED

_DEFINING = ("definition", "type", "default", "generated", "storage", "compression", "collation")
# What constants may have as their type: rows of tables too.
_TYPES = ("type", "table", "view", "materialized view", "foreign table", "composite type")
_EXPRESSIONS = ("definition", "default", "generated", "USING", "WITH CHECK", "WHERE")
_STRING_CASTS = re.compile(
    r"::(?:text|character varying|character|bpchar)(?:\(\d+\))?(?:\[\])*|[()\s]"
)
_QUOTED = r"'(?:[^']|'')*'|(?P<body>\$function\w*\$).*?(?P=body)"
# What people wrote, whatever names it mentions.
_FREE = ("comment", "security labels", "labels", "options")
_MASK = "'…'"


NONE = Differences()


def differing(
    direction: str, before: Snapshot, after: Snapshot, differences: Differences = NONE
) -> Iterator[Contrast]:
    """Yield everything that differs, but for what stays as the upgrade has made it.

    A column stays wide, and a CHECK validated.
    """
    for one in _differing(before, after):
        validated = before.get(one, "").removesuffix(" NOT VALID") == after.get(one)
        if not validated and not _stays(one, differences):
            yield Contrast(direction, str(one), before.get(one), after.get(one))


def _stays(one: Property, differences: Differences) -> bool:
    for added in differences.conversions:
        check = added.new.check
        if added.only_adds_check and check and one.name == _column(check, "type"):
            return True
    for change in differences.changes:
        if change.check and one.kind == "table constraint" and one.name == "validated":
            return one.identity.startswith(f"{_quoted(change.check.name)} on ")
        if change.check and change.widens and one.name == _column(change.check, "type"):
            return True
    return False


def _is_checked(one: Property, differences: Differences) -> bool:
    """Return whether a property is what changes of an enum under a CHECK.

    Its labels are what the models are compared with.
    """
    for change in differences.changes:
        if change.check is None:
            continue
        # Children and partitions have it too.
        own = one.identity.startswith(f"{_quoted(change.check.name)} on ")
        if own and one.kind == "table constraint" and one.name in ("definition", "validated"):
            return True
        follows = bool(change.renames or change.removed) and one.kind == "default value"
        if follows or one.name in (_column(change.check, "type"), _column(change.check, "default")):
            return True
    return False


def _column(check: Check, what: str) -> str:
    return f"column {_quoted(check.column)}: {what}"


def _quoted(name: str) -> str:
    return DEPARSED.qualified(Name("", name))


def _differing(before: Snapshot, after: Snapshot) -> Iterator[Property]:
    for one in sorted({*before, *after}):
        same = _same(one, before.get(one), after.get(one))
        if not same and not _goes_along(one, before, after):
            yield one


def _same(one: Property, expected: str | None, found: str | None) -> bool:
    """Return whether two texts are the same.

    What is read again may have casts of strings in other places: ``(ARRAY['a'])::text[]`` becomes
    ``ARRAY['a'::text]``, as with pg_dump.
    """
    if expected == found or expected is None or found is None:
        return expected == found
    if one.name.rpartition(": ")[2] not in _EXPRESSIONS:
        return False
    return _STRING_CASTS.sub("", expected) == _STRING_CASTS.sub("", found)


def _goes_along(one: Property, before: Snapshot, after: Snapshot) -> bool:
    """Return whether it differs because the whole object is there on one side only."""
    there = Property(one.kind, one.identity, "is there")
    return one.name != "is there" and (there in before) != (there in after)


def upgraded(
    before: Snapshot,
    after: Snapshot,
    differences: Differences,
    guards: Collection[str] = (),
) -> Iterator[Contrast]:
    """Yield what differs after the upgrade, but for what was to change.

    :param before: how it was read before.
    :param after: how it is read now.
    :param differences: what was to change.
    :param guards: the names of CHECKs that come or go.
    """
    renamed = {c.name: c.new_name for c in differences.changes if c.name != c.new_name}
    gone = {DEPARSED.qualified(drop.name) for drop in differences.drops}
    new = {DEPARSED.qualified(create.name) for create in differences.creates}
    texts = _Texts(before, after, renamed, differences)
    expected, found = texts.compared(before, renamed), texts.compared(after, {})
    nullified = any(None in change.mapping.values() for change in differences.changes)
    heads = tuple(f"{DEPARSED.qualified(Name('', name))} on " for name in guards)
    for prop in _differing(expected, found):
        if is_refreshed(prop) or _is_checked(prop, differences):
            continue
        if prop.kind == "table constraint" and prop.identity.startswith(heads):
            continue
        if prop.kind == "schema" and (gone or new or renamed):
            continue
        if prop.identity in gone and prop not in found:
            continue
        if prop.identity in new and prop not in expected:
            continue
        default = prop.name.endswith("default") or prop.kind == "default value"
        if nullified and default and prop not in found:
            continue
        if differences.conversions and _converted(prop, expected, found):
            continue
        yield Contrast("upgrade", str(prop), expected.get(prop), found.get(prop))


def refreshed(
    before: Snapshot,
    between: Snapshot,
    after: Snapshot,
    filled: Collection[str],
    *,
    reordered: bool,
) -> tuple[Snapshot, Snapshot]:
    """Return two readings in which materialized views hold what they do once they are refreshed.

    Today one may hold what was true when it was refreshed last.

    :param between: how it was read after the upgrade.
    :param filled: those that the upgrade has created again, in words.
    :param reordered: whether labels came in another order meanwhile, so that a comparison of them
        may have chosen other rows.
    """
    stale = {one for one in (*before, *after) if is_refreshed(one)}
    fresh = {one for one in stale if f"{one.kind} {one.identity}" in filled and one in between}
    if reordered:
        fresh = set()
    return (
        {one: value for one, value in before.items() if one not in stale}
        | {one: between[one] for one in fresh},
        {one: value for one, value in after.items() if one not in stale or one in fresh},
    )


def is_refreshed(one: Property) -> bool:
    """Return whether a property is the number of rows of a materialized view."""
    return one.kind == "materialized view" and one.name == "rows"


def _converted(prop: Property, expected: Snapshot, found: Snapshot) -> bool:
    """Return whether a property may differ where columns get another type.

    What hung on the old type hangs on the new one, or on none; its definition names it.
    """
    if prop not in expected or prop not in found:
        there = Property(prop.kind, prop.identity, "is there")
        return prop.name != "is there" or prop.kind in ("type", "schema") or there == prop
    return prop.name.rpartition(": ")[2] in _DEFINING or prop.kind == "schema"


class _Texts:
    """How texts are written so that labels and new names make no difference."""

    def __init__(
        self,
        before: Snapshot,
        after: Snapshot,
        renamed: Mapping[Name, Name],
        differences: Differences,
    ) -> None:
        types = {one.identity for one in (*before, *after) if one.kind in _TYPES}
        changed = {c.name for c in differences.changes} | {c.new_name for c in differences.changes}
        self._changed = {DEPARSED.qualified(name) for name in changed}
        types |= self._changed
        self._bare = {label for c in differences.changes for label in (*c.labels, *c.new_labels)}
        # The longest first, so that no name is taken for another one's beginning.
        named = "|".join(re.escape(name) for name in sorted(types, key=len, reverse=True))
        self._constant = re.compile(rf"E?'(?:[^']|'')*'(?=::(?:{named})(?:\[\])*(?![\w$.]))")
        masked = rf"{_MASK}::[^,\]]+"
        self._listed = re.compile(rf"(?<=\[){masked}, |(?<=, ){masked}, |, {masked}(?=\])")

    def compared(self, snapshot: Snapshot, renamed: Mapping[Name, Name]) -> dict[Property, str]:
        """Return a reading with the names of afterwards, and without labels."""
        names = {DEPARSED.qualified(old): DEPARSED.qualified(new) for old, new in renamed.items()}
        return {
            Property(one.kind, _renamed(one.identity, names), one.name): self._text(
                one, value if _is_free(one) else _renamed(value, names)
            )
            for one, value in snapshot.items()
            if not (one.name == "labels" and _renamed(one.identity, names) in self._changed)
        }

    def _text(self, one: Property, value: str) -> str:
        if one.name == "bound":
            return re.sub(r"'((?:[^']|'')*)'", self._bound, value)
        return self._listed.sub("", self._constant.sub(_MASK, value))

    def _bound(self, found: re.Match[str]) -> str:
        return _MASK if found[1].replace("''", "'") in self._bare else found[0]


def _is_free(one: Property) -> bool:
    return one.name.rpartition(": ")[2] in _FREE


def _renamed(text: str, names: Mapping[str, str]) -> str:
    """Return a text with the new names of types, but for strings and bodies of routines in it."""
    if not names:
        return text
    old = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
    found = re.compile(rf"""{_QUOTED}|(?<![\w$."])(?:{old})(?![\w$"])""", re.DOTALL)
    return found.sub(lambda one: names.get(one[0], one[0]), text)


def types_concerned(differences: Differences, *, upgraded: bool) -> Collection[Name]:
    """Return the types to read everything of, as they are called before or after the upgrade."""
    types = {c.new_name if upgraded else c.name for c in differences.changes}
    types |= {drop.name for drop in differences.drops}
    for change in differences.conversions:
        types |= {one.enum for one in (change.old, change.new) if one.enum}
    return types
