"""Regular expressions as XPath has them, with work that is bounded whatever the pattern.

Python's own `re` differs in its classes and escapes, and can take forever on a hostile pattern.
"""

from __future__ import annotations

from policyengine.feel.functions.regex.match import Meter, Pattern, compile_pattern, find_all, search
from policyengine.feel.functions.regex.replacement import fill, replacement_parts

__all__ = ["Meter", "Pattern", "compile_pattern", "fill", "find_all", "replacement_parts", "search"]
