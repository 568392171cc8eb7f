"""Do the common part in a process of its own: `python -m tests.benchmarks.common PEER FILE`; the answer is one line."""

import importlib
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path

from tests.benchmarks.measuring import BEGIN, DONE


def main() -> None:
    """Import the peer, say that it begins, answer, say that it is done, and what came out."""
    name, file = sys.argv[1:]
    os.environ["RETENTIONEERING_NO_TRACK"] = "1"  # its telemetry
    peer = importlib.import_module(f"tests.benchmarks.common.{name}")
    print(BEGIN, flush=True)
    answer = peer.answer(Path(file))
    print(DONE, flush=True)
    print(json.dumps(asdict(answer)))


if __name__ == "__main__":
    main()
