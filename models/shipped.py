"""Which lifecycles ship, and whether one is named by its path: known without reading any, which takes Polars."""

from pathlib import Path

SHIPPED = Path(__file__).parent / "lifecycles"


def shipped_names() -> list[str]:
    """The names of the lifecycles that ship, sorted.

    >>> "six-phases" in shipped_names()
    True
    """
    return sorted(path.stem for path in SHIPPED.glob("*.yaml"))


def is_named_by_path(name_or_path: str, folder: Path = Path()) -> bool:
    """Whether a lifecycle is named by the path of its file, as seen from a folder, and not by a name that ships.

    >>> is_named_by_path("ours.yaml"), is_named_by_path("six-phases"), is_named_by_path("./six-phases")
    (True, False, True)
    """
    path = Path(name_or_path)
    looks_like_path = path.suffix in {".yaml", ".yml"} or len(path.parts) > 1 or name_or_path.startswith(".")
    return name_or_path not in shipped_names() and (looks_like_path or (folder / path).exists())
