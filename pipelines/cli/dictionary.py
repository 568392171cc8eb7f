"""`sojourn docs`: the data dictionary, from the contracts of the tables."""

from pathlib import Path

from models.dictionary import dictionary
from models.errors import UserError
from pipelines.files import write_whole


class UnwritableDocsError(UserError):
    """A page that cannot be written where it was asked for."""


def write_dictionary(out: Path) -> None:
    """Write the page whole, or leave what is there as it was.

    Raises:
        UnwritableDocsError: if the place cannot be written.
    """
    if not out.name:
        raise UnwritableDocsError(f"{out} is no name of a file; choose another --out")
    try:
        write_whole(out, dictionary().encode())
    except OSError as error:
        raise UnwritableDocsError(f"{out} cannot be written: {error.strerror or error}; choose another --out") from None
