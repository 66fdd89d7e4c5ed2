"""All codes and all schemas. Each module that defines some has one line here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from policyengine import files
from policyengine.analysis import cliffs, laws
from policyengine.batch import raw as batch
from policyengine.change.comparison_json import comparison_schema
from policyengine.copies import readers as copies
from policyengine.decision.decision_json import decision_schema
from policyengine.diagnostics import Code
from policyengine.feel import expression_codes as feel
from policyengine.kinds import KINDS
from policyengine.policy import bearer, condition, draft, form, grant, quantities
from policyengine.program import (
    declaration_checks,
    languages,
    ledgers,
    link,
    list_reports,
    load,
    mappings,
    read,
    record_codes,
    versions,
)
from policyengine.program.record_schema import policy_schemas
from policyengine.render.plan_json import plan_schema
from policyengine.reports.receipts import receipt_schema
from policyengine.text import json, yaml
from policyengine.verify import testfile as verify
from policyengine.verify.testfile import test_schema

_MODULES: tuple[Any, ...] = (
    *(files, yaml, json, feel, form, bearer, condition, draft, grant, quantities),
    *(
        read,
        declaration_checks,
        versions,
        languages,
        link,
        load,
        ledgers,
        list_reports,
        mappings,
        record_codes,
    ),
    *(batch, copies, verify, laws, cliffs),
)
CODES: tuple[Code, ...] = tuple(
    sorted(
        {
            *(code for module in _MODULES for code in module.CODES),
            *(code for kind in KINDS.values() for code in kind.codes),
        },
        key=lambda code: code.id,
    )
)
"""Every code of a diagnostic, sorted by its id."""


def schemas() -> Mapping[str, dict[str, Any]]:
    """Every schema by the name of its file."""
    found = {
        **policy_schemas(),
        "test": test_schema(),
        "decision": decision_schema(),
        "comparison": comparison_schema(),
        "plan": plan_schema(),
        "receipt": receipt_schema(),
    }
    return {f"{name}.schema.json": schema for name, schema in found.items()}
