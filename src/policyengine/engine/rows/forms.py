"""Every form of node that there is source for, with the function that writes it.

What has none stays with the reference evaluator, node by node: functions as values, `instance of`, `for` over
several lists at once or over a range, contexts whose entries ask for one another, an index that is worked
out, lists of ranges, and values whose kind is not known, as the entries of a context that a function gives.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from policyengine.engine.rows import logic, loops, operators, tables
from policyengine.engine.rows.emit import SIMPLE, Form
from policyengine.feel.syntax import tree as syntax

FORMS: Mapping[type, Form] = MappingProxyType(
    {
        **SIMPLE,
        syntax.If: logic.emit_if,
        syntax.And: logic.emit_and,
        syntax.Or: logic.emit_or,
        syntax.Comparison: logic.emit_comparison,
        syntax.Between: logic.emit_between,
        syntax.In: logic.emit_in,
        syntax.RangeLiteral: logic.emit_range,
        syntax.Binary: operators.emit_binary,
        syntax.Negate: operators.emit_negate,
        syntax.Path: operators.emit_path,
        syntax.Call: operators.emit_call,
        syntax.ListLiteral: tables.emit_list,
        syntax.ContextLiteral: tables.emit_context,
        syntax.Quantified: loops.emit_quantified,
        syntax.For: loops.emit_for,
        syntax.Filter: loops.emit_filter,
    }
)
