"""Run the script in a process of its own: `python -m tests.benchmarks.script EXPORTS DATABASE [LIMIT]`."""

import json
import sys
from pathlib import Path

import duckdb

from tests.benchmarks.answers import answers
from tests.benchmarks.measuring import DONE
from tests.benchmarks.script import TABLES, read_scripts


def main() -> None:
    """Make all tables, say that it is done, and what they say."""
    exports, database, *limit = sys.argv[1:]
    with duckdb.connect(database, config={"memory_limit": limit[0]} if limit else {}) as connection:
        connection.execute("SET enable_progress_bar = false")
        for statement in read_scripts(sorted(Path(exports).glob("events_2*.parquet"))):
            connection.execute(statement)
        if limit:
            connection.execute("CHECKPOINT")
        print(DONE, flush=True)
        print(json.dumps(answers(connection, TABLES)))


if __name__ == "__main__":
    main()
