"""A Spark cluster on this machine: a standalone master and workers, each with one core, in processes of their own."""

import os
import signal
import socket
import subprocess
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import pyspark

SPARK = Path(pyspark.__file__).parent
DEPLOY = "org.apache.spark.deploy"
PATIENCE = 90


class Cluster:
    """A master, and workers that can be killed."""

    def __init__(self, folder):
        self.folder = folder
        self.master = f"spark://127.0.0.1:{free_port()}"
        self.processes = []
        port = self.master.rpartition(":")[2]
        self._start("master", "Master", "--host", "127.0.0.1", "--port", port, "--webui-port", "0")
        self._wait("master", "elected leader")

    def add_worker(self):
        name = f"worker{len(self.processes)}"
        ours = ("--host", "127.0.0.1", "--cores", "1", "--memory", "1g", "--webui-port", "0")
        self._start(name, "Worker", *ours, "--work-dir", str(self.folder / name), self.master)
        self._wait(name, "Successfully registered")

    @property
    def workers(self):
        """How many workers were added."""
        return len(self.processes) - 1

    def kill_worker(self, number):
        """Kill a worker and its executors at once, with no time to say farewell."""
        os.killpg(self.processes[number].pid, signal.SIGKILL)

    def close(self):
        for process in reversed(self.processes):
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(PATIENCE)

    def _start(self, name, role, *words):
        with (self.folder / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(
                [SPARK / "bin" / "spark-class", f"{DEPLOY}.{role.lower()}.{role}", *words],
                env=os.environ | {"SPARK_HOME": str(SPARK), "SPARK_LOCAL_DIRS": str(self.folder / "scratch")},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.processes.append(process)

    def _wait(self, name, words):
        log, until = self.folder / f"{name}.log", time.monotonic() + PATIENCE
        while words not in log.read_text():
            assert time.monotonic() < until, log.read_text()
            time.sleep(0.1)


@contextmanager
def cluster_of(folder, workers):
    """A cluster with some workers."""
    cluster = Cluster(folder)
    try:
        for _ in range(workers):
            cluster.add_worker()
        yield cluster
    finally:
        cluster.close()


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]
