"""What a change of a table means: rows, entries and bands in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from policyengine.decision.wording import join, some, words
from policyengine.feel.types.types import Type
from policyengine.kinds.table.band_model import Bands
from policyengine.policy.change_context import ChangeContext, called, quoted
from policyengine.policy.change_words import asked, given, possible_values, shifted, tested, type_words


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

    def order(self, rows: Sequence[Any]) -> str:
        """Rows in the order in which they stand, of many the first few."""
        return some((self.row(each) for each in rows), link="; ")

    # Inputs and results

    def looks_at(self, written: Any) -> str:
        """The inputs or keys of a table, by their titles."""
        return join(self._input(each) for each in written or ())

    def _input(self, written: Any) -> str:
        name = written.get("id") if isinstance(written, Mapping) else written
        title = written.get("title") if isinstance(written, Mapping) else None
        worked = (
            f" ({quoted(written['expression'])})"
            if isinstance(written, Mapping) and "expression" in written
            else ""
        )
        return f"{title or self.context.noun(str(name))}{worked}"

    def result(self, name: str, written: Any) -> str:
        """One of several results and its type: `handling fee, an amount`."""
        own = written if isinstance(written, Mapping) else {"type": written}
        return f"{own.get('title') or words(name)}, {type_words(own.get('type'))}"

    # Entries and bands

    def key(self, keys: Sequence[str]) -> str:
        """The keys of an entry, by their titles: `for EMEA and positive`."""
        pairs = zip(self.inputs, keys, strict=False)
        return f"for {' and '.join(self._key(each, key) for each, key in pairs)}"

    def _key(self, part: Any, key: str) -> str:
        if key in ("true", "false"):
            title = part.title or self.context.noun(part.id)
            return f"{called(title)} {'yes' if key == 'true' else 'no'}"
        return self.context.value(part.id, key)

    def given_below(self, keys: Sequence[str], value: Any) -> str:
        """What the entries below some keys give: `for Europe and small it gives 5 %; ...`."""
        if isinstance(value, Mapping) and len(keys) < len(self.inputs):
            return "; ".join(self.given_below([*keys, str(key)], each) for key, each in value.items())
        return f"{self.key(keys)} it gives {self.gives(value)}"

    def hit(self) -> str:
        """What counts where several rows match, or how the rate of a band is taken."""
        new, old = (_HITS.get(str(each)) for each in (self.context.new, self.context.old))
        if new is None:
            return f"no longer: {old}"
        return f"now {new}" + (f" (was: {old})" if old is not None else "")

    @property
    def number(self) -> str:
        """What the bands in question lie over."""
        bands: Bands | None = self.context.policy.bands
        if bands is None:
            return str(self.inputs[-1].id)
        key = self.context.keys[2] if self.context.keys[:2] == ("bands", "entries") else ""
        entry = bands.entries.get(key)
        return (bands.of if entry is None or entry.of is None else entry.of).id

    def entry(self, cells: Sequence[Any]) -> str:
        """An entry that is written as a list: `for small it gives plain`."""
        tests, value = self._parts(cells)
        return f"{self.key([str(each) for each in tests.values()])} it gives {self.gives(value)}"

    def band(self, key: str) -> str:
        """A change of a band: what it gives, or where it ends."""
        context = self.context
        kind = context.kind(self.number)
        edge = context.own.get("up_to") or context.own.get("below")
        if key not in ("up_to", "below"):
            until = "up to" if "up_to" in context.own else "below"
            band = "the last band" if edge is None else f"the band {until} {given(kind, edge)}"
            if key == "gives":
                changed = None not in (context.old, context.new)
                said = self.shifted(context.old, context.new) if changed else None
                return f"{band} {said}" if said else context.was(band, "gives", self.gives)
            if context.new is None:
                return f"{band} no longer has {'a rate' if key == 'rate' else 'an amount'}"
            if context.old is None:
                return f"{band} now has the {key} {_figure(context.new)}"
            return f"the {key} of {band} {shifted(context.old, context.new)}"
        ends = "ends at" if key == "up_to" else "ends below"
        if context.new is None:
            return f"a band no longer {ends} {given(kind, context.old)}"
        was = "" if context.old is None else f" (was {given(kind, context.old)})"
        return f"a band now {ends} {given(kind, context.new)}{was}"


_HITS = {
    "unique": "only one row may match", "any": "rows that match must give the same",
    "first": "the first row that matches counts", "collect list": "what the rows give is listed",
    "collect sum": "what the rows give is added up", "collect min": "the least that a row gives counts",
    "collect max": "the greatest that a row gives counts", "collect count": "the rows that match are counted",
    "slab": "the whole is at the rate of its band", "graduated": "each slice is at the rate of its own band",
}  # fmt: skip
_FORMS = {"rows": "rows", "entries": "its keys", "bands": "bands"}


def describe(found: TableWords) -> str | None:
    """What a change of a part of a table means; None where there are no own words for it."""
    context = found.context
    form = context.keys[0]
    if len(context.keys) == 1 and form in _FORMS and None in (context.old, context.new):
        return context.comes_or_goes(
            f"it is now looked up by {_FORMS[form]}", f"it is no longer looked up by {_FORMS[form]}"
        )
    if form == "shown":
        return f"it is {'no longer' if str(context.new) == 'false' else 'now'} among the figures"
    return _PARTS.get(form, _of_results)(found)


def _of_rows(found: TableWords) -> str | None:
    context = found.context
    match context.keys:
        case ("rows",) if context.sort == "order":
            return f"the rows now stand in this order: {found.order(context.new)}"
        case ("rows",):
            return found.rows(context.old, context.new) or None
        case ("rows", "*") if None not in (context.old, context.new):
            return found.changed_row(context.old, context.new)
        case ("rows", "*"):
            row = found.row(context.new or context.old)
            return context.comes_or_goes(f"new row: {row}", f"no row any more: {row}")
        case ("rows", "*", "cells"):
            return found.changed_row(context.old, context.new)
        case ("rows", "*", "when", fact):
            return found.test(getattr(context.part, "then", None), fact, context.old, context.new)
        case ("rows", "*", "when"):
            value = getattr(context.part, "then", None)
            old, new = (found.where(each or {}) for each in (context.old, context.new))
            return f"{new} it gives {found.gives(value)} (was: {old})"
        case ("rows", "*", "then") if None not in (context.old, context.new):
            tests = context.own.get("when") or {}
            return f"{found.where(tests)} it {found.shifted(context.old, context.new)}"
    return None


def _of_entries(found: TableWords) -> str | None:
    context = found.context
    match context.keys:
        case ("entries",):
            return "the entries now stand in a different order" if context.sort == "order" else None
        case ("entries", "*"):
            old, new = (None if each is None else found.entry(each) for each in (context.old, context.new))
            return context.comes_or_goes(f"new entry: {new}", f"no entry any more: {old}") if None in (
                old, new
            ) else f"{new} (was: {old})"  # fmt: skip
        case ("entries", *keys) if None not in (context.old, context.new):
            return f"{found.key(keys)} it {found.shifted(context.old, context.new)}"
        case ("entries", *keys) if len(keys) < len(found.inputs):
            said = found.given_below(keys, context.new or context.old)
            return context.comes_or_goes(f"new entries: {said}", f"no entries any more: {said}")
        case ("entries", *keys):
            return context.was(f"{found.key(keys)} it", "gives", found.gives)
    return None


def _of_bands(found: TableWords) -> str | None:
    context = found.context
    match context.keys:
        case ("bands", "entries"):
            each = called(found.looks_at([found.inputs[0].id]))
            return context.comes_or_goes(
                f"{each} now decides which bands count", f"{each} no longer decides which bands count"
            )
        case ("bands", "entries", key):
            rows = (context.new or context.old).get("rows") or []
            bands = "; ".join(_band(found, each) for each in rows)
            whose = found.context.value(found.inputs[0].id, key)
            return context.comes_or_goes(
                f"new bands for {whose}: {bands}", f"no bands for {whose} any more: {bands}"
            )
        case ("bands", "by", "expression"):
            return context.was(called(context.name), "is worked out as")
        case ("bands", "by", *_):
            return context.was("the bands", "are chosen by", lambda each: found.looks_at([each]))
        case (*_, "intended"):
            still = "now" if context.new == "true" else "no longer"
            return f"it is {still} meant that the result falls at {_band(found, context.own)}"
        case ("bands", "entries", key, *rest):
            said = _of_one(found, ("bands", *rest))
            return said and f"for {found.context.value(found.inputs[0].id, key)}, {said}"
    return _of_one(found, context.keys)


def _of_one(found: TableWords, keys: Sequence[str]) -> str | None:
    """A change of bands, of those of all or of those of a key."""
    context = found.context
    match tuple(keys):
        case ("bands", "rows", "*", "rate" | "amount" | "gives" | "up_to" | "below" as key):
            return found.band(key)
        case ("bands", "rows", "*"):
            band = _band(found, context.new or context.old)
            return context.comes_or_goes(f"new band: {band}", f"no band any more: {band}")
        case ("bands", "rows"):
            return "the bands now stand in a different order"
        case ("bands", "mode"):
            return found.hit()
        case ("bands", "of", "expression"):
            return context.was(called(context.name), "is worked out as")
        case ("bands", "of", *_):
            return context.was("the bands", "are over", lambda each: found.looks_at([each]))
        case ("bands", "from"):
            kind = context.kind(found.number)
            return context.was("the first band", "begins at", lambda each: given(kind, each))
        case ("bands", "package"):
            return context.was("a started package", "has", lambda each: f"{_figure(each)} units")
        case ("bands", "free"):
            return context.was("what is free before the first band", "is", _worked)
    return None


def _of_inputs(found: TableWords) -> str:
    context = found.context
    if context.keys[-1] == "expression":
        return context.was(called(context.name or found.looks_at([context.own])), "is worked out as")
    if len(context.keys) == 1:
        return context.was("it", "looks at", found.looks_at)
    return context.was("it", "looks at", lambda each: found.looks_at([each]))


def _of_default(found: TableWords) -> str:
    context = found.context
    if len(context.keys) == 1:
        return context.was("where no row matches, it", "gives", found.default)
    name = context.keys[1]
    kind = found.kinds.get(name)
    return context.was(f"where no row matches, {words(name)}", "is", lambda each: given(kind, each))


def _of_results(found: TableWords) -> str | None:
    """The type of the result, or of several, and what counts where several rows match."""
    context = found.context
    match context.keys:
        case ("result",):
            return context.was("its result", "is called")
        case ("type",):
            return context.was("its result", "is", type_words)
        case ("hit",):
            return found.hit()
        case ("values", *_):
            return possible_values(context, "its result")
        case ("outputs",):
            results = join(found.result(*each) for each in (context.new or context.old).items())
            return context.comes_or_goes(f"it now gives: {results}", f"it no longer gives: {results}")
        case ("outputs", name) if None in (context.old, context.new):
            result = found.result(name, context.new or context.old)
            return context.comes_or_goes(f"new result: {result}", f"no result any more: {result}")
        case ("outputs", name) | ("outputs", name, "type"):
            return context.was(called(context.name or words(name)), "is", type_words)
        case ("outputs", name, "values", *_):
            return possible_values(context, called(context.name or words(name)))
    return None


_PARTS = {"rows": _of_rows, "entries": _of_entries, "bands": _of_bands, "inputs": _of_inputs,
          "keys": _of_inputs, "default": _of_default}  # fmt: skip


def _band(found: TableWords, written: Mapping[str, Any]) -> str:
    kind = found.context.kind(found.number)
    edge = written.get("up_to") or written.get("below")
    until = "up to" if "up_to" in written else "below"
    where = "beyond the others" if edge is None else f"{until} {given(kind, edge)}"
    figures = [_figure(written[key]) for key in ("rate", "amount") if key in written]
    if "gives" in written:
        figures.append(found.gives(written["gives"]))
    return f"{' and '.join(figures)} {where}"


def _worked(written: Any) -> str:
    plain = str(written).replace(".", "", 1).isdigit()
    return str(written) if plain else quoted(str(written))


def _figure(written: Any) -> str:
    return str(written).replace("%", " %")
