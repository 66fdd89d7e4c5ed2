"""A plan as one HTML page: self-contained, without scripts, in light and dark mode."""

from __future__ import annotations

from typing import Any

from policyengine.change.plan import Plan
from policyengine.decision.wording import capital, day
from policyengine.render import plan_charts as charts
from policyengine.render import plan_words as say
from policyengine.render.plan_effects import headline, part, place, rest, tiles
from policyengine.render.plan_waivers import waiver_lines
from policyengine.render.sandbox import environment, own_style, own_template


def plan_html(plan: Plan, repository: str | None = None) -> str:
    """The page; `repository` is the address of the files of a commit, for links to the rules."""
    style = own_style("plan.css")
    template = environment().from_string(own_template("plan.html.jinja"))
    return template.render(
        plan=plan, say=_Words(plan, repository), style=style.text, digest=style.digest, width=charts.WIDTH,
        flows=list(charts.flows(plan)), costs=charts.costs(plan),
        groups=list(say.groups(plan)), tiles=tiles(plan),
    )  # fmt: skip


class _Words:
    """The functions of `plan_words` for the template."""

    def __init__(self, plan: Plan, repository: str | None) -> None:
        self._plan = plan
        self._repository = repository

    def headline(self) -> str:
        return headline(self._plan)

    def rest(self) -> list[str]:
        return [capital(each) for each in rest(self._plan)]

    def waivers(self) -> list[str]:
        return [capital(each) for each in waiver_lines(self._plan)]

    def costs(self) -> list[tuple[str, ...]]:
        return say.cost_table(self._plan)

    def figures(self) -> list[tuple[str, ...]]:
        return say.value_table(self._plan)

    def months(self) -> list[tuple[str, ...]]:
        return say.month_table(self._plan)

    def shifts(self) -> list[str]:
        return [say.shift(self._plan, each) for each in sorted(self._plan.tally.shifts)]

    def about(self) -> str:
        return say.about(self._plan)

    def effective(self) -> str | None:
        return say.effective(self._plan)

    def payers(self) -> str:
        return say.payers(self._plan)

    def stretch(self) -> str:
        return say.stretch(self._plan.days)

    def undecided(self, found: Any) -> list[tuple[str, bool]]:
        """The sentence in pieces, each with a flag for names of facts."""
        pieces = say.undecided(self._plan, found).split("`")
        return [(piece, i % 2 == 1) for i, piece in enumerate(pieces)]

    def people(self) -> str:
        return say.several(self._plan.noun)

    def share(self, share: Any) -> str:
        return say.together(self._plan) if share.interaction else str(share.title)

    def place(self, share: Any) -> tuple[str, str | None] | None:
        return place(self._plan, share, self._repository)

    def part(self, number: int) -> str:
        return part(self._plan, number)

    def amount(self, value: Any, currency: str) -> str:
        return say.amount(value, currency)

    def change(self, value: Any, currency: str) -> str:
        return say.amount(value, currency, signed=True)

    def count(self, number: int) -> str:
        return say.count(number)

    def things(self, number: int, noun: str) -> str:
        return say.things(number, noun)

    def day(self, value: Any) -> str:
        return day(value)
