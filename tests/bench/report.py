"""The table on the terminal and the file beside it."""

import json
import platform
import statistics
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value. ``goal`` is shown beside it and says in words what would be good enough."""

    name: str
    value: float
    unit: str
    goal: str = ""
    met: bool | None = None
    note: str = ""


@dataclass(slots=True)
class Report:
    """All figures of a run."""

    figures: list[Figure] = field(default_factory=list)

    def add(
        self,
        name: str,
        value: float,
        unit: str,
        *,
        at_most: float | None = None,
        at_least: float | None = None,
        note: str = "",
    ) -> None:
        """Take a figure down and print it at once."""
        goal, met = "", None
        if at_most is not None:
            goal, met = f"≤ {at_most:g}", value <= at_most
        if at_least is not None:
            goal, met = f"≥ {at_least:g}", value >= at_least
        figure = Figure(name, round(value, 3), unit, goal, met, note)
        self.figures.append(figure)
        verdict = {None: "", True: "met", False: "MISSED"}[met]
        print(f"  {name:<66} {value:>10.2f} {unit:<8} {goal:<9} {verdict:<7} {note}", flush=True)

    def section(self, title: str) -> None:
        """A headline."""
        print(f"\n{title}", flush=True)

    def write(self, path: Path) -> None:
        """Keep the figures as JSON, with what machine they come from."""
        path.parent.mkdir(parents=True, exist_ok=True)
        machine = {"python": sys.version.split()[0], "system": platform.platform(), "processors": _processors()}
        path.write_text(json.dumps({"machine": machine, "figures": [asdict(f) for f in self.figures]}, indent=1) + "\n")


def _processors() -> int:
    return Path("/proc/cpuinfo").read_text().count("processor\t") if Path("/proc/cpuinfo").exists() else 0


def median(values: Sequence[float]) -> float:
    """The middle value."""
    return statistics.median(values)
