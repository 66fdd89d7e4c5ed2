"""The workload in other engines, each in its own language, with what each asks of its caller.

An adapter is a function without arguments that sets the engine up and gives a function from record to answer.
Where an engine cannot do a part of the workload, plain Python does it, and the note says so.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from records import Answer, Record
from rules import ACTIVITIES, CONDITIONS, LEVELS, MATRIX, TYPES, Condition, does

Run = Callable[[Record], Answer]
_RATES = {**{level.id: float(level.discount) for level in LEVELS}, "none": 0.0}
_CENT = Decimal("0.01")
_STRICT = ("attends_reviews", "competence_positive")


def _columns(activity: str) -> list[str]:
    return [kind for kind in TYPES if does(activity, kind)]


# GoRules


def zen_graph() -> Run:
    """GoRules: a decision graph of two tables and one node of expressions."""
    import zen

    engine = zen.ZenEngine({"loader": {"type": "static", "content": {"workload": _zen_content()}}})
    return lambda record: engine.evaluate("workload", record)["result"]  # type: ignore[no-any-return]


def _zen_content() -> dict[str, Any]:
    facts = ("active_accounts", *_STRICT, "technical_trained", "sales_trained")
    strict = {
        "attends_reviews": "true",
        "competence_positive": "true",
        "technical_trained": ">= 1",
        "sales_trained": ">= 1",
    }
    ladder = [
        {"active_accounts": f">= {level.low}" if level.high is None else f"[{level.low}..{level.high}]",
         **(strict if level.strict else {}), "level": f'"{level.id}"', "discount": str(level.discount)}
        for level in LEVELS
    ]  # fmt: skip
    ladder.append({"level": '"none"', "discount": "0"})
    asked = ("partner_type", *dict.fromkeys(each.fact for each in CONDITIONS.values()))
    duties = []
    for activity in ACTIVITIES:
        row = {
            "partner_type": ", ".join(map(json.dumps, _columns(activity))) or '"-"',
            "duty": json.dumps(activity),
        }
        if activity in CONDITIONS:
            condition = CONDITIONS[activity]
            value = json.dumps(condition.value)
            row[condition.fact] = value if condition.op == "=" else f"{condition.op} {value}"
        duties.append(row)
    formulas = {
        "level": "level", "discount": "discount", "duties": "map(found, #.duty)",
        "expected_mrr": "total_users * (license_price + hwaas_price + classound_price)",
        "weighted_mrr": "$.expected_mrr * probability",
        "gate_open": 'stage != "proposal" or verbal_agreement',
        "bonus": "demo_answers and demo_done and approved_by_am",
        "net_setup": "round(setup_fee * (1 - discount), 2)",
        "net_monthly": "round(monthly_fee * (1 - discount), 2)",
    }  # fmt: skip
    shared = {"inputField": None, "outputPath": None, "executionMode": "single"}
    expressions = [{"id": key, "key": key, "value": text} for key, text in formulas.items()]
    nodes = [
        {"id": "in", "type": "inputNode"},
        {"id": "levels", "type": "decisionTableNode",
         "content": _zen_table(facts, ("level", "discount"), ladder, "first", None)},
        {"id": "duties", "type": "decisionTableNode",
         "content": _zen_table(asked, ("duty",), duties, "collect", "found")},
        {"id": "rest", "type": "expressionNode",
         "content": {**shared, "passThrough": False, "expressions": expressions}},
        {"id": "out", "type": "outputNode"},
    ]  # fmt: skip
    for node in nodes:
        node |= {"name": node["id"], "position": {"x": 0, "y": 0}}
    order = [str(node["id"]) for node in nodes]
    edges = [
        {"id": f"{a}-{b}", "sourceId": a, "targetId": b, "type": "edge"} for a, b in itertools.pairwise(order)
    ]
    return {"contentType": "application/vnd.gorules.decision", "nodes": nodes, "edges": edges}


def _zen_table(
    facts: tuple[str, ...], results: tuple[str, ...], rows: list[dict[str, str]], hit: str, path: str | None
) -> dict[str, Any]:
    return {
        "hitPolicy": hit, "passThrough": True, "inputField": None, "executionMode": "single", "outputPath": path,
        "inputs": [{"id": fact, "name": fact, "field": fact} for fact in facts],
        "outputs": [{"id": f"o-{name}", "name": name, "field": name} for name in results],
        "rules": [
            {"_id": str(i), **{fact: row.get(fact, "") for fact in facts},
             **{f"o-{name}": row[name] for name in results}}
            for i, row in enumerate(rows)
        ],
    }  # fmt: skip


# Common Expression Language


def _cel(conjunction: str = "&&", alternative: str = "||") -> tuple[str, str, str]:
    """Three expressions: the level, its discount, the rest."""
    strict = f" {conjunction} ".join((*_STRICT, "technical_trained >= 1", "sales_trained >= 1"))
    level = '"none"'
    for each in reversed(LEVELS):
        limits = [
            f"active_accounts >= {each.low}",
            *([f"active_accounts <= {each.high}"] if each.high else []),
        ]
        limits += [strict] if each.strict else []
        level = f'({f" {conjunction} ".join(limits)}) ? "{each.id}" : ({level})'
    duties = ", ".join(f'({_cel_duty(each)} ? "{each}" : "")' for each in ACTIVITIES)
    mrr = "double(total_users) * (license_price + hwaas_price + classound_price)"
    rest = {
        "level": "level", "discount": "discount", "duties": f'[{duties}].filter(x, x != "")', "expected_mrr": mrr,
        "weighted_mrr": f"{mrr} * probability", "gate_open": f'stage != "proposal" {alternative} verbal_agreement',
        "bonus": f" {conjunction} ".join(("demo_answers", "demo_done", "approved_by_am")),
        "net_setup": _cel_net("setup_fee"), "net_monthly": _cel_net("monthly_fee"),
    }  # fmt: skip
    return (
        level,
        json.dumps(_RATES) + "[level]",
        "{" + ", ".join(f'"{key}": {text}' for key, text in rest.items()) + "}",
    )


def _cel_duty(activity: str) -> str:
    columns = _columns(activity)
    test = f"partner_type in {json.dumps(columns)}" if columns else "false"
    return f"{test} && {_c_like(CONDITIONS[activity])}" if activity in CONDITIONS else test


def _c_like(condition: Condition) -> str:
    op = "==" if condition.op == "=" else condition.op
    return f"{condition.fact} {op} {json.dumps(condition.value)}"


def _cel_net(fee: str) -> str:
    return f"double(int({fee} * (1.0 - discount) * 100.0 + 0.5)) / 100.0"


def cel_rust() -> Run:
    """CEL in Rust (common-expression-language)."""
    import cel

    level, discount, rest = map(cel.compile, _cel())

    def run(record: Record) -> Answer:
        context = cel.Context(variables=record)
        context.add_variable("level", level.execute(context))
        context.add_variable("discount", discount.execute(context))
        return rest.execute(context)  # type: ignore[no-any-return]

    return run


def cel_google() -> Run:
    """CEL of Google in C++ (cel-expr-python)."""
    from cel_expr_python import cel

    kinds = dict.fromkeys(("id", "partner_type", "stage", "level"), cel.Type.STRING)
    counts = ("active_accounts", "technical_trained", "sales_trained", "months_since_golive", "total_users")
    kinds |= dict.fromkeys(counts, cel.Type.INT)
    amounts = (
        "license_price",
        "hwaas_price",
        "classound_price",
        "setup_fee",
        "monthly_fee",
        "probability",
        "discount",
    )
    kinds |= dict.fromkeys(amounts, cel.Type.DOUBLE)
    flags = (*_STRICT, "customer_cms", "verbal_agreement", "demo_answers", "demo_done", "approved_by_am")
    kinds |= dict.fromkeys(flags, cel.Type.BOOL)
    environment = cel.NewEnv(variables=kinds)
    level, discount, rest = map(environment.compile, _cel())

    def run(record: Record) -> Answer:
        known = dict(record)
        known["level"] = level.eval(data=record).plain_value()
        known["discount"] = discount.eval(data={"level": known["level"]}).plain_value()
        return rest.eval(data=known).plain_value()  # type: ignore[no-any-return]

    return run


# JsonLogic


def datalogic() -> Run:
    """JsonLogic in Rust (datalogic-py)."""
    import datalogic_py

    engine = datalogic_py.Engine(templating=True)
    level, discount, rest = map(engine.compile, _json_logic())

    def run(record: Record) -> Answer:
        known = dict(record)
        known["level"] = level.evaluate(record)
        known["discount"] = discount.evaluate({"level": known["level"]})
        return rest.evaluate(known)  # type: ignore[no-any-return]

    return run


def _var(name: str) -> Any:
    return {"var": name}


def _json_logic() -> tuple[Any, Any, Any]:
    strict = [*map(_var, _STRICT), {">=": [_var("technical_trained"), 1]}, {">=": [_var("sales_trained"), 1]}]
    branches: list[Any] = []
    for level in LEVELS:
        limits = [{">=": [_var("active_accounts"), level.low]}]
        limits += [{"<=": [_var("active_accounts"), level.high]}] if level.high else []
        branches += [{"and": [*limits, *(strict if level.strict else [])]}, level.id]
    rates = [part for level in LEVELS for part in ({"==": [_var("level"), level.id]}, float(level.discount))]
    duties = []
    for activity in ACTIVITIES:
        test: Any = {"in": [_var("partner_type"), _columns(activity)]}
        if activity in CONDITIONS:
            condition = CONDITIONS[activity]
            op = "==" if condition.op == "=" else condition.op
            test = {"and": [test, {op: [_var(condition.fact), condition.value]}]}
        duties.append({"if": [test, [activity], []]})
    prices = {"+": [_var("license_price"), _var("hwaas_price"), _var("classound_price")]}
    mrr = {"*": [_var("total_users"), prices]}
    rest = {
        "level": _var("level"), "discount": _var("discount"), "duties": {"merge": duties}, "expected_mrr": mrr,
        "weighted_mrr": {"*": [mrr, _var("probability")]},
        "gate_open": {"or": [{"!=": [_var("stage"), "proposal"]}, _var("verbal_agreement")]},
        "bonus": {"and": [_var("demo_answers"), _var("demo_done"), _var("approved_by_am")]},
        "net_setup": _json_logic_net("setup_fee"), "net_monthly": _json_logic_net("monthly_fee"),
    }  # fmt: skip
    return {"if": [*branches, "none"]}, {"if": [*rates, 0.0]}, rest


def _json_logic_net(fee: str) -> Any:
    cents = {"+": [{"*": [_var(fee), {"-": [1, _var("discount")]}, 100]}, 0.5]}
    return {"/": [{"-": [cents, {"%": [cents, 1]}]}, 100]}


# Rego


def _rego() -> str:
    lines = ["package workload", "import rego.v1", 'default level := "none"']
    strict = [
        "input.attends_reviews",
        "input.competence_positive",
        "input.technical_trained >= 1",
        "input.sales_trained >= 1",
    ]
    for level in LEVELS:
        limits = [f"input.active_accounts >= {level.low}"]
        limits += [f"input.active_accounts <= {level.high}"] if level.high else []
        lines.append(
            f'level := "{level.id}" if {{ {"; ".join([*limits, *(strict if level.strict else [])])} }}'
        )
    lines.append(f"discount := {json.dumps(_RATES)}[level]")
    for activity, condition in CONDITIONS.items():
        lines.append(f'blocked contains "{activity}" if not {_rego_name(activity)}')
        op = "==" if condition.op == "=" else condition.op
        lines.append(f"{_rego_name(activity)} if input.{condition.fact} {op} {json.dumps(condition.value)}")
    lines += [
        'duties := [each | some each in data.activities; data.matrix[each][input.partner_type] == "p"; not each in blocked]',
        "expected_mrr := input.total_users * ((input.license_price + input.hwaas_price) + input.classound_price)",
        "weighted_mrr := expected_mrr * input.probability",
        "default gate_open := false",
        'gate_open if input.stage != "proposal"',
        "gate_open if input.verbal_agreement",
        "default bonus := false",
        "bonus if { input.demo_answers; input.demo_done; input.approved_by_am }",
        "net_setup := round((input.setup_fee * (1 - discount)) * 100) / 100",
        "net_monthly := round((input.monthly_fee * (1 - discount)) * 100) / 100",
    ]
    names = (
        "level",
        "discount",
        "duties",
        "expected_mrr",
        "weighted_mrr",
        "gate_open",
        "bonus",
        "net_setup",
        "net_monthly",
    )
    lines.append("result := {" + ", ".join(f'"{name}": {name}' for name in names) + "}")
    return "\n".join(lines) + "\n"


def _rego_name(activity: str) -> str:
    return f"condition_of_{activity}"


_REGO_DATA = {"activities": list(ACTIVITIES), "matrix": MATRIX}


def regorus() -> Run:
    """Rego in Rust: the virtual machine of regorus, JSON in and out (gordon-to-regorus)."""
    import regorus

    program = regorus.Program.compile_from_modules(
        json.dumps(_REGO_DATA), [("workload.rego", _rego())], ["data.workload.result"]
    )
    machine = regorus.Rvm()
    machine.load_program(program)
    machine.set_data_json(json.dumps(_REGO_DATA))

    def run(record: Record) -> Answer:
        machine.set_input_json(json.dumps(record))
        return json.loads(machine.execute())  # type: ignore[no-any-return]

    return run


def rego_cpp() -> Run:
    """Rego in C++: a compiled bundle (regopy)."""
    from regopy import Interpreter

    interpreter = Interpreter()
    interpreter.add_module("workload.rego", _rego())
    interpreter.add_data(_REGO_DATA)
    bundle = interpreter.build(None, ["workload/result"])

    def run(record: Record) -> Answer:
        interpreter.set_input(record)
        return interpreter.query_bundle_entrypoint(bundle, "workload/result").results[0].expressions[0]

    return run


# Rules in Python


def rule_engine() -> Run:
    """rule-engine: a rule for each condition and formula, in decimals; Python puts them together and rounds."""
    import rule_engine as library

    rule = library.Rule
    strict = " and ".join((*_STRICT, "technical_trained >= 1", "sales_trained >= 1"))
    levels = []
    for level in LEVELS:
        limits = [
            f"active_accounts >= {level.low}",
            *([f"active_accounts <= {level.high}"] if level.high else []),
        ]
        levels.append((level.id, rule(" and ".join([*limits, *([strict] if level.strict else [])]))))
    duties = [(each, rule(_cel_duty(each).replace("&&", "and"))) for each in ACTIVITIES if _columns(each)]
    mrr = "total_users * (license_price + hwaas_price + classound_price)"
    formulas = {
        "expected_mrr": rule(mrr), "weighted_mrr": rule(f"{mrr} * probability"),
        "gate_open": rule('stage != "proposal" or verbal_agreement'),
        "bonus": rule("demo_answers and demo_done and approved_by_am"),
    }  # fmt: skip
    nets = {
        "net_setup": rule("setup_fee * (1 - discount)"),
        "net_monthly": rule("monthly_fee * (1 - discount)"),
    }

    def run(record: Record) -> Answer:
        level = next((name for name, each in levels if each.matches(record)), "none")
        known = {**record, "discount": Decimal(str(_RATES[level]))}
        return {
            "level": level,
            "discount": known["discount"],
            "duties": [name for name, each in duties if each.matches(record)],
            **{key: each.evaluate(record) for key, each in formulas.items()},
            **{key: each.evaluate(known).quantize(_CENT, ROUND_HALF_UP) for key, each in nets.items()},
        }

    return run


def business_rules() -> Run:
    """business-rules: the level and the duties as rules; it has no formulas, so Python works out the rest."""
    from business_rules import run_all

    variables, actions = _business_classes()

    def asked(name: str, op: str, value: Any) -> dict[str, Any]:
        return {"name": name, "operator": op, "value": value}

    at_least, at_most = "greater_than_or_equal_to", "less_than_or_equal_to"
    strict = [*(asked(name, "is_true", True) for name in _STRICT),
              asked("technical_trained", at_least, 1), asked("sales_trained", at_least, 1)]  # fmt: skip
    levels = []
    for level in LEVELS:
        limits = [asked("active_accounts", at_least, level.low)]
        limits += [asked("active_accounts", at_most, level.high)] if level.high else []
        conditions = {"all": [*limits, *(strict if level.strict else [])]}
        levels.append(
            {"conditions": conditions, "actions": [{"name": "set_level", "params": {"level": level.id}}]}
        )
    duties = []
    for activity in ACTIVITIES:
        if not _columns(activity):
            continue
        test: dict[str, Any] = {
            "any": [asked("partner_type", "equal_to", kind) for kind in _columns(activity)]
        }
        if activity in CONDITIONS:
            each = CONDITIONS[activity]
            op = {"=": "is_true" if each.value else "is_false", ">=": at_least, "<": "less_than"}[each.op]
            test = {"all": [test, asked(each.fact, op, each.value)]}
        duties.append(
            {"conditions": test, "actions": [{"name": "add_duty", "params": {"activity": activity}}]}
        )

    def run(record: Record) -> Answer:
        found: Answer = {"level": "none", "duties": []}
        known, acting = variables(record), actions(found)
        run_all(levels, known, acting, True)
        run_all(duties, known, acting)
        return _rest(record, found)

    return run


def _business_classes() -> tuple[Any, Any]:
    from business_rules.actions import BaseActions, rule_action
    from business_rules.fields import FIELD_TEXT
    from business_rules.variables import (
        BaseVariables,
        boolean_rule_variable,
        numeric_rule_variable,
        string_rule_variable,
    )

    def reading(name: str) -> Callable[[Any], Any]:
        return lambda self: self.record[name]

    numbers = ("active_accounts", "technical_trained", "sales_trained", "months_since_golive", "total_users")
    members: dict[str, Any] = {name: numeric_rule_variable(reading(name)) for name in numbers}
    members |= {name: boolean_rule_variable(reading(name)) for name in (*_STRICT, "customer_cms")}
    members["partner_type"] = string_rule_variable(reading("partner_type"))
    members["__init__"] = lambda self, record: setattr(self, "record", record)

    class Actions(BaseActions):  # type: ignore[misc]
        def __init__(self, found: Answer) -> None:
            self.found = found

        @rule_action(params={"level": FIELD_TEXT})  # type: ignore[untyped-decorator]
        def set_level(self, level: str) -> None:
            self.found["level"] = level

        @rule_action(params={"activity": FIELD_TEXT})  # type: ignore[untyped-decorator]
        def add_duty(self, activity: str) -> None:
            self.found["duties"].append(activity)

    return type("Variables", (BaseVariables,), members), Actions


def _rest(record: Record, found: Answer) -> Answer:
    discount = _RATES[found["level"]]
    mrr = record["total_users"] * (
        record["license_price"] + record["hwaas_price"] + record["classound_price"]
    )
    return {
        **found,
        "discount": discount,
        "expected_mrr": mrr,
        "weighted_mrr": mrr * record["probability"],
        "gate_open": record["stage"] != "proposal" or record["verbal_agreement"],
        "bonus": record["demo_answers"] and record["demo_done"] and record["approved_by_am"],
        "net_setup": round(record["setup_fee"] * (1 - discount), 2),
        "net_monthly": round(record["monthly_fee"] * (1 - discount), 2),
    }


# OpenFisca


def openfisca() -> Run:
    """OpenFisca: a variable for each output, made for many people at once, asked for one."""
    import numpy

    many, inputs = openfisca_many()
    names = ("none", *(level.id for level in reversed(LEVELS)))

    def run(record: Record) -> Answer:
        found = many({name: numpy.array([record[name]]) for name in inputs})
        duties = [each for each in ACTIVITIES if found[f"duty_{each}"][0]]
        rest = {name: found[name][0].item() for name in _FISCA_RESULTS}
        return {"level": names[found["level"][0]], "duties": duties, **rest}

    return run


_FISCA_RESULTS = (
    "discount",
    "expected_mrr",
    "weighted_mrr",
    "gate_open",
    "bonus",
    "net_setup",
    "net_monthly",
)


def openfisca_many() -> tuple[Callable[[dict[str, Any]], dict[str, Any]], dict[str, type]]:
    """OpenFisca over arrays: what answers, and the names of the arrays it takes with their types."""
    import numpy
    from openfisca_core import entities, periods, taxbenefitsystems, variables
    from openfisca_core.simulations import SimulationBuilder

    partner = entities.Entity("partner", "partners", "", "")
    system = taxbenefitsystems.TaxBenefitSystem([partner])
    month = "2026-11"

    def define(name: str, kind: type, formula: Any = None) -> None:
        members = {
            "value_type": kind,
            "entity": partner,
            "definition_period": periods.DateUnit.MONTH,
            "label": name,
        }
        system.add_variable(
            type(name, (variables.Variable,), members | ({"formula": formula} if formula else {}))
        )

    texts, flags = (
        ("partner_type", "stage"),
        (*_STRICT, "customer_cms", "verbal_agreement", "demo_answers", "demo_done", "approved_by_am"),
    )
    counts = ("active_accounts", "technical_trained", "sales_trained", "months_since_golive", "total_users")
    amounts = ("license_price", "hwaas_price", "classound_price", "setup_fee", "monthly_fee", "probability")
    inputs = {
        **dict.fromkeys(texts, str),
        **dict.fromkeys(flags, bool),
        **dict.fromkeys(counts, int),
        **dict.fromkeys(amounts, float),
    }
    for name, kind in inputs.items():
        define(name, kind)
    for name, (kind, formula) in _fisca_formulas(numpy).items():
        define(name, kind, formula)
    wanted = ("level", *(f"duty_{each}" for each in ACTIVITIES), *_FISCA_RESULTS)

    def run(given: dict[str, Any]) -> dict[str, Any]:
        count = len(next(iter(given.values())))
        simulation = SimulationBuilder().build_default_simulation(system, count)
        for name in inputs:
            simulation.set_input(name, month, given[name])
        return {name: simulation.calculate(name, month) for name in wanted}

    return run, inputs


def _fisca_formulas(numpy: Any) -> dict[str, tuple[type, Any]]:
    rates = numpy.array([0.0, *(float(level.discount) for level in reversed(LEVELS))])

    def level(p: Any, month: Any) -> Any:
        accounts = p("active_accounts", month)
        strict = (
            p("attends_reviews", month) & p("competence_positive", month)
            & (p("technical_trained", month) >= 1) & (p("sales_trained", month) >= 1)
        )  # fmt: skip
        tests = [
            (accounts >= each.low) & (accounts <= (each.high or 10**9)) & (strict if each.strict else True)
            for each in LEVELS
        ]
        return numpy.select(tests, [3, 2, 1], 0)

    def duty(activity: str) -> Any:
        def formula(p: Any, month: Any) -> Any:
            found = numpy.isin(p("partner_type", month), _columns(activity))
            if activity in CONDITIONS:
                each = CONDITIONS[activity]
                value = p(each.fact, month)
                found &= (
                    (value == each.value)
                    if each.op == "="
                    else (value >= each.value)
                    if each.op == ">="
                    else (value < each.value)
                )
            return found

        return formula

    def net(fee: str) -> Any:
        return lambda p, month: numpy.round(p(fee, month) * (1 - p("discount", month)), 2)

    return {
        "level": (int, level),
        "discount": (float, lambda p, month: rates[p("level", month)]),
        **{f"duty_{each}": (bool, duty(each)) for each in ACTIVITIES},
        "expected_mrr": (float, lambda p, month: p("total_users", month)
                         * (p("license_price", month) + p("hwaas_price", month) + p("classound_price", month))),
        "weighted_mrr": (float, lambda p, month: p("expected_mrr", month) * p("probability", month)),
        "gate_open": (bool, lambda p, month: (p("stage", month) != "proposal") | p("verbal_agreement", month)),
        "bonus": (bool, lambda p, month: p("demo_answers", month) & p("demo_done", month) & p("approved_by_am", month)),
        "net_setup": (float, net("setup_fee")),
        "net_monthly": (float, net("monthly_fee")),
    }  # fmt: skip


PEERS: dict[str, tuple[str, Callable[[], Run]]] = {
    "datalogic (JsonLogic, Rust)": ("datalogic-py", datalogic),
    "GoRules ZEN decision graph (Rust)": ("zen-engine", zen_graph),
    "CEL (Rust)": ("common-expression-language", cel_rust),
    "CEL (Google, C++)": ("cel-expr-python", cel_google),
    "regorus (Rego, Rust)": ("gordon-to-regorus", regorus),
    "rego-cpp (Rego, C++)": ("regopy", rego_cpp),
    "rule-engine (Python)": ("rule-engine", rule_engine),
    "business-rules (Python)": ("business-rules", business_rules),
    "OpenFisca (NumPy)": ("openfisca-core", openfisca),
}
