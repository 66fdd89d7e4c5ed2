"""Writes the workload as a program of policies: benchmarks/program/*.yaml, through the kinds that there are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from rules import ACTIVITIES, CONDITIONS, LEVELS, MATRIX, STAGES, TYPES, Condition

FOLDER = Path(__file__).parent / "program"
_COUNTS = ("active_accounts", "technical_trained", "sales_trained", "months_since_golive", "total_users")
_FLAGS = (
    "attends_reviews", "competence_positive", "customer_cms", "verbal_agreement", "demo_answers", "demo_done",
    "approved_by_am",
)  # fmt: skip
_AMOUNTS = ("license_price", "hwaas_price", "classound_price", "setup_fee", "monthly_fee")
_FORMULAS = {
    "expected_mrr": ("money", "total_users * (license_price + hwaas_price + classound_price)"),
    "weighted_mrr": ("money", "expected_mrr * probability"),
    "bonus": ("boolean", "demo_answers and demo_done and approved_by_am"),
}


def _words(name: str) -> str:
    return name.replace("_", " ")


def _declarations() -> Iterator[str]:
    yield from (
        "kind: program",
        "id: workload",
        "title: The workload of the benchmarks",
        "currency: EUR",
        "parties: {partner: the partner, vendor: the vendor}",
        "items: {setup: set-up, subscription: subscription}",
        "entities:",
        "  partner:",
        "    title: partner",
        "    key: id",
        "    facts:",
        "      id: {type: text, title: identifier}",
        f"      partner_type: {{type: enum, title: type of partner, values: [{', '.join(TYPES)}]}}",
        f"      stage: {{type: enum, title: stage, values: [{', '.join(STAGES)}]}}",
        "      probability: {type: rate, title: probability}",
    )
    for kind, names in (("count", _COUNTS), ("boolean", _FLAGS), ("money", _AMOUNTS)):
        yield from (f"      {name}: {{type: {kind}, title: {_words(name)}}}" for name in names)
    for name, (kind, formula) in _FORMULAS.items():
        yield f"      {name}: {{type: {kind}, title: {_words(name)}, informative: true, formula: {formula}}}"


def _levels() -> Iterator[str]:
    yield from (
        "kind: tiers",
        "id: levels",
        "title: Levels",
        "for: partner",
        "measure: active_accounts",
        "levels:",
    )
    for level in reversed(LEVELS):
        yield f"  - id: {level.id}"
        yield f"    title: {level.id.capitalize()}"
        yield f"    active_accounts: {level.low}..{level.high or ''}"
        if level.strict:
            yield "    requires:"
            yield "      - {id: reviews, title: Attends the reviews, when: attends_reviews}"
            yield "      - {id: competence, title: Is rated positive, when: competence_positive}"
            yield "      - {id: technical, title: Has technical staff, when: {technical_trained: 1..}}"
            yield "      - {id: sales, title: Has sales staff, when: {sales_trained: 1..}}"
        yield f"    grants: [{{discount: {level.discount * 100:f}%, on: [setup, subscription]}}]"
    yield "otherwise: {level: none, basis: assumed, note: there is no level below ten accounts}"


def _matrix() -> Iterator[str]:
    yield from (
        "kind: matrix",
        "id: activities",
        "title: Activities",
        "for: partner",
        f"columns: {{by: partner_type, values: [{', '.join(TYPES)}]}}",
        "sections:",
        "  - id: all",
        "    title: All activities",
        "    activities:",
    )
    parties = {"p": "partner", "v": "vendor"}
    for activity in ACTIVITIES:
        cells = ", ".join(f"{column}: {parties[party]}" for column, party in MATRIX[activity].items())
        yield f"      - id: {activity}"
        yield f"        title: Activity {activity[1:]}"
        yield f"        responsible: {{{cells}}}"
        if activity in CONDITIONS:
            yield f"        when: {_condition(CONDITIONS[activity])}"


def _condition(condition: Condition) -> str:
    if condition.op == "=":
        return f"{{{condition.fact}: {str(condition.value).lower()}}}"
    return f"{condition.fact} {condition.op} {condition.value}"


def _pipeline() -> Iterator[str]:
    yield from ("kind: pipeline", "id: deals", "title: Deals", "for: partner", "stage: stage", "stages:")
    for stage in STAGES:
        gate = ", leave_when: [{id: verbal, title: There is a verbal agreement, when: verbal_agreement}]"
        yield f"  - {{id: {stage}, title: {stage.capitalize()}{gate if stage == 'proposal' else ''}}}"


def _billing() -> Iterator[str]:
    yield from (
        "kind: billing",
        "id: fees",
        "title: Fees",
        "for: partner",
        "charges:",
        "  - {id: setup, title: Set-up, amount: setup_fee, item: setup, due_on: today}",
        "  - {id: monthly, title: Subscription, amount: monthly_fee, item: subscription, due_on: today}",
    )


FILES = {
    "program.yaml": _declarations,
    "levels.yaml": _levels,
    "activities.yaml": _matrix,
    "deals.yaml": _pipeline,
    "fees.yaml": _billing,
}


def write() -> None:
    """Writes every file of the program."""
    FOLDER.mkdir(exist_ok=True)
    for name, lines in FILES.items():
        (FOLDER / name).write_text("\n".join(lines()) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write()
