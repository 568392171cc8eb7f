"""Who is measured, on which ground, and what each of them answers."""

import hashlib
import json
import re
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from tests.benchmarks.answers import answers
from tests.benchmarks.common import PEERS
from tests.benchmarks.exports import SOJOURN
from tests.benchmarks.floors import FLOORS
from tests.benchmarks.measuring import PROJECT, BenchmarkError, Cost, Measurement, measure
from tests.benchmarks.parts import parts_of
from tests.benchmarks.script import TABLES, TIMEZONE

RUN, IN_MEMORY, LIMITED = "sojourn run", "SQL script, in memory", "SQL script, 1 GB"
HELP, REPORT = "sojourn --help", "sojourn report"
WHOLE, ALONE = (RUN, IN_MEMORY, LIMITED), (HELP, REPORT)
FLOORS_OF = {f"floor: {floor}": floor for floor in FLOORS}
OWN = "common: Sojourn"
COMMON = {f"common: {peer}": module for peer, module in PEERS.items()}
PYTHON = (sys.executable, "-m")


@dataclass(frozen=True)
class Ground:
    """The folder of a benchmark of one size: exports, the flat file, what Sojourn makes of them, and scratch."""

    folder: Path

    @property
    def exports(self) -> Path:
        """The nested Parquet."""
        return self.folder / "exports"

    @property
    def flat(self) -> Path:
        """The flat file of the common part."""
        return self.folder / "flat.parquet"

    @property
    def place(self) -> Path:
        """Where Sojourn runs."""
        return self.folder / "sojourn"

    @property
    def database(self) -> Path:
        """What Sojourn publishes."""
        return self.place / "data" / "sojourn.duckdb"

    @property
    def scratch(self) -> Path:
        """Where the others write; emptied for each."""
        return self.folder / "scratch"


@dataclass(frozen=True)
class Result:
    """What one contender took in one round, and what it answered; or why it failed."""

    contender: str
    round: int
    cost: Cost
    parts: dict[str, Cost] = field(default_factory=dict)
    answers: dict[str, str] = field(default_factory=dict)
    failed: str = ""


def compete(contender: str, number: int, ground: Ground) -> Result:
    """Let one contender do its work once.

    Raises:
        BenchmarkError: if Sojourn fails; of a peer that fails the result tells it.
    """
    place = ground.place if contender == RUN else ground.scratch
    _empty(place)
    try:
        run = measure(_command(contender, ground), place)
    except BenchmarkError as error:
        if contender in (RUN, OWN):
            raise
        return Result(contender, number, Cost(0.0, 0.0, 0.0), failed=why_failed(error))
    finally:
        shutil.rmtree(ground.scratch, ignore_errors=True)
    parts = parts_of(run, place) if contender == RUN else {}
    return Result(contender, number, run.cost, parts, _answers(contender, run, ground))


def why_failed(error: BenchmarkError) -> str:
    """The line that names the error: advice may follow it. Where the project stands on this machine is left out."""
    lines = str(error).strip().replace(f"{PROJECT}/", "").splitlines()
    return next((line for line in reversed(lines) if re.match(r"[\w.]+(Error|Exception)\b", line)), lines[-1])


def _empty(place: Path) -> None:
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    shutil.copyfile(PROJECT / "dagster.yaml", place / "dagster.yaml")


def _command(contender: str, ground: Ground) -> Sequence[str]:
    script = (*PYTHON, "tests.benchmarks.script", str(ground.exports))
    if contender in COMMON:
        return (*PYTHON, "tests.benchmarks.common", COMMON[contender], str(ground.flat))
    if contender in FLOORS_OF:
        paths = (str(ground.exports), str(ground.database), str(ground.scratch / "fresh.duckdb"))
        return (*PYTHON, "tests.benchmarks.floors", FLOORS_OF[contender], *paths)
    return {
        RUN: (SOJOURN, "run", str(ground.exports), "--timezone", TIMEZONE),
        IN_MEMORY: (*script, ":memory:"),
        LIMITED: (*script, str(ground.scratch / "script.duckdb"), "1GB"),
        HELP: (SOJOURN, "--help"),
        REPORT: (SOJOURN, "report", "--database", str(ground.database), "--reports", str(ground.scratch / "report")),
    }[contender]


def _answers(contender: str, run: Measurement, ground: Ground) -> dict[str, str]:
    """What a contender says, by table or by question; nothing of one that is not asked."""
    if contender == RUN:
        with duckdb.connect(ground.database, read_only=True, config={"memory_limit": "2GB"}) as connection:
            return answers(connection, TABLES)
    if contender in WHOLE:
        return dict(json.loads(run.lines[-1][1]))
    if contender in COMMON:
        said = json.loads(run.lines[-1][1])
        return {name: hashlib.md5(json.dumps(value).encode()).hexdigest() for name, value in said.items()}
    return {}


def check_equal(results: Sequence[Result]) -> None:
    """See that all who were asked the same said the same.

    Raises:
        BenchmarkError: if two did not; it names them and the tables or questions in which they differ.
    """
    for asked in (WHOLE, tuple(COMMON)):
        said = [result for result in results if result.contender in asked and result.answers]
        for result in said[1:]:
            first = said[0]
            differing = [name for name, answer in first.answers.items() if answer != result.answers.get(name)]
            if differing:
                raise BenchmarkError(f"{result.contender} and {first.contender} differ in {', '.join(differing)}")
