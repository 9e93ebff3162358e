"""The page that shows what was measured."""

import platform
from collections.abc import Iterable
from pathlib import Path

from benchmarks.bounds.measure import Cost
from benchmarks.bounds.rows import LIMITS, Row

Measured = tuple[Row, Cost, Cost]

#: How many times as much as ordinary events no input is to cost.
GOAL = 8
#: Rows of each group that the page shows; the others cost less.
_SHOWN = 14
_MIB = 1024 * 1024
_BEGIN, _END = "<!-- results -->\n", "<!-- end of results -->\n"

_ABOUT = {
    "JSON text": "What JSON readers can't hold, in its densest forms, and one fault behind much that is right.",
    "_meta": "What an event says of its own values, in all forms.",
    "texts": "Texts that are taken apart: queries, cookies, messages, URLs.",
    "pairs": "Tags, headers, cookies and queries as lists and objects.",
    "the event": "The event's own attributes, and frames and breadcrumbs in numbers.",
    "places": "For each part of the schema the one attribute and wrong value that cost most there, of all that were tried.",
    "items": "The same for the items that have a typed form, each alone in an envelope, decoded and written again.",
    "small requests": "The same faults in a request of 8 KiB: what an error costs shows most where all of them are listed.",
    "found by the search": "What `make bounds-search` has found; the ten are kept in `benchmarks/bounds/found.json`.",
    "GET": "The event in the query, as long as servers take a request line.",
    "heads": "Headers as long as servers take them, before a small event.",
    "codings": "Each coding of the body, at the compressed limit and at the plain one.",
    "codings of envelopes": "The same of envelopes.",
    "envelopes of events": "Many events in one envelope.",
    "envelopes of other items": "500 items of each type.",
    "header lines": "Lines of headers at their limit, with as many items as may be.",
    "security reports": "Arrays of reports.",
    "minidumps": "Dumps in each container, and dumps of dense structures.",
    "forms": "Forms of as many parts as may be.",
    "check-ins": "Check-ins in the query and as JSON.",
    "network errors": "Arrays of reports, which become logs.",
    "telemetry": "Exports of OpenTelemetry as large as may be.",
    "forms of files": "Files that are added to an event, and what users say of one.",
}


def table(measured: Iterable[Measured]) -> str:
    """Return the tables, one for each group."""
    groups: dict[str, list[Measured]] = {}
    for each in measured:
        groups.setdefault(each[0].group, []).append(each)
    order = [*_ABOUT, *(name for name in groups if name not in _ABOUT)]
    return "\n".join([_summary(groups), *(_of_group(group, groups[group]) for group in order if group in groups)])


def listed(measured: Iterable[Measured]) -> str:
    """Return all rows, one a line: cost without and with trimming, milliseconds, memory, and the name."""
    return "\n".join(
        f"{plain.times:6.1f}x {trimmed.times:6.1f}x {plain.seconds * 1000:8.1f} ms {_peak(each) / _MIB:7.1f} MiB "
        f"({_peak(each) / getattr(LIMITS, row.limit):5.1f} x limit) {plain.plain:>10} B  {row.group}: {row.name}"
        for each in sorted(measured, key=_times, reverse=True)
        for row, plain, trimmed in (each,)
    )


def _summary(groups: dict[str, list[Measured]]) -> str:
    everything = [each for rows in groups.values() for each in rows]
    most = max(everything, key=_times)
    over = sum(_times(each) > GOAL for each in everything)
    return (
        f"{platform.processor() or platform.machine()}, Python {platform.python_version()}, {platform.system()}. "
        f"{len(everything)} inputs. The most that one costs is {_times(most):.1f} times as much as ordinary events "
        f"({most[0].group}: `{most[0].name}`); {over} cost more than {GOAL} times as much.\n"
    )


def _of_group(group: str, rows: list[Measured]) -> str:
    rows = sorted(rows, key=lambda each: (-_times(each), -_peak(each)))
    shown = rows[:_SHOWN]
    # What takes much memory is shown whatever its time.
    shown += [each for each in sorted(rows, key=_peak, reverse=True)[:3] if each not in shown]
    lines = [
        f"### {group[:1].upper()}{group[1:]}\n",
        _ABOUT.get(group, "") + "\n",
        "| input | answer | cost | with trimming | memory | x limit | x ordinary |",
        "|---|---|---:|---:|---:|---:|---:|",
    ]
    for row, plain, trimmed in shown:
        peak = max(plain.peak, trimmed.peak)
        limit = getattr(LIMITS, row.limit)
        ordinary = f"{peak / plain.ordinary_peak:.1f}" if plain.ordinary_peak > _MIB else ""
        name = row.name.replace("|", "\\|")
        lines.append(
            f"| `{name}` | {plain.status} | {plain.times:.1f} | {trimmed.times:.1f} | {peak / _MIB:.1f} MiB "
            f"| {peak / limit:.1f} | {ordinary} |"
        )
    rest = rows[_SHOWN:]
    if rest:
        lines.append(
            f"\n{len(rest)} more of this kind cost at most {_times(rest[0]):.1f} times as much as ordinary events."
        )
    return "\n".join(lines) + "\n"


def _times(each: Measured) -> float:
    return max(each[1].times, each[2].times)


def _peak(each: Measured) -> int:
    return max(each[1].peak, each[2].peak)


def write(folder: str, text: str) -> None:
    """Put the tables into the page between its marks."""
    path = Path(folder) / "bounds.md"
    page = path.read_text(encoding="utf-8")
    before, _, rest = page.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    path.write_text(f"{before}{_BEGIN}{text}{_END}{after}", encoding="utf-8")
