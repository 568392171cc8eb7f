"""`sojourn init`: looks at exports, says what it finds, and writes the first settings file."""

from pathlib import Path

from rich.console import Console
from rich.text import Text

from models.hidden import check_no_login
from models.lifecycle import load_lifecycle
from models.settings import Settings, SettingsError
from pipelines.files import write_whole
from pipelines.inspecting import inspect_exports
from transforms.first_settings import findings, first_settings

FILE = Path("sojourn.toml")


def write_first_settings(exports: str | None, file: Path, is_forced: bool, console: Console) -> None:
    """Write a settings file for exports, and say what was found and what comes next.

    Raises:
        SettingsError: if the file is there already, unless forced, or cannot be written, or the address has a login.
        ExportError: if there are no exports, or one that is looked at cannot be read.
        StoreError: if the object store does not answer.
    """
    if file.exists() and not is_forced:
        raise SettingsError(f"settings file {file} is there already; --force writes it anew")
    address = _checked(exports or str(Settings.model_fields["exports"].default))
    lifecycle = load_lifecycle(Settings.model_fields["lifecycle"].default)
    with console.status(f"looking at {address}"):
        found = inspect_exports(address)
    try:
        write_whole(file, first_settings(found, lifecycle, _seen_from(file, address)).encode())
    except OSError as error:
        raise SettingsError(f"settings file {file} cannot be written: {error.strerror or error}") from error
    for name, line in findings(found, lifecycle).items():
        console.print(Text.assemble((f"{name:<10}", "bold"), line))
    console.print(f"settings  {file.resolve()}", markup=False)
    console.print(f"next      sojourn run{'' if file == FILE else f' --settings {file}'}", markup=False)


def _checked(address: str) -> str:
    """The address, unless it holds a login: it would come to stand in the file."""
    try:
        return check_no_login(address)
    except ValueError as error:
        raise SettingsError(f"setting 'exports': {error}") from None


def _seen_from(file: Path, address: str) -> str:
    """The address as the file has to say it: paths in it are seen from it."""
    return address if "://" in address or file.parent == Path() else str(Path(address).absolute())
