"""The lifecycles that ship, as a table for the terminal."""

from rich.table import Table

from models.lifecycle import shipped_lifecycles


def lifecycle_table() -> Table:
    """List each lifecycle with its phases in order, that of the conversion in bold."""
    table = Table("lifecycle", "phases", "touchpoints", box=None)
    for lifecycle in shipped_lifecycles():
        phases = [
            f"[bold]{phase.title_in('en')}[/]" if phase.stage == "during" else phase.title_in("en")
            for phase in lifecycle.phases
        ]
        table.add_row(lifecycle.name, " · ".join(phases), str(len(lifecycle.touchpoints)))
    return table
