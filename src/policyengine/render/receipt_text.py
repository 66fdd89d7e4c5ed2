"""What became of receipts, as text and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from policyengine.dataclass import dataclass
from policyengine.decision.wording import day, plural
from policyengine.render.style import clean, painter, wrap
from policyengine.reports.receipts import Difference, Receipt

_MOST = 10


class Later(NamedTuple):
    """A later version of the policies that decides something else about the record: its name, and what."""

    name: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Verified:
    """What became of the receipt in a line of a file.

    `mistakes` keep it from being decided again. `version` has the policies of the receipt, `differing` are
    the places in which they decide otherwise now. `same_engine` tells whether policyengine is the same.
    """

    line: int
    receipt: Receipt | None
    mistakes: tuple[str, ...]
    version: str = ""
    differing: tuple[Difference, ...] = ()
    same_engine: bool = True
    later: tuple[Later, ...] = ()

    @property
    def same(self) -> bool:
        """Whether the same is decided again."""
        return not self.mistakes and not self.differing


def verified_text(found: Verified, *, color: bool, columns: int) -> str:
    """What became of a receipt, in lines."""
    paint = painter(color)
    head, *rest = _lines(found)
    style = "strong" if found.same else "error"
    return "\n".join([
        *(paint(line, style) for line in wrap(clean(head), columns)),
        *(part for line in rest for part in _wrapped(clean(line), columns)),
    ])  # fmt: skip


def verified_summary(found: Sequence[Verified]) -> list[str]:
    """What became of several receipts, in a line; nothing for a single one."""
    if len(found) < 2:
        return []
    failed = sum(bool(each.mistakes) for each in found)
    differing = sum(not each.mistakes and not each.same for each in found)
    parts = [f"{len(found) - failed - differing:,} decided the same again"]
    parts += [f"{differing:,} differ"] if differing else []
    parts += [f"{failed:,} not decided again"] if failed else []
    return [f"{plural(len(found), 'receipt')}: {', '.join(parts)}."]


def _wrapped(line: str, columns: int) -> list[str]:
    if len(line) <= columns:
        return [line]
    indent = " " * (len(line) - len(line.lstrip()))
    return [indent + part for part in wrap(line.strip(), columns - len(indent))]


def _lines(found: Verified) -> Iterator[str]:
    receipt = found.receipt
    if receipt is None:
        yield f"line {found.line} {found.mistakes[0]}"
        return
    name = _name(receipt)
    if found.mistakes:
        yield f"{name}: not decided again, since {found.mistakes[0]}"
        return
    engine = (
        "" if found.same_engine else f", decided by a different policyengine (then {receipt.engine.version})"
    )
    if found.differing:
        yield f"{name}: {plural(len(found.differing), 'place')} of the decision differ now{engine}."
        yield from _differing(found)
    else:
        yield f"{name}: the same decision again, by {found.version}{engine}."
    if not found.later:
        yield "No later version of the policies decides anything else about this record on this day."
    for later in found.later:
        yield f"{later.name}"
        yield from (f"  {line}" for line in later.lines)


def _name(receipt: Receipt) -> str:
    subject = receipt.decision["subject"]
    who = subject.get("label") or subject.get("key") or "the record"
    return f"{who} ({receipt.decision['program_title']}), as of {day(receipt.as_of)}"


def _differing(found: Verified) -> Iterator[str]:
    for each in found.differing[:_MOST]:
        yield f"  {each.path}: kept {_brief(each.kept)}, now {_brief(each.now)}"
    if len(found.differing) > _MOST:
        yield f"  and {len(found.differing) - _MOST} more (-o json has all)"


def _brief(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}..."


def verified_json(found: Verified) -> dict[str, Any]:
    """What became of a receipt, as plain data."""
    receipt = found.receipt
    return {
        "line": found.line,
        "subject": None if receipt is None else receipt.decision["subject"],
        "as_of": None if receipt is None else receipt.as_of.isoformat(),
        "same": found.same,
        "mistakes": list(found.mistakes),
        "version": found.version or None,
        "same_engine": found.same_engine,
        "differing": [each._asdict() for each in found.differing],
        "later": [{"version": each.name, "lines": list(each.lines)} for each in found.later],
    }
