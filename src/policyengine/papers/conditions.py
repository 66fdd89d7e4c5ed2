"""Conditions of policies as people read them: tests and expressions with the nouns of their facts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from policyengine.decision.wording import COMPARED, COMPARED_DAYS, is_or_are
from policyengine.papers.blocks import Run
from policyengine.papers.voice import Voice

Runs = list[str | Run]
_OF_LISTS = {
    "any": "one of these holds", "all": "all of these hold", "none": "none of these holds",
}  # fmt: skip
_CHILDREN = ("some", "every", "count")
_HEADS = (*_OF_LISTS, "at_least", *_CHILDREN)
_FURTHER = ("of", "where", "must", "is")
_TOKEN = re.compile(r'@?"(?:[^"\\]|\\.)*"|(?P<name>[A-Za-z_]\w*(?:\.\w+)*)(?: (?P<op>>=|<=|>|<) (?=\S))?')
_PLAIN = ("today", "and", "or")
_DAYS = ("period.start", "period.end")
_FORMULA = re.compile(r'"|[\[\]{}*/^]|[A-Za-z]\w*\(|[A-Za-z_]\w*[A-Za-z]|!=')
"""What is left of an expression that has no words, where names that have some are `_`."""
_DEFINED = re.compile(r"is defined\(([^()]+)\)")
_EITHER = re.compile(r"if is defined\((.+)\) then \1 else (.+)")
_OF_PERIODS = {
    "period_number": "number of the period", "period.start": "first day of the period",
    "period.end": "last day of the period", "period.days": "days of the period",
}  # fmt: skip


def expression(voice: Voice, entity: str, written: Any) -> Runs:
    """An expression in words, with the nouns of its facts; one that has no words stands as it is written."""
    flat = _flat(written)
    said = _Words(voice, entity)
    named, plain = _TOKEN.sub(said.told, flat), _TOKEN.sub(said.left, flat)
    found, either = _EITHER.fullmatch(named), _EITHER.fullmatch(plain)
    if found is not None and either is not None:
        plain = either[2]
    if _FORMULA.search(_DEFINED.sub("", plain)):
        return [Run(flat, code=True)]
    if found is not None:
        return [voice.say("{noun} if it is given, else {other}", noun=found[1], other=found[2])]
    return [_DEFINED.sub(lambda asked: voice.say("{noun} is given", noun=asked[1]), named)]


class _Words:
    """Says the tokens of an expression about an entity."""

    def __init__(self, voice: Voice, entity: str) -> None:
        self._voice = voice
        self._entity = entity

    def knows(self, name: str | None) -> bool:
        """Whether there are words for a name."""
        return name in _OF_PERIODS or name in _PLAIN or (
            name is not None and _is_fact(self._voice, self._entity, name)
        )  # fmt: skip

    def told(self, token: re.Match[str]) -> str:
        """A token in words: a name with what it is compared with, a length of time."""
        say, name = self._voice.say, token["name"]
        if name is None:
            return say.length(token[0][2:-1]) if token[0].startswith('@"P') else token[0]
        if not self.knows(name):
            return token[0]
        noun = self._noun(name)
        return noun if token["op"] is None else f"{noun} {self._compared(name, noun, token['op'])} "

    def left(self, token: re.Match[str]) -> str:
        """`_` for a token that has words, else the token."""
        return "_" if self.knows(token["name"]) or token[0].startswith('@"P') else token[0]

    def _noun(self, name: str) -> str:
        say = self._voice.say
        return say(_OF_PERIODS.get(name, name)) if name in _OF_PERIODS or name in _PLAIN else (
            self._voice.noun(self._entity, name)
        )  # fmt: skip

    def _compared(self, name: str, noun: str, op: str) -> str:
        say = self._voice.say
        is_day = name == "today" or name in _DAYS or (
            getattr(self._voice.kind(self._entity, name), "name", "") == "date"
        )  # fmt: skip
        told = (COMPARED_DAYS if is_day else COMPARED).get(op)
        if told is None:
            return op
        return f"{is_or_are(noun)} {told}" if say.code == "en" else say(told)


def condition(voice: Voice, entity: str, written: Any) -> Runs:
    """A condition as it is written: `active accounts: from 10 to 15; region: EMEA or APAC`."""
    if not isinstance(written, dict):
        return [] if written is None else expression(voice, entity, written)
    heads = [key for key in _HEADS if key in written and not _is_fact(voice, entity, key)]
    own = {*heads, *_FURTHER} if heads else set()
    parts = [*_combined(voice, entity, {key: each for key, each in written.items() if key in own})]
    parts += [test(voice, entity, key, each) for key, each in written.items() if key not in own]
    return joined(parts, "; ")


def joined(parts: Sequence[Runs], link: str) -> Runs:
    """Several lines as one."""
    found: Runs = []
    for part in parts:
        found += [link, *part] if found else part
    return found


def test(voice: Voice, entity: str, fact: str, written: Any) -> Runs:
    """A test of one fact: `active accounts are from 10 to 15`."""
    noun = voice.noun(entity, fact)
    plain = written["is"] if isinstance(written, dict) and "is" in written else written
    told = None if isinstance(plain, dict) else voice.test(entity, fact, plain)
    if told is None:
        return [f"{noun}: ", *expression(voice, entity, plain)]
    if told in (voice.say("yes"), voice.say("no")):
        return [f"{noun}: {told}"]
    return [f"{noun} {is_or_are(noun)} {told}" if voice.say.code == "en" else f"{noun}: {told}"]


def _combined(voice: Voice, entity: str, written: dict[str, Any]) -> Iterator[Runs]:
    say = voice.say
    for key, begins in _OF_LISTS.items():
        if key in written:
            yield [f"{say(begins)}: ", *_alternatives(voice, entity, written[key])]
    if "at_least" in written:
        lead = say("at least {count} of these hold", count=written["at_least"])
        yield [f"{lead}: ", *_alternatives(voice, entity, written.get("of"))]
    name = next((written[key] for key in _CHILDREN if key in written), None)
    if name is None:
        return
    child = next((each for each, below in voice.vocabulary.children(entity) if below.list == name), entity)
    noun = voice.entity(child) if child != entity else str(name)
    where: Runs = []
    if "where" in written:
        where = [f" {say('with')} ", *condition(voice, child, written["where"])]
    if "some" in written:
        yield [say("there is some {noun}", noun=noun), *where]
    elif "every" in written:
        must = condition(voice, child, written.get("must"))
        yield [say("of every {noun}", noun=noun), *where, ": ", *must]
    else:
        yield [say("number: {noun}", noun=noun), *where, ": ", *_number(voice, child, written.get("is"))]


def _number(voice: Voice, entity: str, written: Any) -> Runs:
    told = voice.test(entity, "", written)
    return [told] if told is not None else expression(voice, entity, written)


def _alternatives(voice: Voice, entity: str, written: Any) -> Runs:
    parts = [condition(voice, entity, each) for each in written or ()]
    return joined([["(", *part, ")"] if len(part) > 1 else part for part in parts], "; ")


def _is_fact(voice: Voice, entity: str, name: str) -> bool:
    return entity in voice.vocabulary.entities and name in voice.vocabulary.names(entity)


def _flat(written: Any) -> str:
    """Written data on one line."""
    if isinstance(written, dict):
        return "{" + ", ".join(f"{key}: {_flat(each)}" for key, each in written.items()) + "}"
    if isinstance(written, list):
        return "[" + ", ".join(map(_flat, written)) + "]"
    return " ".join(str(written).split())
