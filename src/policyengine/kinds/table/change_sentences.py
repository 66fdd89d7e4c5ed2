"""What a change of a table means: rows, entries and bands in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from policyengine.decision.wording import join, words
from policyengine.feel.types.types import Type
from policyengine.policy.change_context import ChangeContext
from policyengine.policy.change_words import asked, given, shifted, tested


class TableWords:
    """Says what the parts of a table test and give; `kinds` are the types of its outputs by name."""

    def __init__(self, context: ChangeContext, inputs: Sequence[Any], kinds: Mapping[str, Type]) -> None:
        self.context = context
        self.inputs = inputs
        self.kinds = kinds
        collects = str(getattr(context.policy, "hit", "")).startswith("collect")
        self.otherwise = "in every case" if collects else "in every other case"

    def where(self, tests: Mapping[str, Any]) -> str:
        """The tests of a row: `where active accounts are at least 50`."""
        found = [self._asked(fact, test) for fact, test in tests.items() if str(test).strip() != "-"]
        return f"where {join(found)}" if found else self.otherwise

    def _asked(self, fact: str, test: Any) -> str:
        if self.context.is_fact(fact):
            return asked(self.context, fact, test)
        title = next((each.title for each in self.inputs if each.id == fact), None) or words(fact)
        return f"{title} is {tested(self.context, fact, test)}"

    def gives(self, value: Any) -> str:
        """What a row gives: `2 %`, or each output with its name."""
        if isinstance(value, Mapping):
            return join(f"{words(name)} {given(self.kinds.get(name), each)}" for name, each in value.items())
        return given(self.kinds.get(""), value)

    def default(self, value: Any) -> str:
        """What is given where no row matches; `none` is nothing."""
        return "nothing" if value == "none" else self.gives(value)

    def shifted(self, old: Any, new: Any) -> str:
        """How what a row gives changes."""
        if isinstance(old, Mapping) or isinstance(new, Mapping):
            return f"now gives {self.gives(new)} (was {self.gives(old)})"
        return shifted(old, new, self.kinds.get(""))

    # Rows

    def row(self, row: Any) -> str:
        """A row: `where active accounts are at least 50 it gives 2 %`."""
        tests, value = self._parts(row)
        return f"{self.where(tests)} it gives {self.gives(value)}"

    def _parts(self, row: Any) -> tuple[dict[str, Any], Any]:
        """The tests and what is given of a row, in whichever form it is written."""
        cells = row.get("cells") if isinstance(row, Mapping) else row
        if not cells:
            return dict(row.get("when") or {}), row.get("then")
        count = len(self.inputs)
        values = cells[count:]
        names = list(self.kinds)
        value = dict(zip(names, values, strict=False)) if names != [""] else next(iter(values), None)
        return {each.id: cell for each, cell in zip(self.inputs, cells, strict=False)}, value

    def rows(self, old: Sequence[Any], new: Sequence[Any]) -> str:
        """The rows that differ, where all are written as lists."""
        if len(old) == len(new):
            return "; ".join(
                self.changed_row(*pair) for pair in zip(old, new, strict=True) if pair[0] != pair[1]
            )
        gone = [f"no row any more: {self.row(each)}" for each in old if each not in new]
        come = [f"new row: {self.row(each)}" for each in new if each not in old]
        return "; ".join([*come, *gone])

    def changed_row(self, old: Any, new: Any) -> str:
        """What changes in a row: what it gives, or one of its tests."""
        (tests, value), (other_tests, other) = self._parts(old), self._parts(new)
        if tests == other_tests:
            return f"{self.where(tests)} it {self.shifted(value, other)}"
        differing = [fact for fact in tests if tests[fact] != other_tests.get(fact)]
        if value == other and len(differing) == 1 and "-" not in (str(tests[differing[0]]),):
            return self.test(value, differing[0], tests[differing[0]], other_tests.get(differing[0]))
        return f"{self.row(new)} (was: {self.row(old)})"

    def test(self, value: Any, fact: str, old: Any, new: Any) -> str:
        """What a row asks of one input."""
        row = f"the row that gives {self.gives(value)}"
        if new is None or str(new).strip() == "-":
            return f"{row} no longer asks that {self._asked(fact, old)}"
        was = f" (was {tested(self.context, fact, old)})" if old is not None else ""
        return f"{row} now asks that {self._asked(fact, new)}{was}"

    # Entries and bands

    def key(self, keys: Sequence[str]) -> str:
        """The keys of an entry, by their titles: `for EMEA and positive`."""
        pairs = zip(self.inputs, keys, strict=False)
        return f"for {' and '.join(self.context.value(each.id, key) for each, key in pairs)}"

    def band(self, key: str) -> str:
        """A change of a band: its rate, or where it ends."""
        context = self.context
        kind = context.kind(self.inputs[0].id)
        edge = context.own.get("up_to") or context.own.get("below")
        if key == "rate":
            band = "the last band" if edge is None else f"the band up to {given(kind, edge)}"
            return f"the rate of {band} {shifted(context.old, context.new)}"
        ends = "ends at" if key == "up_to" else "ends below"
        if context.new is None:
            return f"a band no longer {ends} {given(kind, context.old)}"
        was = "" if context.old is None else f" (was {given(kind, context.old)})"
        return f"a band now {ends} {given(kind, context.new)}{was}"


def describe(found: TableWords) -> str | None:
    """What a change of a part of a table means; None where there are no own words for it."""
    context = found.context
    match context.keys:
        case ("rows",) if isinstance(context.old, list) and isinstance(context.new, list):
            return found.rows(context.old, context.new) or None
        case ("rows", "*"):
            row = found.row(context.new or context.old)
            return context.comes_or_goes(f"new row: {row}", f"no row any more: {row}")
        case ("rows", "*", "when", fact) if context.is_fact(fact):
            return found.test(getattr(context.part, "then", None), fact, context.old, context.new)
        case ("rows", "*", "then") if None not in (context.old, context.new):
            tests = context.own.get("when") or {}
            return f"{found.where(tests)} it {found.shifted(context.old, context.new)}"
        case ("entries", *keys) if keys and None not in (context.old, context.new):
            return f"{found.key(keys)} it {found.shifted(context.old, context.new)}"
        case ("entries", *keys) if keys:
            return context.was(f"{found.key(keys)} it", "gives", found.gives)
        case ("bands", "rows", "*", "rate" | "up_to" | "below" as key):
            return found.band(key)
        case ("bands", "rows", "*"):
            return context.comes_or_goes(f"new band: {_band(found)}", f"no band any more: {_band(found)}")
        case ("default",):
            return context.was("where no row matches, it", "gives", found.default)
    return None


def _band(found: TableWords) -> str:
    written = found.context.new or found.context.old
    kind = found.context.kind(found.inputs[0].id)
    edge = written.get("up_to") or written.get("below")
    where = "beyond the others" if edge is None else f"up to {given(kind, edge)}"
    return f"{str(written.get('rate')).replace('%', ' %')} {where}"
