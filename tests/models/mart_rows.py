"""Empty tables in memory for the tests of the marts, and the rows that a journey of a few words makes."""

from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

import duckdb

from models.tables import COUNTED, PAGES_SEEN, STALE_JOURNEYS, STALE_PEOPLE, TABLES, UNMATCHED_SESSIONS
from pipelines.counting import add_chosen, count_all_people, count_people, run
from pipelines.warehouse import analyst_macros, macros

MARTS = Path(__file__).parents[2] / "models" / "marts"
START, AS_OF = datetime(2021, 1, 1), datetime(2021, 3, 1)
PHASES = {"awareness": "before", "interest": "before", "conversion": "during", "retention": "after"}
PHASE_OF = {
    "display": "awareness",
    "article": "awareness",
    "search": "interest",
    "checkout": "conversion",
    "purchase": "conversion",
    "help": "retention",
}


class Warehouse:
    """Empty tables in memory, rows by hand, and the marts over them."""

    def __init__(self) -> None:
        self.connection = duckdb.connect()
        self.connection.execute(
            f"CREATE TABLE run_settings AS SELECT TIMESTAMP '{AS_OF}' AS as_of,"
            " 30 * 86400 AS journey_window_seconds, 1800 AS session_gap_seconds, 'UTC' AS timezone,"
            " 'DKK' AS currency, false AS is_currency_inferred, NULL::DATE AS recent_from, NULL::DATE AS recent_to"
        )
        for table in (*TABLES.values(), *COUNTED, STALE_JOURNEYS, STALE_PEOPLE, PAGES_SEEN, UNMATCHED_SESSIONS):
            self.connection.execute(table.ddl)
        self.connection.execute(";\n".join([*macros(), *analyst_macros()]))
        for index, (phase, stage) in enumerate(PHASES.items(), 1):
            for touchpoint in [key for key, of in PHASE_OF.items() if of == phase]:
                self.add("lifecycle", phase_index=index, phase=phase, stage=stage, touchpoint=touchpoint)

    def add(self, table: str, **row: Any) -> None:
        """One row; columns that are left out are null."""
        marks = ", ".join("?" for _ in row)
        self.connection.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", list(row.values()))

    def rows(self, query: str, parameters: Any = None) -> list[dict[str, Any]]:
        result = self.connection.execute(query, parameters)
        names = [column[0] for column in result.description]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]

    def value(self, expression: str) -> Any:
        return self.rows(f"SELECT {expression} AS value")[0]["value"]

    def mart(self, name: str, dimension: str = "all") -> list[dict[str, Any]]:
        """A mart over all rows there are; of those cut by segments, the rows of one dimension."""
        self.count()
        sql = (MARTS / f"{name}.sql").read_text()
        self.connection.execute(f"DELETE FROM {name}")
        self.connection.execute(f"INSERT INTO {name} {sql}")
        condition = f"WHERE dimension = '{dimension}'" if "dimension" in TABLES[name].column_names else ""
        return self.rows(f"FROM {name} {condition}")

    def count(self) -> None:
        """Count all journeys and people there are, in the segments that they stand in."""
        for table in (*COUNTED, STALE_JOURNEYS, STALE_PEOPLE):
            self.connection.execute(f"DELETE FROM {table.name}")
        self.connection.execute("INSERT INTO segments VALUES (1, 'all', 'all', 'all')")
        self.connection.execute(
            "INSERT INTO stale_journeys SELECT *, false FROM (SELECT journey_id FROM journey_segments"
            " UNION SELECT journey_id FROM sessions WHERE journey_id IS NOT NULL UNION SELECT journey_id FROM journeys)"
        )
        self.connection.execute("INSERT INTO stale_people SELECT DISTINCT person_id, false FROM sessions")
        self.connection.execute("CREATE OR REPLACE TEMP VIEW stale AS FROM stale_journeys")
        self.connection.execute("CREATE OR REPLACE TEMP TABLE recounted AS SELECT journey_id FROM stale")
        run(self.connection, "surveys")
        count_people(self.connection)
        add_chosen(self.connection)
        count_all_people(self.connection)
        for script in ("quantiles", "survival", "buyers"):
            run(self.connection, script)

    def journey(
        self,
        text: str,
        outcome: str = "dropped_off",
        *,
        mature: bool = True,
        closed: bool = True,
        segments: dict[str, str] | None = None,
        start: datetime = START,
        **columns: Any,
    ) -> int:
        """A journey such as "display@0 search@60 purchase@90", times in seconds from its start."""
        key = len(self.rows("FROM journeys")) + 1
        contacts = [(name, start + timedelta(seconds=float(at))) for name, at in (c.split("@") for c in text.split())]
        names = [name for name, _ in contacts]
        bought = names.index("purchase") if "purchase" in names else None
        counting = [PHASE_OF[n] for i, n in enumerate(names) if n != "help" or (bought is not None and i > bought)]
        self.add(
            "journeys",
            journey_id=key,
            started_at=start,
            outcome=outcome,
            is_mature=mature,
            is_closed=closed,
            touchpoint_count=len(names),
            touchpoints_before_purchase=bought,
            furthest_phase=max(counting, key=list(PHASES).index, default=None),
            **columns,
        )
        for dimension, segment in {"all": "all", **(segments or {})}.items():
            self.add("journey_segments", journey_id=key, dimension=dimension, segment=segment)
        for position, (name, at) in enumerate(contacts, 1):
            self.add(
                "touchpoints",
                journey_id=key,
                position=position,
                touchpoint=name,
                phase=PHASE_OF[name],
                occurred_at=at,
                event_count=1,
                is_conversion=name == "purchase",
            )
        self._stays(key, contacts)
        return key

    def _stays(self, key: int, contacts: list[tuple[str, datetime]]) -> None:
        runs = [(phase, next(run)[1]) for phase, run in groupby(contacts, key=lambda contact: PHASE_OF[contact[0]])]
        for number, (phase, entered) in enumerate(runs, 1):
            left = runs[number][1] if number < len(runs) else None
            self.stay(key, number, phase, entered, left)

    def stay(self, key: int, number: int, phase: str, entered: datetime, left: datetime | None) -> None:
        self.add(
            "stays",
            journey_id=key,
            stay_number=number,
            phase=phase,
            entered_at=entered,
            left_at=left,
            dwell_seconds=(left - entered).total_seconds() if left else None,
            active_seconds=(left - entered).total_seconds() / 2 if left else 7.0,
            watched_until=AS_OF,
            is_censored=left is None,
        )


def by(rows: list[dict[str, Any]], *keys: str) -> dict[Any, dict[str, Any]]:
    """Rows under the value of one column, or the values of several."""
    return {tuple(row[key] for key in keys) if len(keys) > 1 else row[keys[0]]: row for row in rows}
