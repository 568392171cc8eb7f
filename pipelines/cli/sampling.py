"""`sojourn sample`: a made-up export, and what is true of it."""

from importlib.resources import files
from pathlib import Path

from rich.console import Console
from rich.table import Table

from pipelines.files import write_whole
from pipelines.sample import FileFormat, write_sample


def make_sample(out: Path, days: int, users: int, seed: int, file_format: FileFormat, console: Console) -> None:
    """Write a sample export and print the truth about it, for comparing it with what the pipeline finds."""
    with console.status(f"making {days} days of {users:,} people"):
        truth = write_sample(out, days, users, seed, file_format)
    table = Table("the truth about this sample", "", box=None)
    table.columns[1].justify = "right"
    for name, value in truth.rows():
        table.add_row(name, value)
    console.print(table)
    settings = _write_settings(out)
    console.print(f"export    {out}", markup=False)
    console.print(f"next      sojourn run --settings {settings}", markup=False)


def _write_settings(out: Path) -> Path:
    """Write the settings of a sample beside it; a settings file that is there may be somebody's, and stays."""
    settings = out / "sojourn.toml"
    if not settings.exists():
        write_whole(settings, (files("pipelines.sample") / settings.name).read_bytes())
    return settings
