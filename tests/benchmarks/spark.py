"""What Spark costs and gives on this machine: `python -m tests.benchmarks.spark --exports DIR --out DIR`.

Each round loads and rebuilds the same export three times from nothing: by the local engine, by a standalone master with
one worker of one core, and by one with two. Told are medians: the wall time of each step, the CPU time and the peak of
memory of this process and of all others (JVMs and workers), and of each stage of Spark's the time of its tasks and the
megabytes that went through the shuffle, from Spark's own event log.
"""

import argparse
import json
import os
import shutil
import threading
import time
from collections import defaultdict
from contextlib import suppress
from pathlib import Path
from statistics import median

from models.settings import Settings
from pipelines.days import find_days, load_days
from pipelines.engines.spark import engine
from pipelines.rebuilding import rebuild
from pipelines.warehouse import open_build
from tests.benchmarks.measuring import PAGE, TICKS
from tests.clusters_by_hand import cluster_of

STEPS = ("open_session", "hash_files", "write_rows", "write_events", "rebuild_buckets", "insert_histories")
DEFAULTS = """
spark.eventLog.enabled true
spark.eventLog.dir file://{logs}
spark.eventLog.compress false
spark.eventLog.rolling.enabled false
spark.ui.enabled false
"""


KEPT = {name: getattr(engine, name) for name in STEPS}


class Meter(threading.Thread):
    """Looks twice a second at this process and all below it, those that end too: their CPU time and their memory."""

    def __init__(self):
        super().__init__(daemon=True)
        self._ticks, self._peaks, self._is_over = {}, [0.0, 0.0], threading.Event()

    def run(self):
        while not self._is_over.wait(0.5):
            own, family = os.getpid(), {os.getpid()}
            held = [0.0, 0.0]
            for pid, parent, ticks, size in sorted(processes()):
                if pid == own or parent in family:
                    family.add(pid)
                    held[pid != own] += size
                    self._ticks[pid] = ticks if pid != own else 0
            self._peaks = list(map(max, self._peaks, held))

    def stop(self):
        """CPU seconds of all but this process, and peak megabytes of it and of them."""
        self._is_over.set()
        self.join()
        return {
            "others' CPU": sum(self._ticks.values()) / TICKS,
            "own peak MB": self._peaks[0],
            "others' peak MB": self._peaks[1],
        }


def processes():
    """Every process of the machine: its id, its parent's, its CPU time in ticks, and megabytes resident."""
    for place in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            words = (place / "stat").read_text().rpartition(")")[2].split()
            yield int(place.name), int(words[1]), int(words[11]) + int(words[12]), int(words[21]) * PAGE / 1e6


def measure(exports: Path, place: Path, **choices: str) -> dict[str, float]:
    """Load and rebuild an export from nothing; seconds by step, and what was held."""
    shutil.rmtree(place, ignore_errors=True)
    settings = Settings(exports=str(exports), database=place / "shop.duckdb", **choices)
    seconds: defaultdict[str, float] = defaultdict(float)
    for name in STEPS:
        setattr(engine, name, timed(KEPT[name], name, seconds))
    meter, own = Meter(), time.process_time()
    meter.start()
    with open_build(settings) as connection:
        days = find_days(settings).days
        began = time.perf_counter()
        load_days(connection, days, settings)
        loaded = time.perf_counter()
        rebuild(connection, settings)
    seconds |= {"loading": loaded - began, "rebuilding": time.perf_counter() - loaded}
    return dict(seconds) | {"own CPU": time.process_time() - own} | meter.stop()


def timed(function, name, seconds):
    def run(*arguments):
        began = time.perf_counter()
        try:
            return function(*arguments)
        finally:
            seconds[name] += time.perf_counter() - began

    return run


def told_by_spark(logs: Path) -> dict[str, float]:
    """Of the latest application: seconds of all tasks by their first scope, and megabytes that they shuffled."""
    latest = max(logs.iterdir(), key=lambda file: file.stat().st_mtime)
    found: defaultdict[str, float] = defaultdict(float)
    for line in latest.read_text().splitlines():
        event = json.loads(line)
        if event["Event"] == "SparkListenerTaskEnd" and "Task Metrics" in event:
            metrics, stage = event["Task Metrics"], event["Stage ID"]
            found[f"task seconds, stage {stage}"] += metrics["Executor Run Time"] / 1000
            found[f"shuffled MB, stage {stage}"] += metrics["Shuffle Write Metrics"]["Shuffle Bytes Written"] / 1e6
    return dict(found)


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--exports", type=Path, required=True)
    words.add_argument("--out", type=Path, required=True)
    words.add_argument("--rounds", type=int, default=3)
    chosen = words.parse_args()
    chosen.out.mkdir(parents=True, exist_ok=True)
    conf, logs = chosen.out / "conf", chosen.out / "logs"
    for folder in (conf, logs):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
    (conf / "spark-defaults.conf").write_text(DEFAULTS.format(logs=logs.absolute()))
    os.environ["SPARK_CONF_DIR"] = str(conf)
    runs: defaultdict[str, list[dict[str, float]]] = defaultdict(list)
    for number in range(chosen.rounds):
        runs["local"].append(measure(chosen.exports, chosen.out / "run", engine="local"))
        for workers in (1, 2):
            nodes = chosen.out / f"cluster{number}{workers}"
            nodes.mkdir()
            with cluster_of(nodes, workers) as cluster:
                took = measure(chosen.exports, chosen.out / "run", engine="spark", spark_master=cluster.master)
            runs[f"{workers} workers"].append(took | told_by_spark(logs))
            shutil.rmtree(nodes)
        for name, seen in runs.items():
            print(number, name, json.dumps({key: round(value, 2) for key, value in seen[-1].items()}), flush=True)
    for name, seen in runs.items():
        print(name, {key: round(median(run.get(key, 0) for run in seen), 2) for key in seen[0]})


if __name__ == "__main__":
    main()
