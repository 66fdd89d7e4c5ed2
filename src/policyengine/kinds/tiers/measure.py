"""Levels over one measure: every value belongs to exactly one, and below the first something is said."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from policyengine.dataclass import dataclass
from policyengine.diagnostics import Code, Label
from policyengine.feel.partition import Between
from policyengine.feel.syntax import build
from policyengine.feel.syntax.tree import Expression, Open
from policyengine.feel.types import types
from policyengine.kinds.tiers.intervals import Interval, gaps, overlaps
from policyengine.policy.condition import value_test
from policyengine.policy.minor_units import by_steps, minor_step
from policyengine.text.document import Mapping, Pointer, Scalar

if TYPE_CHECKING:
    from policyengine.policy.draft import Draft


UNKNOWN = "unknown"
"""Stands for a threshold that the text does not say."""


def example(levels: str, rest: str = "otherwise: {level: none, basis: assumed, note: not said}\n") -> str:
    """A policy of levels over active accounts, for the examples of codes."""
    head = "kind: tiers\nid: example\ntitle: Example\nfor: partner\nmeasure: active_accounts\n"
    return f"{head}levels:\n{levels}{rest}"


GOOD = example(
    "  - {id: silver, title: Silver, active_accounts: 10..15}\n"
    "  - {id: gold, title: Gold, active_accounts: 16..}\n"
)
GAP = Code(
    id="TIER001",
    title="a value of the measure that no level covers",
    why="A partner with that value would lose its level between two levels. Ranges include both ends.",
    bad=GOOD.replace("10..15", "10..14"),
    good=GOOD,
)
OVERLAP = Code(
    id="TIER002",
    title="a value of the measure that two levels claim",
    why="A partner with that value would belong to both. Ranges include both ends.",
    bad=GOOD.replace("16..", "15.."),
    good=GOOD,
)
ORDER = Code(
    id="TIER003",
    title="levels that do not ascend",
    why="The next level is the next one in the list, so the list goes from the lowest to the highest.",
    bad=example(
        "  - {id: gold, title: Gold, active_accounts: 16..}\n"
        "  - {id: silver, title: Silver, active_accounts: 10..15}\n"
    ),
    good=GOOD,
)
UNREACHABLE = Code(
    id="TIER004",
    title="a level that can never be reached",
    why="The fact can never have such a value, so the level is a promise that nobody can claim.",
    bad=GOOD.replace("10..15", "-5..-1").replace("16..", "0.."),
    good=GOOD,
)
SILENT_BELOW = Code(
    id="TIER005",
    title="nothing is said below the first level",
    why="There are values below the first level; what holds there must be written, not guessed.",
    bad=GOOD.replace("otherwise: {level: none, basis: assumed, note: not said}\n", ""),
    good=GOOD,
)
CODES = (GAP, OVERLAP, ORDER, UNREACHABLE, SILENT_BELOW)


@dataclass(frozen=True, slots=True)
class Measure:
    """A fact over which levels lie: what it is called, its smallest step if it has one, its bounds."""

    fact: str
    noun: str
    step: Decimal | None
    least: Decimal | None
    most: Decimal | None

    percent: bool = False
    is_amount: bool = False

    def counted(self, test: Expression) -> Expression:
        """A test of it as it is worked out: an amount counts by its whole minor units."""
        return by_steps(test, self.step) if self.is_amount and self.step is not None else test

    def value(self, value: Decimal) -> str:
        """A value of it in words."""
        return f"{self.plain(value)} {self.noun}"

    def plain(self, value: Decimal) -> str:
        """A value of it as a policy writes it."""
        return f"{(value * 100).normalize():f}%" if self.percent else f"{value:f}"


@dataclass(frozen=True, slots=True)
class Claim:
    """The values that one level claims, and where it says so."""

    level: str
    interval: Interval
    place: Pointer

    @property
    def low(self) -> Decimal:
        """Where it begins."""
        return Decimal("-Infinity") if self.interval.low is None else self.interval.low

    @property
    def high(self) -> Decimal:
        """Where it ends."""
        return Decimal("Infinity") if self.interval.high is None else self.interval.high


def level_test(draft: Draft, fact: str, place: Pointer) -> Expression:
    """The test of a fact at a place, in its short form or beside a note; open where the text does not say."""
    written = draft.document.at(place)
    if isinstance(written, Mapping) and "is" in written.entries:
        place = (*place, "is")
    node, kind = draft.document.at(place), draft.vocabulary.names(draft.entity)[fact]
    is_value = isinstance(kind, types.Enum) and UNKNOWN in kind.values
    if isinstance(node, Scalar) and node.text == UNKNOWN and not node.quoted and not is_value:
        noun = draft.vocabulary.noun(draft.entity, fact)
        return Open(f"the text does not say which {noun} it takes", node.span)
    return value_test(draft, place, build.name(fact, draft.key_span(*place)), kind)


def measure_of(draft: Draft, fact: str, places: Sequence[Pointer]) -> Measure:
    """The measure that a fact is: whole numbers step by 1, amounts by the minor unit if tests do.

    `places` are those of its tests.
    """
    kind = draft.vocabulary.names(draft.entity)[fact]
    unit = kind.unit if isinstance(kind, types.Number) else ""
    domain = draft.vocabulary.domains(draft.entity).get(fact)
    least, most = (domain.low, domain.high) if isinstance(domain, Between) else (None, None)
    tests = [level_test(draft, fact, place) for place in places]
    step = Decimal(1) if unit == "count" else minor_step(tests, kind)
    noun = draft.vocabulary.noun(draft.entity, fact)
    return Measure(fact, noun, step, least, most, unit == "rate", unit == "money")


def check_claims(draft: Draft, measure: Measure, claims: Sequence[Claim], *, silent_below: bool) -> None:
    """Report gaps, overlaps, levels out of order or out of reach, and silence below the first one.

    `silent_below` tells that the policy does not say what holds below. Levels that are all open above are a
    ladder: each takes what those below it take, and the highest whose tests hold counts.
    """
    is_ladder = all(claim.interval.high is None for claim in claims)
    clashes = [] if is_ladder else list(overlaps([claim.interval for claim in claims]))
    for i, j, value in clashes:
        _overlap(draft, measure, claims[i], claims[j], value)
    ascending = _check_order(draft, claims)
    if not clashes and ascending and not is_ladder:
        for i, value in gaps([claim.interval for claim in claims], measure.step):
            _gap(draft, measure, claims[i], claims[i + 1], value)
    for claim in claims:
        _check_reach(draft, measure, claim)
    if silent_below:
        _check_below(draft, measure, min(claims, key=lambda claim: claim.low))
    _check_top(draft, measure, max(claims, key=lambda claim: claim.high))


def _overlap(draft: Draft, measure: Measure, first: Claim, second: Claim, value: Decimal) -> None:
    help = None
    high = first.interval.high
    reaches_further = second.interval.high is None or high is None or second.interval.high > high
    if high is not None and second.low > first.low and reaches_further:
        start = f"start {second.level} at {high + measure.step}" if measure.step is not None else None
        help = start or f'let one of them end before it: `"> {high.normalize():f}"` for {second.level}'
    message = f"`{first.level}` and `{second.level}` both claim {measure.value(value)}"
    label = Label(draft.span(*first.place), "first claimed here")
    draft.error(OVERLAP, draft.span(*second.place), message, help, [label])


def _check_order(draft: Draft, claims: Sequence[Claim]) -> bool:
    ascending = True
    for before, claim in itertools.pairwise(claims):
        if claim.low < before.low:
            ascending = False
            message = f"`{claim.level}` starts below `{before.level}`, which comes before it"
            help = "list the levels from the lowest to the highest"
            draft.error(ORDER, draft.key_span(*claim.place[:-1]), message, help)
    return ascending


def _gap(draft: Draft, measure: Measure, below: Claim, above: Claim, value: Decimal) -> None:
    low, high = above.interval.low, below.interval.high
    help = f"let {below.level} end where {above.level} starts"
    if measure.step is not None and low is not None and high is not None:
        help = f"end {below.level} at {low - measure.step}, or start {above.level} at {high + measure.step}"
    label = Label(draft.span(*above.place), f"{above.level} starts here")
    draft.error(GAP, draft.span(*below.place), f"no level covers {measure.value(value)}", help, [label])


def _check_reach(draft: Draft, measure: Measure, claim: Claim) -> None:
    low, high = claim.interval.low, claim.interval.high
    edge = None
    if measure.least is not None and high is not None and high < measure.least:
        edge = f"never below {measure.plain(measure.least)}"
    elif measure.most is not None and low is not None and low > measure.most:
        edge = f"never above {measure.plain(measure.most)}"
    if edge is not None:
        message = f"`{claim.level}` can never be reached: {measure.noun} is {edge}"
        draft.error(UNREACHABLE, draft.span(*claim.place), message)


def _check_below(draft: Draft, measure: Measure, lowest: Claim) -> None:
    if lowest.interval.low is not None and (measure.least is None or lowest.low > measure.least):
        message = f"nothing is said below {measure.value(lowest.low)}"
        help = "add `otherwise: {level: none}`"
        draft.error(SILENT_BELOW, draft.key_span(*lowest.place[:1]), message, help)


def _check_top(draft: Draft, measure: Measure, highest: Claim) -> None:
    top = highest.interval.high
    if top is not None and (measure.most is None or top < measure.most):
        value = (
            measure.value(top + measure.step)
            if measure.step is not None
            else f"more than {measure.value(top)}"
        )
        help = f"leave the end open: `{'' if highest.interval.low is None else measure.plain(highest.low)}..`"
        draft.error(GAP, draft.span(*highest.place), f"no level covers {value}", help)
