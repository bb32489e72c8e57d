"""The exit codes of the commands, which CI jobs rely on.

Who decides: each error its own (:attr:`~.errors.EnumMigrateError.exit_code`), and for what is no
error, and for what nobody foresaw, the command.
"""

from __future__ import annotations

from typing import Final

DONE: Final = 0
"""In sync; written; nothing to write."""

DIFFERS: Final = 1
"""``check`` found drift; ``sync`` or ``migrate`` wrote nothing: refused, or not confirmed."""

UNKNOWN: Final = 2
"""Nothing can be told: a wrong setting or option, no database, an env.py that fails."""
