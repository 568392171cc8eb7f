"""`sojourn docs`: the data dictionary, from the contracts of the tables."""

from contextlib import suppress
from pathlib import Path

from models.dictionary import dictionary
from models.errors import UserError


class UnwritableDocsError(UserError):
    """A page that cannot be written where it was asked for."""


def write_dictionary(out: Path) -> None:
    """Write the page whole, or leave what is there as it was.

    Raises:
        UnwritableDocsError: if the place cannot be written.
    """
    draft = out.with_name(f".{out.name}.new")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(dictionary(), "utf-8")
        draft.replace(out)
    except OSError as error:
        with suppress(OSError):
            draft.unlink()
        raise UnwritableDocsError(f"{out} cannot be written: {error.strerror or error}; choose another --out") from None
