"""What a lifecycle is once read: phases in order, touchpoints in the order that decides which rule wins."""

from dataclasses import dataclass, field
from typing import Literal

from models.lifecycle.rules import Scope, rule_columns
from models.words import Language

Stage = Literal["before", "during", "after"]
Control = Literal["owned", "paid", "earned"]
Realm = Literal["digital", "physical"]
Confirmed = Literal["conversion"]
Titles = dict[Language, str]


def _title_in(titles: Titles, language: Language, key: str) -> str:
    return titles.get(language) or titles.get("en") or key


@dataclass(frozen=True)
class Phase:
    """One phase of a lifecycle.

    Args:
        key: its name in tables.
        stage: before, during or after the purchase.
        title: its name for people, by language.
    """

    key: str
    stage: Stage
    title: Titles = field(default_factory=dict)

    def title_in(self, language: Language) -> str:
        """Its title in a language, else in English, else its key.

        >>> Phase("interest", "before", {"en": "Interest"}).title_in("da")
        'Interest'
        """
        return _title_in(self.title, language, self.key)


@dataclass(frozen=True)
class Touchpoint:
    """One kind of contact and the rule that recognises it.

    Args:
        key: its name in tables.
        phase: key of the phase that it belongs to.
        scope: whether the rule looks at sessions or at events.
        when: the rule, a boolean SQL expression.
        title: its name for people, by language.
        owner: who answers for it.
        kpi: how its success is measured.
        control: whether the business controls it.
        realm: digital or physical.
        confirms: what it confirms, such as a receipt the purchase: it is no step to it.
    """

    key: str
    phase: str
    scope: Scope
    when: str
    title: Titles = field(default_factory=dict)
    owner: str | None = None
    kpi: str | None = None
    control: Control | None = None
    realm: Realm | None = None
    confirms: Confirmed | None = None

    def columns(self) -> frozenset[str]:
        """The columns that the rule names."""
        return rule_columns(self.when)

    def title_in(self, language: Language) -> str:
        """Its title in a language, else in English, else its key."""
        return _title_in(self.title, language, self.key)


@dataclass(frozen=True)
class Lifecycle:
    """One way of cutting a customer's journey.

    Args:
        name: its name in tables and reports.
        conversion: key of the touchpoint that converts.
        phases: in order.
        touchpoints: in the order in which their rules are tried; the first that holds wins.
        title: its name for people, by language.
    """

    name: str
    conversion: str
    phases: tuple[Phase, ...]
    touchpoints: tuple[Touchpoint, ...]
    title: Titles = field(default_factory=dict)

    def title_in(self, language: Language) -> str:
        """Its title in a language, else in English, else its name."""
        return _title_in(self.title, language, self.name)

    def judgement(self) -> str:
        """All that decides which journeys events give, as text; titles, owners and figures decide nothing.

        >>> Lifecycle("a", "buy", (), ()).judgement() == Lifecycle("b", "buy", (), (), {"en": "B"}).judgement()
        True
        """
        phases = [(phase.key, phase.stage) for phase in self.phases]
        points = [(point.key, point.phase, point.scope, point.when, point.confirms) for point in self.touchpoints]
        return repr((self.conversion, phases, points))

    def phase_index(self, key: str) -> int:
        """The place of a phase in the order, from 1.

        Raises:
            KeyError: if the lifecycle has no such phase.
        """
        return {phase.key: index for index, phase in enumerate(self.phases, start=1)}[key]

    def phase(self, key: str) -> Phase:
        """The phase of this key.

        Raises:
            KeyError: if the lifecycle has no such phase.
        """
        return {phase.key: phase for phase in self.phases}[key]

    @property
    def phases_near_purchase(self) -> tuple[str, ...]:
        """The last phase before the purchase, if there is one, and the phase that holds it.

        >>> phases = (Phase("see", "before"), Phase("want", "before"), Phase("buy", "during"), Phase("keep", "after"))
        >>> Lifecycle("shop", "purchase", phases, ()).phases_near_purchase
        ('want', 'buy')
        """
        purchase = [phase.stage for phase in self.phases].index("during")
        return tuple(phase.key for phase in self.phases[max(purchase - 1, 0) : purchase + 1])

    def touchpoint(self, key: str) -> Touchpoint:
        """The touchpoint of this key.

        Raises:
            KeyError: if the lifecycle has no such touchpoint.
        """
        return {touchpoint.key: touchpoint for touchpoint in self.touchpoints}[key]

    def touchpoints_of(self, phase: str) -> tuple[Touchpoint, ...]:
        """The touchpoints that belong to a phase, in rule order."""
        return tuple(touchpoint for touchpoint in self.touchpoints if touchpoint.phase == phase)

    def rules_of(self, scope: Scope) -> tuple[Touchpoint, ...]:
        """The touchpoints whose rules look at sessions, or at events, in rule order."""
        return tuple(touchpoint for touchpoint in self.touchpoints if touchpoint.scope == scope)

    def columns_of(self, scope: Scope) -> set[str]:
        """The columns that the rules of a scope name, params as `param_<name>`."""
        return set().union(*(touchpoint.columns() for touchpoint in self.rules_of(scope)))

    @property
    def uses_is_customer(self) -> bool:
        """Whether a rule asks if the person has bought before."""
        return any("is_customer" in self.columns_of(scope) for scope in ("session", "event"))
