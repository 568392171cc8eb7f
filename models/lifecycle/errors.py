"""What a lifecycle file can get wrong, and how a message about it is worded."""

import difflib
from collections.abc import Iterable

from models.errors import UserError


class LifecycleError(UserError):
    """A lifecycle that cannot be used; one line for each problem found."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


def suggestion(name: object, known: Iterable[str]) -> str:
    """End a message about an unknown name: the near match if there is one, else all that is known.

    >>> suggestion("awarenes", ["awareness", "interest"])
    "; did you mean 'awareness'?"
    >>> suggestion("x", ["awareness", "interest"])
    '; known are awareness, interest'
    """
    names = sorted(known)
    folded = {candidate.lower(): candidate for candidate in names}
    near = difflib.get_close_matches(str(name).lower(), folded, n=3, cutoff=0.6)
    if near:
        return "; did you mean " + " or ".join(f"'{folded[match]}'" for match in near) + "?"
    return f"; known are {', '.join(names)}" if names else "; none is known here"
