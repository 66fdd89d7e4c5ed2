"""How much can be done at once."""

from __future__ import annotations

import os


def cores() -> int:
    """How many processes or threads can run at once, as far as the system lets this process."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
