"""Parts that may be written short: a value alone stands for the mapping with that value."""

from __future__ import annotations

from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

from policyengine.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Short:
    """An annotation: a text (or a list, if `many`) is read as `{key: ...}`; `schema` describes it."""

    key: str
    schema: dict[str, Any]
    many: bool = False

    def _spelled_out(self, value: object) -> object:
        return {self.key: value} if isinstance(value, list if self.many else str) else value

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Reads the short form before the long one."""
        return core_schema.no_info_before_validator_function(self._spelled_out, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """The schema of both forms; editors choose by the type and not by trial."""
        kind = "array" if self.many else "string"
        return {"if": {"type": kind}, "then": {**self.schema, "type": kind}, "else": handler(schema)}
