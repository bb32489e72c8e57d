"""Put what was seen into Alembic's operations, in an order that runs in both directions.

Upgrade: labels that have to be committed, all other changes of types, new types; then Alembic's
tables and columns; at last the types that nothing uses any more. The downgrade is the mirror of
it, but for labels that have to be committed: they come first there too.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ..core.backend import Differences
from ..core.changes import CreateType
from ..core.plan import Direction
from ..core.plan import Step
from ..core.schema import Name
from ..core.wording import describe
from ..core.wording import describe_conversion
from ..core.wording import is_wrong
from ..proposal import Draft
from ..proposal import comments
from ..revision.elsewhere import lines
from ..revision.source import Body
from ..revision.source import Frame
from ..revision.source import Renderer
from .operations import EnumDifference
from .operations import EnumOperations
from .rendering import TypeRenderer
from .seen import Seen


def insert(seen: Seen, directory: Path) -> Body:
    """Insert the statements of a plan.

    :param directory: the migrations folder, where the app's own template may lie.
    :return: the source that was inserted.
    :raises RevisionFileError: if the template fails.
    """
    renderer = Renderer(directory)
    first, last = _first(seen, renderer), _last(seen, renderer)
    operations = seen.tree.operations.ops
    if first.source or first.undo or first.ops:
        operations.insert(0, first)
    if seen.guarded:
        operations.append(_guards(seen, renderer))
    if (again := _guards_again(seen, renderer)).undo:
        operations.insert(0, again)
    if last.source or last.undo:
        operations.append(last)
    return Body(f"{first.source}\n{last.source}", f"{last.undo}\n{first.undo}")


def _first(seen: Seen, renderer: Renderer) -> EnumOperations:
    """Return what comes before Alembic's operations, and behind them in the downgrade."""
    one, said = seen.draft, comments(seen.draft)
    looked_by = one.database.looked_by
    own = [create for create in seen.creates if create.name not in seen.of_the_app]
    created, _ = looked_by.creation(own)
    _, dropped = looked_by.creation(seen.creates)
    needed = _step(_needed(own, alone=not seen.tree.created()), created)
    upgrade = replace(one.plan.upgrade, steps=(*one.plan.upgrade.steps, *needed))
    unused = _step(f"Nothing uses {_it(dropped)} any more.", dropped)
    downgrade = Direction(steps=(*unused, *one.plan.downgrade.steps))
    # A default that names what changes would be valid on one side of the change only.
    affected = looked_by.affected_defaults(one.changes, seen.live)
    places = [(column.table, column.column) for column in affected]
    places += [conversion.place for conversion in one.conversions]
    texts = one.elsewhere
    back = Frame("", elsewhere=lines(texts.downgrade))
    if said.refused:  # what comes last refuses for PostgreSQL, whose part is over then
        downgrade = Direction()
    elif not _commits_all(one.plan.downgrade):
        back = replace(back, notes=said.downgrade)
    return EnumOperations(
        _render(renderer, one, upgrade, Frame("", said.upgrade, "", lines(texts.upgrade))),
        _render(renderer, one, downgrade, back),
        _differences(seen),
        seen.tree.take_defaults(places),
        upgrade.statements,
        downgrade.statements,
        (*one.plan.stand_in, *created) if one.plan.stand_in else (),
    )


def _last(seen: Seen, renderer: Renderer) -> EnumOperations:
    """Return what comes behind Alembic's operations, and before them in the downgrade."""
    one, said = seen.draft, comments(seen.draft)
    # As Alembic names tables: without the schema in which they would be created.
    facts = one.database.facts.without(seen.live.default_schema)
    drops = one.database.looked_by.plan(Differences(drops=seen.drops), facts)
    own = tuple(drop for drop in seen.drops if not _of_the_app(drop.name, seen))
    back = one.database.looked_by.plan(Differences(drops=own), facts)
    downgrade = replace(one.plan.downgrade, steps=back.downgrade.steps)
    notes = [f"{facts.shown(drop.name)}: create it again." for drop in own]
    if _commits_all(one.plan.downgrade):
        notes = [*said.downgrade, *notes]
    return EnumOperations(
        _render(renderer, one, drops.upgrade, Frame("")),
        _render(renderer, one, downgrade, Frame("", () if said.refused else notes, said.refused)),
        statements=drops.upgrade.statements,
        undoing=() if said.refused else downgrade.statements,
    )


def _guards(seen: Seen, renderer: Renderer) -> EnumOperations:
    """Return what keeps retired labels out of new columns; it goes with them."""
    statements = seen.draft.database.looked_by.keep_out(seen.guarded)
    source = _alone(seen, renderer, "No row may hold a label that is retired.", statements)
    return EnumOperations(source, statements=statements)


def _guards_again(seen: Seen, renderer: Renderer) -> EnumOperations:
    """Return what keeps labels out of columns that go, once a downgrade has brought them back."""
    one, places = seen.draft, seen.tree.dropped_columns()
    statements = one.database.looked_by.keep_out_again(seen.live, places, one.database.facts)
    comment = "Columns that come back keep labels out as before."
    return EnumOperations("", _alone(seen, renderer, comment, statements), undoing=statements)


def _alone(seen: Seen, renderer: Renderer, comment: str, statements: Sequence[str]) -> str:
    return _render(renderer, seen.draft, Direction(steps=(*_step(comment, statements),)), Frame(""))


def _commits_all(direction: Direction) -> bool:
    """Return whether all that it does to enums has to be committed."""
    first = direction.committing or direction.checks
    return bool(first) and not (direction.steps or direction.retirements)


def _of_the_app(name: Name, seen: Seen) -> bool:
    named = {name, Name("", name.name)} if name.schema in seen.live.search_path else {name}
    return bool(named & seen.of_the_app_before)


def _needed(creates: Sequence[CreateType], *, alone: bool) -> str:
    """Return why types are created.

    :param alone: whether no column is new.
    """
    comment = f"{'The models declare' if alone else 'New columns below need'} {_it(creates)}."
    left = [str(create.name) for create in creates if create.left_over]
    if left:
        comment += f" {', '.join(left)} may be left over already; not dropped on a downgrade."
    return comment


def _it(statements: Sequence[object]) -> str:
    return "it" if len(statements) == 1 else "them"


def _step(comment: str, statements: Sequence[str]) -> list[Step]:
    return [Step(comment, tuple(statements))] if statements else []


def _render(renderer: Renderer, one: Draft, direction: Direction, frame: Frame) -> str:
    """Return the source of some statements, or ``""`` where there are none."""
    if not (direction.statements or frame.notes or frame.refused or frame.elsewhere):
        return ""
    frame = replace(frame, commit=one.database.transaction, part=True)
    return renderer.render(direction, frame)


def tell(seen: Seen) -> None:
    """Insert what differs for ``flask db check`` to tell, without any statement."""
    if not seen.is_empty:
        seen.tree.operations.ops.insert(0, EnumOperations("", "", _differences(seen)))


def leave_types(seen: Seen) -> None:
    """Take back the changes of type that Alembic found in columns whose type is the declared one.

    Another name, or another schema that the search path finds, is all that differs there. The
    columns that are converted are ours too, and so are strings that keep an enum: their width never
    shrinks, and Alembic would make their CHECK a second time.
    """
    places = [conversion.place for conversion in seen.conversions]
    pairing = seen.draft.database.pairing
    ours = {column for match in pairing.pairs for column in match.declared.columns}
    ours |= {one.column for one in pairing.unlooked}
    for column, known in seen.live.checks.items():
        check = known.enum.check
        if check and column in ours and (check.name or known.enum.width):
            places.append((check.table, check.column))
    for match in pairing.pairs:
        for column in match.declared.columns:
            found = seen.live.found[column]
            if found.table and found.type_key == match.live.key and found.array == column.array:
                places.append((found.table, column.column))
    seen.tree.leave_types(places)


def know_types(seen: Seen, renderer: TypeRenderer) -> None:
    """Tell the renderer which types exist where the revision runs."""
    visible = set(seen.live.search_path)
    renamed = {change.name: change.new_name for change in seen.changes}
    schemas = seen.draft.database.schema_map
    names = [*(enum.name for enum in seen.live.enums), *(c.name for c in seen.all_creates)]
    for name in names:
        if name in seen.of_the_app:  # Alembic writes all of its columns
            continue
        becomes = renamed.get(name, name)
        renderer.add(name, becomes)
        if name.schema in visible:
            schema = "" if becomes.schema in visible else becomes.schema
            renderer.add(Name("", name.name), Name(schema, becomes.name))
        where = name.schema or seen.live.default_schema
        for raw in (raw for raw, mapped in schemas.items() if mapped == where):
            renderer.add(Name(raw or "", name.name), Name(raw or "", becomes.name))
    for name in renamed.values():
        renderer.add(name)
        if name.schema in visible:
            renderer.add(Name("", name.name))


def _differences(seen: Seen) -> Iterator[EnumDifference]:
    for change in seen.changes:
        for single in change.changes:
            yield EnumDifference("alter_enum", str(change.name), describe(single))
    for conversion in seen.conversions:
        yield EnumDifference("convert_column", str(conversion), describe_conversion(conversion))
    for wrong in seen.wrong:
        yield EnumDifference("convert_column", str(wrong.column), is_wrong(wrong))
    for create in seen.all_creates:
        yield EnumDifference("add_enum", str(create.name), list(create.labels))
    for drop in seen.drops:
        yield EnumDifference("remove_enum", str(drop.name), list(drop.labels))


def described(seen: Seen) -> Iterator[str]:
    """Yield a line for each difference, as Alembic logs what it detects."""
    for difference in _differences(seen):
        verb, name, details = difference.diff
        if verb in ("alter_enum", "convert_column"):
            yield f"{verb.replace('_', ' ')} {name}: {details}"
        else:
            yield f"{'added' if verb == 'add_enum' else 'removed'} enum {name}"
