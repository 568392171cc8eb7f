"""What can go wrong, told apart by whose move it is.

A module that can fail in its own way subclasses one of these two beside the code that raises it.
"""

import difflib
from collections.abc import Iterable


class SojournError(Exception):
    """A failure that is nobody's mistake (a full disk, a lost connection): one line for people, exit code 1.

    `is_transient` says of a kind of failure that trying again a little later can help.
    """

    exit_code = 1
    is_transient = False


class UserError(SojournError):
    """A mistake in what Sojourn was given (settings, a lifecycle, an export): one line for people, exit code 2."""

    exit_code = 2


def did_you_mean(name: object, known: Iterable[str], prefix: str = "") -> str:
    """End a message about an unknown name with the known ones that are near; with nothing if none is.

    Args:
        name: the unknown one.
        known: the known ones.
        prefix: what all of them begin with: it makes none nearer than another.

    >>> did_you_mean("awarenes", ["awareness", "interest"])
    "; did you mean 'awareness'?"
    """
    folded = {candidate.removeprefix(prefix).lower(): candidate for candidate in sorted(known)}
    near = difflib.get_close_matches(str(name).removeprefix(prefix).lower(), folded, n=3, cutoff=0.6)
    return "; did you mean " + " or ".join(f"'{folded[match]}'" for match in near) + "?" if near else ""
