"""`python -m tests.change`: a program compared with each of its mutants; each must show on some record."""

from __future__ import annotations

import sys

from tests.change.test_changes import PROGRAMS, mutants_of, program
from tests.support import DAY

from policyengine.analysis.witness import Witness
from policyengine.change.program_comparison import compare
from policyengine.program.load import load


def main(names: list[str]) -> int:
    """Prints what is not found; the exit code says whether there is any."""
    bad = 0
    for name in names or PROGRAMS:
        compared = 0
        for mutant in mutants_of(name):
            new = load(name, mutant.sources, DAY)
            if not new.ok:
                continue
            compared += 1
            changed = compare(program(name), new).changed
            if not changed or not all(isinstance(each.verdict, Witness) for each in changed):
                bad += 1
                verdict = changed[0].verdict if changed else "no change"
                print(f"{mutant.at}: {mutant.words}: {verdict}")
        print(f"{name}: {compared} mutants compared")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
