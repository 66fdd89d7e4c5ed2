"""The version; a copy of the one in pyproject.toml, since looking that up takes longer than a small check."""

VERSION = "0.1.0"
