"""What can go wrong, told apart by whose move it is.

A module that can fail in its own way subclasses one of these two beside the code that raises it.
"""


class SojournError(Exception):
    """A failure that is nobody's mistake (a full disk, a lost connection): one line for people, exit code 1.

    `is_transient` says of a kind of failure that trying again a little later can help.
    """

    exit_code = 1
    is_transient = False


class UserError(SojournError):
    """A mistake in what Sojourn was given (settings, a lifecycle, an export): one line for people, exit code 2."""

    exit_code = 2
