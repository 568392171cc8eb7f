"""Progress: what a run tells whoever watches it."""


class Progress:
    """Is told what a run does; this one keeps it to itself, as nights do."""

    def begin(self, what: str, total: int | None = None) -> None:
        """Something begins.

        Args:
            what: what is done, in words.
            total: how many things there are to do, if that is known.
        """

    def advance(self, count: int = 1) -> None:
        """Some of it is done."""

    def tell(self, line: str, stays: bool = False) -> None:
        """Something that whoever watches should know, such as a file that was left out.

        Args:
            line: what it is.
            stays: it is so until something else changes: a run that finds nothing new says it again.
        """
