"""What a process takes, and all that it starts: wall time, CPU time and the peak of memory."""

import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

PROJECT = Path(__file__).parents[2]
PROC = Path("/proc")
PAUSE = 0.05
"""Seconds between two looks: memory that is held for less can be missed."""
TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")
BEGIN, DONE = "begin", "done"
"""Lines that a process writes when what is measured begins, and when it is done; else it is measured whole."""


class BenchmarkError(Exception):
    """A process that was to be measured and failed."""


@dataclass(frozen=True)
class Sample:
    """What a tree of processes had taken at an instant: CPU seconds so far, megabytes resident."""

    at: float
    cpu_seconds: float
    megabytes: float


@dataclass(frozen=True)
class Cost:
    """What something took: wall seconds, CPU seconds, megabytes resident at the peak."""

    seconds: float
    cpu_seconds: float
    megabytes: float


@dataclass
class Measurement:
    """A process that was watched from its start to its end."""

    samples: list[Sample] = field(default_factory=list)
    lines: list[tuple[float, str]] = field(default_factory=list)

    @property
    def cost(self) -> Cost:
        """What the work took, from begin to done; memory is that of the whole life until done."""
        marks = {line: at for at, line in self.lines if line in (BEGIN, DONE)}
        start, end = marks.get(BEGIN, self.samples[0].at), marks.get(DONE, self.samples[-1].at)
        work = self.between(start, end)
        return Cost(work.seconds, work.cpu_seconds, max(one.megabytes for one in self.samples if one.at <= end))

    def between(self, start: float, end: float) -> Cost:
        """What was taken between two instants, seconds since 1970."""
        within = [one for one in self.samples if start <= one.at <= end]
        peak = max((one.megabytes for one in within), default=0.0)
        return Cost(end - start, self._cpu_at(end) - self._cpu_at(start), peak)

    def _cpu_at(self, instant: float) -> float:
        return max((one.cpu_seconds for one in self.samples if one.at <= instant), default=0.0)


def measure(command: Sequence[str], place: Path) -> Measurement:
    """Run a command at a place and watch it and all that it starts.

    Args:
        command: the program and its arguments; what it writes is read line by line.
        place: the folder that it is run in.

    Raises:
        BenchmarkError: if it fails; with the end of what it said.
    """
    found = Measurement([Sample(time.time(), 0.0, 0.0)])
    with tempfile.TemporaryFile("w+", encoding="utf-8") as said:
        with subprocess.Popen(
            command, cwd=place, env=_environment(), stdout=subprocess.PIPE, stderr=said, text=True
        ) as process:
            watch = threading.Thread(target=_watch, args=(process, found.samples))
            watch.start()
            for line in process.stdout or ():
                found.lines.append((time.time(), line.rstrip("\n")))
            watch.join()
        if process.returncode:
            said.seek(0)
            told = said.read().strip()[-2000:]
            raise BenchmarkError(f"{' '.join(command)} failed with {process.returncode}:\n{told}")
    return found


def _environment() -> dict[str, str]:
    """That of this process, without what it is told of Sojourn's settings; programs of the project are found."""
    kept = {name: word for name, word in os.environ.items() if not name.startswith(("SOJOURN_", "DAGSTER_"))}
    return {**kept, "PYTHONPATH": str(PROJECT)}


def _watch(process: subprocess.Popen[str], samples: list[Sample]) -> None:
    """Look until it is over; what a tree takes as it ends is told by the usage of children that were waited for."""
    before = _spent_by_children()
    while process.poll() is None:
        samples.append(_look(process.pid))
        time.sleep(PAUSE)
    spent = max(_spent_by_children() - before, samples[-1].cpu_seconds)
    samples.append(Sample(time.time(), spent, samples[-1].megabytes))


def _spent_by_children() -> float:
    usage = os.times()
    return usage.children_user + usage.children_system


def _look(pid: int) -> Sample:
    looks = [look for one in _tree(pid) if (look := _look_at(one))]
    return Sample(time.time(), sum(cpu for cpu, _ in looks), sum(size for _, size in looks))


def _look_at(pid: int) -> tuple[float, float] | None:
    """CPU seconds and megabytes of a process, its children that are over included; none where it is gone."""
    try:
        words = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
        resident = int((PROC / str(pid) / "statm").read_text().split()[1])
    except (OSError, IndexError):
        return None
    return sum(map(int, words[11:15])) / TICKS, resident * PAGE / 1e6


def _tree(pid: int) -> Iterator[int]:
    yield pid
    for task in (PROC / str(pid) / "task").glob("*/children"):
        try:
            children = task.read_text().split()
        except OSError:
            continue
        for child in children:
            yield from _tree(int(child))
