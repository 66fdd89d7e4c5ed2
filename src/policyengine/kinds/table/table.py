"""Tables: a value looked up by rows of tests, by keys, or by bands over a number.

The result is a value of the entity with a name of its own, which any expression may use like a fact. What
happens where several rows match is the hit policy, which is always written (as in DMN 1.5, chapter 8):
`unique`, `any` (those that match agree), `first`, or `collect` as list, sum, min, max or count. Where no
row matches, the default speaks. With `default: none` there is known to be no result (null, and `is defined`
tells); what needs one is then not decided.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Literal

from policyengine.diagnostics import Code
from policyengine.feel.partition import ONE, Between
from policyengine.feel.types import types
from policyengine.feel.types.types import Context, ListOf, Type
from policyengine.kinds.table import band_checks, bands, change_sentences, inputs, outputs, proof, rows
from policyengine.kinds.table.band_model import Bands
from policyengine.kinds.table.change_sentences import TableWords
from policyengine.kinds.table.inputs import Input, InputPart, InputSpec, check_inputs, define_inputs
from policyengine.kinds.table.outputs import Given, OutputSpec, output_bounds, output_type
from policyengine.kinds.table.proof import Table, prove
from policyengine.kinds.table.result import Settling, settle
from policyengine.kinds.table.rows import Entries, Outputs, RowSpec
from policyengine.policy.base import Boolean, Condition, FactName, Many, VersionedPolicy, field
from policyengine.policy.change_context import ChangeContext
from policyengine.policy.draft import Draft
from policyengine.policy.facts import FACT_TYPES, NONE, Choices
from policyengine.policy.kind import Kind
from policyengine.policy.policy_reader import PolicyDocument
from policyengine.policy.vocabulary import DerivedFact, Vocabulary
from policyengine.text.document import Pointer, Scalar

HIT_POLICIES = (
    "unique", "any", "first",
    "collect list", "collect sum", "collect min", "collect max", "collect count",
)  # fmt: skip


class TablePolicy(VersionedPolicy):
    """A value looked up by rows of tests, by keys, or by bands over a number."""

    kind: Literal["table"]
    result: FactName | None = field(
        default=None, description="the name of the result; else the id with _ for -"
    )
    shown: Boolean = field(
        default=True, description="`false` for a helper, whose result is not among the figures"
    )
    type: Literal[FACT_TYPES] | None = field(default=None, description="of the result")  # type: ignore[valid-type]
    values: Choices | None = field(default=None, description="of an enum: its values, or value -> title")
    outputs: dict[FactName, OutputSpec] = field(
        default_factory=dict, description="instead of `type`: several results, used as `result.name`"
    )
    hit: Literal[HIT_POLICIES] | None = field(  # type: ignore[valid-type]
        default=None, description="what counts where several rows match"
    )
    inputs: Many[InputSpec] = field(default=(), description="what the rows test")
    rows: Many[RowSpec] = field(default=(), description="tests, and what they give")
    keys: Many[InputSpec] = field(default=(), description="what the entries are found by")
    entries: Entries | None = field(default=None, description="for each key what it gives")
    bands: Bands | None = field(default=None, description="rates, amounts or values over a number")
    applies_when: Condition | None = field(default=None, description="else the result is not applicable")
    default: Given | None = field(
        default=None, description="what holds where no row matches; `none`: there is no result"
    )

    @property
    def result_name(self) -> str:
        """The name under which expressions use the result."""
        return self.result or self.id.replace("-", "_")

    @property
    def form(self) -> str:
        """How it is written: `rows`, `entries` or `bands`."""
        return "bands" if self.bands is not None else "rows" if self.entries is None else "entries"

    @property
    def parts(self) -> tuple[InputPart, ...]:
        """Its inputs, whatever they are called in its form."""
        if self.bands is not None:
            return tuple(part for _, part in self.bands.inputs)
        return (*self.inputs, *self.keys)

    @property
    def places(self) -> tuple[Pointer, ...]:
        """Where its inputs stand."""
        if self.bands is not None:
            return tuple(("bands", *place) for place, _ in self.bands.inputs)
        return tuple(("inputs", i) for i in range(len(self.inputs))) + tuple(
            ("keys", i) for i in range(len(self.keys))
        )


_GOOD = """\
kind: table
id: monthly-price
title: Monthly price
for: partner
type: money
default: none
keys: [region, competence_rating]
entries:
  emea: {positive: 10.00, neutral: 12.00, negative: 15.00}
  apac: {positive: 9.00}
"""
WRONG_FORM = Code(
    id="TABLE005",
    title="keys of a table that do not go together",
    why="A table has `inputs`, a written `hit` policy and `rows`; or `keys` and `entries`; or `bands`. It "
    "says the `type` of its result, or several `outputs`. What happens where several rows match is never "
    "guessed.",
    bad=_GOOD.replace("keys:", "hit: first\nkeys:"),
    good=_GOOD,
)
CODES = (WRONG_FORM, *proof.CODES, *outputs.CODES, *rows.CODES, *band_checks.CODES, *inputs.CODES)


# Check


def check(policy: TablePolicy, draft: Draft) -> None:
    """That the keys go together, names, and that every row fits."""
    for key, message, help in (*_misfits(policy), *_type_misfits(policy)):
        draft.error(WRONG_FORM, draft.key_span(*key), message, help)
    if draft.report.has_errors:
        return
    check_inputs(draft, policy.parts, policy.places)
    if draft.report.has_errors:
        return  # a row that tests the input would look wrong too
    given = _outputs(policy, draft.vocabulary)
    rows.check_rows(draft, policy.rows, policy.inputs, given)
    if policy.bands is not None:
        band_checks.check_bands(draft, policy.bands, ("bands",))
        for place, each in policy.bands.each:
            for i, band in enumerate(each.rows):
                if band.gives is not None:
                    at = ("bands", *place, "rows", i, "gives")
                    rows.check_given(draft, at, given, f"band {i + 1}", given=True)
    if policy.default is not None and not _is_none(policy, draft):
        rows.check_given(draft, ("default",), given, "the default", given=True)


_Misfit = tuple[Pointer, str, str | None]


def _misfits(policy: TablePolicy) -> Iterator[_Misfit]:
    written = [key for key in ("rows", "entries", "bands") if getattr(policy, key) not in (None, ())]
    if len(written) != 1:
        found = "none of them" if not written else " and ".join(f"`{key}`" for key in written)
        place = (written[1],) if written else ("id",)
        help = "keep one of them" if written else "add `hit`, `inputs` and `rows`"
        yield place, f"a table has one of `rows`, `entries` and `bands`; here: {found}", help
        return
    form = written[0]
    if form == "rows" and policy.hit is None:
        help = "add a hit policy, such as `hit: unique`"
        yield ("id",), "no hit policy says what counts where several rows match", help
    if form != "rows" and policy.hit is not None:
        yield ("hit",), f"`hit` goes with `rows`; of `{form}` one at most matches", "remove `hit`"
    for key, goes_with in (("inputs", "rows"), ("keys", "entries")):
        named = bool(getattr(policy, key))
        if named != (form == goes_with):
            message = f"`{key}` goes with `{goes_with}`" if named else f"`{goes_with}` needs `{key}`"
            help = f"remove `{key}`" if named else f"add `{key}: [...]`"
            yield (key if named else goes_with,), message, help


def _type_misfits(policy: TablePolicy) -> Iterator[_Misfit]:
    hit, kind = policy.hit or "", policy.type
    if hit == "collect count":
        for key in ("type", "outputs", "values"):
            if getattr(policy, key) not in (None, {}):
                yield (key,), f"rows are only counted, so there is no `{key}`", f"remove `{key}`"
    elif kind is None and not policy.outputs:
        yield ("id",), "the table has neither `type` nor `outputs`", "add `type: ...`"
    elif kind is not None and policy.outputs:
        yield ("outputs",), "the table has both `type` and `outputs`", "keep one of them"
    elif (kind or "").endswith("enum") and policy.values is None:
        yield ("type",), "an enum needs `values`", "add `values: [...]`"
    elif policy.values is not None and not (kind or "").endswith("enum"):
        yield ("values",), "only an enum has `values`", "write `type: enum`, or remove `values`"
    if policy.outputs and hit in ("collect sum", "collect min", "collect max"):
        yield ("hit",), f"`{hit}` needs a single result", "write `collect list`, or a table for each output"
    numbers = kind in ("integer", "count", "number", "money", "rate")
    with_rates = policy.bands is not None and not policy.bands.gives
    if policy.outputs and with_rates:
        yield ("outputs",), "bands with rates have a single result", "write `type: ...`"
    if kind is not None and not numbers and (hit == "collect sum" or with_rates):
        yield ("type",), "the result is worked out as a number", "write `type: money`, `number` or `rate`"
    if hit in ("collect list", "collect count") and policy.default is not None:
        yield ("default",), f"`{hit}` always has a result", "remove `default`"


# Types


def _output_types(policy: TablePolicy, vocabulary: Vocabulary) -> dict[str, Type]:
    if policy.hit == "collect count":
        return {}
    if policy.type is not None:
        return {"": output_type(vocabulary, policy.result_name, policy.type, policy.values)}
    return {
        name: output_type(vocabulary, name, output.type, output.values)
        for name, output in policy.outputs.items()
    }


def _outputs(policy: TablePolicy, vocabulary: Vocabulary) -> Outputs:
    kinds = {"": policy.type} if policy.type is not None else {k: v.type for k, v in policy.outputs.items()}
    return Outputs(
        _output_types(policy, vocabulary), {name: output_bounds(kind) for name, kind in kinds.items()}
    )


def _result_type(policy: TablePolicy, vocabulary: Vocabulary) -> Type:
    found = _output_types(policy, vocabulary)
    if not found:
        return types.COUNT
    kind = found[""] if "" in found else Context(found)
    return ListOf(kind) if policy.hit == "collect list" else kind


def exports(unit: PolicyDocument, vocabulary: Vocabulary) -> Mapping[str, DerivedFact]:
    """The result, by its name; none where its type is not said."""
    policy = unit.policy
    if not isinstance(policy, TablePolicy) or any(_type_misfits(policy)):
        return {}
    at = unit.document.value_span(("result",) if policy.result is not None else ("id",))
    kind = "count" if policy.hit == "collect count" else policy.type or ""
    domain = (
        Between(Decimal(0) if kind == "count" else None, step=ONE) if kind in ("count", "integer") else None
    )
    if policy.hit == "collect list":
        domain = None
    given = (policy.default, *(row.then for row in policy.rows))
    result = DerivedFact(
        _result_type(policy, vocabulary), policy.title, at, domain,
        may_be_nothing=policy.applies_when is not None or NONE in given,
    )  # fmt: skip
    return {policy.result_name: result}


# Lower


def lower(policy: TablePolicy, draft: Draft) -> None:
    """A node for every row and one for the result, which is shown among the values."""
    tested = tuple(define_inputs(draft, policy.parts, policy.places))
    given = _outputs(policy, draft.vocabulary)
    if policy.bands is not None:
        if not all(band_checks.is_number(draft, each) for each in tested[policy.bands.by is not None :]):
            return
        tested = bands.counted_inputs(draft, policy.bands, tested)
    table = _table(policy, draft, tested, given)
    complete = not draft.report.has_errors and prove(draft, table)
    settle(
        draft,
        Settling(
            policy.result_name,
            _result_type(policy, draft.vocabulary),
            table,
            given,
            complete,
            policy.default is not None and not _is_none(policy, draft),
            policy.bands,
            None if policy.applies_when is None else draft.applies(policy.id, "applies_when"),
            policy.shown,
        ),
    )


def _is_none(policy: TablePolicy, draft: Draft) -> bool:
    """Whether the default is that there is no result; in quotes it is a value of that name."""
    node = draft.document.at(("default",))
    return policy.default == "none" and isinstance(node, Scalar) and not node.quoted


def _table(policy: TablePolicy, draft: Draft, tested: tuple[Input, ...], given: Outputs) -> Table:
    hit, word, advice = str(policy.hit), "row", "add `- {when: {cells}, then: ...}`"
    if policy.bands is not None:
        title, of = policy.title, tested[-1]
        if policy.bands.by is None:
            found = bands.band_rows(draft, policy.bands, ("bands",), of, title, given)
        else:
            found = bands.entry_bands(draft, policy.bands, tested, title, given)
        hit, word = "first" if policy.bands.moves else "unique", "band"
        advice = "add a band for it" + _without_bounds(draft, tested[-1].id)
    elif policy.entries is not None:
        found = rows.entry_rows(draft, policy.title, tested, given)
        hit, word, advice = "unique", "entry", "add an entry for it"
    else:
        found = rows.read_rows(draft, policy.title, policy.rows, tested, given)
    at = draft.key_span(policy.form)
    return Table(policy.title, word, hit, tested, found, at, advice, policy.default is not None)


def _without_bounds(draft: Draft, name: str) -> str:
    """The advice to say the bounds of a fact that it does not have yet."""
    found = draft.vocabulary.fact(draft.entity, name)
    if found is None or not found[1].is_given:
        return ""
    unsaid = [key for key, bound in zip(("min", "max"), found[1].limits, strict=True) if bound is None]
    return f", say the {' or '.join(f'`{key}`' for key in unsaid)} of `{name}`" if unsaid else ""


# Words


def describe(context: ChangeContext) -> str | None:
    """Rows, entries and bands, and what they give."""
    policy = context.policy
    return change_sentences.describe(
        TableWords(context, policy.parts, _output_types(policy, context.vocabulary))
    )


KIND = Kind(
    "table",
    "a value looked up by rows of tests, by keys, or by bands over a number",
    TablePolicy,
    ("figures",),
    check,
    lower,
    CODES,
    exports,
    describe=describe,
)
