"""A linked program as bytes and back; bytes from elsewhere make nothing but plain data and our own values."""

from __future__ import annotations

import io
import pickle
from collections.abc import Sequence
from typing import Any

from policyengine.source import Source

_PLAIN = {
    ("builtins", "set"), ("builtins", "frozenset"), ("decimal", "Decimal"),
    ("datetime", "date"), ("datetime", "timedelta"),
}  # fmt: skip
_LAYERS = ("feel", "policy", "program", "diagnostics", "source")


class _Pickler(pickle.Pickler):
    """Leaves out the sources, which whoever reads the entry has at hand."""

    def __init__(self, file: io.BytesIO, sources: Sequence[Source]) -> None:
        super().__init__(file, 5)
        self._numbers = {id(source): number for number, source in enumerate(sources)}

    def persistent_id(self, value: Any) -> int | None:
        """The number of a source."""
        return self._numbers.get(id(value)) if type(value) is Source else None


class _Unpickler(pickle.Unpickler):
    def __init__(self, file: io.BytesIO, sources: Sequence[Source]) -> None:
        super().__init__(file)
        self._sources = sources

    def persistent_load(self, number: Any) -> Source:
        """The source of a number."""
        source: Source = self._sources[number]
        return source

    def find_class(self, module: str, name: str) -> Any:
        """A class of the list above, or one that a module of our own lower layers defines itself."""
        if (module, name) in _PLAIN:
            return super().find_class(module, name)
        package, _, inside = module.partition(".")
        if package == "policyengine" and inside.partition(".")[0] in _LAYERS and name.isidentifier():
            found = super().find_class(module, name)
            if isinstance(found, type) and found.__module__ == module:
                return found
        raise pickle.UnpicklingError(f"{module}.{name} has no place in a program")


def pickled(program: object, sources: Sequence[Source]) -> bytes | None:
    """The bytes of a program; None where it is nested too deeply, or cannot be kept."""
    file = io.BytesIO()
    try:
        _Pickler(file, sources).dump(program)
    except (RecursionError, pickle.PicklingError, TypeError, AttributeError):
        return None
    return file.getvalue()


def unpickled(data: bytes, sources: Sequence[Source]) -> object:
    """What the bytes say; None where they are damaged, or ask for anything but values."""
    try:
        return _Unpickler(io.BytesIO(data), sources).load()
    except Exception:  # damaged bytes raise whatever the classes do that they happen to name
        return None
