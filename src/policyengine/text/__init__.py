"""YAML and JSON in, located data out: every value remembers where it stands."""
