"""The form that a lifecycle file must have, once its YAML is read.

Each problem is one line that names the place, what is wrong there and what would be right.
"""

from collections.abc import Mapping
from typing import Annotated, Any, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from models.expressions import shown
from models.lifecycle.errors import suggestion
from models.lifecycle.rules import Scope, rule_problem
from models.lifecycle.shapes import Confirmed, Control, Realm, Stage, Titles, Touchpoint

Key = Annotated[str, Field(pattern=r"^\w[\w-]*$")]
Text = Annotated[str, Field(min_length=1)]
MAX_TOUCHPOINTS = 1000
"""Touchpoints, and phases, of a file; the rules of so many are checked within seconds."""
MAX_PROBLEMS = 50
"""Problems of a file that are told."""
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
    confirms: Confirmed | None = None

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
    touchpoints: Annotated[tuple[Key, ...], Field(strict=False, max_length=MAX_TOUCHPOINTS)] = ()


class LifecycleFile(_Form):
    """A lifecycle file."""

    name: Key
    title: Title = {}
    conversion: Key
    phases: Annotated[tuple[PhaseEntry, ...], Field(strict=False, min_length=1, max_length=MAX_TOUCHPOINTS)]
    touchpoints: Annotated[tuple[PhasedContact, ...], Field(strict=False, max_length=MAX_TOUCHPOINTS)] = ()


class Catalogue(_Form):
    """The shared catalogue of contacts, in rule order."""

    touchpoints: Annotated[tuple[Contact, ...], Field(strict=False)]


def form_problems(error: ValidationError, document: Mapping[str, Any]) -> list[str]:
    """Word what pydantic found, naming phases and touchpoints by their keys instead of their places."""
    found = error.errors(include_url=False)
    problems = [_word(problem, document) for problem in found[:MAX_PROBLEMS]]
    return [*problems, f"has {len(found) - MAX_PROBLEMS:,} more problems"] if len(found) > MAX_PROBLEMS else problems


def _word(problem: ErrorDetails, document: Mapping[str, Any]) -> str:
    loc = [part for part in problem["loc"] if part != "[key]"]
    owner, last = _owner(loc, document)
    name = str(loc[-1]) if loc else ""
    match problem["type"]:
        case "missing":
            return f"{owner}needs key '{name}', which is missing"
        case "extra_forbidden":
            return f"{owner}has unknown key {shown(name)}{suggestion(name, _known_keys(loc))}"
        case "literal_error" if "title" in loc[:-1]:
            return f"{owner}has a title in unknown language {shown(name)}; write en, da, nb or sv"
        case "literal_error":
            allowed = get_args(
                {"stage": Stage, "scope": Scope, "control": Control, "realm": Realm, "confirms": Confirmed}[name]
            )
            return f"{owner}has {name} {shown(problem['input'])}{suggestion(problem['input'], allowed)}"
        case "value_error":
            return f"{owner}{last}{problem['msg'].removeprefix('Value error, ')}"
        case "string_pattern_mismatch":
            return f"{owner}has {last}{shown(problem['input'])}; a key is letters, digits, _ and -, no spaces"
        case _:
            return f"{owner}has {last}{shown(problem['input'])}: {problem['msg'].lower()}"


def _owner(loc: list[int | str], document: Mapping[str, Any]) -> tuple[str, str]:
    """Who has the problem (`phase 'x' `, `touchpoint 'y' `, or the file) and, below that, which key."""
    if len(loc) < 2 or not isinstance(loc[1], int):
        return "", f"{loc[0]} " if loc else ""
    kind = str(loc[0]).removesuffix("s")
    entry = document[str(loc[0])][loc[1]]
    key = entry.get("key") if isinstance(entry, Mapping) else None
    named = shown(key) if isinstance(key, str) else f"{loc[1] + 1}"
    return f"{kind} {named} ", f"{loc[2]} " if len(loc) > 2 else ""


def _known_keys(loc: list[int | str]) -> list[str]:
    if len(loc) == 1:
        return list(LifecycleFile.model_fields)
    return list((PhaseEntry if loc[0] == "phases" else PhasedContact).model_fields)


__all__ = ["Catalogue", "Contact", "LifecycleFile", "PhaseEntry", "form_problems"]
