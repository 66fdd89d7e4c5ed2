"""Duties by party and block, the partner's own first; one line for each activity with all its parties."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from policyengine.decision.findings import Duty, Finding
from policyengine.decision.wording import plural, subject_name, words
from policyengine.render.decision_page import Page, marked
from policyengine.render.text_table import TableRow

_MINE = "partner"
_ROLES = {"consulted": "{} consulted", "informed": "{} informed", "signs_off": "{} signs off"}
_Activity = tuple[str, str, str, str]


def duties(page: Page, findings: Iterable[Finding]) -> list[str]:
    """The applicable duties by responsible party; the others are counted."""
    found = [duty for duty in findings if isinstance(duty, Duty)]
    idle = _activities(duty for duty in found if duty.status == "not_applicable")
    applying = _activities(duty for duty in found if duty.status != "not_applicable")
    parties: dict[str | None, dict[str, list[TableRow]]] = {}
    for taking_part in applying.values():
        first = next((one for one in taking_part if one.role == "responsible"), taking_part[0])
        blocks = parties.setdefault(first.party, {})
        blocks.setdefault(first.block_title, []).append(_row(page, first, taking_part))
    lines = [
        line for party in sorted(parties, key=_party_order) for line in _party(page, party, parties[party])
    ]
    if idle:
        verb = "does" if len(idle) == 1 else "do"
        lines.append(f"{plural(len(idle), 'duty')} {verb} not apply.")
    return lines


def _activities(found: Iterable[Duty]) -> Mapping[_Activity, list[Duty]]:
    together: dict[_Activity, list[Duty]] = {}
    for duty in found:
        together.setdefault((duty.policy, str(duty.subject), duty.block, duty.id), []).append(duty)
    return together


def _party_order(party: str | None) -> tuple[int, str]:
    return (2, "") if party is None else (0 if party == _MINE else 1, party)


def _party(page: Page, party: str | None, blocks: Mapping[str, list[TableRow]]) -> list[str]:
    number = sum(map(len, blocks.values()))
    title = "Duties of nobody known yet" if party is None else f"Duties of {page.name(party)}"
    lines = [f"{page.paint(title, 'strong')} ({number})"]
    for block, rows in blocks.items():
        lines.append(f"  {page.paint(block, 'note')}")
        lines.extend(page.table("", rows, indent=4))
    return lines


def _row(page: Page, first: Duty, taking_part: Iterable[Duty]) -> TableRow:
    others = [_role(page, one) for one in taking_part if one is not first]
    if first.role != "responsible":
        others.insert(0, words(first.role))
    text = marked(first.title, first)
    if not first.subject.root:
        text += f", {subject_name(first.subject)}"
    if others:
        text += f" ({', '.join(dict.fromkeys(others))})"
    return TableRow(text=text, place=page.at(first))


def _role(page: Page, duty: Duty) -> str:
    if duty.party is None:
        return f"{words(duty.role)}: not known"
    return _ROLES.get(duty.role, f"{{}} {words(duty.role)}").format(page.name(duty.party))
