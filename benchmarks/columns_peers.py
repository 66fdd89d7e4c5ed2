"""OpenFisca over many records at once, which is its strength, beside columns and hand-written Polars.

All answer from memory in the form that they take: NumPy arrays, an Arrow table, a data frame. OpenFisca's
answers are binary floats of 32 bits; how many records they put a cent off is counted.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from records import Answer, Record, answer, cents_off, records
from rules import ACTIVITIES, LEVELS

_CHECKED = 2_000
_LEVELS = ("none", *(level.id for level in reversed(LEVELS)))
Arrays = dict[str, Any]


def differing(found: Arrays, drawn: list[Record]) -> int:
    """How many of the first records come out with an amount a cent off; raises `ValueError` where more is wrong.

    An amount is a float of 32 bits there: it is off by `cents_off`, from half a cent on.
    """
    off = 0
    for i, record in enumerate(drawn[:_CHECKED]):
        got: Answer = {
            "level": _LEVELS[int(found["level"][i])],
            "duties": [each for each in ACTIVITIES if found[f"duty_{each}"][i]],
            **{
                name: found[name][i].item()
                for name in found
                if name != "level" and not name.startswith("duty_")
            },
        }
        off += bool(cents_off(got, answer(record)))
    return off


def vectorised(count: int) -> tuple[Callable[[], Arrays], list[Record]]:
    """OpenFisca, ready to answer so many records, whose arrays are made ready; and the records."""
    import numpy
    from peers import openfisca_many

    drawn = records(count)
    run, inputs = openfisca_many()
    given = {name: numpy.array([kind(record[name]) for record in drawn]) for name, kind in inputs.items()}
    return lambda: run(given), drawn


def peers(
    counts: tuple[int, ...],
    columns: Any,
    table_of: Callable[[Any, int], Any],
    hand: Callable[[Any], Any],
    findings: Callable[[Any, Any], None],
    best: Callable[..., dict[str, float]],
    say: Callable[[str], None],
) -> None:
    """The table of figures, for so many records at once; the three take turns."""
    import polars as pl

    say("| records at once | on one core | records a second | to columns | answers |")
    say("|---:|---|---:|---:|---|")
    for count in counts:
        run, drawn = vectorised(count)
        off = differing(run(), drawn)
        table = table_of(columns, count)
        frame = pl.from_arrow(table)
        took = best({
            "columns, findings table": lambda table=table: findings(columns, table),
            "hand-written Polars, decimals": lambda frame=frame: hand(frame),
            "OpenFisca, arrays": run,
        }, 5)  # fmt: skip
        ours = took["columns, findings table"]
        for name, seconds in took.items():
            checked = min(count, _CHECKED)
            right = f"{off:,} of {checked:,} records a cent off or more" if "Fisca" in name else "all right"
            say(f"| {count:,} | {name} | {count / seconds:,.0f} | {ours / seconds:.2f} x | {right} |")
    say("")
