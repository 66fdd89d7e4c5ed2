"""A change of a charge in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from policyengine.decision.wording import every, plural, words
from policyengine.feel.types import types
from policyengine.policy.change_context import ChangeContext, called, quoted
from policyengine.policy.change_words import given

Say = Callable[[ChangeContext], Callable[[Any], str]]


def _quoted(context: ChangeContext) -> Callable[[Any], str]:
    return quoted


def _amount(context: ChangeContext) -> Callable[[Any], str]:
    return partial(given, types.money(context.vocabulary.currency))


def _party(context: ChangeContext) -> Callable[[Any], str]:
    return context.party


_VERBS: Mapping[str, tuple[str, Say]] = {
    "amount": ("comes to", _amount),
    "item": ("bills", lambda context: context.items),
    "currency": ("is in the currency that names", _quoted),
    "payer": ("is paid by", _party),
    "payee": ("is paid to", _party),
    "due_on": ("is due on", _quoted),
    "first_due": ("is first due on", _quoted),
    "due_with": ("is due with", _quoted),
    "every": ("is charged", lambda context: lambda text: every(str(text))),
    "starting": ("counts its periods from", _quoted),
    "until": ("falls due until", _quoted),
    "on_day": ("begins its periods on day", _quoted),
    "share_by_days": ("is shared by days, of which count", lambda context: lambda text: words(str(text))),
    "min": ("comes to at least", _amount),
    "max": ("comes to at most", _amount),
    "times": ("is charged", lambda context: lambda text: plural(int(text), "time")),
    "settled_on": ("is settled on", _quoted),
    "result": ("is read as", _quoted),
}
"""What a key of a charge says, and how its value is written."""


def describe(context: ChangeContext) -> str | None:
    """Charges that come and go, what they are, who pays whom, when they are due."""
    match context.keys:
        case ("charges", "*"):
            amount = _amount(context)(context.own.get("amount"))
            return context.comes_or_goes(
                f"new charge: {context.name}, {amount}", f"no longer charged: {context.name}"
            )
        case ("charges", "*", key) if key in _VERBS:
            verb, say = _VERBS[key]
            return context.was(called(context.name), verb, say(context))
    return None
