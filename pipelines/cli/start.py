"""Where `sojourn` starts: before anything heavy is imported, it is seen to that signals end it as they should."""

import os
import sys

from models.errors import SojournError
from pipelines.cli.stopping import STOPPED, Stop, StoppedError, stoppable


def start() -> None:
    """Be the command `sojourn`, in a process of its own."""
    _run(is_whole_process=True)


def main() -> None:
    """Run the command line in a process that goes on afterwards."""
    _run(is_whole_process=False)


def _run(is_whole_process: bool) -> None:
    """Run the command line; a mistake or a failure is one line and an exit code, never a traceback."""
    with stoppable(is_whole_process) as stop:
        try:
            stop.begin()
            from pipelines.cli.app import app

            app()
        except BaseException as error:
            stop.raises = False
            code = _say(error, stop)
            if code is None:
                raise
            if code == STOPPED and is_whole_process:
                os._exit(code)  # nothing that is left to do is worth another second, or a library's last words
            sys.exit(code)


def _say(error: BaseException, stop: Stop) -> int | None:
    """Say why the command ends, in a line: its exit code, or none where there is nothing to say.

    What was told to stop ends so, whatever its libraries made of that.
    """
    if stop.is_asked or isinstance(error, KeyboardInterrupt):
        stop.say(str(error) if isinstance(error, StoppedError) else "stopped")
        return STOPPED
    if isinstance(error, SojournError):
        from pipelines.cli.app import console

        console(stderr=True).print(f"error: {error}", style="red", markup=False)
        return error.exit_code
    return None
