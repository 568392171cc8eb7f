"""The lifecycle file as written: YAML in which a key may stand once, and the form that it must have.

Each problem is one line that names the place, what is wrong there and what would be right.
"""

from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Annotated, Any, get_args

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from models.lifecycle.errors import LifecycleError, suggestion
from models.lifecycle.rules import Scope, rule_problem
from models.lifecycle.shapes import Control, Realm, Stage, Titles, Touchpoint

Key = Annotated[str, Field(pattern=r"^\w[\w-]*$")]
Text = Annotated[str, Field(min_length=1)]
Title = Annotated[Titles, BeforeValidator(lambda value: {"en": value} if isinstance(value, str) else value)]


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Contact(_Form):
    """A touchpoint without its phase, as the shared catalogue lists it."""

    key: Key
    scope: Scope
    when: Text
    title: Title = {}
    owner: Text | None = None
    kpi: Text | None = None
    control: Control | None = None
    realm: Realm | None = None

    @model_validator(mode="after")
    def _rule_is_usable(self) -> "Contact":
        problem = rule_problem(self.when, self.scope)
        if problem:
            raise ValueError(f"'when' {problem}")
        return self

    def in_phase(self, phase: str) -> Touchpoint:
        """The touchpoint that this contact is in a phase."""
        values = {name: getattr(self, name) for name in Contact.model_fields}
        return Touchpoint(phase=phase, **values)


class PhasedContact(Contact):
    """A touchpoint as a lifecycle file writes it in full."""

    phase: Key


class PhaseEntry(_Form):
    """A phase as a lifecycle file writes it, with the catalogue's contacts that belong to it."""

    key: Key
    stage: Stage
    title: Title = {}
    touchpoints: Annotated[tuple[Key, ...], Field(strict=False)] = ()


class LifecycleFile(_Form):
    """A lifecycle file."""

    name: Key
    title: Title = {}
    conversion: Key
    phases: Annotated[tuple[PhaseEntry, ...], Field(strict=False, min_length=1)]
    touchpoints: Annotated[tuple[PhasedContact, ...], Field(strict=False)] = ()


class Catalogue(_Form):
    """The shared catalogue of contacts, in rule order."""

    touchpoints: Annotated[tuple[Contact, ...], Field(strict=False)]


class _UniqueKeyLoader(yaml.SafeLoader):
    """YAML in which a key that stands twice in one mapping is an error; PyYAML lets the last one win."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[str] = set()
        for key_node, _ in node.value:
            if key_node.value in seen and isinstance(key_node, yaml.ScalarNode):
                line = key_node.start_mark.line + 1
                raise yaml.constructor.ConstructorError(problem=f"key '{key_node.value}' twice (line {line})")
            seen.add(str(key_node.value))
            if key_node.tag == "tag:yaml.org,2002:bool":  # The language no would be read as false.
                key_node.tag = "tag:yaml.org,2002:str"
        return super().construct_mapping(node, deep)


def read_yaml(path: Path) -> dict[str, Any]:
    """Read a YAML file that holds a mapping.

    Raises:
        LifecycleError: if there is no such file, or it is a directory, not text, not YAML or no mapping.
    """
    try:
        document = yaml.load(path.read_text(encoding="utf-8"), _UniqueKeyLoader)
    except FileNotFoundError:
        raise LifecycleError([f"{path}: there is no such file; give the path of a lifecycle file"]) from None
    except IsADirectoryError:
        raise LifecycleError([f"{path}: is a directory; give the path of a lifecycle file in it"]) from None
    except OSError as error:
        raise LifecycleError([f"{path}: cannot be read: {error.strerror}"]) from None
    except UnicodeDecodeError:
        raise LifecycleError([f"{path}: is not text in UTF-8; save it as UTF-8"]) from None
    except (yaml.YAMLError, RecursionError) as error:
        raise LifecycleError([f"{path}: {_yaml_problem(error)}"]) from None
    if not isinstance(document, dict):
        found = "empty" if document is None else f"a {type(document).__name__}"
        raise LifecycleError([f"{path}: is {found}; a lifecycle file is a mapping with name, conversion, phases"])
    return document


def _yaml_problem(error: Exception) -> str:
    if isinstance(error, yaml.constructor.ConstructorError) and "twice" in str(error.problem):
        return f"has {error.problem}; a key may stand once in a mapping"
    mark = getattr(error, "problem_mark", None)
    place = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
    what = getattr(error, "problem", None) or "nested too deeply"
    return f"is not YAML{place}: {what}; quote a text that holds a colon or starts with a sign"


def form_problems(error: ValidationError, document: Mapping[str, Any]) -> list[str]:
    """Word what pydantic found, naming phases and touchpoints by their keys instead of their places."""
    return [_word(problem, document) for problem in error.errors(include_url=False)]


def _word(problem: ErrorDetails, document: Mapping[str, Any]) -> str:
    loc = [part for part in problem["loc"] if part != "[key]"]
    owner, last = _owner(loc, document)
    name = str(loc[-1]) if loc else ""
    match problem["type"]:
        case "missing":
            return f"{owner}needs key '{name}', which is missing"
        case "extra_forbidden":
            return f"{owner}has unknown key '{name}'{suggestion(name, _known_keys(loc))}"
        case "literal_error" if "title" in loc[:-1]:
            return f"{owner}has a title in unknown language '{name}'; write en, da, nb or sv"
        case "literal_error":
            allowed = get_args({"stage": Stage, "scope": Scope, "control": Control, "realm": Realm}[name])
            return f"{owner}has {name} {problem['input']!r}{suggestion(problem['input'], allowed)}"
        case "value_error":
            return f"{owner}{last}{problem['msg'].removeprefix('Value error, ')}"
        case "string_pattern_mismatch":
            return f"{owner}has {last}{problem['input']!r}; a key is letters, digits, _ and -, no spaces"
        case _:
            return f"{owner}has {last}{problem['input']!r}: {problem['msg'].lower()}"


def _owner(loc: list[int | str], document: Mapping[str, Any]) -> tuple[str, str]:
    """Who has the problem (`phase 'x' `, `touchpoint 'y' `, or the file) and, below that, which key."""
    if len(loc) < 2 or not isinstance(loc[1], int):
        return "", f"{loc[0]} " if loc else ""
    kind = str(loc[0]).removesuffix("s")
    entry = document[str(loc[0])][loc[1]]
    key = entry.get("key") if isinstance(entry, Mapping) else None
    named = f"'{key}'" if isinstance(key, str) else f"{loc[1] + 1}"
    return f"{kind} {named} ", f"{loc[2]} " if len(loc) > 2 else ""


def _known_keys(loc: list[int | str]) -> list[str]:
    if len(loc) == 1:
        return list(LifecycleFile.model_fields)
    return list((PhaseEntry if loc[0] == "phases" else PhasedContact).model_fields)


__all__ = ["Catalogue", "Contact", "LifecycleFile", "PhaseEntry", "form_problems", "read_yaml"]
