"""What Spark costs and gives on this machine: `python -m tests.benchmarks.spark --exports DIR --out DIR`.

Each round loads and rebuilds the same export three times from nothing: by the local engine, by a standalone master with
one worker of one core, and by one with two. Told are medians: the wall time of each step, the CPU time of this process
and of all others (JVMs and workers), and of each stage of Spark's the time of its tasks and the megabytes that went
through the shuffle, from Spark's own event log.
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
TICKS = os.sysconf("SC_CLK_TCK")


class Meter(threading.Thread):
    """Adds up the CPU time of all processes below this one, those that end included; looks every half second."""

    def __init__(self):
        super().__init__(daemon=True)
        self._seen, self._is_over = {}, threading.Event()

    def run(self):
        while not self._is_over.wait(0.5):
            family = {os.getpid()}
            for pid, parent, ticks in sorted(processes()):
                if parent in family:
                    family.add(pid)
                    self._seen[pid] = ticks / TICKS

    def stop(self):
        self._is_over.set()
        self.join()
        return sum(self._seen.values())


def processes():
    """Every process of the machine: its id, its parent's, and its CPU time in ticks."""
    for place in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            words = (place / "stat").read_text().rpartition(")")[2].split()
            yield int(place.name), int(words[1]), int(words[11]) + int(words[12])


def measure(exports: Path, place: Path, **choices: str) -> dict[str, float]:
    """Load and rebuild an export from nothing; seconds by step."""
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
    seconds |= {"own CPU": time.process_time() - own, "others' CPU": meter.stop()}
    return dict(seconds)


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
