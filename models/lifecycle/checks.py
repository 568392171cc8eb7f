"""What a well-formed lifecycle file must also keep to: each check yields its problems, a line each."""

from collections import Counter
from collections.abc import Iterable, Iterator

from models.lifecycle.document import Contact, LifecycleFile
from models.lifecycle.errors import suggestion
from models.lifecycle.rules import rule_columns
from models.lifecycle.shapes import Touchpoint

STAGES = ("before", "during", "after")


def lifecycle_problems(file: LifecycleFile, catalogue: dict[str, Contact]) -> list[str]:
    """Everything that is wrong with a well-formed file, beyond its form."""
    problems = [*_phase_problems(file), *_touchpoint_problems(file, catalogue)]
    return problems or list(_conversion_problems(file, touchpoints_in_order(file, catalogue)))


def touchpoints_in_order(file: LifecycleFile, catalogue: dict[str, Contact]) -> tuple[Touchpoint, ...]:
    """The touchpoints in rule order: the file's own as written, then the catalogue's in its order."""
    own = [contact.in_phase(contact.phase) for contact in file.touchpoints]
    phase_of = {key: phase.key for phase in file.phases for key in phase.touchpoints}
    shared = [contact.in_phase(phase_of[key]) for key, contact in catalogue.items() if key in phase_of]
    return (*own, *shared)


def _twice(keys: Iterable[str]) -> list[str]:
    return [key for key, count in Counter(keys).items() if count > 1]


def _phase_problems(file: LifecycleFile) -> Iterator[str]:
    for key in _twice(phase.key for phase in file.phases):
        yield f"phase '{key}' stands twice; give each phase its own key"
    during = [phase.key for phase in file.phases if phase.stage == "during"]
    if not during:
        yield "no phase has stage: during; give it to the one phase that holds the conversion"
    if len(during) > 1:
        named = " and ".join(f"'{key}'" for key in during)
        yield f"phases {named} have stage: during; only the one with the conversion may have it"
    for earlier, later in zip(file.phases, file.phases[1:], strict=False):
        if STAGES.index(earlier.stage) > STAGES.index(later.stage):
            yield (
                f"phase '{later.key}' (stage: {later.stage}) stands after phase '{earlier.key}'"
                f" (stage: {earlier.stage}); the order is before, during, after"
            )


def _touchpoint_problems(file: LifecycleFile, catalogue: dict[str, Contact]) -> Iterator[str]:
    phases = {phase.key for phase in file.phases}
    own = {contact.key for contact in file.touchpoints}
    if not own and not any(phase.touchpoints for phase in file.phases):
        yield "no touchpoint is given; write 'touchpoints' in full, or name the catalogue's in each phase"
    for contact in file.touchpoints:
        if contact.phase not in phases:
            hint = suggestion(contact.phase, phases)
            yield f"touchpoint '{contact.key}' names unknown phase '{contact.phase}'{hint}"
    named = [(phase.key, key) for phase in file.phases for key in phase.touchpoints]
    for phase, key in named:
        if key not in catalogue and key not in own:
            hint = suggestion(key, catalogue)
            yield f"phase '{phase}' names touchpoint '{key}', which is not in the catalogue{hint}"
    for key in _twice([contact.key for contact in file.touchpoints] + [key for _, key in named]):
        yield f"touchpoint '{key}' stands twice; it belongs to one phase and has one rule"


def _conversion_problems(file: LifecycleFile, touchpoints: tuple[Touchpoint, ...]) -> Iterator[str]:
    keys = [touchpoint.key for touchpoint in touchpoints]
    if file.conversion not in keys:
        hint = suggestion(file.conversion, keys)
        yield f"conversion '{file.conversion}' is not a touchpoint of this lifecycle{hint}"
        return
    place = keys.index(file.conversion)
    conversion = touchpoints[place]
    during = next(phase.key for phase in file.phases if phase.stage == "during")
    if conversion.phase != during:
        yield (
            f"conversion '{conversion.key}' is in phase '{conversion.phase}';"
            f" it must be in '{during}', the phase with stage: during"
        )
    if conversion.scope != "event":
        yield f"conversion '{conversion.key}' has scope session; it must have scope: event"
    for touchpoint in touchpoints:
        if touchpoint.confirms and (touchpoint is conversion or touchpoint.scope != "event"):
            yield (
                f"touchpoint '{touchpoint.key}' confirms the conversion, but is {_kind(touchpoint, conversion)};"
                " only another touchpoint with scope: event may confirm it"
            )
    for touchpoint in touchpoints[: place + 1]:
        if "is_customer" in rule_columns(touchpoint.when):
            yield (
                f"touchpoint '{touchpoint.key}' asks for is_customer, but is or stands before the conversion"
                f" (a customer is who has converted); list it after '{conversion.key}'"
            )


def _kind(touchpoint: Touchpoint, conversion: Touchpoint) -> str:
    return "the conversion itself" if touchpoint is conversion else f"of scope: {touchpoint.scope}"
