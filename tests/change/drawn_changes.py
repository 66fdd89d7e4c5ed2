"""Changes of programs, drawn: numbers, rates, days, lengths, conditions, parties, and when a policy holds."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta

from policyengine.source import Source

Text = Callable[[re.Match[str], random.Random], str]
_STEPS = (1, 2, 7, 30)
_OTHER = {
    "<=": "<", "<": "<=", ">=": ">", ">": ">=", "true": "false", "false": "true", "and": "or", "or": "and",
    "graduated": "slab", "slab": "graduated", "max": "min", "min": "max",
}  # fmt: skip
_NUMBER = r"(?<![\w.\"-])\d+(?![\w\"%-]|\.\d|\s?%)"
_PLACES: dict[str, tuple[str, Text]] = {
    "number": (_NUMBER, lambda found, chance: str(int(found[0]) + chance.choice(_STEPS))),
    "rate": (r"(?<![\w.\"-])\d+(?=\s?%)|\b0\.\d+\b", lambda found, chance: _raised(found[0], chance)),
    "day": (r"\b\d{4}-\d\d-\d\d\b", lambda found, chance: str(_day(found[0], chance))),
    "length": (r"(?<=\bP)\d+(?=[DWMY]\b)", lambda found, chance: str(int(found[0]) + chance.choice((1, 2)))),
    "unit": (r"(?<=\bP\d)[DMY]\b", lambda found, chance: chance.choice("DMY".replace(found[0], ""))),
    "condition": (r"(?<= )(?:<=|<|>=|>|and|or)(?= )|\b(?:true|false)\b", lambda found, _: _OTHER[found[0]]),
    "table": (r"(?<=mode: )(?:graduated|slab)\b|\b(?:max|min)(?=\()", lambda found, _: _OTHER[found[0]]),
    "amount": (r"(?<=amount: )[\w.* ]+(?=[,}\n])", lambda found, chance: f"({found[0]}) * {_factor(chance)}"),
}
"""What is changed, by name: where it stands in a text, and what stands there then."""
KINDS = (*_PLACES, "numbers", "party", "end", "start", "version")


def _raised(rate: str, chance: random.Random) -> str:
    return f"{rate}{chance.choice((1, 5))}" if "." in rate else str(int(rate) + chance.choice((1, 2, 5)))


def _factor(chance: random.Random) -> str:
    return chance.choice(("1.1", "0.95", "2"))


def _day(text: str, chance: random.Random) -> date:
    return date.fromisoformat(text) + timedelta(chance.choice((-400, -1, 1, 31, 400)))


def drawn(
    sources: Sequence[Source], parties: Sequence[str], chance: random.Random
) -> Iterator[tuple[str, list[Source]]]:
    """Endless changed programs, each with the name of what is changed; not all of them compile."""
    while True:
        for kind in chance.sample(KINDS, len(KINDS)):
            places = [(i, text) for i, text in enumerate(sources) if not text.name.endswith("_test.yaml")]
            chance.shuffle(places)
            for i, source in places:
                text = _changed(kind, source, parties, chance)
                if text is not None and text != source.text:
                    yield kind, [*sources[:i], Source(source.name, text), *sources[i + 1 :]]
                    break


def _changed(kind: str, source: Source, parties: Sequence[str], chance: random.Random) -> str | None:
    if kind in _PLACES:
        return _one(kind, source.text, 0, chance)
    if kind == "numbers":
        return _moved(source.text, chance)
    if kind == "party":
        return _handed_over(source.text, parties, chance)
    return None if source.name.endswith("program.yaml") else _in_force(kind, source.text, chance)


def _one(kind: str, text: str, start: int, chance: random.Random) -> str | None:
    """The text with something different in one place."""
    pattern, write = _PLACES[kind]
    found = [
        each for each in re.finditer(pattern, text) if each.start() >= start and _counts(text, each.start())
    ]
    if not found:
        return None
    chosen = chance.choice(found)
    return text[: chosen.start()] + write(chosen, chance) + text[chosen.end() :]


def _counts(text: str, at: int) -> bool:
    """Whether what stands at a place is no comment, address or wording."""
    line = text[text.rfind("\n", 0, at) + 1 : at]
    return not re.search(r"#|\b(?:title|note|section|url|quote|name):(?![^{}]*[,}])[^{}]*$", line)


def _moved(text: str, chance: random.Random) -> str | None:
    """A bound moved wherever it stands: 10..15 and 16..26 become 10..17 and 18..26."""
    found = [int(each[0]) for each in re.finditer(_NUMBER, text) if _counts(text, each.start())]
    bounds = sorted({each for each in found if found.count(each) > 1 or each + 1 in found})
    if not bounds:
        return None
    bound, step = chance.choice(bounds), chance.choice((1, 2))
    return re.sub(_NUMBER, lambda each: str(int(each[0]) + step * (int(each[0]) in (bound, bound + 1))), text)


def _handed_over(text: str, parties: Sequence[str], chance: random.Random) -> str | None:
    """What one party has to do becomes another's."""
    found = [
        each for each in re.finditer(r"(?<=[:,\[{] )\w+(?=[,}\]\n])|(?<=: \[)\w+", text) if each[0] in parties
    ]
    others = [each for each in parties if len(parties) > 1]
    if not found or not others:
        return None
    chosen = chance.choice(found)
    other = chance.choice([each for each in others if each != chosen[0]])
    return text[: chosen.start()] + other + text[chosen.end() :]


def _in_force(kind: str, text: str, chance: random.Random) -> str | None:
    """A policy that ends or begins within the period, or has a second version with a different number."""
    policies = text.split("\n---\n")
    i = chance.randrange(len(policies))
    day = date(2026, 11, 21) + timedelta(chance.randrange(1, 360))
    heads = list(re.finditer(r"^id: .*\n", policies[i], re.MULTILINE))
    if not heads or re.search(r"^(?:from|until_including): ", policies[i], re.MULTILINE):
        return None
    at = heads[0].end()

    def headed(line: str, policy: str = policies[i]) -> str:
        return f"{policy[:at]}{line}\n{policy[at:]}"

    if kind != "version":
        policies[i] = headed(f"until_including: {day}" if kind == "end" else f"from: {day}")
        return "\n---\n".join(policies)
    what = chance.sample([name for name in _PLACES if name != "day"], len(_PLACES) - 1)
    later = next((new for each in what if (new := _one(each, policies[i], at, chance))), None)
    if later is None:
        return None
    policies[i] = policies[i].rstrip("\n")
    policies.insert(i + 1, headed(f"from: {day}", later).rstrip("\n"))
    return "\n---\n".join(policies) + "\n"
