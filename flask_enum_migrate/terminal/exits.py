"""With which code a command ends, whatever happens in it."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from contextlib import suppress

import click

from ..core import exit_codes
from ..core.errors import EnumMigrateError
from ..core.errors import EnvironmentFailed
from ..core.errors import Refused
from ..core.errors import SettingError

NOTHING_WRITTEN = "Nothing was written"


class BadSetting(click.ClickException, SettingError):
    """A bad setting, as an error that ``flask`` prints in one line while it loads the app."""

    exit_code = exit_codes.UNKNOWN

    def __init__(self, fact: str, next_action: str = "") -> None:
        super().__init__(f"{fact} {next_action}".strip())
        self.fact = fact
        self.next_action = next_action


@contextmanager
def errors(
    outcome: str, format_: str = "text", again: Callable[[Refused | None], str] | None = None
) -> Iterator[None]:
    """Print an error as its fact and its next action, and exit with its code.

    Exit code 1 is an answer, so what nobody foresaw must not end with it.

    :param outcome: what an error means for what was asked.
    :param format_: the format that ``check`` was asked for.
    :param again: gives the command that goes on from here, where there is one.
    """
    from . import output
    from .streams import OutputFailed

    try:
        with _failures(outcome, format_, again):
            yield
    except OutputFailed as failed:
        if failed.nobody_reads:
            sys.exit(1)  # as click has it
        with suppress(OutputFailed):
            output.unwritten(failed, outcome)
        sys.exit(exit_codes.UNKNOWN)


@contextmanager
def _failures(
    outcome: str, format_: str, again: Callable[[Refused | None], str] | None
) -> Iterator[None]:
    from . import output
    from .prompt import Stopped

    try:
        yield
    except EnumMigrateError as error:
        goes_on = again(error) if again and isinstance(error, Refused) else ""
        output.failure(error, outcome, format_, goes_on)
        sys.exit(error.exit_code)
    except SystemExit as error:
        fact = f"env.py, or what it imports, called sys.exit({error.code!r})."
        output.failure(EnvironmentFailed(fact), outcome, format_)
        sys.exit(exit_codes.UNKNOWN)
    except (click.Abort, KeyboardInterrupt) as stopped:
        how = "stopped" if isinstance(stopped, Stopped) else "aborted"
        output.aborted(outcome, how, again(None) if again else "")
        sys.exit(exit_codes.DIFFERS if outcome == NOTHING_WRITTEN else exit_codes.UNKNOWN)
    except BrokenPipeError:  # of a question: click ends silently
        raise
    except Exception as error:
        traceback.print_exc()
        fact = f"Unforeseen {type(error).__name__}: {error}."
        output.failure(EnvironmentFailed(fact, "Please report it."), outcome, format_)
        sys.exit(exit_codes.UNKNOWN)
