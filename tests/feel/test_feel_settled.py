"""What is said to hold always or never, against trying every record: no false alarm, and nothing missed."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from decimal import Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from policyengine.feel import parse
from policyengine.feel.evaluation.evaluator import evaluate
from policyengine.feel.partition import ONE, Between, Domain, OneOf, Rows
from policyengine.feel.proving.constant_conditions import constant_conditions
from policyengine.feel.syntax.tree import Expression, If, walk
from policyengine.source import Source

DOMAINS: dict[str, Domain | None] = {
    "n": Between(Decimal(0), Decimal(3), step=ONE),
    "rating": OneOf(("a", "b", "c")),
    "p": OneOf((True, False)),
    "q": None,
    "w": Between(step=ONE),
    "x": Between(Decimal(1), None),
    "y": None,
    "n_list": Rows({"n": Between(Decimal(1), Decimal(2), step=ONE), "p": None}),
}
# Every number that the conditions name, and one between any two of them.
FEW = [Decimal(number).scaleb(-1) for number in (-20, -10, -5, 0, 5, 10, 12, 15, 17, 20, 25, 30, 40)]
VALUES: dict[str, list[object]] = {
    "n": [Decimal(number) for number in range(4)],
    "rating": ["a", "b", "c"],
    "p": [True, False],
    "q": [True, False],
    "x": FEW[5:],
    "y": FEW,
}

NUMBERS = st.sampled_from(["0", "1", "2", "3", "1.5", "-1", "2 * 1", "1 + 0.5"])
SIGNS = st.sampled_from(["=", "!=", "<", "<=", ">", ">="])
TEXTS = st.sampled_from(['"a"', '"b"', '"c"'])


def _lines(name: str) -> st.SearchStrategy[str]:
    ranges = st.tuples(st.sampled_from("[("), NUMBERS, NUMBERS, st.sampled_from("])"))
    return st.one_of(
        st.tuples(SIGNS, NUMBERS).map(lambda test: f"{name} {test[0]} {test[1]}"),
        st.tuples(NUMBERS, SIGNS).map(lambda test: f"{test[0]} {test[1]} {name}"),
        st.tuples(NUMBERS, NUMBERS).map(lambda ends: f"{name} between {ends[0]} and {ends[1]}"),
        ranges.map(lambda r: f"{name} in {r[0]}{r[1]}..{r[2]}{r[3]}"),
        st.lists(NUMBERS, min_size=1, max_size=4).map(lambda few: f"{name} in ({', '.join(few)})"),
        st.tuples(SIGNS, NUMBERS, SIGNS, NUMBERS).map(
            lambda t: f"{name} in (? {t[0]} {t[1]} and ? {t[2]} {t[3]}, 2)"
        ),
    )


# Two facts side by side are not seen together with what else is said of each of them.
PAIRS = st.sampled_from(["p = q", "n < y", "y <= n", "x = y", "y > n", "true", "false"])
SINGLE = st.one_of(
    st.sampled_from(["p", "q", "p = true", "q != true"]),
    st.tuples(st.sampled_from(["=", "!="]), TEXTS).map(lambda test: f"rating {test[0]} {test[1]}"),
    st.lists(TEXTS, min_size=1, max_size=3).map(lambda few: f"rating in ({', '.join(few)})"),
    _lines("n"),
    _lines("x"),
    _lines("y"),
)


def _conditions(leaves: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    def grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        several = st.lists(inner, min_size=2, max_size=4)
        return st.one_of(
            several.map(lambda parts: f"({' and '.join(parts)})"),
            several.map(lambda parts: f"({' or '.join(parts)})"),
            inner.map(lambda one: f"not({one})"),
            st.tuples(inner, inner, inner).map(lambda three: "(if {} then {} else {})".format(*three)),
        )

    return st.recursive(leaves, grown, max_leaves=8)


def _tree(text: str) -> Expression:
    tree = parse(Source("test", text)).expression
    assert tree is not None
    return tree


def _answers(node: Expression) -> set[object]:
    """What a condition comes to, over all records."""
    named = [name for name in VALUES if any(getattr(at, "name", None) == name for at in walk(node))]
    return {evaluate(node, dict(zip(named, record, strict=True)), mode="policy")
            for record in itertools.product(*(VALUES[name] for name in named))}  # fmt: skip


def _named(tree: Expression) -> Iterator[tuple[Expression, bool]]:
    for found in constant_conditions(tree, DOMAINS):
        truth = "always" in found.message
        outermost = next(node for node in walk(tree) if node.span == found.span)
        yield outermost, truth


@given(_conditions(SINGLE | PAIRS))
@settings(max_examples=150)
@example("n in (? > 1 and ? < 2, 2)")
@example("(n < y and y <= n)")
def test_it_is_so_for_every_record(text: str) -> None:
    for node, truth in _named(_tree(text)):
        if "?" not in {getattr(at, "name", None) for at in walk(node)}:
            assert _answers(node) == {truth}, (text, node)


@given(_conditions(SINGLE))
@settings(max_examples=150)
@example("n in [1..5]")
def test_nothing_is_missed(text: str) -> None:
    tree = _tree(text)
    # What an `if` gives is no condition for sure, unless something joins it.
    assert isinstance(tree, If) or constant_conditions(tree, DOMAINS) or len(_answers(tree)) == 2, text


@pytest.mark.parametrize(
    ("expression", "part"),
    [
        ("count(n_list[n >= 1]) > 5", "n >= 1"),
        ("count(n_list[p][n < 1]) > 5 or q", "n < 1"),
        ("n_list[n > 1].n", None),
        ("other[n >= 0]", None),
        ("for n in [1, 2] return n >= 0", None),
        ("some n in [1, 2] satisfies n >= 0", None),
        ("every i in n_list satisfies n >= 0", "n >= 0"),
        ("(function(n) n >= 0)(5)", None),
        ("{n: 5, a: n >= 0}", None),
        ("n_list[item.n >= 0]", None),
        ("sum(for i in n_list return if n < 0 then 1 else 0)", "n < 0"),
        ("if p then n >= 0 else q", "n >= 0"),
        ("(if p then n >= 0 else q) and q", "n >= 0"),
        ("p and (q or not(q)) and x > 5", "q or not(q)"),
        ("x > 5 and (p or n >= 0) and x < 3", "n >= 0"),
        ("is defined(q) or not(is defined(q))", "is defined(q) or not(is defined(q))"),
        ("y in a and z in a", None),
        ("y in a and not(y in a)", "y in a and not(y in a)"),
        ("n = 1e6000", "n = 1e6000"),
        ("n_list[n > 1e6000]", "n > 1e6000"),
        ("w > 123456789012345678901234567890 and w < 123456789012345678901234567892", None),
        (
            "w > 123456789012345678901234567890 and w < 123456789012345678901234567891",
            "w > 123456789012345678901234567890 and w < 123456789012345678901234567891",
        ),
        ("true", None),
        ("not(true)", "not(true)"),
    ],
)  # fmt: skip
def test_the_part_that_is_named(expression: str, part: str | None) -> None:
    found = [one.span.text for one in constant_conditions(_tree(expression), DOMAINS) if one.span is not None]
    assert found == ([part] if part else [])


def test_what_takes_too_long_is_left_alone() -> None:
    # Seven things in six places, no two in one: it cannot be, and to see that every way has to be tried.
    somewhere = [" or ".join(f"t{i}_{place}" for place in range(6)) for i in range(7)]
    alone = [f"not(t{i}_{at} and t{j}_{at})" for at in range(6) for i in range(7) for j in range(i)]
    assert constant_conditions(_tree(" and ".join([f"({one})" for one in somewhere] + alone)), {}) == []
    wide = " or ".join(f"y = {i}" for i in range(1000))
    assert constant_conditions(_tree(wide), {}) == []
