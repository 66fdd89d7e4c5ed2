"""Moving something to its next stage: what blocks it, and which facts are written down on the way."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Context, Decimal

from policyengine.dataclass import dataclass
from policyengine.decision.findings import PASSING, Finding
from policyengine.decision.wording import spell
from policyengine.diagnostics import did_you_mean
from policyengine.engine.missing_facts import unsettled
from policyengine.engine.reference.row import read_rule
from policyengine.engine.reference.scope import Scope, instances, root_scope
from policyengine.engine.value_words import Words
from policyengine.feel.values.values import FarDate, Unknown
from policyengine.policy.quantities import MAX_DIGITS
from policyengine.policy.rule import Renewal, Transition
from policyengine.program.linked import Program
from policyengine.program.record import Record
from policyengine.text.document import Pointer


@dataclass(frozen=True, slots=True)
class FactChange:
    """A fact that a move writes: where it stands in the record, its old value if any, its new one.

    `text` says it for people: `pipeline MRR: not known -> 500.00 EUR`.
    """

    pointer: Pointer
    fact: str
    old: object
    new: object
    text: str


@dataclass(frozen=True, slots=True)
class Moved:
    """The outcome of a move.

    `refused` says in a sentence why nothing moves, `blocked` are the requirements that are not met;
    without them `changes` are what the record has to be changed by. `left_out` names facts that would
    have been written down but are not known, each with the reason.
    """

    refused: str | None = None
    blocked: tuple[Finding, ...] = ()
    changes: tuple[FactChange, ...] = ()
    left_out: tuple[tuple[str, str], ...] = ()


def advance(program: Program, record: Record, to: str, key: str | None = None) -> Moved:
    """Moves what `key` names (needed where a record holds several) to the stage `to`."""
    if program.graph is None:
        raise ValueError(f"`{program.name}` does not compile; its diagnostics say why")
    assert program.evaluated is not None
    found = instances(root_scope(program.evaluated, record, program.as_of))
    going = [
        (transition, scope)
        for transition in program.graph.transitions
        for scope in found.get(transition.entity, ())
        if _stands_at(transition, scope)
    ]
    entities = dict.fromkeys(each.entity for each in program.graph.transitions)
    scopes = [scope for entity in entities for scope in found[entity]]
    if not scopes:
        return Moved("there is nothing in this record that moves through stages")
    if key is not None:
        scopes = [scope for scope in scopes if key in (scope.subject.path, scope.subject.path)]
        if not scopes:
            names = [
                scope.subject.path for each in found.values() for scope in each if not scope.subject.root
            ]
            return Moved(
                f"nothing in this record has the key `{key}`; {did_you_mean(key, names) or ''}".rstrip("; ")
            )
    named = {id(scope) for scope in scopes}
    chosen = [(transition, scope) for transition, scope in going if id(scope) in named]
    chosen = [each for each in chosen if to in each[0].to] or chosen
    movable = {id(scope): scope.subject.path for _, scope in chosen}
    if len(movable) > 1:
        keys = ", ".join(f"`{name}`" for name in movable.values())
        return Moved(f"several could move: {keys}; say which one by its key")
    if not chosen:
        return Moved(_cannot_leave(program, scopes))
    return _together([_move(*each, to) for each in _of_one_fact(chosen)])


def _of_one_fact(chosen: list[tuple[Transition, Scope]]) -> list[tuple[Transition, Scope]]:
    """Several pipelines may lead there by the fact that moves: every one of them has to let it pass."""
    return [each for each in chosen if each[0].fact == chosen[0][0].fact]


def _together(moves: list[Moved]) -> Moved:
    """One move by several pipelines: refused if one refuses, else what all of them write, the stage last."""
    refused = next((each for each in moves if each.refused is not None), None)
    if refused is not None:
        return refused
    written = {change.fact: change for each in moves for change in each.changes[:-1]}
    left_out = dict.fromkeys(pair for each in moves for pair in each.left_out if pair[0] not in written)
    return Moved(changes=(*written.values(), moves[0].changes[-1]), left_out=tuple(left_out))


def renew(program: Program, record: Record, key: str | None = None) -> Moved:
    """Writes down the levels in force of what `key` names, or of all: the level, since when, what counts."""
    if program.graph is None:
        raise ValueError(f"`{program.name}` does not compile; its diagnostics say why")
    assert program.evaluated is not None
    found = instances(root_scope(program.evaluated, record, program.as_of))
    going = [
        (renewal, scope) for renewal in program.evaluated.renewals for scope in found.get(renewal.entity, ())
        if key is None or key == scope.subject.path
    ]  # fmt: skip
    if not going:
        what = "there is no level that lasts" if key is None else f"no level of `{key}` lasts"
        return Moved(f"{what}; say `--to` for a stage")
    moves = [_renewed(renewal, scope) for renewal, scope in going]
    refused = next((each for each in moves if each.refused is not None), None)
    if refused is not None:
        return refused
    return Moved(
        changes=tuple(change for each in moves for change in each.changes),
        left_out=tuple(dict.fromkeys(pair for each in moves for pair in each.left_out)),
    )


def _renewed(renewal: Renewal, scope: Scope) -> Moved:
    """What renewing one level changes; nothing of whom the policy does not judge."""
    assert scope.record is not None
    applies = True if renewal.applies is None else scope[renewal.applies]
    level = scope[renewal.level] if applies is True else None
    if isinstance(applies, Unknown) or isinstance(level, Unknown):
        open_one = applies if isinstance(applies, Unknown) else level
        needs = ", ".join(each.text for each in unsettled([open_one]))
        return Moved(f"the level of `{scope.subject.path}` ({renewal.title}) is not decided: {needs}")
    changes, left_out = [], []
    for fact, node in renewal.sets.items() if applies is True else ():
        value, before = scope[node], scope.record.facts.get(fact)
        if isinstance(value, Unknown) and before is not None:
            left_out.append((fact, ", ".join(each.text for each in unsettled([value]))))
        elif not isinstance(value, Unknown) and value != before:
            try:
                changes.append(_change(scope, fact, before, _as_record_says(value, scope, fact)))
            except ValueError as error:
                return Moved(f"`{fact}` of `{scope.subject.path}` cannot be written down: {error}")
    return Moved(changes=tuple(changes), left_out=tuple(left_out))


def _stands_at(transition: Transition, scope: Scope) -> bool:
    """Whether it stands there and goes through the pipeline, or may go through it."""
    if scope[transition.fact] != transition.stage:
        return False
    return transition.applies is None or scope[transition.applies] is not False


def _cannot_leave(program: Program, scopes: list[Scope]) -> str:
    assert program.graph is not None
    for scope in scopes:
        name = scope.subject.path
        for transition in program.graph.transitions:
            if transition.entity == scope.entity:
                stage = scope[transition.fact]
                if isinstance(stage, Unknown):
                    return f"the stage of `{name}` is not known: it needs `{transition.fact}`"
                applies = True if transition.applies is None else scope[transition.applies]
                if isinstance(applies, Unknown):
                    return _may_not_go_through(transition, scope, applies)
                if applies is True:
                    return f"`{name}` is in the stage `{stage}`, which leads nowhere"
        return f"`{name}` goes through no pipeline"
    return "nothing moves"


def _may_not_go_through(transition: Transition, scope: Scope, applies: Unknown) -> str:
    needs = ", ".join(each.text for each in unsettled([applies]))
    return f"it is not known whether `{scope.subject.path}` goes through `{transition.policy}`: {needs}"


def _move(transition: Transition, scope: Scope, to: str) -> Moved:
    name = scope.subject.path
    if to not in transition.to:
        ways = " or ".join(f"`{stage}`" for stage in _ways(transition, scope))
        return Moved(f"`{name}` is in the stage `{transition.stage}`, which leads to {ways}, not to `{to}`")
    applies = None if transition.applies is None else scope[transition.applies]
    if isinstance(applies, Unknown):
        return Moved(_may_not_go_through(transition, scope, applies))
    gate = scope[transition.gate]
    if gate == "system":
        way = "out of which only the system moves it"
        if transition.exit is not None:
            way = f"from which only the system moves it to `{to}`"
        return Moved(f"`{name}` is in the stage `{transition.stage}`, {way}")
    if gate != "open":
        findings = [read_rule(rule, scope) for rule in transition.rules]
        blocked = tuple(f for f in findings if f is not None and f.status not in PASSING)
        if gate == "expired":
            return Moved(f"the time of `{name}` in `{transition.stage}` is over: it does not lead to `{to}`")
        word = "blocked" if gate == "blocked" else "undecided"
        which = "out of" if transition.exit is None else "from"
        way = f"{which} `{transition.stage}`" + ("" if transition.exit is None else f" to `{to}`")
        return Moved(f"the gate {way} is {word} for `{name}`", blocked)
    return _written(transition, scope, to)


def _ways(transition: Transition, scope: Scope) -> Iterable[str]:
    """The stages that the stage of a transition leads to, by whichever gate."""
    left = transition.policy, transition.stage
    moves = [
        each
        for each in scope.graph.transitions
        if (each.policy, each.stage) == left and _stands_at(each, scope)
    ]
    return dict.fromkeys(stage for each in moves for stage in each.to)


def _written(transition: Transition, scope: Scope, to: str) -> Moved:
    assert scope.record is not None
    taken = transition.snapshot is None or scope[transition.snapshot]
    if isinstance(taken, Unknown):
        needs = ", ".join(each.text for each in unsettled([taken]))
        facts = ", ".join(f"`{fact}`" for fact in transition.sets)
        return Moved(
            f"it is not known whether {facts} are to be written down on leaving `{transition.stage}`: {needs}"
        )
    changes = []
    left_out = []
    for fact, node in transition.sets.items() if taken is True else ():
        value = scope[node]
        if isinstance(value, FarDate):
            left_out.append((fact, "the day leaves the calendar"))
        elif isinstance(value, Unknown):
            left_out.append((fact, ", ".join(each.text for each in unsettled([value]))))
        else:
            try:
                kept = _as_record_says(value, scope, fact)
            except ValueError as error:
                return Moved(f"`{fact}` of `{scope.subject.path}` cannot be written down: {error}")
            changes.append(_change(scope, fact, scope.record.facts.get(fact), kept))
    stage = _change(scope, transition.fact, transition.stage, to)
    return Moved(changes=(*changes, stage), left_out=tuple(left_out))


def _change(scope: Scope, fact: str, old: object, new: object) -> FactChange:
    assert scope.record is not None
    words = Words(scope.graph, scope.entity)
    write = words.writer(words.kind(fact))
    before = spell(None) if old is None else write(old)
    text = f"{words.noun(fact)}: {before} -> {'none' if new is None else write(new)}"
    return FactChange((*scope.record.pointer, fact), fact, old, new, text)


def _as_record_says(value: object, scope: Scope, fact: str) -> object:
    """The value as a record can hold it: a number that does not end has as many digits as one may have.

    It raises `ValueError` with a sentence where no record can say it.
    """
    if not isinstance(value, Decimal):
        return value
    whole, _, rest = f"{value:f}".lstrip("-").partition(".")
    if len(whole) + len(rest) > MAX_DIGITS >= len(whole):
        value = value.quantize(Decimal(1).scaleb(len(whole) - MAX_DIGITS), context=Context(prec=MAX_DIGITS))
    declared = scope.graph.vocabulary.entities[scope.entity].facts[fact]
    text = f"{value:f}"
    declared.read(text)
    return value
