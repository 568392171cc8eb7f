"""The lifecycles that ship, as a table for the terminal."""

from rich.table import Table

from models.lifecycle import Phase, shipped_lifecycles
from models.words import Language


def lifecycle_table(language: Language) -> Table:
    """List each lifecycle with its phases in order, that of the conversion in bold, titled in a language."""
    table = Table("lifecycle", "phases", "touchpoints", box=None)
    for lifecycle in shipped_lifecycles():
        phases = " · ".join(_shown(phase, language) for phase in lifecycle.phases)
        table.add_row(lifecycle.name, phases, str(len(lifecycle.touchpoints)))
    return table


def _shown(phase: Phase, language: Language) -> str:
    title = phase.title_in(language)
    return f"[bold]{title}[/]" if phase.stage == "during" else title
