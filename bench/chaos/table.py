"""The table of the rows, for people."""

from collections.abc import Mapping, Sequence
from typing import Any

from bench.chaos.rows import misses, misses_of_harm
from bench.chaos.tally import Tally
from bench.chaos.trial import Result

COLUMNS = (
    "row",
    "instances",
    "asks",
    "asked",
    "right",
    "wrong",
    "refused",
    "lost",
    "silent s",
    "well s",
    "load",
    "bars",
)
EXPLAINED = """\
*asks*: raw HTTP or the client with its defaults, at the instance itself (direct) or through HAProxy as shipped.
*refused*: an error that says why in the wire's shape; *lost*: no reply, a broken connection, or an error that does not.
*silent*: the longest time after the harm without a right answer to the group. *well*: seconds from its beginning until
every worker was ready again. *bars*: those that the group missed; raw callers at the instance itself: only *wrong*.
"""


def missed(result: Result) -> list[str]:
    """Every bar that a row missed, with the group that missed it."""
    found = misses_of_harm(result.harm.measured)
    for kind, way, counts in result.groups:
        found += [f"{kind} {way}: {bar}" for bar in misses(result.row, result.instances, kind, way, counts)]
    return found


def render(origin: Mapping[str, Any], results: Sequence[Result], left_out: Mapping[str, str]) -> str:
    """Return the page: where it comes from, the table, the notes."""
    machine = origin["machine"]
    loads = [result.load for result in results]
    lines = [
        "# Chaos",
        "",
        f"{origin['date']}, `{origin['command']}`, {machine['processor']}, {machine['cores']} cores "
        f"shared with other work (load {min(loads):.0f} to {max(loads):.0f}). Embedded checkpoint, two workers each.",
        "",
        *EXPLAINED.splitlines(),
        "",
        f"| {' | '.join(COLUMNS)} |",
        f"|{'---|' * len(COLUMNS)}",
    ]
    for result in results:
        lines += [_line(result, f"{kind} {way}", counts, bars) for kind, way, counts, bars in _groups(result)]
    lines += ["", "## What was done, and why questions failed", ""]
    for result in results:
        lines.append(f"- **{result.row.name}**, {result.instances}: {result.row.about}. {_notes(result)}".rstrip())
    lines += [f"- **{name}** was left out: {why}." for name, why in left_out.items()]
    return "\n".join(lines) + "\n"


def _groups(result: Result) -> list[tuple[str, str, Tally, str]]:
    return [
        (kind, way, counts, ", ".join(misses(result.row, result.instances, kind, way, counts)) or "held")
        for kind, way, counts in result.groups
    ]


def _line(result: Result, asks: str, counts: Tally, bars: str) -> str:
    well = "" if result.seconds is None else f"{result.seconds:.1f}"
    numbers = (counts.asked, counts.right, counts.wrong, counts.refused, counts.lost, f"{counts.silence:.1f}", well)
    cells = (result.row.name, result.instances, asks, *numbers, f"{result.load:.0f}", bars)
    return f"| {' | '.join(map(str, cells))} |"


def _notes(result: Result) -> str:
    failed = misses_of_harm(result.harm.measured)
    notes = [result.harm.note, *(f"MISSED: {bar}" for bar in failed)]
    for kind, way, counts in result.groups:
        if counts.reasons:
            reasons = ", ".join(f"{number} x {why}" for why, number in counts.reasons.items())
            notes.append(f"{kind} {way}: {reasons}")
    return "; ".join(note for note in notes if note)
