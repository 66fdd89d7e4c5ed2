"""A record written back as YAML or JSON: every number with the digits it has, dates as dates."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from policyengine.feel.values import Months
from policyengine.policy.shape import plain


def record_json(record: Mapping[str, Any]) -> str:
    """The record as JSON; numbers are JSON numbers with exactly their digits."""
    return _json(record, "")


def _json(value: object, indent: str) -> str:
    inner = f"{indent}  "
    if isinstance(value, Mapping) and value:
        items = (f"{inner}{_text(str(key))}: {_json(item, inner)}" for key, item in value.items())
        return "{\n" + ",\n".join(items) + f"\n{indent}}}"
    if isinstance(value, Sequence) and not isinstance(value, str) and value:
        return "[\n" + ",\n".join(f"{inner}{_json(item, inner)}" for item in value) + f"\n{indent}]"
    if isinstance(value, Decimal):
        return format(value, "f")
    return _text(plain(value))


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def record_yaml(record: Mapping[str, Any]) -> str:
    """The record as YAML, in the order of its keys; texts that look like something else are quoted."""
    import yaml

    class Dumper(yaml.SafeDumper):
        """Knows the values of a record, and never writes an alias."""

        def ignore_aliases(self, data: Any) -> bool:
            return True

        def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
            return super().increase_indent(flow, False)

    def _number(dumper: yaml.SafeDumper, value: Decimal) -> yaml.ScalarNode:
        text = format(value, "f")
        return dumper.represent_scalar(f"tag:yaml.org,2002:{'float' if '.' in text else 'int'}", text)

    def _period(dumper: yaml.SafeDumper, value: Months | timedelta) -> yaml.ScalarNode:
        return dumper.represent_str(str(plain(value)))

    def _day(dumper: yaml.SafeDumper, value: date) -> yaml.ScalarNode:
        return dumper.represent_scalar("tag:yaml.org,2002:timestamp", value.isoformat())

    Dumper.add_representer(Decimal, _number)
    Dumper.add_representer(date, _day)
    for kind in (Months, timedelta):
        Dumper.add_representer(kind, _period)
    for kind in (list, tuple):
        Dumper.add_representer(kind, lambda dumper, value: dumper.represent_list(value))
    written: str = yaml.dump(_lists(record), Dumper=Dumper, sort_keys=False, allow_unicode=True, width=10_000)
    return written


def _lists(value: object) -> object:
    """Plain dicts and lists all the way down."""
    if isinstance(value, Mapping):
        return {str(key): _lists(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_lists(item) for item in value]
    return value
