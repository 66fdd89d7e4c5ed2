"""The summary of a job: appended to the file that GitHub Actions names, so that steps add to one page."""

from __future__ import annotations

import os
from collections.abc import Callable

from policyengine.cli.codes import CommandError
from policyengine.cli.options import Output

VARIABLE = "GITHUB_STEP_SUMMARY"
MOST_BYTES = 1024 * 1024
"""What the server takes of one step."""
_CUT = "\n\nThe rest is left out, since a summary may not be longer.\n\n"


def append_summary(markdown: Callable[[], str], outputs: tuple[Output, ...]) -> None:
    """Append a summary to the page of the job, if annotations are asked for and there is such a page."""
    path = os.environ.get(VARIABLE)
    if not path or not any(output.format == "github" for output in outputs):
        return
    data = markdown().encode(errors="backslashreplace")
    if len(data) > MOST_BYTES:
        kept = data[: MOST_BYTES - len(_CUT)].decode(errors="ignore")
        data = f"{kept[: kept.rfind(chr(10)) + 1]}{_CUT}".encode()
    try:
        with open(path, "ab") as file:
            file.write(data)
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise CommandError(f"the summary `{path}` cannot be written: {reason}") from None
