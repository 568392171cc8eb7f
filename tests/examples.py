"""Examples in the docs: queries, and the tables that came of them. `python -m tests.examples` writes these anew."""

import re
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from tests.sample_by_night import PROJECT, PUBLISHED, make_sample_night

PAGES = ("README.md", "docs/analysts.md", "docs/tables.md")
QUERY = re.compile(r"```sql\n(?P<query>.*?);?\n```\n(?P<output>\n(?:\|[^\n]*\n)+)?", re.S)


def queries(text: str) -> list[str]:
    """All queries of a page."""
    return [match["query"] for match in QUERY.finditer(text)]


def renewed(text: str, connection: duckdb.DuckDBPyConnection) -> str:
    """A page with what its queries give now, where it shows that."""

    def shown(match: re.Match[str]) -> str:
        if not match["output"]:
            return match[0]
        return f"```sql\n{match['query']};\n```\n\n{table(connection, match['query'])}\n"

    return QUERY.sub(shown, text)


def table(connection: duckdb.DuckDBPyConnection, query: str) -> str:
    """The rows of a query in Markdown."""
    result = connection.execute(query)
    names = [column[0] for column in result.description or ()]
    rows = [names, ["---"] * len(names), *([_cell(value) for value in row] for row in result.fetchall())]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.4f}".rstrip("0").rstrip(".")
    if isinstance(value, list):
        return " > ".join(value)
    return f"{value:%Y-%m-%d %H:%M:%S}" if isinstance(value, datetime) else str(value).replace("|", "\\|")


def _main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        make_sample_night(Path(folder))
        with duckdb.connect(Path(folder) / PUBLISHED, read_only=True) as connection:
            for page in map(PROJECT.joinpath, PAGES):
                page.write_text(renewed(page.read_text("utf-8"), connection), "utf-8")


if __name__ == "__main__":
    _main()
