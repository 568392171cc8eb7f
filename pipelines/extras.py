"""How to install what an extra needs: in a checkout, and in an environment that has Sojourn as a package."""

import re
from importlib.metadata import requires
from pathlib import Path
from shlex import quote

ROOT = Path(__file__).parents[1]


def how_to_install(extra: str) -> str:
    """Say the command that installs an extra here.

    In a checkout it is uv's, which reads the lock file and leaves what else is installed. Elsewhere pip is given the
    packages of the extra, never the name `sojourn`: on a public index that name need not be this project.

    Args:
        extra: such as s3 or pictures.
    """
    if (ROOT / "uv.lock").is_file():
        uv = ".venv/bin/uv" if (ROOT / ".venv" / "bin" / "uv").is_file() else "uv"
        there = "" if Path.cwd() == ROOT else f"cd {quote(str(ROOT))} && "
        return f"{there}{uv} sync --inexact --no-dev --extra {extra}"
    return f"pip install {' '.join(_packages(extra))}"


def _packages(extra: str) -> list[str]:
    """The requirements of an extra, as the metadata of the package has them, each quoted for a shell."""
    marked = (requirement.partition(";") for requirement in requires("sojourn") or [])
    return [f"'{package.strip()}'" for package, _, marker in marked if re.search(rf"extra == .{extra}\W", marker)]
