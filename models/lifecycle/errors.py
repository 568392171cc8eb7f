"""What a lifecycle file can get wrong, and how a message about it is worded."""

from collections.abc import Iterable

from models.errors import UserError, did_you_mean


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
    near = did_you_mean(name, names)
    if near:
        return near
    return f"; known are {', '.join(names)}" if names else "; none is known here"
