"""policyengine on the workload: outcomes without reasons, decisions with all reasons, and from plain data."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

from records import Answer, Record

import policyengine
from policyengine.decision.decision import Decision
from policyengine.decision.findings import Figure, Finding
from program import FOLDER

DAY = date(2026, 11, 21)
_OPEN = frozenset({"open", "final"})


def program() -> Any:
    """The workload as a program."""
    loaded = policyengine.load(FOLDER, as_of=DAY)
    if not loaded.ok:
        raise ValueError("\n".join(found.message for found in loaded.diagnostics))
    return loaded


def read(loaded: Any, record: Record) -> Any:
    """The record as the engine takes it."""
    found = loaded.record(record)
    (only,) = found.records
    return only


def answer_of_outcomes(outcomes: Any) -> Answer:
    """Our outcomes in the terms of the workload."""
    (subject,) = outcomes.subjects
    found: dict[str, list[Any]] = {}
    for outcome in subject.outcomes:
        found.setdefault(outcome.section, []).append((outcome.id, outcome.status, outcome.values))
    return _answer(found, subject.values)


def answer_of_decision(decision: Decision) -> Answer:
    """Our decision in the terms of the workload; raises `ValueError` for a finding that does not say why.

    A decision is made as a whole: only the sentences of figures are worked out when they are read, as here.
    """
    silent = [finding.id for finding in decision.findings if not _says_why(finding)]
    if silent:
        raise ValueError(f"no reasons: {', '.join(silent)}")
    found: dict[str, list[Any]] = {}
    for finding in decision.findings:
        if isinstance(finding, Figure):
            continue
        values = {name: getattr(finding, name, None) for name in ("level", "rate", "party", "net")}
        found.setdefault(finding.section, []).append((finding.id, finding.status, values))
    return _answer(found, {each.id: each.value for each in decision.of("figures")})


def _says_why(finding: Finding) -> bool:
    """Whether a finding has its sentences; a stage without a gate has nothing to say."""
    parts = getattr(finding, "requirements", ())
    said = [reason.text for each in (finding, *parts) for reason in each.because]
    return all(said) and (bool(said) or finding.section in ("gates", "figures"))


def _answer(found: dict[str, list[Any]], values: Any) -> Answer:
    nets = {name: each["net"] for name, _, each in found["charges"]}
    return {
        "level": found["levels"][0][2]["level"],
        "discount": next(_rates(found.get("discounts", ())), 0),
        "duties": [name for name, status, each in found["duties"]
                   if status == "applies" and each["party"] == "partner"],
        "expected_mrr": values["expected_mrr"],
        "weighted_mrr": values["weighted_mrr"],
        "gate_open": found["gates"][0][1] in _OPEN,
        "bonus": values["bonus"],
        "net_setup": nets["setup"],
        "net_monthly": nets["monthly"],
    }  # fmt: skip


def _rates(discounts: Iterable[Any]) -> Any:
    return (each["rate"] for _, _, each in discounts)


def engines() -> dict[str, tuple[Callable[[Any], Any], Callable[[Record], Any], Callable[[Any], Answer]]]:
    """By name: what answers, how a record is made ready for it, how its answer is read.

    Each has a program of its own, so that none knows what another has worked out.
    """
    light, full, checked_light, checked_full = (program() for _ in range(4))
    name = "policyengine, {}without reasons", "policyengine, {}with all reasons"
    checked = "plain data checked, "
    return {
        name[0].format(""): (light.outcomes, lambda record: read(light, record), answer_of_outcomes),
        name[1].format(""): (full.evaluate, lambda record: read(full, record), answer_of_decision),
        name[0].format(checked): (checked_light.outcomes, dict, answer_of_outcomes),
        name[1].format(checked): (checked_full.evaluate, dict, answer_of_decision),
    }
