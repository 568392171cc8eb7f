"""Find a lifecycle by name or path, read it, check it and build it."""

from functools import cache
from pathlib import Path

from pydantic import ValidationError

from models.lifecycle.checks import lifecycle_problems, touchpoints_in_order
from models.lifecycle.document import Catalogue, Contact, LifecycleFile, form_problems
from models.lifecycle.errors import LifecycleError, suggestion
from models.lifecycle.shapes import Lifecycle, Phase
from models.lifecycle.yaml_file import read_yaml
from models.shipped import SHIPPED, is_named_by_path, shipped_names

MODELS = Path(__file__).parent.parent
CATALOGUE = MODELS / "touchpoints.yaml"


def load_lifecycle(name_or_path: str | Path) -> Lifecycle:
    """Load a lifecycle that ships, by name, or one's own, by the path of its YAML file.

    A name that ships wins over a file of the same name; write ./name to mean the file.

    Args:
        name_or_path: such as `six-phases` or `lifecycles/ours.yaml`.

    Raises:
        LifecycleError: if it cannot be found or used; a line for every problem found.

    >>> load_lifecycle("six-phases").phase_index("interest")
    2
    """
    path = _find(str(name_or_path))
    lifecycle, problems = _read(path)
    if lifecycle is None:
        raise LifecycleError(problems)
    return lifecycle


def lifecycle_document(name_or_path: str | Path) -> LifecycleFile:
    """A lifecycle as its file is written: the catalogue's contacts by their keys only, its own in full.

    Raises:
        LifecycleError: if it cannot be found or used.
    """
    load_lifecycle(name_or_path)
    return LifecycleFile.model_validate(read_yaml(_find(str(name_or_path))))


def check_lifecycle(name_or_path: str | Path) -> list[str]:
    """Tell all that is wrong with a lifecycle file, a line each; an empty list if nothing is.

    What depends on a well-formed file (keys twice, the conversion) is looked at once the form is right.

    >>> check_lifecycle("six-phases")
    []
    """
    try:
        return _read(_find(str(name_or_path)))[1]
    except LifecycleError as error:
        return list(error.problems)


def shipped_lifecycles() -> list[Lifecycle]:
    """The lifecycles that ship, by name."""
    return [load_lifecycle(name) for name in shipped_names()]


@cache
def read_catalogue() -> dict[str, Contact]:
    """The shared catalogue of contacts, by key, in rule order.

    Raises:
        LifecycleError: if the catalogue itself is at fault.
    """
    document = read_yaml(CATALOGUE)
    try:
        contacts = Catalogue.model_validate(document).touchpoints
    except ValidationError as error:
        raise LifecycleError(_in_file(CATALOGUE, form_problems(error, document))) from None
    catalogue = {contact.key: contact for contact in contacts}
    if len(catalogue) != len(contacts):
        raise LifecycleError([f"{CATALOGUE}: a touchpoint stands twice; give each its own key"])
    return catalogue


def _find(name_or_path: str) -> Path:
    if name_or_path in shipped_names():
        return SHIPPED / f"{name_or_path}.yaml"
    if is_named_by_path(name_or_path):
        return Path(name_or_path)
    hint = suggestion(name_or_path, shipped_names())
    ships = ", ".join(shipped_names())
    known = hint if hint.startswith("; known") else f"{hint} (those that ship: {ships})"
    raise LifecycleError([f"lifecycle '{name_or_path}' does not ship{known}; a file is named by its path"])


def _in_file(path: Path, problems: list[str]) -> list[str]:
    return [f"{path}: {problem}" for problem in problems]


def _read(path: Path) -> tuple[Lifecycle | None, list[str]]:
    document = read_yaml(path)
    try:
        file = LifecycleFile.model_validate(document)
    except ValidationError as error:
        return None, _in_file(path, form_problems(error, document))
    problems = lifecycle_problems(file, read_catalogue())
    return (None, _in_file(path, problems)) if problems else (_build(file), [])


def _build(file: LifecycleFile) -> Lifecycle:
    phases = tuple(Phase(phase.key, phase.stage, phase.title) for phase in file.phases)
    touchpoints = touchpoints_in_order(file, read_catalogue())
    return Lifecycle(file.name, file.conversion, phases, touchpoints, file.title)
