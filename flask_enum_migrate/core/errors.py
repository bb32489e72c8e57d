"""What can go wrong, as data: every error carries its fact, its consequence and the next action."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import ClassVar

from . import exit_codes

if TYPE_CHECKING:
    from .schema import DeclaredEnum


class EnumMigrateError(Exception):
    """The base of all errors of this package.

    :param fact: what was found, quoting names and values.
    :param next_action: what to do now, with the command or setting to paste.
    """

    exit_code: ClassVar[int] = exit_codes.UNKNOWN

    def __init__(self, fact: str, next_action: str = "") -> None:
        super().__init__(f"{fact} {next_action}".strip())
        self.fact = fact
        self.next_action = next_action


class SettingError(EnumMigrateError):
    """A setting has a value of the wrong type or range."""


class NotInitialised(EnumMigrateError):
    """The extension, or Flask-Migrate, isn't set up for the current app."""


class EnvironmentFailed(EnumMigrateError):
    """The database or the app's migration environment could not be looked at."""


class HeadsError(EnumMigrateError):
    """The migrations have several heads, or lack the one asked for."""


class ConflictingDeclarations(EnumMigrateError):
    """Two models declare one type with different labels.

    :param declared: one declaration.
    :param other: the other one.
    """

    def __init__(self, declared: DeclaredEnum, other: DeclaredEnum) -> None:
        self.declared = declared
        self.other = other
        super().__init__(
            f"{declared.places[0]} declares the type {declared.name} as {_listed(declared)}, "
            f"but {other.places[0]} declares it as {_listed(other)}.",
            "Use one Enum for both columns, or give the types different names: "
            "db.Enum(..., name='...').",
        )


class LabelTwice(EnumMigrateError):
    """A model declares one label twice, which no enum type can have."""

    def __init__(self, declared: DeclaredEnum, label: str) -> None:
        super().__init__(
            f"{declared.places[0]} declares the type {declared.name} with the label {label!r} "
            "twice.",
            "Each label can stand there once.",
        )


def _listed(enum: DeclaredEnum) -> str:
    return ", ".join(repr(label) for label in enum.labels) or "nothing"


class AnswerError(EnumMigrateError):
    """A ``--rename``, ``--retire``, ``--map`` or the like doesn't fit the differences.

    :param option: the option, like ``--rename``.
    :param value: its value as it was given.
    :param problem: what is wrong with it.
    :param candidates: values that would have fitted, most likely first.
    """

    def __init__(
        self, option: str, value: str, problem: str, candidates: tuple[str, ...] = ()
    ) -> None:
        self.option = option
        self.value = value
        self.problem = problem
        self.candidates = candidates
        shown = ", ".join(candidates)
        super().__init__(
            f"{typed(option, value)}: {problem}.", f"Candidates: {shown}." if shown else ""
        )


class RevisionFileError(EnumMigrateError):
    """The revision file that was written doesn't load or lacks the statements; it was removed."""


@dataclass(frozen=True, slots=True)
class Question:
    """What a person can answer so that the command goes on: what rows become, or a label.

    :param value: the label or value that the rows hold, as options name it: ``TYPE.LABEL``.
    :param labels: the labels they may get.
    :param nullable: whether they may become NULL.
    :param about: what is asked about.
    :param retire: whether it is about the label: it can be retired.
    :param remove: whether that can be removed too, else it can only be retired.
    """

    value: str
    labels: tuple[str, ...]
    nullable: bool = False
    about: str = "them"
    retire: bool = False
    remove: bool = False


@dataclass(frozen=True, slots=True)
class Refusal:
    """One reason why no revision is written.

    :param fact: what stands in the way, naming the object.
    :param next_action: what to do about it.
    :param flags: options with which the command would go on.
    :param questions: the same as questions to a person.
    :param guess: the one of these options that is most likely meant, or ``""``.
    """

    fact: str
    next_action: str
    flags: tuple[str, ...] = ()
    questions: tuple[Question, ...] = ()
    guess: str = ""

    def __str__(self) -> str:
        return f"{self.fact} {self.next_action}".strip()


class Refused(EnumMigrateError):
    """Nothing was written, because it needs an answer or can't be done safely.

    :param refusals: every reason that was found.
    :param hints: what else may explain them.
    """

    exit_code = exit_codes.DIFFERS

    def __init__(self, refusals: tuple[Refusal, ...], hints: tuple[str, ...] = ()) -> None:
        self.refusals = refusals
        self.hints = hints
        super().__init__("\n".join(str(refusal) for refusal in refusals))


def typed(option: str, value: str) -> str:
    """Return an option with its value as one types it in a POSIX shell.

    What can't be printed is written in the form ``$'…'``, which bash, zsh and ksh know.
    """
    if value.isprintable():
        return f"{option} {shlex.quote(value)}"
    escaped = "".join(
        "\\" + char if char in "\\'" else char if char.isprintable() else _escape(char)
        for char in value
    )
    return f"{option} $'{escaped}'"


def _escape(char: str) -> str:
    code = ord(char)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
